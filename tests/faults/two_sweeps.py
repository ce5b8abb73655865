"""Two sweeps that are started on the same plan at once, or nearly, share it: no run is done twice."""

import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from random import Random

from tests.faults.plan import Plan, by_name, check, records, said
from tests.faults.tally import Tally


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
    with ExitStack() as begun:
        commands = []
        for out in ("first", "second"):
            begins = replace(plan, arguments=(*plan.arguments, "--out", out)).going_on(work)
            commands.append(begun.enter_context(begins))
            time.sleep(apart)
        return [command.wait() for command in commands]
