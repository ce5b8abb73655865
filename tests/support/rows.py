"""Rows of results, and their leaderboards."""

from itertools import count
from typing import Any

from benchmark.reporting.leaderboard import leaderboards
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry
from benchmark.reporting.results import FIELDS, Row

NUMBERS = count()
COSTS: dict[str, tuple[int, float, float]] = {
    "teacher": (100_000_000, 400.0, 50.0),
    "bilstm": (3_000_000, 12.0, 0.5),
    "cnn": (4_000_000, 16.0, 0.25),
}


def row(student: str, test_f1: float | None, dataset: str = "emot", **given: Any) -> Row:
    values: dict[str, Any] = {column.name: "" if column.kind is str else None for column in FIELDS}
    n_parameters, size, latency = COSTS[student]
    setting = "fine_tuned" if student == "teacher" else "kd"
    values |= {"suite": "s", "task": "classification", "student": student, "setting": setting, "status": "finished"}
    values |= {"seed": 0, "smoke": False, "preset": "paper", "teacher": "bert", "protocol": "1", "machine": "m"}
    values |= {"run_id": str(next(NUMBERS)), "valid_f1": test_f1, "configuration": "c", "data": "d"}
    values |= {"teacher_test_f1": 0.9}
    values |= {"n_parameters": n_parameters, "size_onnx_mib": size, "latency_onnx_ms": latency}
    return Row(**values | {"dataset": dataset, "test_f1": test_f1} | given)


def leaderboard(*rows: Row) -> Leaderboard:
    [made] = leaderboards(rows)
    return made


def entry(made: Leaderboard, student: str) -> LeaderboardEntry:
    [found] = [s for s in made.entries if s.student == student]
    return found
