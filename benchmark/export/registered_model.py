"""The best student of each data set as a registered model for `mlflow models serve`."""

import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from rich.console import Console

from benchmark import bundle
from benchmark.bundle.files import MANIFEST, read_manifest
from benchmark.core.run_store import BUNDLE
from benchmark.core.spec import PROTOCOL, TEACHER
from tracking import Record, Store, TextModel

BEST = "best"
"""Alias of the registered model."""
LOADER = "benchmark.bundle:Bundle.load"
PARAMS = {"scores": False, "min_score": 0.0}
"""Arguments of Bundle.predict that a request may have."""
REQUIREMENTS = ("onnxruntime", "tokenizers", "numpy")
ROOT = Path(bundle.__path__[0]).parents[1]


def publish_best(store: Store, records: Iterable[Record], data: Mapping[str, str] | None = None) -> list[str]:
    """Registers the best student of each data set of a suite; returns URIs as `models:/classification-emot@best`.

    `data` are digests of the plan's data by data set; runs on other data are left out. Others go by the latest data.
    """
    digests = data or {}
    current = [r for r in records if (digests.get(r.tags.get("dataset", "")) or _data(r)) == _data(r)]
    return [_publish(store, record) for record in best_students(current)]


def best_students(records: Iterable[Record]) -> list[Record]:
    """One per data set, by F1 on validation: choosing the served run must not read the test split.

    Smoke runs, runs of another protocol, and runs on other data than the latest are left out.
    """
    best: dict[str, Record] = {}
    for record in records:
        if not _may_serve(record):
            continue
        rival = best.get(record.tags["dataset"])
        if rival is None or _data(record) != _data(rival) or _f1(record) > _f1(rival):
            best[record.tags["dataset"]] = record
    return list(best.values())


def show_served(addresses: Iterable[str], console: Console) -> None:
    """Prints the command that serves each model; MLFLOW_TRACKING_URI names the store."""
    for address in addresses:
        line = f"Serve the best: mlflow models serve --env-manager local -m {address}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def bundle_code() -> dict[str, Path]:
    """Source files that a bundle needs to predict, by their path relative to the import path."""
    files = [ROOT / "benchmark" / "__init__.py", *Path(bundle.__path__[0]).glob("*.py")]
    return {str(file.relative_to(ROOT)): file for file in files}


def model_name(suite: str, dataset: str) -> str:
    """Name of a data set's registered model: `suite-dataset`, with each `-` of the suite's name doubled.

    Two data sets never share a name: names begin with a letter, digit or `_`, so the first odd number of `-` ends the
    suite's.
    """
    return f"{suite.replace('-', '--')}-{dataset}"


def _publish(store: Store, record: Record) -> str:
    name = model_name(record.suite, record.tags["dataset"])
    with tempfile.TemporaryDirectory() as folder:
        model = TextModel(
            folder=_served_files(store.download(record.run_id, BUNDLE, Path(folder))),
            loader=LOADER,
            code=bundle_code(),
            requirements=_pinned(REQUIREMENTS),
            params=PARAMS,
        )
        return store.publish(record.run_id, name, BEST, model)


def _served_files(folder: Path) -> Path:
    """The bundle without the files of transformers, which double the size of BERT students."""
    served = {MANIFEST, *read_manifest(folder)["files"]}
    for file in [file for file in folder.iterdir() if file.name not in served]:
        file.unlink()
    return folder


def _pinned(packages: Sequence[str]) -> list[str]:
    """Requirements pinned to the installed versions, without the suffix of a local build."""
    return [f"{package}=={re.sub(r'[+].*', '', version(package))}" for package in packages]


def _may_serve(record: Record) -> bool:
    required = {"role": "train", "smoke": "false", "protocol": PROTOCOL}
    is_student = record.tags.get("student") != TEACHER and required.items() <= record.tags.items()
    return is_student and record.status == "finished" and "valid_f1" in record.metrics


def _data(record: Record) -> str:
    return record.params.get("data_digest", "")


def _f1(record: Record) -> float:
    return record.metrics["valid_f1"]
