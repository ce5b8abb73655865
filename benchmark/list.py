"""`python -m benchmark.list`: the names that other commands take, and the stored runs."""

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from rich.console import Console

from benchmark.cli.arguments import add_store_option
from benchmark.cli.command import run_command
from benchmark.cli.output import Output
from benchmark.cli.parser import Parser
from benchmark.core.errors import DONE, UnknownNameError
from benchmark.core.run_store import open_store
from benchmark.core.settings import LADDER, SETTINGS, Setting
from benchmark.core.spec import TASKS
from benchmark.reporting.paper import paper_sizes
from benchmark.reporting.table import NONE, Table, points, terminal_table, text_columns
from students.registry import BASELINES, PAPER, STUDENTS
from tracking import Record, without_password

Texts = Table[Sequence[str]]


def suites(_: argparse.Namespace) -> Texts:
    from benchmark.data.catalogue import SUITES

    rows = [(task, preset, ", ".join(names)) for preset, tasks in SUITES.items() for task, names in tasks.items()]
    return table("Suites (--suite NAME --preset PRESET, or --suite FILE.yml)", ("suite", "preset", "data sets"), rows)


def datasets(_: argparse.Namespace) -> Texts:
    from benchmark.data.catalogue import DATASETS
    from benchmark.data.entry import SPLITS

    titles = ("data set", "task", "origin", "train", "valid", "test", "classes", "description")
    rows = [
        (
            entry.name,
            entry.task,
            entry.origin,
            *(_count(count) for count in [*map(entry.n_rows.get, SPLITS), entry.n_classes]),
            entry.description,
        )
        for entry in DATASETS.values()
    ]
    return table("Data sets (-d NAME)", titles, rows)


def students(_: argparse.Namespace) -> Texts:
    millions = {(t, name): row["parameters_million"] for t in TASKS for name, row in paper_sizes(t).items()}
    titles = ("student", "description", "paper's M parameters", "for tagging", "in a plan")
    described = {name: student.description for name, student in STUDENTS.items()}
    described |= {name: baseline.description for name, baseline in BASELINES.items()}
    rows = [
        (name, description, *(millions.get((task, name), "") for task in TASKS), _planned(name, PAPER))
        for name, description in described.items()
    ]
    return table("Students (-s NAME)", titles, rows)


def settings(_: argparse.Namespace) -> Texts:
    rows = [(name, *_setting(setting), _planned(name, LADDER)) for name, setting in SETTINGS.items()]
    return table("Settings (-x NAME)", ("setting", "loss", "text", "embeddings start from", "in a plan"), rows)


def runs(args: argparse.Namespace) -> Texts:
    store = open_store(args.tracking_uri, create=False)
    from benchmark.data.suite_document import suite_name

    suite = suite_name(args.suite) if args.suite else None
    if suite and suite not in store.suites():
        raise UnknownNameError("suite", suite, store.suites())
    titles = ("run", "suite", "preset", "role", "status", "F1", "started", "reason")
    rows = [_run(record) for record in store.records(suite)]
    return table(f"Runs of {without_password(store.uri)}", titles, rows)


TOPICS: dict[str, Callable[[argparse.Namespace], Texts]] = {
    "suites": suites,
    "datasets": datasets,
    "students": students,
    "settings": settings,
    "runs": runs,
}
EXAMPLES = ("", "datasets", "runs --suite classification")
ALL = ("suites", "datasets", "students", "settings")
"""Topics of a call that names none."""
UNBOUNDED = 100_000
"""Characters of a line."""


def table(title: str, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Texts:
    """A table whose first column holds names, which are never broken."""
    first, *others = text_columns(titles)
    return Table(title=title, columns=(replace(first, no_wrap=True), *others), rows=rows)


def _count(count: int | None) -> str:
    return str(count) if count else ""


def _planned(name: str, default: Sequence[str]) -> str:
    return "" if name in default else "by name only"


def _setting(setting: Setting) -> tuple[str, str, str]:
    return setting.loss, "labelled and unlabelled" if setting.unlabeled else "labelled", setting.embeddings


def _run(record: Record) -> tuple[str, ...]:
    tags = record.tags
    f1 = record.metrics.get("test_f1")
    started = datetime.fromtimestamp(record.start_time / 1000).strftime("%Y-%m-%d %H:%M")
    smoke = " (smoke)" if tags.get("smoke") == "true" else ""
    return (
        record.name,
        record.suite,
        tags.get("preset", ""),
        tags.get("role", ""),
        record.status + smoke,
        NONE if f1 is None else points(100 * f1),
        started,
        tags.get("reason", ""),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Lists one topic, or the names of all."""
    args = build_parser().parse_args(arguments)
    if args.topic and args.topic not in TOPICS:
        raise UnknownNameError("topic", args.topic, TOPICS)
    console = _console()
    for topic in (args.topic,) if args.topic else ALL:
        shown = terminal_table(TOPICS[topic](args))
        shown.collapse_padding = True
        console.print(shown)
    return DONE


def _console() -> Console:
    """As wide as the terminal; for a program (`... | grep NAME`) each row is one line."""
    console = Output()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = UNBOUNDED
    return console


def build_parser() -> Parser:
    """Parser of the command line."""
    parser = Parser("list", __doc__, EXAMPLES)
    parser.add_argument("topic", nargs="?", help=f"{', '.join(TOPICS)} (default: all names)")
    runs = parser.add_argument_group("runs")
    runs.add_argument("--suite", metavar="SUITE", help="name or FILE.yml of one suite (default: all)")
    add_store_option(runs)
    return parser


if __name__ == "__main__":
    run_command(main)
