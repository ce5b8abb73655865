"""A clock that is set back or forth: no figure is lost or grows old, and what reads the store goes on."""

import os
import subprocess
import sys
from pathlib import Path
from random import Random

from benchmark.core.run_store import open_store
from benchmark.execution.estimate import Estimator
from benchmark.reporting.report import write_report
from reliability.tally import Tally
from tracking import Store

RUN = """
import sys, time
real, shift = time.time, [0.0]
time.time = lambda: real() + shift[0]  # what every part of this process takes for the time
from benchmark.core.run_store import open_store
store, number, begin, middle = open_store(sys.argv[1]), sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
tags = {"role": "train", "key": number, "preset": "paper", "smoke": "false", "protocol": "1", "dataset": "emot"}
tags |= {"task": "classification", "student": "cnn", "setting": "kd", "teacher": "t", "seed": number}
shift[0] = begin
run = store.begin("clock", "run" + number, tags=tags, params={"seed": number, "learning_rate": 0.1})
run.log_epoch(1, {"valid_f1": 0.25})
shift[0] = middle
run.log_epoch(2, {"valid_f1": 0.5})
run.finish({"test_f1": 0.25, "valid_f1": 0.25})
store.add_metrics(run.run_id, {"test_f1": 0.125})
shift[0] = begin
store.add_metrics(run.run_id, {"test_f1": 0.5})
print(run.run_id)
"""
DAYS = 3 * 86_400


def jumped(folder: Path, tries: int, dice: Random) -> Tally:
    tally, uri = Tally(), f"sqlite:///{folder / 'mlflow.db'}"
    store = open_store(uri)
    for number in range(tries):
        begin, middle = (dice.uniform(-DAYS, DAYS) for _ in range(2))
        with tally.one(f"{begin:+.0f} s, then {middle:+.0f} s"):
            _check(store, _run(uri, number, begin, middle), folder)
    return tally


def _run(uri: str, number: int, begin: float, middle: float) -> str:
    """Id of a run that was done while the clock was wrong."""
    command = [sys.executable, "-c", RUN, uri, str(number), str(begin), str(middle)]
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(root)}, check=False
    )
    assert done.returncode == 0, done.stderr[-500:]
    return done.stdout.strip()


def _check(store: Store, run_id: str, folder: Path) -> None:
    known = store.records("clock")
    [record] = [record for record in known if record.run_id == run_id]
    assert record.metrics["test_f1"] == 0.5, "an older figure won"
    assert record.metrics["epoch/valid_f1"] == 0.5, "an older epoch won"
    assert store.history(run_id, "valid_f1") == [(1, 0.25), (2, 0.5)]
    assert all(seconds >= 0 for seconds in Estimator.from_records(known).seconds.values()), "a time below nothing"
    assert write_report(store, "clock", folder / "report", records=known).exists()
