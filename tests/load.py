"""The load figures of docs/reliability.md: a store of 10,000 runs, then the commands that read it, with their time.

`python -m tests.load [--seeds N] [--folder DIR]`: four data sets of one's own, five students, five settings, N seeds,
40 metrics a run. The rows go straight into MLflow's own tables, as MLflow would take hours to write them.
"""

import argparse
import csv
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmark.options import parser, request
from benchmark.plan import Item, plan_runs
from benchmark.rooms import Rooms
from benchmark.spec import RunSpec
from benchmark.tags import role, tags
from tests.conftest import COSTS, USERS, own_environment, write_teacher
from tests.made_runs import LABELS
from tracking import Store
from tracking.names import metric_name

N_METRICS, N_DATASETS, N_UNDONE, N_ANSWERS = 40, 4, 100, 240
SUITE = "load"
MORE = tuple(
    f"latency_{lane}_{figure}" for lane in ("torch_all", "onnx_all", "text") for figure in ("p95_ms", "p99_ms")
)
INSERT = "INSERT INTO {} VALUES ({})"


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    seconds: float
    cpu_seconds: float
    mib: float

    def __str__(self) -> str:
        return f"| {self.what} | {self.seconds:.1f} | {self.cpu_seconds:.1f} | {self.mib:.0f} |"


def arguments(folder: Path, seeds: int) -> list[str]:
    """Of the plan that the store holds all but the last runs of."""
    chosen = ["--preset", "quickstart", "--seeds", str(seeds), "--teacher", str(folder / "tiny-bert")]
    settings = [word for name in ("vanilla", "kd", "kd_ulb", "kd_ulb_fasttext", "kd_ulb_bert") for word in ("-x", name)]
    return ["--suite", str(folder / f"{SUITE}.yml"), *chosen, *settings]


def lay_out(folder: Path, seeds: int) -> None:
    """A suite, a teacher, and the store in `folder`/work."""
    write_teacher(folder / "tiny-bert")
    for split, n in (("train", 60), ("validation", 20), ("test", 20)):
        rows = "".join(f"kata {split} nomor {i},{LABELS[i % len(LABELS)]}\n" for i in range(n))
        (folder / f"{split}.csv").write_text("text,label\n" + rows)
    files = "{train: train.csv, validation: validation.csv, test: test.csv}"
    sets = "".join(f"  set{number}: {files}\n" for number in range(N_DATASETS))
    (folder / f"{SUITE}.yml").write_text(f"task: classification\ndatasets:\n{sets}")
    wanted = request(parser("load", None).parse_args(arguments(folder, seeds)))
    rooms = Rooms(suite=wanted.suite, teacher=wanted.teacher)
    fill(folder / "work" / "mlflow.db", plan_runs(wanted, rooms)[:-N_UNDONE])


def fill(path: Path, items: list[Item]) -> None:
    """As if each of them had been done: like `store.begin` and `run.finish`, by the tables."""
    path.parent.mkdir(parents=True, exist_ok=True)
    store, dice = Store.open(f"sqlite:///{path}"), random.Random(0)
    example = store.begin(SUITE, "example", tags={"role": "example"}, params={})
    example.finish({})
    [record] = store.records(SUITE)
    with closing(sqlite3.connect(path)) as database, database:
        columns = [column for _, column, *_ in database.execute("PRAGMA table_info(runs)")]
        known = dict(zip(columns, database.execute("SELECT * FROM runs").fetchone(), strict=True))
        for number, item in enumerate(items):
            run_id, start = f"{number:032x}", known["start_time"] + 1000 * number
            artifacts = known["artifact_uri"].replace(record.run_id, run_id)
            own = {"run_uuid": run_id, "name": item.spec.name, "start_time": start, "end_time": start + 30_000}
            run = known | own | {"artifact_uri": artifacts}
            database.execute(INSERT.format("runs", ", ".join("?" * len(run))), list(run.values()))
            _insert(
                database, run_id, item.spec, {**record.tags, **tags(item.spec, role(item.spec), "quickstart")}, dice
            )
            if item.spec.seed == 0:
                _answers(Path(artifacts.removeprefix("file://")), dice)
        database.execute("DELETE FROM runs WHERE name = 'example'")


