"""Who won: rows of the results table gathered to one standing per teacher, student and setting, and ranked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import inf

from benchmark.core.settings import SETTINGS
from benchmark.core.spec import TEACHER
from benchmark.reporting.aggregation import Gathered, gathered
from benchmark.reporting.leaderboard_entry import ACROSS, Leaderboard, LeaderboardEntry, MissingResult
from benchmark.reporting.missing_results import missing_results
from benchmark.reporting.results import Row
from benchmark.reporting.selection import (
    chosen_rows,
    current_rows,
    dataset_order,
    that_taught_most,
    timed_on,
    usual_machine,
)

Key = tuple[str, str, str]
"""Teacher, student, setting."""
Cell = dict[str, list[Row]]
"""Rows of one configuration, one a seed, by data set."""
SAME = 1e-9
"""Points of F1 by which two means may differ and still be equal: floating point."""


def leaderboards(rows: Sequence[Row]) -> list[Leaderboard]:
    """A board for each suite and preset that has a run which counts, in the order they were first used."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.suite, row.preset].append(row)
    made = [_leaderboard(suite, preset, group) for (suite, preset), group in groups.items()]
    return [leaderboard for leaderboard in made if leaderboard.entries]


def dataset_leaderboards(leaderboard: Leaderboard, rows: Sequence[Row]) -> list[Leaderboard]:
    """The board's competition on each of its data sets alone; `rows` are those that `board` was made of."""
    own = [row for row in rows if (row.suite, row.preset) == (leaderboard.suite, leaderboard.preset)]
    return [
        _leaderboard(leaderboard.suite, leaderboard.preset, [r for r in own if r.dataset == name])
        for name in leaderboard.datasets
    ]


def _leaderboard(suite: str, preset: str, rows: Sequence[Row]) -> Leaderboard:
    current = current_rows([row for row in rows if not row.smoke])
    datasets = _competitions(current, rows)
    cells = _cells(row for row in current if row.dataset in datasets)
    machine, chosen = _chosen(cells)
    teachers = _Teachers([timed_on(machine, row) for row in current if row.is_teacher and row.counts], chosen, datasets)
    counting = {row.run_id for row in current if row.counts}
    uncounted = _cells(row for row in rows if row.run_id not in counting)
    entries = [
        _entry(key, gathered(cell, datasets), teachers.of(key, cell), missing_results(uncounted[key], datasets))
        for key, cell in chosen.items()
    ]
    return Leaderboard(
        suite=suite,
        preset=preset,
        task=rows[0].task,
        datasets=datasets,
        entries=_ranked(entries),
        rows=tuple(row for cell in chosen.values() for row in _rows(cell)),
    )


def _competitions(current: Iterable[Row], rows: Iterable[Row]) -> tuple[str, ...]:
    """Data sets that have a run which counts and a student that was tried, whatever came of it.

    A teacher alone, as a learning-rate study needs it, makes no competition, unless there is nothing else.
    """
    counting = {row.dataset for row in current if row.counts}
    tried = {row.dataset for row in rows if not row.is_teacher}
    return dataset_order(counting & tried or counting)


def _cells(rows: Iterable[Row]) -> Mapping[Key, list[Row]]:
    cells: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        cells[row.teacher, row.student, row.setting].append(row)
    return cells


def _chosen(cells: Mapping[Key, Sequence[Row]]) -> tuple[str, dict[Key, Cell]]:
    """The machine whose milliseconds are shown, and the rows of each cell without those of any other."""
    made = {key: chosen_rows(cell) for key, cell in cells.items()}
    trained = [row for key, cell in made.items() if key[1] != TEACHER for row in _rows(cell)]
    made |= {key: chosen_rows(that_taught_most(cells[key], trained)) for key in cells if key[1] == TEACHER}
    machine = usual_machine(row for cell in made.values() for row in _rows(cell))
    return machine, {
        key: {dataset: [timed_on(machine, row) for row in rows] for dataset, rows in cell.items()}
        for key, cell in made.items()
    }


