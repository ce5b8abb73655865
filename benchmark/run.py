"""`python -m benchmark.run`: plan, run what is missing, measure, track, report."""

import argparse
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from shlex import join

from rich.console import Console

from benchmark.claims import claim
from benchmark.command import DONE, SOME_FAILED, run_command
from benchmark.data.corpus import load_corpus
from benchmark.estimate import Estimator
from benchmark.execute import Outcome, role, tags
from benchmark.executors import choice
from benchmark.executors.work import Executor, Work
from benchmark.inference import Finished, measure, unmeasured
from benchmark.limits import Limits
from benchmark.options import parser, request
from benchmark.plan import Item, Request, plan_runs
from benchmark.progress import SweepProgress, show_plan
from benchmark.report import RESULTS, folder_name, print_leaderboard, write_report
from benchmark.reporting.budget import report_words
from benchmark.reporting.files import report_folder
from benchmark.rooms import Rooms
from benchmark.serving import publish_best, show_served
from benchmark.spec import TUNED, RunSpec
from benchmark.storage import cache_folder, require_writable
from benchmark.sweep import Ledger, due_items, sweep
from benchmark.tuned import at_tuned_rates, tuned_lines
from tracking import NoStoreError, Record, Store, ui_command


def main(arguments: Sequence[str] | None = None) -> int:
    """The whole job; returns the exit code. Nothing is made before everything that was given has been read."""
    asked = parser("python -m benchmark.run", __doc__).parse_args(arguments)
    wanted = request(asked)
    choice.require(asked)
    console = Console()
    out = asked.out or RESULTS / folder_name(wanted.suite.name)
    records = _known_records(asked, wanted, out)
    rooms = wanted.rooms()
    items = _planned(asked, wanted, rooms, records, console)
    ledger = Ledger.read(records)
    due = due_items(items, ledger, force=asked.force, retry_failed=asked.retry_failed)
    seconds = _expected_seconds(due, rooms, records, wanted.jobs)
    show_plan(items, due, ledger, seconds, console)
    if wanted.preset.left_out:
        console.print(f"Left out, to take minutes: {_left_out(wanted)}. Name the student (-s) to have it all.")
    if asked.dry_run:
        return DONE
    with choice.opened(asked, wanted.jobs) as executor:
        store = Store.open(asked.tracking_uri)
        report_folder(out)
        store.kill_stale()
        _record_skips(items, ledger, store, wanted)
        work = Work.of(rooms, store, wanted, limits=Limits(memory_mib=asked.max_memory, minutes=asked.max_minutes))
        outcomes = _swept(due, ledger, work, executor, seconds, console)
    if not asked.no_latency:
        _measure(items, wanted, rooms, store, console)
    write_report(store, wanted.suite.name, out)
    print_leaderboard(store, wanted.suite.name, console)
    show_served(publish_best(store, wanted.suite.name), console)
    return _close(asked, items, outcomes, store, out, console)


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


def _swept(
    due: list[Item], ledger: Ledger, work: Work, executor: Executor, seconds: dict[str, float], console: Console
) -> list[Outcome]:
    """How each run that was due ended, with a progress bar meanwhile."""
    outcomes: list[Outcome] = []
    if due:
        with SweepProgress(seconds, console, max(len(item.spec.name) for item in due)) as progress:
            sweep(due, ledger, work, executor, progress.epoch, _both(progress.done, outcomes.append))
    return outcomes


def _known_records(asked: argparse.Namespace, wanted: Request, out: Path) -> list[Record]:
    """The suite's runs so far; ends the command where its places do not answer or cannot be written."""
    require_writable(out, "output folder", "--out")
    require_writable(cache_folder(), "cache folder", "the variable BENCHMARK_CACHE")
    try:
        return Store.open(asked.tracking_uri, create=False).records(wanted.suite.name)
    except NoStoreError:
        return []


def _both(*listeners: Callable[[Outcome], None]) -> Callable[[Outcome], None]:
    def tell(outcome: Outcome) -> None:
        for listener in listeners:
            listener(outcome)

    return tell


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


def _record_skips(items: Iterable[Item], ledger: Ledger, store: Store, wanted: Request) -> None:
    """A run that cannot be done here is a row of the report too, with its reason."""
    for item in items:
        if item.skip_reason and item.spec.key not in ledger.skipped:
            spec = item.spec
            of_run = tags(spec, role(spec), wanted.preset_name)
            run = store.begin(spec.suite, spec.name, tags=of_run, params=asdict(spec))
            run.skip(item.skip_reason)


def _measure(items: Iterable[Item], wanted: Request, rooms: Rooms, store: Store, console: Console) -> None:
    """One command at a time, so that the next one finds measured what this one measures."""
    with claim(store.uri, "measuring", wanted.suite.name, wait=True):
        _measure_alone(items, wanted, rooms, store, console)
    show_served(publish_best(store, wanted.suite.name), console)


def _measure_alone(items: Iterable[Item], wanted: Request, rooms: Rooms, store: Store, console: Console) -> None:
    records = store.records(wanted.suite.name)
    finished = Ledger.read(records).finished
    models = [Finished(spec=i.spec, record=finished[i.spec.key]) for i in items if i.spec.key in finished]
    waiting = unmeasured(models, records)
    if waiting:
        console.print(f"Measuring {len(waiting)} models, nothing of ours beside it ...")
    desk = Work.of(rooms, store, wanted).desk()
    for _ in measure(waiting, desk, beside=[model for model in models if model.spec.is_teacher]):
        pass


def _close(
    asked: argparse.Namespace,
    items: Sequence[Item],
    outcomes: Sequence[Outcome],
    store: Store,
    out: Path,
    console: Console,
) -> int:
    """The last lines: where things are, how to go on, what failed."""
    suite = items[0].spec.suite
    stored = ["--tracking-uri", asked.tracking_uri] if asked.tracking_uri else []
    lines = {
        "Page": str(out / "report.html"),
        "Report": str(out / "report.md"),
        "Best for a budget": join([*report_words(suite), "--max-ms", "0.5", "--min-kept", "95", *stored]),
        "Compare runs": ui_command(store.uri),
        "... and open": store.view_address(suite),
    }
    for name, line in lines.items():
        console.print(f"{name}: {line}", markup=False, highlight=False, soft_wrap=True)
    failures = _failures(items, outcomes, Ledger.read(store.records(suite)))
    for name, reason in failures.items():
        print(f"Failed: {name}: {reason}", file=sys.stderr)
    return SOME_FAILED if failures else DONE


def _failures(items: Iterable[Item], outcomes: Iterable[Outcome], ledger: Ledger) -> dict[str, str]:
    """Why, by name: what is not done, and what failed just now although an earlier run of it counts."""
    now = {outcome.spec.key: outcome.failure for outcome in outcomes if outcome.failure}
    reasons = {key: record.tags.get("reason", "") for key, record in ledger.failed.items()} | now
    undone = [item.spec for item in items if ledger.state(item) in ("failed", "missing") or item.spec.key in now]
    return {spec.name: reasons.get(spec.key, "not begun, since its teacher failed") for spec in undone}


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _interrupt)
    run_command(main)
