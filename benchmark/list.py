"""`python -m benchmark.list`: the names that other commands take, and the runs that are kept."""

import argparse
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmark.cli.command import run_command
from benchmark.core.errors import DONE, UnknownNameError
from benchmark.core.run_store import open_store
from benchmark.core.settings import LADDER, SETTINGS, Setting
from benchmark.core.spec import TASKS
from benchmark.reporting.columns import points
from benchmark.reporting.paper import paper_sizes
from students.registry import STUDENTS
from tracking import Record, without_password


def suites(_: argparse.Namespace) -> Table:
    from benchmark.data.suites import SUITES

    rows = [(task, preset, ", ".join(names)) for preset, tasks in SUITES.items() for task, names in tasks.items()]
    return table("Suites (--suite NAME --preset PRESET, or --suite FILE.yml)", ("suite", "preset", "data sets"), rows)


def datasets(_: argparse.Namespace) -> Table:
    from benchmark.data.catalogue import DATASETS
    from benchmark.data.entry import SPLITS

    titles = ("data set", "task", "origin", "train", "valid", "test", "classes", "what it is")
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


def students(_: argparse.Namespace) -> Table:
    millions = {(row["task"], row["student"]): row["parameters_million"] for row in paper_sizes()}
    titles = ("student", "what it is", "paper's M parameters", "for tagging")
    rows = [
        (name, student.description, *(millions.get((task, name), "") for task in TASKS))
        for name, student in STUDENTS.items()
    ]
    return table("Students (-s NAME)", titles, rows)


def settings(_: argparse.Namespace) -> Table:
    rows = [(name, *_setting(setting), "" if name in LADDER else "by name only") for name, setting in SETTINGS.items()]
    return table("Settings (-x NAME)", ("setting", "loss", "text", "embeddings start from", "in a plan"), rows)


def runs(args: argparse.Namespace) -> Table:
    store = open_store(args.tracking_uri, create=False)
    if args.suite and args.suite not in store.suites():
        raise UnknownNameError("suite", args.suite, store.suites())
    titles = ("run", "suite", "preset", "role", "status", "F1", "started", "reason")
    rows = [_run(record) for record in store.records(args.suite)]
    return table(f"Runs of {without_password(store.uri)}", titles, rows)


TOPICS: dict[str, Callable[[argparse.Namespace], Table]] = {
    "suites": suites,
    "datasets": datasets,
    "students": students,
    "settings": settings,
    "runs": runs,
}
UNBOUNDED = 100_000
"""Characters of a line."""
ALL = ("suites", "datasets", "students", "settings")
"""What is listed when no topic is named."""


def table(title: str, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Cells are shown as they are, never read as markup, and no name is cut: names stand first and in one line, what
    tells of them is folded.
    """
    made = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for number, name in enumerate(titles):
        made.add_column(name, overflow="fold", no_wrap=number == 0)
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    return made


def _count(count: int | None) -> str:
    return str(count) if count else ""


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
        points(None if f1 is None else 100 * f1),
        started,
        tags.get("reason", ""),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Lists one topic, or the names of all."""
    args = _parser().parse_args(arguments)
    if args.topic and args.topic not in TOPICS:
        raise UnknownNameError("topic", args.topic, TOPICS)
    console = _console()
    for topic in (args.topic,) if args.topic else ALL:
        console.print(TOPICS[topic](args))
    return DONE


def _console() -> Console:
    """As wide as the terminal; where a program reads (`... | grep NAME`) each row is one line."""
    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = UNBOUNDED
    return console


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmark.list", description=__doc__)
    parser.add_argument("topic", nargs="?", help=f"{', '.join(TOPICS)}; all names otherwise")
    parser.add_argument("--suite", help="with `runs`: of one suite")
    parser.add_argument("--tracking-uri", help="with `runs`: where they are (default: MLFLOW_TRACKING_URI, mlflow.yml)")
    return parser


if __name__ == "__main__":
    run_command(main)
