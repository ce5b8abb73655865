"""Calibration errors in report.md: of calibrated runs, averaged over seeds."""

from benchmark.reporting.calibration import calibration_markdown
from tests.support.rows import leaderboard, row


def test_errors_before_and_after_are_means_over_seeds() -> None:
    made = leaderboard(
        row("teacher", 0.9, test_ece_uncalibrated=0.05, test_ece=0.02),
        row("cnn", 0.7, test_ece_uncalibrated=0.1, test_ece=0.04),
        row("cnn", 0.7, seed=1, test_ece_uncalibrated=0.2, test_ece=0.05),
        row("bilstm", 0.7),
    )
    lines = [line for line in calibration_markdown([made]).splitlines() if line.startswith("| emot")]
    assert [[cell.strip() for cell in line.strip("|").split("|")] for line in lines] == [
        ["emot", "cnn kd", "15.00", "4.50", "4.50", "2"],
        ["emot", "teacher", "5.00", "2.00", "2.00", "1"],
    ]


def test_the_error_as_served_is_that_of_int8_where_it_serves() -> None:
    errors, int8 = {"test_ece_uncalibrated": 0.1, "test_ece": 0.04}, {"onnx_int8_won": 1.0, "onnx_int8_test_ece": 0.07}
    unknown = {"onnx_int8_won": 1.0}  # of a version that did not measure it
    made = leaderboard(
        row("cnn", 0.7, **errors, more=int8),
        row("cnn", 0.7, seed=1, **errors, more=int8 | {"onnx_int8_won": 0.0}),
        row("bilstm", 0.7, **errors, more=unknown),
    )
    lines = [line for line in calibration_markdown([made]).splitlines() if line.startswith("| emot")]
    assert [[cell.strip() for cell in line.strip("|").split("|")] for line in lines] == [
        ["emot", "bilstm kd", "10.00", "4.00", "-", "1"],
        ["emot", "cnn kd", "10.00", "4.00", "5.50", "2"],
    ]


def test_without_calibrated_runs_there_is_no_section() -> None:
    assert calibration_markdown([leaderboard(row("teacher", 0.9), row("cnn", 0.7))]) == ""
