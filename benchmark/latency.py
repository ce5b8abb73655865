"""`python -m benchmark.latency --suite S`: the latency protocol, whole, over the finished runs of a suite.

`benchmark.run` measures each run once with a small budget; this command is for figures that are shown to others. Let
nothing else run on the machine.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial

from rich.console import Console

from benchmark.cli.command import run_command
from benchmark.cli.options import known
from benchmark.core.cache import require_writable
from benchmark.core.errors import DONE, SOME_FAILED, InputError
from benchmark.core.run_store import open_store
from benchmark.core.spec import TEACHER, RunSpec
from benchmark.data.suites import Suite, load_suite
from benchmark.distillation.suite_data import SuiteData
from benchmark.execution.run_description import tags
from benchmark.export.registered_model import publish_best, show_served
from benchmark.measurement.candidates import Finished, unmeasured
from benchmark.measurement.protocol import BUDGETS
from benchmark.measurement.stage import measure
from benchmark.measurement.summary import price
from students import STUDENTS
from tracking import Record, Store, cache_folder

PER_CORE = "cost_sentences_per_second_per_core"
PRICE = "cost_per_million_sentences"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures what this machine has not measured yet with this budget; with --again, all."""
    args = _parser().parse_args(arguments)
    known("budget", [args.budget], BUDGETS)
    require_writable(cache_folder(), "cache folder", "the variable BENCHMARK_CACHE")
    console, store = Console(), open_store(args.tracking_uri, create=False)
    suite = load_suite(args.suite, "paper")
    models = _finished(store.records(suite.name), suite, args)
    budget = BUDGETS[args.budget]
    due = models if args.again else unmeasured(models, store.records(suite.name), budget)
    console.print(f"Measuring {len(due)} of {len(models)} finished runs, budget {budget.name} ...")
    for suite_data, preset, group in _groups(due, suite, args.teacher):
        baselines = [m for m in models if m.spec.is_teacher and m.record.key in {g.spec.teacher_key for g in group}]
        current = _on_this_data(group, suite_data, console)
        run_tags = partial(tags, preset=preset)
        for model in measure(
            current, store=store, suite_data=suite_data, tags=run_tags, budget=budget, baselines=baselines
        ):
            console.print(f"  {model.spec.name}", markup=False, highlight=False)
    show_served(publish_best(store, store.records(suite.name)), console)
    records = {record.run_id: record for record in store.records(suite.name)}
    if args.price_per_core_hour:
        _add_prices([records[model.record.run_id] for model in models], args.price_per_core_hour, store)
    return _say_controls([records[model.record.run_id] for model in models], console)


def _finished(records: Sequence[Record], suite: Suite, args: argparse.Namespace) -> list[Finished]:
    """The runs to be measured, the latest of each key; InputError where there are none."""
    latest = {r.key: r for r in records if r.status == "finished" and r.tags.get("role") in ("teacher", "train")}
    models = [Finished(spec=RunSpec.read(r.params), record=r) for r in latest.values() if _is_known(r, suite)]
    if not models:
        raise InputError("The suite has no finished runs. Start with `python -m benchmark.run --suite ...`.")
    known("data set with finished runs", args.dataset, {model.spec.dataset for model in models})
    return [model for model in models if not args.dataset or model.spec.dataset in args.dataset]


def _is_known(record: Record, suite: Suite) -> bool:
    """Whether the suite still has the run's data set, and this version its student."""
    params = record.params
    readable = RunSpec.is_readable(params)
    return readable and params["dataset"] in suite.entries and params["student"] in (TEACHER, *STUDENTS)


def _groups(
    models: Sequence[Finished], suite: Suite, teacher: str | None
) -> Iterator[tuple[SuiteData, str, list[Finished]]]:
    """Data, preset and models of each teacher, preset and limit."""
    groups: dict[tuple[str, str, int], list[Finished]] = defaultdict(list)
    for model in models:
        groups[teacher or model.spec.teacher, model.record.tags.get("preset", ""), model.spec.limit].append(model)
    for (name, preset, limit), group in groups.items():
        yield SuiteData(suite=suite, teacher=name, limit=limit), preset, group


def _on_this_data(models: Sequence[Finished], suite_data: SuiteData, console: Console) -> list[Finished]:
    """Those whose data set is what they were trained on: a network of other labels reads no sentence of today's."""

    def is_current(model: Finished) -> bool:
        return model.spec.data_digest == suite_data.corpus(model.spec.dataset).digest

    for model in models:
        if not is_current(model):
            name, dataset = model.spec.name, model.spec.dataset
            line = f"Left out: {name}. It was taught on other data than {dataset} holds today; train it again."
            console.print(line, markup=False, highlight=False)
    return list(filter(is_current, models))


def _add_prices(records: Sequence[Record], per_core_hour: float, store: Store) -> None:
    for record in records:
        if PER_CORE in record.metrics:
            store.add_metrics(record.run_id, {PRICE: price(per_core_hour, record.metrics[PER_CORE])})


def _say_controls(records: Sequence[Record], console: Console) -> int:
    """A session whose control failed cannot tell models apart: that is said, and the exit code is 1."""
    failed = [
        r.name for r in records if any(r.metrics.get(f"latency_control_passed{end}") == 0 for end in ("", "_all"))
    ]
    for name in failed:
        console.print(f"Control failed: {name}. The machine was not quiet: measure with --again.", markup=False)
    return SOME_FAILED if failed else DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmark.latency", description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("--suite", required=True, help="classification, sequence_labeling, or the path of a FILE.yml of your own")
    add("-d", "--dataset", action="append", default=[], help="a data set; repeatable; none means all with runs")
    add("--budget", default="full", help="full (default: minutes a data set) or quick (what benchmark.run spends)")
    add("--again", action="store_true", help="measure anew what was measured on this machine")
    add(
        "--price-per-core-hour", type=_price, metavar="X", help="adds the price of a million sentences, in any currency"
    )
    add("--teacher", help="where the pretrained encoder lies now, if it was moved since the runs")
    add("--tracking-uri", metavar="URI", help="where runs are kept (default: MLFLOW_TRACKING_URI, then mlflow.yml)")
    return parser


def _price(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a price above 0")
    return number


if __name__ == "__main__":
    run_command(main)
