"""What a terminal shows of a sweep, at any width."""

from io import StringIO

import pytest
from rich.console import Console

from benchmark.cli.progress import RunProgress
from benchmark.core.spec import RunSpec
from benchmark.execution.outcome import Outcome

SPEC = RunSpec(
    suite="classification", dataset="smalltalk_demo", task="classification", student="bilstm",
    setting="kd_ulb_fasttext", seed=0, learning_rate=1e-3, teacher="t", teacher_key="t", data_digest="d", loss="mse",
    max_epochs=30, patience=1, batch_size=8, max_length=64,
)  # fmt: skip
METRICS = {"test_f1": 0.5, "valid_f1": 0.25, "epochs": 9, "train_seconds": 26, "sentences_per_second": 4380}


def shown(width: int, *outcomes: Outcome) -> list[str]:
    text = StringIO()
    with RunProgress({"a": 10.0, SPEC.key: 10.0}, Console(file=text, width=width), [SPEC.name]) as progress:
        for outcome in outcomes:
            progress.epoch(outcome.spec, 3)
            progress.done(outcome)
    return text.getvalue().splitlines()


@pytest.mark.parametrize(
    ("width", "end"),
    [(120, "  4380 sentences/s"), (100, "valid F1 25.00    9 epochs in   26 s"), (80, "valid F1 25.00")],
)
def test_figures_without_room_are_left_out(width: int, end: str) -> None:
    [line, sweep] = shown(width, Outcome(spec=SPEC, run_id="r", metrics=METRICS))
    assert line.startswith(f"{SPEC.name}  test F1 50.00")
    assert line.endswith(end)
    assert len(line) <= width
    assert "1/2 runs" in sweep
    assert sweep.rstrip().endswith("left")


def test_a_failure_is_told_whole() -> None:
    reason = "DivergedError: " + "the loss was nan " * 10
    lines = shown(80, Outcome(spec=SPEC, run_id="r", metrics={}, failure=reason))
    assert " ".join(" ".join(lines).split()).count("the loss was nan") == 10
