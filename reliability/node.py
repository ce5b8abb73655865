"""A node of a Ray cluster that is lost at any moment: what it was at is done again elsewhere."""

import time
from dataclasses import replace
from pathlib import Path
from random import Random
from subprocess import TimeoutExpired
from typing import TYPE_CHECKING

from reliability.plan import Plan, by_name, check, records, said
from reliability.tally import Tally
from tests.support.ray_nodes import two_nodes

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster


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


def _on(plan: Plan, cluster: "Cluster") -> Plan:
    return replace(plan, arguments=(*plan.arguments, "--executor", "ray", "--ray-address", cluster.address))
