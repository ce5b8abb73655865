"""A small plan to be disturbed: a teacher and four students of the bundled data, a minute on an idle machine."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tracking import Record, Store

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = ("--suite", "classification", "--limit", "40", "-s", "cnn", "-s", "bilstm", "-x", "vanilla")
ARGUMENTS += ("-x", "kd_ulb_bert", "--teacher-epochs", "1", "--max-epochs", "2")
ROLES = ("teacher", "train")
HEADER = "| fault | command | tries | survived | lost |\n|---|---|---:|---:|---|"


@dataclass(frozen=True)
class Plan:
    """The plan in a folder of its own: store, artifacts, cache and locks are nobody else's."""

    folder: Path
    options: tuple[str, ...] = ()

    def start(self, *more: str) -> subprocess.Popen[str]:
        work = self.folder / "work"
        work.mkdir(parents=True, exist_ok=True)
        own = {"BENCHMARK_CACHE": str(self.folder / "cache"), "TMPDIR": str(self.folder), "PYTHONPATH": str(ROOT)}
        own["MLFLOW_TRACKING_URI"] = f"sqlite:///{work / 'mlflow.db'}"
        return subprocess.Popen(
            [sys.executable, "-m", "benchmark.run", *ARGUMENTS, *self.options, *more],
            cwd=work,
            env=os.environ | {"OMP_NUM_THREADS": "1"} | own,
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def records(self) -> list[Record]:
        """Of teachers and students; none where the store is not there yet."""
        path = self.folder / "work" / "mlflow.db"
        if not path.exists() or not path.stat().st_size:
            return []
        return [r for r in Store.open(f"sqlite:///{path}").records() if r.tags.get("role") in ROLES]

    def scores(self) -> dict[str, float]:
        """Test F1 by key of what is finished."""
        return {record.key: record.metrics["test_f1"] for record in self.records() if record.status == "finished"}

    def clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def broken(records: list[Record], before: Mapping[str, float], right: Mapping[str, float]) -> list[str]:
    """What a disturbed plan has lost: runs finished `before`, runs done twice, scores that are not the `right` ones."""
    finished = [record for record in records if record.status == "finished"]
    times = Counter(record.key for record in finished)
    names = {record.key: record.name for record in finished}
    lost = [f"a finished run ({key[:8]})" for key in before if key not in times]
    twice = [f"{names[key]} done {n} times" for key, n in times.items() if n > 1]
    wrong = [f"F1 of {record.name}" for record in finished if right.get(record.key) != record.metrics["test_f1"]]
    return lost + twice + wrong


def row(fault: str, command: str, tries: int, lost: list[list[str]]) -> str:
    """Of the table of faults; `lost` holds one list a try."""
    survived = sum(not each for each in lost)
    told = ", ".join(dict.fromkeys(what for each in lost for what in each)) or "nothing"
    return f"| {fault} | `{command}` | {tries} | {survived} | {told} |"
