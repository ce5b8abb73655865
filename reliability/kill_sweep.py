"""A command that is killed at any moment loses nothing that was finished, and the same command goes on from there."""

import time
from pathlib import Path
from random import Random
from subprocess import TimeoutExpired

from reliability.plan import Plan, by_name, check, finished, records, said
from reliability.tally import Tally


def killed(folder: Path, tries: int, dice: Random) -> Tally:
    plan, tally = Plan.small(folder), Tally()
    seconds = plan.done(folder / "reference" / "work")
    expected = by_name(records(folder / "reference" / "work"))
    plans = 0
    while tally.tries < tries:
        plans += 1
        work = folder / f"plan{plans}" / "work"
        while tally.tries < tries and not _ends(plan, work, dice.uniform(0, seconds), tally):
            pass
        with tally.afterwards(f"plan {plans}, undisturbed to its end"):
            plan.done(work)
            check(records(work), expected)
            assert (work / "results" / "classification" / "report.html").exists(), "no report"
    tally.notes.append(f"{plans} plans of {seconds:.0f} s")
    return tally


def _ends(plan: Plan, work: Path, moment: float, tally: Tally) -> bool:
    """Kills the command at a moment; whether it had ended before."""
    before = finished(records(work))
    with plan.going_on(work) as command:
        try:
            code = command.wait(moment)
        except TimeoutExpired:
            command.kill()
            command.wait()
        else:
            assert code == 0, said(work)
            return True
    with tally.one(f"killed after {moment:.1f} s"):
        time.sleep(0.2)
        after = finished(records(work))
        assert before.items() <= after.items(), f"lost: {before.keys() - after.keys()}"
    return False
