"""Trade-off of mixed reports: students of older versions, baselines, students with a vocabulary of their own."""

from dataclasses import replace

import pytest

from benchmark.reporting.leaderboard import leaderboards
from benchmark.reporting.tradeoff_plot import cost_axes
from tests.support.rows import row

DEPLOYED = {"size_bundle_mib": 5.0}


@pytest.mark.parametrize(("n_new", "size"), [(0, "size_onnx_mib"), (1, "size_bundle_mib")])
def test_the_panel_of_sizes_is_of_the_size_that_most_have(n_new: int, size: str) -> None:
    """A baseline has no ONNX file, and runs of older versions have no size of their bundle."""
    students = [row("bilstm", 0.5), row("cnn", 0.5)]
    baseline = replace(row("cnn", 0.5), student="tfidf", size_onnx_mib=None, more=DEPLOYED)
    measured = [replace(one, more=DEPLOYED) for one in students[:n_new]]
    [leaderboard] = leaderboards([*measured, *students[n_new:], baseline])
    assert cost_axes(leaderboard)[-1] == size


def test_speed_up_from_text_to_label_is_over_the_teacher_in_pytorch() -> None:
    teacher = row("teacher", 0.7, latency_torch_ms=100.0, latency_text_ms=41.0)
    student = row("cnn", 0.6, latency_torch_ms=2.0, latency_text_ms=0.25)
    [leaderboard] = leaderboards([teacher, student])
    assert {entry.student: entry.speed_up.get("text") for entry in leaderboard.entries}["cnn"] == 400
