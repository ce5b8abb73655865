"""Results in Every Eval Ever, the shared schema of evaluations (https://github.com/evaleval/every_eval_ever, 0.3.0)."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmark import __version__
from benchmark.core.cache import write_text
from benchmark.core.metrics import METRICS, Metric
from benchmark.core.spec import digest
from benchmark.reporting.bootstrap import N_RESAMPLES
from benchmark.reporting.results import Row

SCHEMA_VERSION = "0.3.0"
NAME = "which-student"
"""The collection of the records, and the developer of the students."""
COSTS = tuple(m for m in METRICS if m.is_cost)
DETAILS = ("student", "setting", "seed", "teacher", "learning_rate", "preset", "machine", "git_commit", "run_id", "key")
"""Columns of results.csv that a record keeps as details of its model."""


def write_records(folder: Path, rows: Iterable[Row], now: float) -> list[Path]:
    """Writes a record for each run that counts, where its datastore has it; returns their paths.

    `now` is the time of writing, in seconds since the epoch. The record of a spec keeps its name.
    """
    return [_write(folder, row, str(int(now))) for row in rows if row.counts]


def _write(folder: Path, row: Row, now: str) -> Path:
    place = folder / "data" / NAME / _model_id(row)
    name = UUID(hex=digest(row.key or row.run_id)[:32], version=4)
    return write_text(place / f"{name}.json", json.dumps(_record(row, now), ensure_ascii=False, indent=1) + "\n")


def _record(row: Row, now: str) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": f"{NAME}/{_model_id(row)}/{now}",
        "retrieved_timestamp": now,
        "source_metadata": {
            "source_name": "Which student is best?",
            "source_type": "evaluation_run",
            "source_organization_name": NAME,
            "evaluator_relationship": "first_party",
        },
        "eval_library": {"name": NAME, "version": __version__},
        "model_info": {
            "name": f"{row.student} {row.setting}",
            "id": _model_id(row),
            "developer": NAME,
            "additional_details": _details(row),
        },
        "evaluation_results": list(_evaluations(row)),
    }


def _model_id(row: Row) -> str:
    """`developer/model`, of characters that every file system takes."""
    parts = (row.suite, row.dataset, row.student, row.setting, f"seed{row.seed}")
    return f"{NAME}/" + re.sub(r"[^\w.+-]", "_", ".".join(parts))


def _details(row: Row) -> dict[str, str]:
    deployment = {"deployment_type": "self_deployed", "model_availability": "unknown"}
    return deployment | {name: str(value) for name in DETAILS if (value := getattr(row, name)) not in (None, "")}


def _evaluations(row: Row) -> Iterator[dict[str, Any]]:
    assert row.test_f1 is not None
    f1 = {"metric_id": "f1_macro", "metric_name": "macro-averaged F1", "metric_kind": "f1", "metric_unit": "proportion"}
    score = {"score": row.test_f1} | _uncertainty(row.test_f1_low, row.test_f1_high)
    yield _evaluation(row, f1 | {"lower_is_better": False, "max_score": 1}, score)
    for metric in COSTS:
        value = row.metric(metric.name)
        if value is not None:
            yield _evaluation(row, _cost(metric), {"score": value})


def _evaluation(row: Row, metric: dict[str, Any], score: dict[str, Any]) -> dict[str, Any]:
    digest_of_data = {"additional_details": {"digest": row.data}}
    return {
        "evaluation_name": row.dataset,
        "source_data": {"dataset_name": row.dataset, "source_type": "other"} | digest_of_data,
        "metric_config": {"score_type": "continuous", "min_score": 0} | metric,
        "score_details": score,
    }


def _cost(metric: Metric) -> dict[str, Any]:
    texts = {"metric_name": metric.title or metric.name, "evaluation_description": metric.meaning}
    units = {"metric_id": f"{NAME}.{metric.name}", "metric_kind": metric.group, "metric_unit": metric.unit}
    return {name: text for name, text in (texts | units).items() if text} | {
        "lower_is_better": True,
        "max_score": "Infinity",
    }


def _uncertainty(low: float | None, high: float | None) -> dict[str, Any]:
    if low is None or high is None:
        return {}
    interval = {"lower": low, "upper": high, "confidence_level": 0.95, "method": "bootstrap over test items"}
    return {"uncertainty": {"confidence_interval": interval, "num_bootstrap_samples": N_RESAMPLES}}
