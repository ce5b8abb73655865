"""Which rows a leaderboard is made of, where there are several to choose from."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

from benchmark.core.spec import TASKS
from benchmark.reporting.paper import paper_datasets
from benchmark.reporting.results import MILLISECONDS, Row


def current_rows(rows: Sequence[Row]) -> list[Row]:
    """Rows of the newest protocol, each data set as its newest run read it; others are never ranked together."""
    newest = newest_protocol(rows)
    rows = [row for row in rows if row.protocol == newest or not row.counts]
    data = {row.dataset: row.data for row in rows if row.counts}
    return [row for row in rows if not row.counts or row.data == data[row.dataset]]


def planned_last(rows: Iterable[Row], data: Mapping[str, str]) -> list[Row]:
    """With rows of the data that a plan read as the newest, since an edit may have been undone.

    `data` are digests by data set.
    """
    return sorted(rows, key=lambda row: bool(row.data) and data.get(row.dataset, "").startswith(row.data))


def newest_protocol(rows: Iterable[Row]) -> str:
    """Among rows that count; empty where none does."""
    return max((row.protocol for row in rows if row.counts), key=_version, default="")


def _version(protocol: str) -> tuple[int, str]:
    return (int(protocol), "") if protocol.isdecimal() else (-1, protocol)


def dataset_order(datasets: Iterable[str]) -> tuple[str, ...]:
    """The paper's order, then by name."""
    known = [name for task in TASKS for name in paper_datasets(task)]
    return tuple(sorted(datasets, key=lambda name: (known.index(name) if name in known else len(known), name)))


def chosen_rows(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Of each data set, one row per seed of one configuration: most seeds, then best on validation, never on test."""
    configurations: dict[str, dict[str, dict[int | None, Row]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        if row.counts:
            configurations[row.dataset][row.configuration][row.seed] = row
    return {
        dataset: list(max(of_dataset.values(), key=_preference).values())
        for dataset, of_dataset in configurations.items()
    }


def that_taught_most(teachers: Sequence[Row], students: Iterable[Row]) -> list[Row]:
    """Of each data set, the fine-tunings of which most of the students' rows are; all of them where none is."""
    trained = Counter((row.dataset, row.fine_tuning) for row in students)
    most: Counter[str] = Counter()
    for row in teachers:
        most[row.dataset] = max(most[row.dataset], trained[row.dataset, row.fine_tuning])
    return [row for row in teachers if trained[row.dataset, row.fine_tuning] == most[row.dataset]]


def usual_machine(rows: Iterable[Row]) -> str:
    """Where most of the rows were timed; empty where none was."""
    machines = Counter(row.machine for row in rows if row.is_timed)
    return machines.most_common(1)[0][0] if machines else ""


def timed_on(machine: str, row: Row) -> Row:
    """Without its milliseconds where they are of another machine: they compare with none of the others."""
    if row.machine == machine or not row.is_timed:
        return row
    reason = f"measured on {row.machine}, and most of this table on {machine}"
    untimed: dict[str, Any] = dict.fromkeys(MILLISECONDS)
    return replace(row, invalid=reason, **untimed)


def _preference(by_seed: Mapping[int | None, Row]) -> tuple[int, float]:
    scores = [row.valid_f1 for row in by_seed.values() if row.valid_f1 is not None]
    return len(by_seed), fmean(scores) if scores else -1.0
