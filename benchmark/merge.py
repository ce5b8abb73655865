"""`python -m benchmark.merge FROM_URI [TO_URI]`: copies the runs that a second store lacks from a first one.

For example from a laptop into the server that a team shares. Copies have the same keys, parameters, curves, tags, files
and times. Run again, the command copies nothing twice, and resumes where it was interrupted.
"""

from collections.abc import Sequence

from filelock import FileLock, Timeout
from rich.progress import track

from benchmark.cli.command import run_command
from benchmark.cli.output import Output
from benchmark.cli.parser import Parser
from benchmark.core.cache import require_writable
from benchmark.core.errors import DONE, InputError
from benchmark.core.interrupts import check_interrupt
from benchmark.core.locks import lock_path
from benchmark.core.run_store import merge_stores
from tracking import Merge, cache_folder

EXAMPLES = ("sqlite:///mlflow.db http://127.0.0.1:5000",)


def main(arguments: Sequence[str] | None = None) -> int:
    """Copies the missing runs, and prints how many there were."""
    args = build_parser().parse_args(arguments)
    require_writable(cache_folder(), "cache folder", "the variable BENCHMARK_CACHE")
    console = Output()
    try:
        with FileLock(lock_path("merge"), timeout=0):
            merge = merge_stores(args.source, args.target)
            for _ in track(merge.copy(), "Copying", merge.n_missing, console=console, transient=True):
                check_interrupt()
    except Timeout:
        raise InputError("Another merge is running on this machine. Run this one when it has ended.") from None
    console.say(_summary(merge))
    return DONE


def _summary(merge: Merge) -> str:
    source, target = merge.addresses
    more = f"; {merge.n_present} were already there" if merge.n_present else ""
    if merge.n_running:
        more += f"; {merge.n_running} are still running: merge again when they have ended"
    return f"Copied {merge.n_missing} runs from {source} to {target}{more}."


def build_parser() -> Parser:
    """Parser of the command line."""
    parser = Parser("merge", __doc__, EXAMPLES)
    add = parser.add_argument
    add("source", metavar="FROM_URI", help="store to copy from; it is not changed")
    add("target", metavar="TO_URI", nargs="?", help="store to copy to (default: MLFLOW_TRACKING_URI, then mlflow.yml)")
    return parser


if __name__ == "__main__":
    run_command(main)
