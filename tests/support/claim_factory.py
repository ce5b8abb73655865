"""Rows made up by hand, and what the claims come to on them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import count
from typing import Any

from benchmark.core.presets import STUDENT_RATES
from benchmark.core.spec import RunSpec
from benchmark.reporting.claims.effects import Effect
from benchmark.reporting.claims.findings import Finding, findings
from benchmark.reporting.results import FIELDS, Row
from tracking import Record

NUMBERS = count()


def row(student: str, setting: str, f1: float, seed: int = 0, **given: Any) -> Row:
    values: dict[str, Any] = {column.name: "" if column.kind is str else None for column in FIELDS}
    values |= {"suite": "s", "task": "classification", "dataset": "emot", "status": "finished", "smoke": False}
    values |= {"teacher": "bert", "teacher_key": "t", "protocol": "1", "data": "d", "machine": "m", "budget": "b"}
    values |= {"preset": "paper", "rate_from": "given", "learning_rate": 1e-3, "run_id": str(next(NUMBERS))}
    values |= {"student": student, "setting": setting, "test_f1": f1, "valid_f1": f1, "seed": seed}
    return Row(**values | {"configuration": setting} | given)


def cell(student: str, setting: str, scores: Sequence[float], **given: Any) -> list[Row]:
    """One run a seed; scores are F1 x100."""
    return [row(student, setting, score / 100, seed, **given) for seed, score in enumerate(scores)]


def judged(name: str, rows: Sequence[Row], words: Mapping[str, float] | None = None) -> Finding:
    [found] = [one for one in findings(rows, words or {}) if one.claim.name == name]
    return found


def ours(name: str, rows: Sequence[Row], words: Mapping[str, float] | None = None) -> Effect:
    effect = judged(name, rows, words).ours
    assert effect
    return effect


def timed(student: str, ms: float, scores: Sequence[float], setting: str = "kd", **given: Any) -> list[Row]:
    return cell(student, setting, scores, latency_onnx_ms=ms, **given)


def spec(**given: Any) -> RunSpec:
    values: dict[str, Any] = {"suite": "s", "dataset": "emot", "task": "classification", "student": "cnn", "seed": 0}
    values |= {"setting": "kd_ulb", "learning_rate": STUDENT_RATES["cnn"], "teacher": "bert", "teacher_key": "t"}
    values |= {"data_digest": "d", "loss": "mse", "max_epochs": 9, "patience": 3, "batch_size": 32, "max_length": 128}
    return RunSpec(**values | given)


def record(planned: RunSpec, role: str = "train", **metrics: float) -> Record:
    params = {name: str(value) for name, value in asdict(planned).items()}
    names = ("dataset", "task", "student", "setting", "seed", "teacher", "protocol")
    tags = {name: params[name] for name in names} | {"role": role, "key": planned.key + role, "preset": "paper"}
    number = next(NUMBERS)
    return Record(
        run_id=str(number), suite="s", name="", status="finished", tags=tags, params=params,
        metrics=metrics, start_time=number, end_time=number,
    )  # fmt: skip
