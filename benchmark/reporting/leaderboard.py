"""Leaderboards: rows of results aggregated to one entry per teacher, student and setting, and ranked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from benchmark.core.settings import SETTINGS
from benchmark.core.spec import TEACHER
from benchmark.reporting.leaderboard_entry import (
    TEACHER_TORCH,
    TEXT,
    Leaderboard,
    LeaderboardEntry,
    aggregate,
    missing_results,
)
from benchmark.reporting.results import Row
from benchmark.reporting.selection import (
    chosen_rows,
    current_rows,
    dataset_order,
    of_most_students,
    timed_on,
    usual_machine,
)

Key = tuple[str, str, str]
"""Teacher, student, setting."""
Cell = dict[str, list[Row]]
"""Rows of one configuration, one per seed, by data set."""


def leaderboards(rows: Sequence[Row]) -> list[Leaderboard]:
    """One for each suite and preset with a row that counts, in order of first use."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.suite, row.preset].append(row)
    made = [_leaderboard(suite, preset, group) for (suite, preset), group in groups.items()]
    return [one for one in made if one.entries]


def dataset_leaderboards(leaderboard: Leaderboard, rows: Sequence[Row]) -> list[Leaderboard]:
    """A leaderboard for each of its data sets; `rows` are those of `leaderboard`."""
    suite, preset = leaderboard.suite, leaderboard.preset
    own = [row for row in rows if (row.suite, row.preset) == (suite, preset)]
    return [_leaderboard(suite, preset, [r for r in own if r.dataset == name]) for name in leaderboard.datasets]


def _leaderboard(suite: str, preset: str, rows: Sequence[Row]) -> Leaderboard:
    current = current_rows([row for row in rows if not row.smoke])
    datasets = _ranked_datasets(current, rows)
    cells = _by_key(row for row in current if row.dataset in datasets)
    machine, chosen = _chosen(cells)
    teachers = [timed_on(machine, row) for row in current if row.is_teacher and row.counts]
    fine_tuned = {(row.teacher, row.dataset, row.fine_tuning): row for row in teachers}
    counting = {row.run_id for row in current if row.counts}
    uncounted = _by_key(row for row in rows if row.run_id not in counting)
    entries = []
    for key, cell in chosen.items():
        named = _named(key, _rows(cell) or cells[key])
        teacher = _teacher(key, cell, fine_tuned, chosen, datasets)
        entry = _compared(aggregate(preset, named, cell, datasets), teacher, cell)
        missing = missing_results(uncounted[key], [name for name in datasets if name not in entry.f1_by_dataset])
        entries.append(replace(entry, missing=missing))
    return Leaderboard(
        suite=suite,
        preset=preset,
        task=rows[0].task,
        datasets=datasets,
        entries=_ranked(entries),
        rows=tuple(row for cell in chosen.values() for row in _rows(cell)),
    )


def _ranked_datasets(current: Iterable[Row], rows: Iterable[Row]) -> tuple[str, ...]:
    """Data sets with a row that counts and a student's run of any status; all with a row that counts if that is none.

    A learning-rate study leaves data sets that have only a teacher.
    """
    counting = {row.dataset for row in current if row.counts}
    tried = {row.dataset for row in rows if not row.is_teacher}
    return dataset_order(counting & tried or counting)


def _by_key(rows: Iterable[Row]) -> Mapping[Key, list[Row]]:
    """Rows by key; a teacher's are one cell: it may be used as it is on one data set and fine-tuned on another."""
    cells: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        cells[row.teacher, row.student, "" if row.is_teacher else row.setting].append(row)
    return cells


def _named(key: Key, rows: Iterable[Row]) -> Key:
    """The key with the settings of a teacher's rows."""
    teacher, student, setting = key
    return teacher, student, ", ".join(sorted({row.setting for row in rows})) if student == TEACHER else setting


def _chosen(cells: Mapping[Key, Sequence[Row]]) -> tuple[str, dict[Key, Cell]]:
    """The machine whose latencies are shown, and the chosen rows without the latencies of other machines."""
    made = {key: chosen_rows(cell) for key, cell in cells.items()}
    students = [row for key, cell in made.items() if key[1] != TEACHER for row in _rows(cell)]
    made |= {key: chosen_rows(of_most_students(cells[key], students)) for key in cells if key[1] == TEACHER}
    machine = usual_machine(row for cell in made.values() for row in _rows(cell))
    return machine, {
        key: {dataset: [timed_on(machine, row) for row in rows] for dataset, rows in cell.items()}
        for key, cell in made.items()
    }


def _rows(cell: Cell) -> list[Row]:
    return [row for rows in cell.values() for row in rows]


def _teacher(
    key: Key, cell: Cell, fine_tuned: Mapping[Key, Row], chosen: Mapping[Key, Cell], datasets: Sequence[str]
) -> LeaderboardEntry | None:
    """Aggregate of the teachers of a student's rows: the shown one if a row names none; None without any.

    One encoder may have been fine-tuned in several ways: `fine_tuned` has its rows by name, data set and fine-tuning.
    """
    teacher = (key[0], TEACHER, "")
    shown = chosen.get(teacher, {})
    own: Cell = {}
    for dataset, (first, *_) in cell.items():
        named = fine_tuned.get((key[0], dataset, first.fine_tuning))
        own[dataset] = ([named] if named else []) if first.fine_tuning else shown.get(dataset, [])
    return aggregate("", teacher, {dataset: rows for dataset, rows in own.items() if rows}, datasets) if own else None


def _compared(entry: LeaderboardEntry, teacher: LeaderboardEntry | None, cell: Cell) -> LeaderboardEntry:
    """The entry with its speed-ups and its share of the teacher's F1, if that is over the same test texts."""
    if teacher is None:
        return entry
    comparable = all(row.teacher_test_f1 is not None for row in _rows(cell))
    kept = 100 * entry.f1 / teacher.f1 if comparable and teacher.f1 and entry.f1 is not None else None
    return replace(entry, f1_kept=kept, speed_up=_speed_ups(entry.costs, teacher.costs))


def _speed_ups(ours: Mapping[str, float], teachers: Mapping[str, float]) -> dict[str, float]:
    pairs = {name: (name, name) for name in ours if name.startswith("latency_")}
    pairs |= {TEACHER_TORCH: ("latency_torch_ms", "latency_onnx_ms"), TEXT: ("latency_torch_ms", "latency_text_ms")}
    return {
        name: teachers[baseline] / ours[column]
        for name, (baseline, column) in pairs.items()
        if baseline in teachers and ours.get(column, 0.0) > 0
    }


def _ranked(entries: Iterable[LeaderboardEntry]) -> tuple[LeaderboardEntry, ...]:
    """Entries in order, ranked: a student shares the rank above if it is within noise of that rank's best."""
    ordered = sorted(entries, key=_order)
    ranks: dict[Key, int] = {}
    rank, best = 0, None
    for entry in ordered:
        if entry.is_teacher or entry.estimate is None:
            continue
        if best is None or best.beats(entry.estimate):
            rank, best = len(ranks) + 1, entry.estimate
        ranks[entry.key] = rank
    return tuple(replace(entry, rank=ranks.get(entry.key)) for entry in ordered)


def _order(entry: LeaderboardEntry) -> tuple[bool, bool, float, int, str, int, str, str]:
    settings = list(SETTINGS)
    setting = settings.index(entry.setting) if entry.setting in settings else len(settings)
    return (
        not entry.is_teacher,
        entry.f1 is None,
        -(entry.f1 or 0.0),
        -len(entry.f1_by_dataset),
        entry.student,
        setting,
        entry.setting,
        entry.teacher,
    )
