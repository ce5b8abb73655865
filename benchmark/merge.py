"""`python -m benchmark.merge FROM_URI [TO_URI]`: copies the runs that one store has and the other lacks.

From a laptop's store, or one fetched from another machine, into the server that the team shares; or the other way.
Keys, parameters, curves, tags, files and times are kept. The same command again copies nothing, or goes on where it was
interrupted.
"""

import argparse
from collections.abc import Sequence

from filelock import FileLock, Timeout
from rich.console import Console
from rich.progress import track

from benchmark.cli.command import run_command
from benchmark.core.cache import lock_path, require_writable
from benchmark.core.errors import DONE, InputError
from tracking import Merge, cache_folder


def main(arguments: Sequence[str] | None = None) -> int:
    """Copies what is lacking and says how much that was."""
    args = _parser().parse_args(arguments)
    require_writable(cache_folder(), "cache folder", "the variable BENCHMARK_CACHE")
    console = Console()
    try:
        with FileLock(lock_path("merge"), timeout=0):
            merge = Merge.between(args.source, args.target)
            for _ in track(merge.copy(), "Copying", merge.n_missing, console=console, transient=True):
                pass
    except Timeout:
        raise InputError("Another merge is going on here. Start this one when it has ended.") from None
    console.print(_summary(merge), markup=False, highlight=False, soft_wrap=True)
    return DONE


def _summary(merge: Merge) -> str:
    source, target = merge.addresses
    more = f"; {merge.n_present} were there already" if merge.n_present else ""
    if merge.n_running:
        more += f"; {merge.n_running} still going on: merge again when they have ended"
    return f"Copied {merge.n_missing} runs from {source} to {target}{more}."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmark.merge", description=__doc__)
    parser.add_argument("source", metavar="FROM_URI", help="the store to copy from; it stays as it is")
    parser.add_argument(
        "target",
        metavar="TO_URI",
        nargs="?",
        help="the store to copy to (default: MLFLOW_TRACKING_URI, then mlflow.yml)",
    )
    return parser


if __name__ == "__main__":
    run_command(main)
