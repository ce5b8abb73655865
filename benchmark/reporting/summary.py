"""The answer in one sentence, computed from a leaderboard."""

from benchmark.reporting.budget import RUNTIMES, SIZES
from benchmark.reporting.formatting import percent, significant
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry

POINTS = 2.0
"""How many points of F1 x100 below the teacher a student may be to answer for it."""


def summary(leaderboard: Leaderboard) -> str:
    """Which student is best, for each teacher of the board."""
    teachers = [entry for entry in leaderboard.entries if entry.is_teacher]
    if teachers:
        return " ".join(_against(teacher, leaderboard, _called(teacher, len(teachers))) for teacher in teachers)
    if leaderboard.ranked:
        best = leaderboard.ranked[0]
        return f"The best is {best.name} with F1 {best.f1:.1f}; there is no run of a teacher to compare it with."
    return "No answer yet: no student has been scored on every data set."


def _called(teacher: LeaderboardEntry, n_teachers: int) -> str:
    return "the teacher" if n_teachers == 1 else f"the teacher {teacher.teacher}"


def _against(teacher: LeaderboardEntry, leaderboard: Leaderboard, name: str) -> str:
    if teacher.f1 is None:
        return f"No answer yet: {name} has no F1 on {', '.join(teacher.missing)}."
    students = [entry for entry in leaderboard.ranked if entry.teacher == teacher.teacher]
    if not students:
        return f"No answer yet: no student of {name} has been scored on every data set."
    near = [entry for entry in students if (entry.f1 or 0.0) >= teacher.f1 - POINTS]
    if not near:
        below = teacher.f1 - (students[0].f1 or 0.0)
        return (
            f"No student comes within {POINTS:g} points of {name} (F1 {teacher.f1:.1f}). "
            f"The best, {below:.1f} points below, is {_told(students[0], teacher)}."
        )
    fastest = _fastest(near)
    return f"Within {POINTS:g} points of {name} (F1 {teacher.f1:.1f}) the {_word(near)} is {_told(fastest, teacher)}."


def _fastest(near: list[LeaderboardEntry]) -> LeaderboardEntry:
    """In the first runtime that any of them was measured in; the best by F1 where none was."""
    runtime = next((runtime for runtime in RUNTIMES if any(runtime in s.costs for s in near)), None)
    if runtime is None:
        return near[0]
    return min((entry for entry in near if runtime in entry.costs), key=lambda s: s.costs[runtime])


def _word(near: list[LeaderboardEntry]) -> str:
    timed = sum(_runtime(entry) is not None for entry in near)
    return "best" if not timed else "fastest" if timed == len(near) else "fastest of those timed here"


def _runtime(entry: LeaderboardEntry) -> str | None:
    return next((runtime for runtime in RUNTIMES if runtime in entry.costs), None)


def _told(student: LeaderboardEntry, teacher: LeaderboardEntry) -> str:
    parts = [f"{student.name}: F1 {student.f1:.1f}"]
    runtime = _runtime(student)
    if runtime:
        parts.append(f"{significant(student.costs[runtime])} ms in {RUNTIMES[runtime]}")
        ratio = student.speed_up.get(runtime, 0.0)
        parts += [f"{significant(ratio, 2)}x faster"] if ratio > 1 else []
    size = next((name for name in (*SIZES, "n_parameters") if name in student.costs and name in teacher.costs), None)
    parts += [f"{percent(student.costs[size] / teacher.costs[size])} of its size"] if size else []
    return ", ".join(parts)
