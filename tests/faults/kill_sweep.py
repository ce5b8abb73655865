"""`python -m tests.faults.kill_sweep --tries 50`: the sweep is killed with SIGKILL at random moments of a small plan.

After each kill the same command goes on in the same place, until the plan is done; then the next plan begins. Prints
one row of the table of faults, and on stderr how it goes.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.plan import HEADER, Plan, broken, row


def main() -> int:
    made = argparse.ArgumentParser(prog="python -m tests.faults.kill_sweep", description=__doc__)
    made.add_argument("--tries", type=int, default=50, metavar="N", help="kills in all (default: 50)")
    made.add_argument("--seed", type=int, default=0, metavar="K", help="of the moments (default: 0)")
    made.add_argument("--jobs", type=int, default=2, metavar="N", help="of the sweep (default: 2)")
    made.add_argument("--header", action="store_true", help="print the table's head too")
    asked = made.parse_args()
    with tempfile.TemporaryDirectory(prefix="kill-sweep.") as folder:
        lost = tried(Path(folder), ("--jobs", str(asked.jobs)), asked.tries, random.Random(asked.seed))
    if asked.header:
        print(HEADER)
    command = f"python -m tests.faults.kill_sweep --tries {asked.tries} --seed {asked.seed}"
    print(row("the sweep killed with SIGKILL at random moments of a small plan", command, asked.tries, lost))
    return int(any(lost))


def tried(folder: Path, options: tuple[str, ...], tries: int, moments: random.Random) -> list[list[str]]:
    """What each kill cost."""
    right, seconds = undisturbed(Plan(folder / "undisturbed", options))
    plan, lost = Plan(folder / "disturbed", options), []
    while len(lost) < tries:
        before = plan.scores()
        if killed(plan, moments.uniform(0, seconds)):
            lost.append(broken(plan.records(), before, right))
            say(f"kill {len(lost)}: {len(before)} of {len(right)} runs were finished; lost: {lost[-1] or 'nothing'}")
        else:
            lost[-1] += ended(plan, right) if lost else []
            plan.clear()
    if plan.records():
        finish(plan)
        lost[-1] += ended(plan, right)
    return lost


def undisturbed(plan: Plan) -> tuple[dict[str, float], float]:
    """Test F1 by key, and how long the whole command takes."""
    began = time.monotonic()
    finish(plan)
    seconds = time.monotonic() - began
    say(f"undisturbed: {len(plan.scores())} runs in {seconds:.0f} s")
    return plan.scores(), seconds


def finish(plan: Plan) -> None:
    command = plan.start()
    _, err = command.communicate()
    if command.returncode:
        sys.exit(f"The command ended with {command.returncode}: {err}")


def killed(plan: Plan, after: float) -> bool:
    """Whether the command was killed; False where it had ended before."""
    command = plan.start()
    try:
        _, err = command.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        command.send_signal(signal.SIGKILL)
        command.communicate()
        return True
    if command.returncode:
        sys.exit(f"The command ended with {command.returncode}: {err}")
    return False


def ended(plan: Plan, right: dict[str, float]) -> list[str]:
    """What is wrong with a plan whose last command went to its end."""
    records = plan.records()
    left = [f"{record.name} still running" for record in records if record.status == "running"]
    missing = [f"a run ({key[:8]})" for key in right if key not in plan.scores()]
    return broken(records, {}, right) + left + missing


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
