"""The best student of each data set as a registered model for `mlflow models serve`."""

import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from rich.console import Console

from benchmark import bundle
from benchmark.core.artifacts import BUNDLE
from benchmark.core.spec import PROTOCOL, TEACHER
from tracking import Record, Store, TextModel

BEST = "best"
"""The alias."""
LOADER = "benchmark.bundle:Bundle.load"
REQUIREMENTS = ("onnxruntime", "tokenizers", "numpy")
ROOT = Path(bundle.__path__[0]).parents[1]


def publish_best(store: Store, records: Iterable[Record], data: Mapping[str, str] | None = None) -> list[str]:
    """Registers the best student of each data set of a suite; addresses as `models:/classification-emot@best`.

    `data` are digests, by data set, of what students were to be trained on; elsewhere the latest data count.
    """
    known = data or {}
    asked = [r for r in records if (known.get(r.tags.get("dataset", "")) or _data(r)) == _data(r)]
    return [_publish(store, record) for record in best_students(asked)]


def best_students(records: Iterable[Record]) -> list[Record]:
    """One a data set, by F1 on validation: which run is served is a choice, and choices do not read the test split.

    Smoke runs, runs of another protocol, and runs on other data than the latest do not take part.
    """
    best: dict[str, Record] = {}
    for record in records:
        if not _may_serve(record):
            continue
        known = best.get(record.tags["dataset"])
        if known is None or _data(record) != _data(known) or _f1(record) > _f1(known):
            best[record.tags["dataset"]] = record
    return list(best.values())


def show_served(addresses: Iterable[str], console: Console) -> None:
    """How each of them is served; the address of the store goes with MLFLOW_TRACKING_URI."""
    for address in addresses:
        line = f"Serve the best: mlflow models serve --env-manager local -m {address}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def bundle_code() -> dict[str, Path]:
    """All of this project that a bundle needs to answer: the source files by their place under the import path."""
    files = [ROOT / "benchmark" / "__init__.py", *Path(bundle.__path__[0]).glob("*.py")]
    return {str(file.relative_to(ROOT)): file for file in files}


def _publish(store: Store, record: Record) -> str:
    name = f"{record.suite}-{record.tags['dataset']}"
    with tempfile.TemporaryDirectory() as folder:
        model = TextModel(
            folder=store.download(record.run_id, BUNDLE, Path(folder)),
            loader=LOADER,
            code=bundle_code(),
            requirements=_pinned(REQUIREMENTS),
        )
        return store.publish(record.run_id, name, BEST, model)


def _pinned(packages: Sequence[str]) -> list[str]:
    """Without what a local build adds to its version."""
    return [f"{package}=={re.sub(r'[+].*', '', version(package))}" for package in packages]


def _may_serve(record: Record) -> bool:
    tags = record.tags
    counts = record.status == "finished" and tags.get("role") == "train" and tags.get("student") != TEACHER
    return counts and tags.get("smoke") == "false" and tags.get("protocol") == PROTOCOL and "valid_f1" in record.metrics


def _data(record: Record) -> str:
    return record.params.get("data_digest", "")


def _f1(record: Record) -> float:
    return record.metrics["valid_f1"]
