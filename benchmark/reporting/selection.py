"""Selection of the rows that a leaderboard is made of; the test split plays no part in it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

from benchmark.core.spec import TASKS
from benchmark.reporting.paper import paper_datasets
from benchmark.reporting.results import MILLISECONDS, Row


def current_rows(rows: Sequence[Row]) -> list[Row]:
    """Rows of the newest protocol and, of each data set, of the data that its newest run read."""
    newest = newest_protocol(rows)
    rows = [row for row in rows if row.protocol == newest or not row.counts]
    data = {row.dataset: row.data for row in rows if row.counts}
    return [row for row in rows if not row.counts or row.data == data[row.dataset]]


def planned_last(rows: Iterable[Row], data: Mapping[str, str]) -> list[Row]:
    """Rows in order, those of the planned data last, as the newest: an edit of the data may have been undone.

    `data` are the plan's digests by data set.
    """
    return sorted(rows, key=lambda row: bool(row.data) and data.get(row.dataset, "").startswith(row.data))


def newest_protocol(rows: Iterable[Row]) -> str:
    """Newest protocol of the rows that count; empty without any."""
    return max((row.protocol for row in rows if row.counts), key=_version, default="")


def _version(protocol: str) -> tuple[int, str]:
    return (int(protocol), "") if protocol.isdecimal() and len(protocol) < 10 else (-1, protocol)


def dataset_order(datasets: Iterable[str]) -> tuple[str, ...]:
    """The paper's order, then by name."""
    paper = [name for task in TASKS for name in paper_datasets(task)]
    return tuple(sorted(datasets, key=lambda name: (paper.index(name) if name in paper else len(paper), name)))


def chosen_rows(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows of one configuration by data set, one per seed: most seeds, then best on validation."""
    configurations: dict[str, dict[str, dict[int | None, Row]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        if row.counts:
            configurations[row.dataset][row.configuration][row.seed] = row
    return {
        dataset: list(max(of_dataset.values(), key=_preference).values())
        for dataset, of_dataset in configurations.items()
    }


def of_most_students(teachers: Sequence[Row], students: Iterable[Row]) -> list[Row]:
    """Teacher's rows of each data set's fine-tuning with the most student rows; all rows if none has any."""
    trained = Counter((row.dataset, row.fine_tuning) for row in students)
    most: Counter[str] = Counter()
    for row in teachers:
        most[row.dataset] = max(most[row.dataset], trained[row.dataset, row.fine_tuning])
    return [row for row in teachers if trained[row.dataset, row.fine_tuning] == most[row.dataset]]


def usual_machine(rows: Iterable[Row]) -> str:
    """The machine that timed most of the rows; empty if none was timed."""
    machines = Counter(row.machine for row in rows if row.is_timed)
    return machines.most_common(1)[0][0] if machines else ""


def timed_on(machine: str, row: Row) -> Row:
    """The row, without its latencies if another machine measured them: they do not compare."""
    if row.machine == machine or not row.is_timed:
        return row
    reason = f"measured on {row.machine}, most of the leaderboard on {machine}"
    untimed: dict[str, Any] = dict.fromkeys(MILLISECONDS)
    return replace(row, invalid=reason, **untimed)


def _preference(by_seed: Mapping[int | None, Row]) -> tuple[int, float]:
    return len(by_seed), mean_valid_f1(by_seed.values())


def mean_valid_f1(rows: Iterable[Row]) -> float:
    """-1 if no row has a score."""
    scores = [row.valid_f1 for row in rows if row.valid_f1 is not None]
    return fmean(scores) if scores else -1.0
