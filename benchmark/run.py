"""`python -m benchmark.run`: plan, run what is missing, measure, track, report."""

import argparse
import signal
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from benchmark.command import DONE, SOME_FAILED, run_command
from benchmark.data.corpus import load_corpus
from benchmark.estimate import Estimator
from benchmark.execute import role, tags
from benchmark.inference import Finished, measure, unmeasured
from benchmark.options import parser, request
from benchmark.plan import Item, Request, plan_runs
from benchmark.progress import SweepProgress, show_plan
from benchmark.report import RESULTS, folder_name, print_leaderboard, write_report
from benchmark.reporting.files import report_folder
from benchmark.rooms import Rooms
from benchmark.spec import TUNED
from benchmark.sweep import Ledger, Work, sweep
from benchmark.tuned import at_tuned_rates, tuned_lines
from tracking import NoStoreError, Record, Store, ui_command


def main(arguments: Sequence[str] | None = None) -> int:
    """The whole job; returns the exit code."""
    asked = parser("python -m benchmark.run", __doc__).parse_args(arguments)
    wanted = request(asked)
    console = Console()
    store = _store(asked)
    out = report_folder(asked.out or RESULTS / folder_name(wanted.suite.name)) if not asked.dry_run else Path()
    rooms = Rooms(suite=wanted.suite, teacher=wanted.teacher, vectors=wanted.vectors, limit=wanted.limit)
    _require_named(asked.dataset, wanted)
    items = plan_runs(wanted, rooms)
    records = store.records(wanted.suite.name) if store else []
    if asked.learning_rate == TUNED:
        items = at_tuned_rates(items, records, asked.suite, asked.preset)
        console.print("\n".join(tuned_lines(items, records)), markup=False, highlight=False, soft_wrap=True)
    ledger = Ledger.read(records)
    missing = [item for item in items if _is_due(item, ledger, asked)]
    seconds = _expected_seconds(missing, rooms, records)
    show_plan(items, missing, ledger, seconds, console)
    if store is None or asked.dry_run:
        return DONE
    store.kill_stale({item.spec.key for item in items})
    _record_skips(items, ledger, store, wanted)
    with SweepProgress(seconds, console) as progress:
        sweep(missing, wanted, rooms, store, asked.jobs, progress.epoch, progress.done)
    _measure(items, wanted, rooms, store, console)
    write_report(store, wanted.suite.name, out)
    print_leaderboard(store, wanted.suite.name, console)
    return _close(items, store, wanted, out, console)


def _store(asked: argparse.Namespace) -> Store | None:
    """None where a dry run finds no store yet: it makes none."""
    try:
        return Store.open(asked.tracking_uri, create=not asked.dry_run)
    except NoStoreError:
        return None


def _require_named(names: Sequence[str], wanted: Request) -> None:
    """A data set that was asked for by name has to be readable; of a whole suite, private ones are left out."""
    for name in names:
        load_corpus(wanted.suite.entries[name])


def _is_due(item: Item, ledger: Ledger, asked: argparse.Namespace) -> bool:
    due = {"missing": True, "done": asked.force, "failed": asked.retry_failed or asked.force, "skipped": False}
    return due[ledger.state(item)]


def _expected_seconds(missing: Iterable[Item], rooms: Rooms, records: Sequence[Record]) -> dict[str, float]:
    """By key."""
    estimate = Estimator.from_records(records)
    return {item.spec.key: estimate(item.spec, _n_sentences(item, rooms)) for item in missing}


def _n_sentences(item: Item, rooms: Rooms) -> int:
    spec = item.spec
    return len(rooms.corpus(spec.dataset).splits["train"]) + (
        len(rooms.pool(spec.dataset).texts) if spec.unlabeled else 0
    )


def _record_skips(items: Iterable[Item], ledger: Ledger, store: Store, wanted: Request) -> None:
    """A run that cannot be done here is a row of the report too, with its reason."""
    for item in items:
        if item.skip_reason and item.spec.key not in ledger.skipped:
            spec = item.spec
            run = store.begin(spec.suite, spec.name, tags=tags(spec, role(spec), wanted.preset_name), params=asdict(spec))
            run.skip(item.skip_reason)


def _measure(items: Iterable[Item], wanted: Request, rooms: Rooms, store: Store, console: Console) -> None:
    records = store.records(wanted.suite.name)
    finished = Ledger.read(records).finished
    models = [Finished(spec=i.spec, record=finished[i.spec.key]) for i in items if i.spec.key in finished]
    waiting = unmeasured(models, records)
    if not waiting:
        return
    console.print(f"Measuring {len(waiting)} models, one thread, nothing beside it ...")
    desk = Work.of(rooms, store, wanted, n_threads=1).desk()
    for _ in measure(waiting, desk):
        pass


def _close(items: Sequence[Item], store: Store, wanted: Request, out: Path, console: Console) -> int:
    """The last lines: where things are, how to go on, what failed."""
    ledger = Ledger.read(store.records(wanted.suite.name))
    console.print(f"Report: {out / 'report.md'}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"Compare runs: {ui_command(store.uri)}", markup=False, highlight=False, soft_wrap=True)
    undone = [item.spec for item in items if ledger.state(item) in ("failed", "missing")]
    for spec in undone:
        record = ledger.failed.get(spec.key)
        reason = record.tags.get("reason", "") if record else "not begun: its teacher failed"
        print(f"Failed: {spec.name}: {reason}", file=sys.stderr)
    return SOME_FAILED if undone else DONE


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _interrupt)
    run_command(main)
