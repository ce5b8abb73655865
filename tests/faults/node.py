"""A node of a Ray cluster that is lost at any moment: what it was at is done again elsewhere."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from subprocess import TimeoutExpired
from typing import TYPE_CHECKING, Any

from tests.faults.plan import Plan, by_name, check, records, said
from tests.faults.tally import Tally

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

NODE: dict[str, Any] = {"num_cpus": os.cpu_count(), "object_store_memory": 80 * 2**20}
"""As many cores as the machine has: a sum over other threads is another one in its last digits."""
HIDING = str(Path(__file__).parent.parent / "hiding")


def lost(folder: Path, tries: int, dice: Random) -> Tally:
    """The second of two nodes, which share no cache and lack the teacher's folder.

    A moment that is after the end counts as none.
    """
    plan, tally = Plan.small(folder / "here"), Tally()
    plan.done(folder / "reference" / "work")
    expected = by_name(records(folder / "reference" / "work"))
    with two_nodes(folder / "undisturbed", folder / "here") as cluster:
        seconds = _on(plan, cluster).done(folder / "undisturbed" / "work")
    number = 0
    while tally.tries < tries:
        number += 1
        place, moment = folder / f"plan{number}", dice.uniform(0, seconds)
        with two_nodes(place, folder / "here") as cluster, _on(plan, cluster).going_on(place / "work") as command:
            try:
                command.wait(moment)
                continue
            except TimeoutExpired:
                [node] = cluster.worker_nodes
                cluster.remove_node(node, allow_graceful=False)
            with tally.one(f"lost after {moment:.0f} s"):
                assert command.wait() == 0, said(place / "work")
                check([record for record in records(place / "work") if record.status != "killed"], expected)
        time.sleep(1)
    tally.notes.append(f"a plan of {seconds:.0f} s")
    return tally


@contextmanager
def two_nodes(folder: Path, hidden: Path | None = None) -> Iterator["Cluster"]:
    """Which keep their caches in `folder`, in `one` and `two`, and cannot read the folder `hidden`."""
    from ray.cluster_utils import Cluster

    folder.mkdir(parents=True, exist_ok=True)
    lack = {"PYTHONPATH": os.pathsep.join([HIDING, os.environ.get("PYTHONPATH", "")]), "HIDDEN": str(hidden or "")}
    own = [{"BENCHMARK_CACHE": str(folder / name), "TMPDIR": str(folder), **lack} for name in ("one", "two")]
    cluster = Cluster(initialize_head=True, head_node_args=NODE | {"include_dashboard": False, "env_vars": own[0]})
    cluster.add_node(**NODE, env_vars=own[1])
    try:
        yield cluster
    finally:
        session = cluster.head_node.get_session_dir_path()
        cluster.shutdown()
        shutil.rmtree(session, ignore_errors=True)


def _on(plan: Plan, cluster: "Cluster") -> Plan:
    return replace(plan, arguments=(*plan.arguments, "--executor", "ray", "--ray-address", cluster.address))
