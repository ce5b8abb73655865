"""Rows that no leaderboard holds together: of other protocols, data, teachers or machines."""

import pytest

from benchmark.reporting.best import Budget, best
from benchmark.reporting.leaderboard import leaderboards
from benchmark.reporting.summary import summary
from tests.support.rows import entry, leaderboard, row


def test_smoke_runs_are_never_ranked() -> None:
    assert leaderboards([row("cnn", 0.9, smoke=True)]) == []
    assert entry(leaderboard(row("cnn", 0.9, smoke=True), row("cnn", 0.5)), "cnn").f1 == 50.0


def test_protocols_and_versions_of_the_data_are_never_mixed() -> None:
    made = leaderboard(row("cnn", 0.9, protocol="9"), row("bilstm", 0.5, protocol="10"), row("cnn", 0.4, protocol="10"))
    assert {s.student: s.f1 for s in made.entries} == {"bilstm": 50.0, "cnn": 40.0}
    made = leaderboard(row("cnn", 0.9, data="old"), row("bilstm", 0.5, data="new"))
    assert [(s.student, s.f1) for s in made.entries] == [("bilstm", 50.0)]
    made = leaderboard(row("cnn", 0.9), row("bilstm", None, protocol="2", status="failed"))
    assert entry(made, "cnn").f1 == 90.0, "a protocol with no score yet empties no board"


def test_presets_suites_and_teachers_stand_apart() -> None:
    made = leaderboards([row("cnn", 0.1), row("cnn", 0.2, preset="quickstart"), row("cnn", 0.3, suite="t")])
    assert [(b.suite, b.preset, b.entries[0].f1) for b in made] == [
        ("s", "paper", 10.0),
        ("s", "quickstart", 20.0),
        ("t", "paper", 30.0),
    ]
    rows = [row(student, f1, teacher=t) for t, f1 in (("a", 0.8), ("b", 0.4)) for student in ("teacher", "cnn")]
    assert {s.teacher: s.f1_kept for s in leaderboard(*rows).ranked} == {"a": 100.0, "b": 100.0}


def test_a_student_is_held_against_the_teacher_that_taught_it() -> None:
    """Two fine-tunings of one encoder: the board's line is that with most students, whatever validation says."""
    teachers = [row("teacher", 0.8, key="short", configuration="1"), row("teacher", 0.9, key="long", configuration="2")]
    trained = [row("cnn", 0.78, seed=seed, teacher_key="short") for seed in (0, 1)]
    assert (
        entry(leaderboard(*teachers, *trained, row("cnn", 0.85, teacher_key="long", configuration="x")), "cnn").f1
        == 78.0
    )
    made = leaderboard(*teachers, *trained, row("bilstm", 0.85, teacher_key="long"))
    assert entry(made, "teacher").f1 == 80.0
    assert {s.student: s.f1_kept for s in made.ranked} == pytest.approx({"cnn": 97.5, "bilstm": 100 * 0.85 / 0.9})
    assert [one.f1_kept for one in leaderboard(*teachers, row("cnn", 0.8, teacher_key="not here")).ranked] == [None]


def test_milliseconds_of_two_machines_never_share_a_table() -> None:
    slow = {"latency_onnx_ms": 1.0, "machine": "laptop"}
    rows = [row("teacher", 0.9, machine="laptop"), row("cnn", 0.89, **slow)]
    made = leaderboard(*rows, row("bilstm", 0.89, latency_onnx_ms=0.6, machine="server"))
    assert entry(made, "cnn").speed_up == {"latency_onnx_ms": 50.0}
    assert entry(made, "bilstm").costs == {"n_parameters": 3_000_000, "size_onnx_mib": 12.0}
    assert entry(made, "bilstm").invalid == "measured on server, most of the leaderboard on laptop"
    assert summary(made).startswith(
        "The best student is cnn kd: F1 89.0, 1.0 points below the teacher, 1.00 ms in ONNX"
    )
    assert best(made, Budget(max_ms=0.7)) is None
    assert [r.latency_onnx_ms for r in made.rows] == [50.0, 1.0, None]


def test_a_machine_that_only_trained_hides_no_milliseconds() -> None:
    made = leaderboard(
        row("teacher", 0.9), row("cnn", 0.8), row("cnn", 0.8, seed=1, latency_onnx_ms=None, machine="cluster")
    )
    assert entry(made, "cnn").speed_up == {"latency_onnx_ms": 200.0}
    assert entry(made, "cnn").invalid == ""


def test_a_seed_whose_figures_do_not_count_leaves_those_that_do() -> None:
    made = leaderboard(row("cnn", 0.8), row("cnn", 0.8, seed=1, latency_onnx_ms=None, invalid="not quiet"))
    assert (entry(made, "cnn").costs["latency_onnx_ms"], entry(made, "cnn").invalid) == (0.25, "")
