"""`python -m reliability`: makes faults, prints a Markdown table of what was tried and what was lost."""

import argparse
import sys
import tempfile
from pathlib import Path
from random import Random

from reliability import cache, clock, disk, kill_sweep, limits, node, postgres, server, two_sweeps
from reliability.tally import Fault, Tally

FAULTS: dict[str, tuple[str, int, Fault]] = {
    "kill": ("the sweep killed with SIGKILL at random moments of a small plan", 50, kill_sweep.killed),
    "interrupts": (
        "the sweep interrupted (Ctrl-C) at random moments of a small plan, with all cores busy",
        100,
        kill_sweep.interrupted,
    ),
    "two_sweeps": ("two sweeps started on one plan at once, or while the other is on its way", 10, two_sweeps.at_once),
    "two_machines": ("the same, by two machines that share nothing but a server", 5, two_sweeps.of_two_machines),
    "server": ("the tracking server killed in the middle of a run, and back 60 s later", 5, server.outage),
    "server_sweep": ("the same in the middle of a whole sweep", 2, server.outage_of_a_sweep),
    "postgres": ("PostgreSQL restarted in the middle of a run, the store on it", 10, postgres.restarted),
    "postgres_server": ("PostgreSQL restarted behind a tracking server", 5, postgres.restarted_behind_a_server),
    "limits": ("one run over its limit of memory or time, in the middle of a plan", 6, limits.exceeded),
    "node": ("a node of a Ray cluster of two lost at a random moment of a plan", 5, node.lost),
    "disk": ("disk full while writing a checkpoint, bundle, report, logits, data set or artifact", 200, disk.full),
    "cache": ("a byte flipped in, or the end cut off, a cached file", 200, cache.damaged),
    "cache_sweep": ("the same, and the whole command again", 5, cache.damaged_before_a_sweep),
    "clock": ("the clock set back or forth between and in the middle of runs", 50, clock.jumped),
}


def main() -> int:
    args = _parser().parse_args()
    print("| fault | command | tries | survived | lost |\n|---|---|---|---|---|")
    tallies = [_tried(name, args.tries, args.seed) for name in args.names or FAULTS]
    return 0 if all(tally.survived == tally.tries for tally in tallies) else 1


def _tried(name: str, tries: int | None, seed: int) -> Tally:
    what, usual, fault = FAULTS[name]
    with tempfile.TemporaryDirectory(prefix=f"fault-{name}-", ignore_cleanup_errors=True) as folder:
        tally = fault(Path(folder), tries or usual, Random(seed))
    said = "; ".join(tally.notes)
    lost = "; ".join(tally.lost[:3]).replace("|", "/").replace("\n", " ")[:300] or "nothing"
    print(
        f"| {what}{f' ({said})' if said else ''} | `python -m reliability {name}` | {tally.tries} | {tally.survived} "
        f"| {lost} |",
        flush=True,
    )
    return tally


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m reliability", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*FAULTS, []], metavar="NAME", help=", ".join(FAULTS))
    parser.add_argument("--tries", type=int, help="of each fault (default: its own number)")
    parser.add_argument("--seed", type=int, default=0, help="of the random moments and places")
    return parser


if __name__ == "__main__":
    sys.exit(main())
