"""The load figures of docs/reliability.md: a store of 10,000 runs, then the commands that read it, with their time.

`python -m reliability.load [--seeds N] [--server]`: four data sets of one's own, five students, five settings, N seeds,
40 metrics a run. The rows go straight into MLflow's own tables, as MLflow would take hours to write them.
"""

import argparse
import csv
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, create_engine

from benchmark.cli.arguments import parser
from benchmark.cli.options import benchmark_config
from benchmark.core.run_store import GROUPS, open_store
from benchmark.core.spec import RunSpec
from benchmark.execution.plan import PlannedRun, plan_runs
from benchmark.execution.run_description import role, tags
from tests.support.commands import USERS, own_environment
from tests.support.model_factory import write_teacher
from tests.support.run_factory import EXAMPLE_COSTS, LABELS
from tests.support.team_server import team_server
from tracking import Store, cache_folder

LONG_AGO_MS = 86_400_000
N_METRICS, N_DATASETS, N_UNDONE, N_ANSWERS = 40, 4, 100, 240
SUITE = "load"
MORE = tuple(
    f"latency_{mode}_{figure}" for mode in ("torch_all", "onnx_all", "text") for figure in ("p95_ms", "p99_ms")
)


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


@dataclass(frozen=True)
class Place:
    """A store, and how its tables and files are reached past MLflow."""

    work: Path
    """Where the commands are called."""
    uri: str
    database: str
    artifacts: Path
    account: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in USERS}
        return inherited | own_environment(self.work) | dict(self.account) | {"MLFLOW_TRACKING_URI": self.uri}


@contextmanager
def on_file(folder: Path) -> Iterator[Place]:
    uri = f"sqlite:///{folder / 'work' / 'mlflow.db'}"
    yield Place(folder / "work", uri, uri, folder / "work" / "mlartifacts")


@contextmanager
def on_server(folder: Path) -> Iterator[Place]:
    """As docker-compose.yml has it, on PostgreSQL; it is gone afterwards."""
    with team_server() as team:
        password, port = team.variables["MLFLOW_DB_PASSWORD"], team.ports["5432"]
        database = f"postgresql+psycopg2://mlflow:{password}@127.0.0.1:{port}/mlflow"
        yield Place(folder / "work", team.uri, database, team.folder / "artifacts", team.account)


def lay_out(folder: Path, place: Place, seeds: int) -> None:
    """A suite, a teacher, and the runs of all but the last of the plan."""
    write_teacher(folder / "tiny-bert")
    for split, n in (("train", 60), ("validation", 20), ("test", 20)):
        rows = "".join(f"kata {split} nomor {i},{LABELS[i % len(LABELS)]}\n" for i in range(n))
        (folder / f"{split}.csv").write_text("text,label\n" + rows)
    files = "{train: train.csv, validation: validation.csv, test: test.csv}"
    sets = "".join(f"  set{number}: {files}\n" for number in range(N_DATASETS))
    (folder / f"{SUITE}.yml").write_text(f"task: classification\ndatasets:\n{sets}")
    wanted = benchmark_config(parser("run").parse_args(arguments(folder, seeds)))
    fill(place, plan_runs(wanted, wanted.suite_data())[:-N_UNDONE])


def fill(place: Place, items: list[PlannedRun]) -> None:
    """As if each of them had been done: like `store.begin` and `run.finish`, by the tables."""
    store = open_store(place.uri)
    example = store.begin(SUITE, "example", tags={"role": "example"}, params={})
    example.finish({})
    [record] = store.records(SUITE)
    engine, tables = create_engine(place.database), MetaData()
    tables.reflect(engine)
    with engine.begin() as database:
        runs = tables.tables["runs"]
        known = dict(database.execute(runs.select().where(runs.c.run_uuid == example.run_id)).mappings().one())
        made = {name: [] for name in ("runs", "tags", "params", "metrics", "latest_metrics")}
        for number, item in enumerate(items):
            for name, rows in _rows(f"{number:032x}", item.spec, known, record.tags, random.Random(number)).items():
                made[name] += rows
        for name, rows in made.items():
            database.execute(tables.tables[name].insert(), rows)
    for number, item in enumerate(items):
        if item.spec.seed == 0:
            place_of_files = Path(known["artifact_uri"].replace(example.run_id, f"{number:032x}"))
            _answers(place.artifacts.joinpath(*place_of_files.parts[-3:]), random.Random(number))
    store._client._mlflow.delete_run(example.run_id)
    shutil.rmtree(cache_folder() / "runs", ignore_errors=True)  # a reader remembers nothing of these tables yet


