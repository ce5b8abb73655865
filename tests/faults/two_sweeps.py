"""`python -m tests.faults.two_sweeps --tries 10`: two sweeps are started on the same plan at once, or nearly.

Prints one row of the table of faults, and on stderr how it goes.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.kill_sweep import ended, say, undisturbed
from tests.faults.plan import HEADER, Plan, row


def main() -> int:
    made = argparse.ArgumentParser(prog="python -m tests.faults.two_sweeps", description=__doc__)
    made.add_argument("--tries", type=int, default=10, metavar="N", help="pairs of sweeps (default: 10)")
    made.add_argument("--seed", type=int, default=0, metavar="K", help="of the second one's delay (default: 0)")
    made.add_argument("--header", action="store_true", help="print the table's head too")
    asked = made.parse_args()
    delays = random.Random(asked.seed)
    with tempfile.TemporaryDirectory(prefix="two-sweeps.") as folder:
        right, seconds = undisturbed(Plan(Path(folder) / "undisturbed"))
        lost = [
            beside(Plan(Path(folder) / f"try{i}"), right, delays.uniform(0, seconds / 4)) for i in range(asked.tries)
        ]
    if asked.header:
        print(HEADER)
    command = f"python -m tests.faults.two_sweeps --tries {asked.tries} --seed {asked.seed}"
    print(row("two sweeps started on the same plan at once", command, asked.tries, lost))
    return int(any(lost))


def beside(plan: Plan, right: dict[str, float], delay: float) -> list[str]:
    """What the two cost each other."""
    first = plan.start("--out", "first")
    time.sleep(delay)
    second = plan.start("--out", "second")
    errors = [command.communicate()[1] for command in (first, second)]
    codes = [command.returncode for command in (first, second)]
    lost = ended(plan, right) + [f"exit code {code}: {err}" for code, err in zip(codes, errors, strict=True) if code]
    say(f"{delay:.1f} s apart; lost: {lost or 'nothing'}")
    plan.clear()
    return lost


if __name__ == "__main__":
    sys.exit(main())
