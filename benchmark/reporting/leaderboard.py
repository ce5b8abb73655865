"""Who won: rows of the results table gathered to one standing per teacher, student and setting, and ranked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from benchmark.reporting.results import Row
from benchmark.reporting.selection import chosen_rows, current_rows, dataset_order
from benchmark.reporting.standing import COSTS, Board, Standing
from benchmark.settings import SETTINGS
from benchmark.spec import TEACHER


def boards(rows: Sequence[Row]) -> list[Board]:
    """A board for each suite and preset that has a run which counts, in the order they were first used."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if not row.smoke:
            groups[row.suite, row.preset].append(row)
    made = [_board(suite, preset, group) for (suite, preset), group in groups.items()]
    return [board for board in made if board.standings]


def _board(suite: str, preset: str, rows: Sequence[Row]) -> Board:
    current = current_rows(rows)
    datasets = dataset_order({row.dataset for row in current if row.counts})
    cells: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in current:
        if row.dataset in datasets:
            cells[row.teacher, row.student, row.setting].append(row)
    teachers = {name: cell for (name, student, _), cell in cells.items() if student == TEACHER}
    chosen = {key: chosen_rows(cell) for key, cell in cells.items()}
    against = {name: _gathered(chosen_rows(cell), datasets) for name, cell in teachers.items()}
    standings = [
        _standing(key, _gathered(chosen[key], datasets), against.get(key[0]), _reasons(cells[key], datasets))
        for key in cells
    ]
    return Board(
        suite=suite,
        preset=preset,
        task=rows[0].task,
        datasets=datasets,
        standings=_ranked(standings),
        rows=tuple(row for by_dataset in chosen.values() for cell in by_dataset.values() for row in cell),
    )


@dataclass(frozen=True, kw_only=True)
class _Gathered:
    f1: float | None
    spread: float | None
    f1_by_dataset: Mapping[str, float]
    seeds: tuple[int, int]
    costs: Mapping[str, float]
    machines: frozenset[str]


def _gathered(chosen: Mapping[str, Sequence[Row]], datasets: Sequence[str]) -> _Gathered:
    there = {name: chosen[name] for name in datasets if name in chosen}
    f1 = {name: fmean(_scores(rows).values()) for name, rows in there.items()}
    whole = len(there) == len(datasets) > 0
    seeds = [len(rows) for rows in there.values()]
    return _Gathered(
        f1=fmean(f1.values()) if whole else None,
        spread=_spread([_scores(rows) for rows in there.values()]) if whole else None,
        f1_by_dataset=f1,
        seeds=(min(seeds, default=0), max(seeds, default=0)),
        costs=_costs(list(there.values())) if whole else {},
        machines=frozenset(row.machine for rows in there.values() for row in rows),
    )


def _scores(rows: Iterable[Row]) -> dict[int | None, float]:
    return {row.seed: 100 * row.test_f1 for row in rows if row.test_f1 is not None}


def _spread(datasets: Sequence[Mapping[int | None, float]]) -> float | None:
    shared = set.intersection(*(set(scores) for scores in datasets))
    means = [fmean(scores[seed] for scores in datasets) for seed in shared]
    return stdev(means) if len(means) > 1 else None


def _costs(datasets: Sequence[Sequence[Row]]) -> dict[str, float]:
    costs = {}
    for name in COSTS:
        measured = [[v for row in rows if (v := getattr(row, name)) is not None] for rows in datasets]
        if all(measured):
            costs[name] = fmean(fmean(values) for values in measured)
    return costs


def _standing(
    key: tuple[str, str, str], ours: _Gathered, teacher: _Gathered | None, reasons: Mapping[str, str]
) -> Standing:
    kept = 100 * ours.f1 / teacher.f1 if teacher and teacher.f1 and ours.f1 is not None else None
    comparable = teacher is not None and len(ours.machines | teacher.machines) == 1
    return Standing(
        teacher=key[0],
        student=key[1],
        setting=key[2],
        rank=None,
        f1=ours.f1,
        spread=ours.spread,
        f1_kept=kept,
        f1_by_dataset=ours.f1_by_dataset,
        missing={name: reason for name, reason in reasons.items() if name not in ours.f1_by_dataset},
        seeds=ours.seeds,
        costs=ours.costs,
        speed_up=_speed_ups(ours.costs, teacher.costs) if teacher and comparable else {},
    )


def _speed_ups(ours: Mapping[str, float], teachers: Mapping[str, float]) -> dict[str, float]:
    names = [name for name in ours if name.startswith("latency_") and name in teachers]
    return {name: teachers[name] / ours[name] for name in names if ours[name] > 0}


def _reasons(rows: Sequence[Row], datasets: Sequence[str]) -> dict[str, str]:
    """What is known of each data set; a run that counts makes its reason void."""
    said = {row.dataset: f"{row.status}: {row.reason}" if row.reason else row.status for row in rows if not row.counts}
    return {name: said.get(name, "not run") for name in datasets}


def _ranked(standings: Iterable[Standing]) -> tuple[Standing, ...]:
    ordered = sorted(standings, key=_place)
    students = [s.f1 for s in ordered if not s.is_teacher and s.f1 is not None]
    return tuple(
        standing
        if standing.is_teacher or standing.f1 is None
        else replace(standing, rank=1 + sum(f1 > standing.f1 for f1 in students))
        for standing in ordered
    )


def _place(standing: Standing) -> tuple[bool, bool, float, int, str, int, str, str]:
    settings = list(SETTINGS)
    setting = settings.index(standing.setting) if standing.setting in settings else len(settings)
    holes = -len(standing.f1_by_dataset)
    score = -(standing.f1 or 0.0)
    return (
        not standing.is_teacher,
        standing.f1 is None,
        score,
        holes,
        standing.student,
        setting,
        standing.setting,
        standing.teacher,
    )
