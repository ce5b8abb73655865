"""A leaderboard in one sentence: the best student, compared with its teacher, or the best within a budget."""

from benchmark.reporting.best import (
    RUNTIMES,
    SIZES,
    Budget,
    best,
    latency,
    points_below,
    ranked_students,
    runtime,
    size,
)
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry
from benchmark.reporting.table import significant


def verdict(leaderboard: Leaderboard, budget: Budget) -> str:
    """The best student within the budget, in a sentence."""
    found = best(leaderboard, budget)
    if found is None:
        return "No student of this leaderboard fits the budget."
    students = ranked_students(leaderboard)
    n_fitting = sum(budget.fits(entry) for entry in students)
    return f"{n_fitting} of {len(students)} fit; the best is {described(found)}."


def described(entry: LeaderboardEntry) -> str:
    """Name and values of a scored entry, as far as they were measured."""
    parts = [f"{entry.name}: {_f1(entry)}"]
    if entry.f1_kept is not None:
        parts.append(f"{entry.f1_kept:.1f} % kept")
    ms, mib = latency(entry), size(entry)
    parts += [] if ms is None else [f"{significant(ms)} ms"]
    parts += [] if mib is None else [f"{significant(mib)} MiB"]
    return ", ".join(parts)


def summary(leaderboard: Leaderboard) -> str:
    """The best student compared with its teacher, or the reason why there is none."""
    found, teachers = best(leaderboard), [entry for entry in leaderboard.entries if entry.is_teacher]
    if found is None:
        return _no_result(teachers)
    teacher = next((entry for entry in teachers if entry.teacher == found.teacher), None)
    if teacher is None:
        return f"The best student is {described(found)}; no teacher was run to compare it with."
    name = "the teacher" if len(teachers) == 1 else f"the teacher {teacher.teacher}"
    return f"The best student is {_compared(found, teacher, name)}.{_rival(found, leaderboard)}"


def _rival(found: LeaderboardEntry, leaderboard: Leaderboard) -> str:
    """A sentence about the best baseline that the student does not beat; empty without one."""
    rivals = [entry for entry in leaderboard.ranked if entry.is_baseline and not _is_ahead(found, entry)]
    return f" It does not beat the baseline {rivals[0].name} ({_f1(rivals[0])}) beyond noise." if rivals else ""


def _is_ahead(student: LeaderboardEntry, other: LeaderboardEntry) -> bool:
    if student.estimate and other.estimate:
        return student.estimate.beats(other.estimate)
    return points_below(student, other) > 0


def _no_result(teachers: list[LeaderboardEntry]) -> str:
    for teacher in teachers:
        if teacher.f1 is None:
            return f"No result yet: the teacher has no F1 on {', '.join(teacher.missing)}."
    return "No result yet: no student has an F1 on every data set."


def _compared(student: LeaderboardEntry, teacher: LeaderboardEntry, name: str) -> str:
    parts = [f"{student.name}: {_f1(student)}"]
    if teacher.f1 is not None:
        below = points_below(teacher, student)
        parts.append(f"{abs(below):.1f} points {'below' if below >= 0 else 'above'} {name}")
    if used := runtime(student):
        parts.append(f"{significant(student.costs[used])} ms in {RUNTIMES[used]}")
        ratio = student.speed_up.get(used, 0.0)
        parts += [f"{significant(ratio, 2)}x faster"] if ratio > 1 else []
    size_name = next((n for n in (*SIZES, "n_parameters") if n in student.costs and n in teacher.costs), None)
    share = 100 * student.costs[size_name] / teacher.costs[size_name] if size_name else 0.0
    parts += [f"{significant(share, 2)} % of its size"] if size_name else []
    return ", ".join(parts)


def _f1(entry: LeaderboardEntry) -> str:
    bounds = f" [{', '.join(f'{bound:.1f}' for bound in entry.interval)}]" if entry.interval else ""
    return f"F1 {entry.f1:.1f}{bounds}"
