"""Two sweeps that are started on the same plan at once, or nearly, share it: no run is done twice."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from random import Random

from reliability.plan import Plan, by_name, check, records, said
from reliability.tally import Tally
from tests.support.mlflow_server import serving


def at_once(folder: Path, tries: int, dice: Random) -> Tally:
    """The first two at the same moment; of the others one begins while the other is on its way."""
    plan, tally = Plan.small(folder), Tally()
    seconds = plan.done(folder / "reference" / "work")
    expected = by_name(records(folder / "reference" / "work"))
    for number in range(tries):
        work, apart = folder / f"plan{number}" / "work", dice.uniform(0, seconds / 2) if number else 0.0
        codes = _both(plan, work, apart)
        with tally.one(f"{apart:.1f} s apart"):
            assert codes == [0, 0], f"exit codes {codes}: {said(work)}"
            check(records(work), expected)
    return tally


def _both(plan: Plan, work: Path, apart: float) -> list[int]:
    commands = [(replace(plan, arguments=(*plan.arguments, "--out", out)), work) for out in ("first", "second")]
    return _ended(commands, apart)


def _ended(commands: Sequence[tuple[Plan, Path]], apart: float, **variables: str) -> list[int]:
    """Exit codes of plans that are begun in these folders, some time apart."""
    with ExitStack() as begun:
        processes = []
        for plan, work in commands:
            processes.append(begun.enter_context(plan.going_on(work, **variables)))
            time.sleep(apart)
        return [process.wait() for process in processes]


def of_two_machines(folder: Path, tries: int, dice: Random) -> Tally:
    """They share nothing but a tracking server: no cache, no folder, no lock."""
    plan, tally = Plan.small(folder), Tally()
    seconds = plan.done(folder / "reference" / "work")
    expected = by_name(records(folder / "reference" / "work"))
    for number in range(tries):
        place, apart = folder / f"plan{number}", dice.uniform(0, seconds / 2) if number else 0.0
        with tally.one(f"{apart:.1f} s apart"), serving(place / "server") as server:
            both = [(plan, place / name / "work") for name in ("first", "second")]
            codes = _ended(both, apart, MLFLOW_TRACKING_URI=server.uri)
            assert codes == [0, 0], f"exit codes {codes}: {said(both[0][1])} {said(both[1][1])}"
            check([one for one in records(folder, server.uri) if one.status != "killed"], expected)
    return tally
