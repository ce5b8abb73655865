"""The job of `latency`: the whole protocol over the finished runs of a suite."""

from argparse import Namespace
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial

from benchmark.cli.output import Output
from benchmark.core.cache import require_writable
from benchmark.core.errors import DONE, SOME_FAILED, InputError, require_known
from benchmark.core.run_store import open_store
from benchmark.core.spec import TEACHER, RunSpec, encoders
from benchmark.data.entry import Suite
from benchmark.data.suites import load_suite
from benchmark.distillation.suite_data import SuiteData
from benchmark.execution.run_description import tags
from benchmark.export.registered_model import publish_best, serve_commands
from benchmark.measurement.protocol import BUDGETS
from benchmark.measurement.stage import FinishedRun, measure, unmeasured
from benchmark.measurement.summary import price
from benchmark.reporting.report import ranked
from students.registry import NAMES
from tracking import Record, Store, cache_folder

PER_CORE = "cost_sentences_per_second_per_core"
PRICE = "cost_per_million_sentences"


def measure_suite(args: Namespace) -> int:
    """Measures the runs that this machine has not measured with this budget, or all; returns the exit code."""
    require_known("budget", [args.budget], BUDGETS)
    require_writable(cache_folder(), "cache folder", "the variable BENCHMARK_CACHE")
    console, store = Output(), open_store(args.tracking_uri, create=False)
    suite, budget = load_suite(args.suite, "paper"), BUDGETS[args.budget]
    records = store.records(suite.name)
    runs = _finished_runs(records, suite, args.dataset)
    pending = runs if args.again else unmeasured(runs, records, budget)
    console.print(f"Measuring {len(pending)} of {len(runs)} finished runs, budget {budget.name} ...")
    left_out: dict[str, str] = {}
    for suite_data, preset, group in _groups(pending, suite, args.teacher):
        teacher_keys = {run.spec.teacher_key for run in group}
        for run in measure(
            _on_current_data(group, suite_data, console),
            store=store,
            suite_data=suite_data,
            tags=partial(tags, preset=preset),
            budget=budget,
            baselines=[run for run in runs if run.spec.is_teacher and run.record.key in teacher_keys],
            left_out=left_out,
        ):
            console.say(f"  {run.spec.name}")
    console.say(*(f"Left out: {name}. {reason}" for name, reason in left_out.items()))
    code = _close(runs, args.price_per_core_hour, suite, store, console)
    return SOME_FAILED if left_out else code


def _finished_runs(records: Sequence[Record], suite: Suite, datasets: Sequence[str]) -> list[FinishedRun]:
    """The latest finished run of each key; raises InputError if there are none."""
    latest = {r.key: r for r in records if r.status == "finished" and r.tags.get("role") in ("teacher", "train")}
    runs = [FinishedRun(spec=RunSpec.read(r.params), record=r) for r in latest.values() if _is_supported(r, suite)]
    runs = [run for run in runs if run.spec.has_model]
    if not runs:
        raise InputError("The suite has no finished runs. Start with `python -m benchmark.run --suite ...`.")
    require_known("data set with finished runs", datasets, {run.spec.dataset for run in runs})
    return [run for run in runs if not datasets or run.spec.dataset in datasets]


def _is_supported(record: Record, suite: Suite) -> bool:
    """Whether the suite still has the run's data set, and this version its student."""
    params = record.params
    readable = RunSpec.is_readable(params)
    return readable and params["dataset"] in suite.entries and params["student"] in (TEACHER, *NAMES)


def _groups(
    runs: Sequence[FinishedRun], suite: Suite, teacher: str | None
) -> Iterator[tuple[SuiteData, str, list[FinishedRun]]]:
    """Data, preset and runs of each teacher, preset and limit."""
    groups: dict[tuple[str, str, int], list[FinishedRun]] = defaultdict(list)
    for run in runs:
        groups[teacher or encoders(run.spec.teacher)[0], run.record.tags.get("preset", ""), run.spec.limit].append(run)
    for (name, preset, limit), group in groups.items():
        yield SuiteData(suite=suite, teacher=name, limit=limit), preset, group


def _on_current_data(runs: Sequence[FinishedRun], suite_data: SuiteData, console: Output) -> Iterator[FinishedRun]:
    """Runs whose data set has not changed since: with other labels, its sentences cannot be scored."""
    for run in runs:
        if run.spec.data_digest == suite_data.corpus(run.spec.dataset).digest:
            yield run
        else:
            name, dataset = run.spec.name, run.spec.dataset
            console.say(f"Left out: {name}. The data of {dataset} changed since it was trained; repeat it.")


def _close(
    runs: Sequence[FinishedRun], per_core_hour: float | None, suite: Suite, store: Store, console: Output
) -> int:
    """Registers the best models, adds prices and prints failed controls, of which each makes the exit code 1."""
    stored = store.records(suite.name)
    console.say(*serve_commands(publish_best(store, ranked(store, stored))))
    measured = {record.run_id: record for record in stored}
    records = [measured[run.record.run_id] for run in runs if run.record.run_id in measured]
    for record in records:
        if per_core_hour and PER_CORE in record.metrics:
            store.add_metrics(record.run_id, {PRICE: price(per_core_hour, record.metrics[PER_CORE])})
    failed = [r for r in records if any(r.metrics.get(f"latency_control_passed{end}") == 0 for end in ("", "_all"))]
    for record in failed:
        console.say(f"Control failed: {record.name}. The machine was not quiet: measure with --again.")
    return SOME_FAILED if failed else DONE
