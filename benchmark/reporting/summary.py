"""A leaderboard in one sentence: the best student compared with its teacher, or the best within a budget."""

from dataclasses import dataclass

from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry
from benchmark.reporting.table import significant

POINTS = 2.0
"""Points of F1 x100 below the teacher within which the summary looks for the fastest student."""
RUNTIMES = {"latency_onnx_ms": "ONNX", "latency_torch_ms": "PyTorch"}
"""Latencies by preference."""
SIZES = ("size_onnx_mib", "size_weights_mib")


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Bounds on a student; None sets none. A value that was not measured is within no bound."""

    max_ms: float | None = None
    max_mib: float | None = None
    min_kept: float | None = None
    """Percent of the teacher's F1."""

    @property
    def is_set(self) -> bool:
        return any(bound is not None for bound in (self.max_ms, self.max_mib, self.min_kept))

    def fits(self, entry: LeaderboardEntry) -> bool:
        ms, mib, kept = latency(entry), size(entry), entry.f1_kept
        return (
            (self.max_ms is None or (ms is not None and ms <= self.max_ms))
            and (self.max_mib is None or (mib is not None and mib <= self.max_mib))
            and (self.min_kept is None or (kept is not None and kept >= self.min_kept))
        )


def latency(entry: LeaderboardEntry) -> float | None:
    """Milliseconds per sentence."""
    runtime = _runtime(entry)
    return None if runtime is None else entry.costs[runtime]


def size(entry: LeaderboardEntry) -> float | None:
    """MiB."""
    return next((entry.costs[name] for name in SIZES if name in entry.costs), None)


def best(leaderboard: Leaderboard, budget: Budget) -> LeaderboardEntry | None:
    """The ranked student of the highest F1 within the budget."""
    return next((entry for entry in leaderboard.ranked if budget.fits(entry)), None)


def verdict(leaderboard: Leaderboard, budget: Budget) -> str:
    """The best student within the budget, in a sentence."""
    found = best(leaderboard, budget)
    if found is None:
        return "No student of this leaderboard fits the budget."
    n_fitting = sum(budget.fits(entry) for entry in leaderboard.ranked)
    return f"{n_fitting} of {len(leaderboard.ranked)} fit; the best is {described(found)}."


def described(entry: LeaderboardEntry) -> str:
    """Name and values of a scored entry, as far as they were measured."""
    parts = [f"{entry.name}: F1 {entry.f1:.1f}"]
    if entry.f1_kept is not None:
        parts.append(f"{entry.f1_kept:.1f} % kept")
    ms, mib = latency(entry), size(entry)
    parts += [] if ms is None else [f"{significant(ms)} ms"]
    parts += [] if mib is None else [f"{significant(mib)} MiB"]
    return ", ".join(parts)


def summary(leaderboard: Leaderboard) -> str:
    """The fastest student near each teacher's F1, or the best one if none is near."""
    teachers = [entry for entry in leaderboard.entries if entry.is_teacher]
    if teachers:
        return " ".join(_against(teacher, leaderboard, _teacher_name(teacher, len(teachers))) for teacher in teachers)
    if leaderboard.ranked:
        first = leaderboard.ranked[0]
        return f"The best is {first.name} with F1 {first.f1:.1f}; no teacher was run to compare it with."
    return "No result yet: no student has an F1 on every data set."


def _teacher_name(teacher: LeaderboardEntry, n_teachers: int) -> str:
    return "the teacher" if n_teachers == 1 else f"the teacher {teacher.teacher}"


def _against(teacher: LeaderboardEntry, leaderboard: Leaderboard, name: str) -> str:
    if teacher.f1 is None:
        return f"No result yet: {name} has no F1 on {', '.join(teacher.missing)}."
    students = [entry for entry in leaderboard.ranked if entry.teacher == teacher.teacher]
    if not students:
        return f"No result yet: no student of {name} has an F1 on every data set."
    near = [entry for entry in students if (entry.f1 or 0.0) >= teacher.f1 - POINTS]
    if not near:
        below = teacher.f1 - (students[0].f1 or 0.0)
        return (
            f"No student comes within {POINTS:g} points of {name} (F1 {teacher.f1:.1f}). "
            f"The best, {below:.1f} points below, is {_compared(students[0], teacher)}."
        )
    found = f"{_superlative(near)} is {_compared(_fastest(near), teacher)}"
    return f"Within {POINTS:g} points of {name} (F1 {teacher.f1:.1f}) the {found}."


def _fastest(near: list[LeaderboardEntry]) -> LeaderboardEntry:
    """The fastest in the first runtime that any was measured in; the best by F1 if none was."""
    runtime = next((runtime for runtime in RUNTIMES if any(runtime in entry.costs for entry in near)), None)
    if runtime is None:
        return near[0]
    return min((entry for entry in near if runtime in entry.costs), key=lambda entry: entry.costs[runtime])


def _superlative(near: list[LeaderboardEntry]) -> str:
    n_timed = sum(_runtime(entry) is not None for entry in near)
    return "best" if not n_timed else "fastest" if n_timed == len(near) else "fastest of those measured here"


def _runtime(entry: LeaderboardEntry) -> str | None:
    return next((runtime for runtime in RUNTIMES if runtime in entry.costs), None)


def _compared(student: LeaderboardEntry, teacher: LeaderboardEntry) -> str:
    parts = [f"{student.name}: F1 {student.f1:.1f}"]
    runtime = _runtime(student)
    if runtime:
        parts.append(f"{significant(student.costs[runtime])} ms in {RUNTIMES[runtime]}")
        ratio = student.speed_up.get(runtime, 0.0)
        parts += [f"{significant(ratio, 2)}x faster"] if ratio > 1 else []
    name = next((name for name in (*SIZES, "n_parameters") if name in student.costs and name in teacher.costs), None)
    parts += [f"{significant(100 * student.costs[name] / teacher.costs[name], 2)} % of its size"] if name else []
    return ", ".join(parts)
