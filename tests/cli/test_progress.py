"""What a terminal shows of a sweep, at any width."""

import threading
from io import StringIO

import pytest
from rich.console import Console

from benchmark.cli.progress import MeasuringProgress, RunProgress, pace
from benchmark.core.spec import RunSpec
from benchmark.execution.run_status import Outcome

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


def test_preparation_does_not_multiply_the_remaining_time() -> None:
    assert pace(60, 60, 3600) == 1
    assert pace(2400, 10, 3600) < 4, "after 40 minutes of preparation and one epoch"
    assert pace(7200, 3600, 3600) > 1.5, "a slow machine"
    assert pace(5, 0, 0) == 1, "nothing is expected"


def test_a_failure_is_told_whole() -> None:
    reason = "DivergedError: " + "the loss was nan " * 10
    lines = shown(80, Outcome(spec=SPEC, run_id="r", metrics={}, failure=reason))
    assert " ".join(" ".join(lines).split()).count("the loss was nan") == 10


class Lines(StringIO):
    """Text that tells when a line with a word is written."""

    def __init__(self, word: str) -> None:
        super().__init__()
        self.word, self.seen = word, threading.Event()

    def write(self, text: str) -> int:
        if self.word in text:
            self.seen.set()
        return super().write(text)


def test_a_pipe_gets_the_remaining_time_at_each_interval() -> None:
    text = Lines("sweep: 0/2 runs, 0:0")
    console = Console(file=text, width=80)
    with RunProgress({"a": 90.0, SPEC.key: 10.0}, console, [SPEC.name], interval=0.01) as progress:
        progress.epoch(SPEC, 3)
        assert text.seen.wait(60)


def test_a_pipe_hears_of_measuring() -> None:
    text = Lines("measuring: 1/3 models, ")
    with MeasuringProgress(Console(file=text, width=80), interval=0.01) as progress:
        progress.begin(3, 40.0)
        progress.advance()
        assert text.seen.wait(60)
    assert text.getvalue().startswith("Measuring 3 models")


def test_before_a_first_run_has_ended_the_remaining_time_follows_its_epochs() -> None:
    with RunProgress({SPEC.key: 0.0001, "b": 0.0001}, Console(file=StringIO()), [SPEC.name]) as progress:
        progress.epoch(SPEC, 1)
        task = progress._all.bars.tasks[0]
        assert task.fields["end"] > 3 * (task.elapsed or 0.0)


def test_a_bar_ends_where_the_steps_of_the_budget_do() -> None:
    with RunProgress({SPEC.key: 1.0}, Console(file=StringIO()), [SPEC.name], epochs={SPEC.key: 4}) as progress:
        progress.epoch(SPEC, 3)
        assert progress._all.bars.tasks[1].fields["note"] == "epoch 3/4"
        progress.epoch(SPEC, 5)
        assert progress._all.bars.tasks[1].fields["note"] == "epoch 5/5", "the expected number was too low"