def _insert(
    database: sqlite3.Connection, run_id: str, spec: RunSpec, told: dict[str, str], dice: random.Random
) -> None:
    for table, values in (("tags", told), ("params", {n: str(v) for n, v in asdict(spec).items()})):
        rows = [(key, value, run_id) for key, value in values.items()]
        database.executemany(f"INSERT INTO {table} (key, value, run_uuid) VALUES (?, ?, ?)", rows)
    metrics = figures(spec, dice)
    names = "key, value, timestamp, step, is_nan, run_uuid"
    for table in ("metrics", "latest_metrics"):
        points = [(metric_name(name), value, 1, 0, False, run_id) for name, value in metrics.items()]
        database.executemany(f"INSERT INTO {table} ({names}) VALUES (?, ?, ?, ?, ?, ?)", points)
    curve = [("epoch/valid_f1", dice.random(), epoch, epoch, False, run_id) for epoch in range(1, 6)]
    database.executemany(f"INSERT INTO metrics ({names}) VALUES (?, ?, ?, ?, ?, ?)", curve)


def figures(spec: RunSpec, dice: random.Random) -> dict[str, float]:
    """N_METRICS of them."""
    f1 = dice.gauss(0.9 if spec.is_teacher else 0.8, 0.01)
    known = {"test_f1": f1, "valid_f1": f1, "teacher_test_f1": 0.9, "f1_kept": f1 / 0.9, "train_seconds": 12.0}
    known |= COSTS.get(spec.student, COSTS["cnn"]) | {name: dice.uniform(1, 9) for name in MORE}
    return known | {f"more{i}": dice.random() for i in range(N_METRICS - len(known))}


def _answers(folder: Path, dice: random.Random) -> None:
    folder.mkdir(parents=True)
    answers = [
        {"text": "kata " * 9, "gold": dice.choice(LABELS), "predicted": dice.choice(LABELS)} for _ in range(N_ANSWERS)
    ]
    (folder / "predictions.jsonl").write_text("".join(json.dumps(answer) + "\n" for answer in answers))
    (folder / "test_f1_per_label.json").write_text(json.dumps(dict.fromkeys(LABELS, 0.8)))


def timed(what: str, work: Path, *command: str) -> Row:
    inherited = {name: value for name, value in os.environ.items() if name not in USERS}
    begin = time.monotonic()
    with (work / "said.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=work, env=inherited | own_environment(work), stdout=log, stderr=log
        )
        peak = 0.0
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            peak = max(peak, _peak(process.pid))
            time.sleep(0.05)
    assert ended[1] == 0, (work / "said.log").read_text()[-2000:]
    return Row(what, time.monotonic() - begin, ended[2].ru_utime + ended[2].ru_stime, peak)


def _peak(pid: int) -> float:
    """MiB that the process has held at most; what `wait4` tells counts its parent's too, from before it was begun."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def measured(folder: Path, seeds: int) -> Iterator[Row]:
    work = folder / "work"
    yield timed("the first report", work, "benchmark.report", "--suite", SUITE)
    f1 = 0.123456789
    changed = change(Store.open(f"sqlite:///{work / 'mlflow.db'}"), f1)
    yield timed("the next, after a figure, a tag and a run were added", work, "benchmark.report", "--suite", SUITE)
    with (work / "results" / SUITE / "results.csv").open(newline="") as file:
        rows = {row["run_id"]: row for row in csv.DictReader(file)}
    assert float(rows[changed]["test_f1"]) == f1, "a stale figure"
    assert "added" in {row["student"] for row in rows.values()}, "a run is missing"
    yield timed("the next, nothing new", work, "benchmark.report", "--suite", SUITE)
    plan = ("benchmark.run", *arguments(folder, seeds), "--dry-run")
    yield timed("the plan of the resumed sweep, the data parsed", work, *plan)
    yield timed("the same again", work, *plan)


def change(store: Store, f1: float) -> str:
    """A finished run's figure; a tag; one more run. Returns the id of the first."""
    run_id = store.records(SUITE)[-1].run_id
    store.add_metrics(run_id, {"test_f1": f1})
    added = store.begin(SUITE, "added", tags={"role": "train", "key": "added", "student": "added"}, params={"seed": 0})
    added.finish({"test_f1": 0.5})
    return run_id


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    asked.add_argument("--seeds", type=int, default=100)
    asked.add_argument("--folder", type=Path, help="where the store is made and stays (default: none stays)")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="load-") as scratch:
        folder = (given.folder or Path(scratch)).absolute()
        (folder / "work").mkdir(parents=True, exist_ok=True)
        os.environ |= own_environment(folder / "work")
        if not (folder / "work" / "mlflow.db").exists():
            lay_out(folder, given.seeds)
        n_runs = len(Store.open(f"sqlite:///{folder / 'work' / 'mlflow.db'}", create=False).records(SUITE))
        print(f"{n_runs} runs of {N_METRICS} metrics\n")
        print("| what | seconds | CPU seconds | MiB at most |\n|---|---|---|---|")
        for row in measured(folder, given.seeds):
            print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