def _rows(
    run_id: str, spec: RunSpec, known: Mapping[str, Any], example: Mapping[str, str], dice: random.Random
) -> dict[str, list[dict[str, Any]]]:
    """By table; `known` is a row of the table of runs, `example` the tags of that run."""
    start = known["start_time"] - LONG_AGO_MS + 1000 * int(run_id, 16)
    own = {"run_uuid": run_id, "name": spec.name, "start_time": start, "end_time": start + 30_000}
    run_tags = {**example, **tags(spec, role(spec), "quickstart")}
    point = {"run_uuid": run_id, "timestamp": 1, "step": 0, "is_nan": False}
    last = [point | {"key": GROUPS.metric_name(name), "value": value} for name, value in figures(spec, dice).items()]
    curve = [
        point | {"key": "epoch/valid_f1", "value": dice.random(), "timestamp": epoch, "step": epoch}
        for epoch in range(1, 6)
    ]
    return {
        "runs": [{**known, **own, "artifact_uri": known["artifact_uri"].replace(known["run_uuid"], run_id)}],
        "tags": [{"run_uuid": run_id, "key": key, "value": value} for key, value in run_tags.items()],
        "params": [{"run_uuid": run_id, "key": key, "value": str(value)} for key, value in asdict(spec).items()],
        "metrics": last + curve,
        "latest_metrics": last,
    }


def figures(spec: RunSpec, dice: random.Random) -> dict[str, float]:
    """N_METRICS of them."""
    f1 = dice.gauss(0.9 if spec.is_teacher else 0.8, 0.01)
    known = {"test_f1": f1, "valid_f1": f1, "teacher_test_f1": 0.9, "f1_kept": f1 / 0.9, "train_seconds": 12.0}
    known |= EXAMPLE_COSTS.get(spec.student, EXAMPLE_COSTS["cnn"]) | {name: dice.uniform(1, 9) for name in MORE}
    return known | {f"more{i}": dice.random() for i in range(N_METRICS - len(known))}


def _answers(folder: Path, dice: random.Random) -> None:
    folder.mkdir(parents=True)
    answers = [
        {"text": "kata " * 9, "gold": dice.choice(LABELS), "predicted": dice.choice(LABELS)} for _ in range(N_ANSWERS)
    ]
    (folder / "predictions.jsonl").write_text("".join(json.dumps(answer) + "\n" for answer in answers))
    (folder / "test_f1_per_label.json").write_text(json.dumps(dict.fromkeys(LABELS, 0.8)))


def timed(what: str, place: Place, *command: str) -> Row:
    begin = time.monotonic()
    with (place.work / "said.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=place.work, env=place.environment, stdout=log, stderr=log
        )
        peak = 0.0
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            peak = max(peak, _peak(process.pid))
            time.sleep(0.05)
    assert ended[1] == 0, (place.work / "said.log").read_text()[-2000:]
    return Row(what, time.monotonic() - begin, ended[2].ru_utime + ended[2].ru_stime, peak)


def _peak(pid: int) -> float:
    """MiB that the process has held at most; what `wait4` tells counts its parent's too, from before it was begun."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def measured(folder: Path, place: Place, seeds: int) -> Iterator[Row]:
    yield timed("the first report", place, "benchmark.report", "--suite", SUITE)
    f1 = 0.123456789
    changed = change(open_store(place.uri), f1)
    yield timed("the next, after a figure was added to a run, and a run", place, "benchmark.report", "--suite", SUITE)
    with (place.work / "results" / SUITE / "results.csv").open(newline="") as file:
        rows = {row["run_id"]: row for row in csv.DictReader(file)}
    assert float(rows[changed]["test_f1"]) == f1, "a stale figure"
    assert "added" in {row["student"] for row in rows.values()}, "a run is missing"
    yield timed("the next, nothing new", place, "benchmark.report", "--suite", SUITE)
    plan = ("benchmark.run", *arguments(folder, seeds), "--dry-run")
    yield timed("the plan of the resumed sweep, the data parsed", place, *plan)
    yield timed("the same again", place, *plan)


def change(store: Store, f1: float) -> str:
    """A finished run's figure, and one more run. Returns the id of the first."""
    run_id = store.records(SUITE)[-2].run_id
    store.add_metrics(run_id, {"test_f1": f1})
    added = store.begin(SUITE, "added", tags={"role": "train", "key": "added", "student": "added"}, params={"seed": 0})
    added.finish({"test_f1": 0.5})
    return run_id


def main() -> int:
    cli = argparse.ArgumentParser(prog="python -m reliability.load", description=__doc__)
    cli.add_argument("--seeds", type=int, default=101)
    cli.add_argument("--server", action="store_true", help="on the team's server and its PostgreSQL, not on a file")
    args = cli.parse_args()
    with tempfile.TemporaryDirectory(prefix="load-") as scratch:
        folder = Path(scratch).absolute()
        (folder / "work").mkdir()
        with (on_server if args.server else on_file)(folder) as place:
            os.environ |= own_environment(place.work) | dict(place.account)
            lay_out(folder, place, args.seeds)
            print(f"{N_METRICS} metrics a run, on {'a server' if args.server else 'a file'}\n")
            print("| what | seconds | CPU seconds | MiB at most |\n|---|---|---|---|")
            for row in measured(folder, place, args.seeds):
                print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