def _rows(cell: Cell) -> list[Row]:
    return [row for rows in cell.values() for row in rows]


class _Teachers:
    """Who taught whom: students of one encoder may have had several fine-tunings of it for a teacher."""

    def __init__(self, rows: Iterable[Row], chosen: Mapping[Key, Cell], datasets: Sequence[str]) -> None:
        self.known = {(row.teacher, row.dataset, row.fine_tuning): row for row in rows}
        self.shown = {key[0]: cell for key, cell in chosen.items() if key[1] == TEACHER}
        self.datasets = datasets

    def of(self, key: Key, trained: Cell) -> Gathered | None:
        """The teacher of these rows; the one that is shown where they do not tell theirs, None where it is not here."""
        own = {dataset: self._rows(key[0], dataset, rows[0].fine_tuning) for dataset, rows in trained.items()}
        return gathered({dataset: rows for dataset, rows in own.items() if rows}, self.datasets) if own else None

    def _rows(self, teacher: str, dataset: str, fine_tuning: str) -> Sequence[Row]:
        if not fine_tuning:
            return self.shown.get(teacher, {}).get(dataset, ())
        known = self.known.get((teacher, dataset, fine_tuning))
        return [known] if known else ()


def _entry(key: Key, ours: Gathered, teacher: Gathered | None, known: Mapping[str, MissingResult]) -> LeaderboardEntry:
    kept = 100 * ours.f1 / teacher.f1 if teacher and teacher.f1 and ours.f1 is not None else None
    return LeaderboardEntry(
        teacher=key[0],
        student=key[1],
        setting=key[2],
        rank=None,
        f1=ours.f1,
        spread=ours.spread,
        margin=ours.margin,
        f1_kept=kept,
        f1_by_dataset=ours.f1_by_dataset,
        missing={name: missing for name, missing in known.items() if name not in ours.f1_by_dataset},
        seeds=ours.seeds,
        costs=ours.costs,
        cost_ranges=ours.cost_ranges,
        speed_up=_speed_ups(ours.costs, teacher.costs) if teacher else {},
        invalid=ours.invalid,
        runs=ours.runs,
    )


def _speed_ups(ours: Mapping[str, float], teachers: Mapping[str, float]) -> dict[str, float]:
    pairs = {name: (name, name) for name in ours if name.startswith("latency_")}
    pairs[ACROSS] = ("latency_torch_ms", "latency_onnx_ms")
    return {
        name: teachers[baseline] / ours[column]
        for name, (baseline, column) in pairs.items()
        if baseline in teachers and ours.get(column, 0.0) > 0
    }


def _ranked(entries: Iterable[LeaderboardEntry]) -> tuple[LeaderboardEntry, ...]:
    """In order. A student shares the rank above it where its interval reaches that of the rank's best student."""
    ordered = sorted(entries, key=_place)
    ranks: dict[Key, int] = {}
    rank, lowest = 0, inf
    for entry in ordered:
        if entry.is_teacher or entry.interval is None:
            continue
        low, high = entry.interval
        if high < lowest - SAME:
            rank, lowest = len(ranks) + 1, low
        ranks[_key(entry)] = rank
    return tuple(replace(entry, rank=ranks.get(_key(entry))) for entry in ordered)


def _key(entry: LeaderboardEntry) -> Key:
    return entry.teacher, entry.student, entry.setting


def _place(entry: LeaderboardEntry) -> tuple[bool, bool, float, int, str, int, str, str]:
    settings = list(SETTINGS)
    setting = settings.index(entry.setting) if entry.setting in settings else len(settings)
    missing_results = -len(entry.f1_by_dataset)
    score = -(entry.f1 or 0.0)
    return (
        not entry.is_teacher,
        entry.f1 is None,
        score,
        missing_results,
        entry.student,
        setting,
        entry.setting,
        entry.teacher,
    )
