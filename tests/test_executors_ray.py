"""The plan on a Ray cluster of two nodes that share no cache; one node is lost in the middle."""

import os
import shutil
import signal
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import Finished
from test_sweep import running, wait_until

from benchmark.executors import choice
from benchmark.executors.work import Work
from benchmark.ledger import Ledger
from benchmark.options import parser, request
from benchmark.plan import plan_runs
from benchmark.rooms import Rooms
from benchmark.sweep import sweep
from tracking import Store

pytest.importorskip("ray")

from ray.cluster_utils import Cluster as Nodes


def lose(nodes: Nodes, folder: Path) -> None:
    """Kills the second node while it is at a run, which is held still until then: it would be over too soon."""
    [node] = nodes.worker_nodes
    raylet = node.all_processes["raylet"][0].process.pid

    held: list[int] = []

    def is_at_a_run() -> bool:
        with suppress(psutil.NoSuchProcess):
            for pid in running(folder).values():
                if raylet in (process.pid for process in psutil.Process(pid).parents()):
                    os.kill(pid, signal.SIGSTOP)
                    held.append(pid)
        return bool(held)

    wait_until(is_at_a_run)
    nodes.remove_node(node, allow_graceful=False)
    for pid in held:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.slow
def test_a_plan_survives_the_loss_of_a_node(
    nodes: Nodes, finished: Finished, desk_folder: Path, migrated_db: Path
) -> None:
    shutil.copy(migrated_db, desk_folder / "mlflow.db")
    options = ("-x", "vanilla", "-x", "kd_ulb_bert", "--executor", "ray", "--ray-address", nodes.address)
    asked = parser("run", None).parse_args([*finished.arguments, *options])
    wanted, store = request(asked), Store.open()
    rooms = Rooms(suite=wanted.suite, teacher=wanted.teacher, limit=wanted.limit)
    outcomes: list[Any] = []
    threading.Thread(target=lose, args=(nodes, desk_folder), daemon=True).start()
    with choice.opened(asked, wanted.jobs) as cluster:
        work = Work.of(rooms, store, wanted)
        sweep(plan_runs(wanted, rooms), Ledger.read([]), work, cluster, lambda *_: None, outcomes.append)
    records = store.records()
    assert [outcome.failure for outcome in outcomes] == ["", "", ""]
    assert Counter(record.status for record in records) == {"finished": 3, "killed": 1}
    scores = {record.key: record.metrics["test_f1"] for record in records if record.status == "finished"}
    local = [r for r in finished.store.records() if r.tags["role"] in ("teacher", "train")]
    assert scores == {record.key: record.metrics["test_f1"] for record in local}
    losses = {record.key: record.metrics["epoch/valid_loss"] for record in records if record.status == "finished"}
    assert losses == pytest.approx({r.key: r.metrics["epoch/valid_loss"] for r in local}, rel=1e-4)
