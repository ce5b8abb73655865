"""A command that is killed or interrupted at any moment loses nothing that was finished; the same command continues."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

from benchmark.core.errors import INTERRUPTED
from reliability.plan import Plan, by_name, check, finished, left_behind, records, said
from reliability.tally import Tally

ENDS = {signal.SIGKILL: (-signal.SIGKILL,), signal.SIGINT: (INTERRUPTED, -signal.SIGINT)}
"""Exit codes after a signal. Python ends by SIGINT itself before a command's first line; shells report 130 for both."""
SHUTDOWN_SECONDS = 300
BUSY = "while True: pass"


def killed(folder: Path, tries: int, dice: Random) -> Tally:
    """SIGKILL, which no process can handle."""
    return _ended(folder, tries, dice, signal.SIGKILL)


def interrupted(folder: Path, tries: int, dice: Random) -> Tally:
    """Ctrl-C, beside processes that keep all cores busy."""
    with _load():
        tally = _ended(folder, tries, dice, signal.SIGINT)
    tally.notes.append(f"load {os.getloadavg()[2]:.0f} on {os.cpu_count()} cores")
    return tally


def _ended(folder: Path, tries: int, dice: Random, number: signal.Signals) -> Tally:
    plan, tally = Plan.small(folder), Tally()
    seconds = plan.done(folder / "reference" / "work")
    expected = by_name(records(folder / "reference" / "work"))
    plans = 0
    while tally.tries < tries:
        plans += 1
        work = folder / f"plan{plans}" / "work"
        while tally.tries < tries and not _ends(plan, work, dice.uniform(0, seconds), tally, number):
            pass
        with tally.afterwards(f"plan {plans}, undisturbed to its end"):
            plan.done(work)
            check(records(work), expected)
            assert (work / "results" / "classification" / "report.html").exists(), "no report"
            assert not left_behind(work), f"left behind: {left_behind(work)}"
    tally.notes.append(f"{plans} plans of {seconds:.0f} s")
    return tally


def _ends(plan: Plan, work: Path, moment: float, tally: Tally, number: signal.Signals) -> bool:
    """Sends the signal at a moment of the command's life; whether the command had done everything before."""
    before = finished(records(work))
    with plan.going_on(work) as command:
        with suppress(subprocess.TimeoutExpired):
            command.wait(moment)
        if command.poll() is None:
            _send(command, number)
        code = command.wait(SHUTDOWN_SECONDS)
    if code == 0:
        return True
    with tally.one(f"{number.name} after {moment:.1f} s"):
        assert code in ENDS[number], f"exit code {code}: {said(work)}"
        time.sleep(0.2)
        after = finished(records(work))
        assert before.items() <= after.items(), f"lost: {before.keys() - after.keys()}"
        assert number == signal.SIGKILL or not left_behind(work), f"left behind: {left_behind(work)}"
    return False


def _send(command: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Ctrl-C goes to the whole process group, as a terminal sends it."""
    if number == signal.SIGINT:
        os.killpg(command.pid, number)
    else:
        command.send_signal(number)


@contextmanager
def _load() -> Iterator[None]:
    """Keeps every core busy during the block, with the lowest priority."""
    busy = [
        subprocess.Popen([sys.executable, "-c", BUSY], preexec_fn=lambda: os.nice(19))
        for _ in range(os.cpu_count() or 1)
    ]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()
