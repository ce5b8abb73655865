"""`python -m benchmark.run`: plan, run what is missing, measure, track, report."""

import argparse
import gc
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console

from benchmark.cli.command import run_command
from benchmark.cli.options import parser, request
from benchmark.cli.progress import show_plan
from benchmark.core.cache import require_writable
from benchmark.core.errors import DONE
from benchmark.core.spec import TUNED, RunSpec
from benchmark.data.corpus import load_corpus
from benchmark.data.overlap import overlap_line
from benchmark.distillation.suite_data import Rooms
from benchmark.execution.best_rates import at_tuned_rates, tuned_lines
from benchmark.execution.estimate import Estimator
from benchmark.execution.executors import choice
from benchmark.execution.plan import Item, Request, plan_runs
from benchmark.execution.run_status import Ledger, due_items
from benchmark.execution.setting_requirements import require_vectors
from benchmark.reporting.files import RESULTS, folder_name
from tracking import NoStoreError, Record, Store, cache_folder


def main(arguments: Sequence[str] | None = None) -> int:
    """The whole job; returns the exit code. Nothing is made before everything that was given has been read."""
    asked = parser("python -m benchmark.run", __doc__).parse_args(arguments)
    wanted = request(asked)
    choice.require(asked)
    console = Console()
    out = asked.out or RESULTS / folder_name(wanted.suite.name)
    records = _known_records(asked, wanted, out)
    gc.freeze()  # they live as long as the command: the collector need not look through them again and again
    rooms = wanted.rooms()
    items = _planned(asked, wanted, rooms, records, console)
    ledger = Ledger.read(records)
    due = due_items(items, ledger, force=asked.force, retry_failed=asked.retry_failed)
    if not asked.dry_run:
        require_vectors(wanted.vectors, [item.spec for item in due], rooms.tokenizer)
    seconds = _expected_seconds(due, rooms, records, wanted.jobs)
    show_plan(items, due, ledger, seconds, console)
    if wanted.preset.left_out:
        console.print(f"Left out, to take minutes: {_left_out(wanted)}. Name the student (-s) to have it all.")
    if repeated := overlap_line(map(rooms.corpus, _readable(wanted, rooms))):
        console.print(repeated, markup=False, highlight=False, soft_wrap=True)
    if asked.dry_run:
        return DONE
    from benchmark.execution.pipeline import (
        Job,  # all that trains, measures and draws: seconds that a plan does not wait for
    )

    return Job(asked, wanted, rooms, items, ledger, out, console).done(due, seconds)


def _planned(
    asked: argparse.Namespace, wanted: Request, rooms: Rooms, records: Sequence[Record], console: Console
) -> list[Item]:
    """The plan at the rates that were asked for; what it cannot do without has been read."""
    _require_named(asked.dataset, wanted)
    items = plan_runs(wanted, rooms)
    if not asked.dry_run:
        rooms.tokenizer  # noqa: B018  (a teacher that cannot be read ends it here)
    if asked.learning_rate == TUNED:
        items = at_tuned_rates(items, records, asked.suite, asked.preset)
        console.print("\n".join(tuned_lines(items, records)), markup=False, highlight=False, soft_wrap=True)
    return items


def _known_records(asked: argparse.Namespace, wanted: Request, out: Path) -> list[Record]:
    """The suite's runs so far; ends the command where its places do not answer or cannot be written."""
    require_writable(out, "output folder", "--out")
    require_writable(cache_folder(), "cache folder", "the variable BENCHMARK_CACHE")
    try:
        return Store.open(asked.tracking_uri, create=False).records(wanted.suite.name)
    except NoStoreError:
        return []


def _readable(wanted: Request, rooms: Rooms) -> list[str]:
    return [dataset for dataset in wanted.datasets if not rooms.why_unavailable(dataset)]


def _left_out(wanted: Request) -> str:
    return "; ".join(f"{student} in {', '.join(settings)}" for student, settings in wanted.preset.left_out.items())


def _require_named(names: Sequence[str], wanted: Request) -> None:
    """A data set that was asked for by name has to be readable; of a whole suite, private ones are left out."""
    for name in names:
        load_corpus(wanted.suite.entries[name])


def _expected_seconds(missing: Iterable[Item], rooms: Rooms, records: Sequence[Record], jobs: int) -> dict[str, float]:
    """By key; of students that train side by side, each one's share."""
    estimate = Estimator.from_records(records)
    return {
        item.spec.key: estimate(item.spec, _texts(item.spec, rooms)) / (1 if item.spec.is_teacher else jobs)
        for item in missing
    }


def _texts(spec: RunSpec, rooms: Rooms) -> list[str | Sequence[str]]:
    """What a run trains on."""
    labelled = rooms.corpus(spec.dataset).texts("train")
    return [*labelled, *(rooms.pool(spec.dataset).texts if spec.unlabeled else ())]


if __name__ == "__main__":
    run_command(main)
