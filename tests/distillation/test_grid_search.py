"""The learning-rate grid: a run for each rate, the best by validation F1, and a search that goes on after a kill."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmark.cli.options import parser, request
from benchmark.core.errors import DONE, DivergedError
from benchmark.core.presets import GRID_RATES
from benchmark.distillation import grid_search as grid
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.training_run import TrainingRun
from benchmark.execution.plan import plan_runs
from benchmark.run import main
from tracking import ActiveRun, Record, Store

WORDS = {"baik": "suka", "buruk": "benci"}
RATES = (5e-3, 1e-3, 1e-5)
FAR_TOO_HIGH = 1e38
"""A step of this size leads out of the range of numbers."""


@pytest.fixture
def arguments(desk_folder: Path, tiny_teacher: Path) -> list[str]:
    """Of a command on forty short texts whose class stands in them, a grid for the CNN."""
    rows = [f"{word} sekali nomor {i},{label}" for i in range(20) for word, label in WORDS.items()]
    for name, chosen in (("a", rows), ("b", rows[:10]), ("c", rows[10:20])):
        (desk_folder / f"{name}.csv").write_text("\n".join(["text,label", *chosen]))
    (desk_folder / "own.yml").write_text(
        f"task: classification\nteacher: {tiny_teacher}\n"
        "datasets: {mine: {train: a.csv, validation: b.csv, test: c.csv}}\n"
    )
    options = "--suite own.yml -s cnn -x vanilla --learning-rate grid --max-epochs 4 --teacher-epochs 1"
    return options.split()


@pytest.fixture
def training_run(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> TrainingRun:
    """Of the plan's student, to be taught at three rates."""
    monkeypatch.setattr(grid, "GRID_RATES", RATES)
    torch.set_num_threads(1)
    wanted = request(parser("run", None).parse_args(arguments))
    suite_data = SuiteData(suite=wanted.suite, teacher=wanted.teacher)
    _, student = plan_runs(wanted, suite_data)
    return TrainingRun(spec=student.spec, data=suite_data.encoded_dataset("mine"), device=torch.device("cpu"))


@pytest.fixture
def begin_trial(store: Store) -> Callable[[float], ActiveRun]:
    return lambda rate: store.begin("s", f"{rate:g}", tags={"role": "trial"}, params={})


def silent(_: int) -> None:
    pass


def trials(store: Store) -> list[tuple[str, str]]:
    return [(record.name, record.status) for record in store.records()]


def kept(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "own" / "cache" / "trials").glob("*/*"))


def best_of(records: list[Record]) -> Record:
    return max(records, key=lambda record: record.metrics["valid_f1"])


def test_the_best_rate_wins_and_a_killed_search_goes_on_where_it_stopped(
    training_run: TrainingRun, store: Store, begin_trial: Callable[[float], ActiveRun], tmp_path: Path
) -> None:
    whole = grid.search(training_run, begin_trial, silent)
    assert trials(store) == [("0.005", "finished"), ("0.001", "finished"), ("1e-05", "finished")]
    scores = [record.metrics["valid_f1"] for record in store.records()]
    assert len(set(scores)) > 1, "else every rate would do"
    assert whole.valid_f1 == max(scores)
    assert whole.learning_rate == float(best_of(store.records()).name)
    assert kept(tmp_path) == []

    def interrupted(_: int) -> None:
        if len(store.records()) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grid.search(training_run, begin_trial, interrupted)
    assert trials(store)[3:] == [("0.005", "finished"), ("0.001", "killed")]
    assert kept(tmp_path) == ["0.005"]
    trained = grid.search(training_run, begin_trial, silent)
    assert trials(store)[5:] == [("0.001", "finished"), ("1e-05", "finished")]
    assert (trained.learning_rate, trained.valid_f1) == (whole.learning_rate, whole.valid_f1)
    assert trained.history.steps_to_best == whole.history.steps_to_best
    for name, value in trained.model.state_dict().items():
        assert torch.equal(value, whole.model.state_dict()[name])


def test_rates_that_another_teacher_taught_at_are_tried_again(
    training_run: TrainingRun, store: Store, begin_trial: Callable[[float], ActiveRun]
) -> None:
    """Two stores that share a cache each have a teacher of the same key."""

    def interrupted(_: int) -> None:
        if len(store.records()) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grid.search(replace(training_run, teacher="one"), begin_trial, interrupted)
    grid.search(replace(training_run, teacher="another"), begin_trial, silent)
    assert [name for name, _ in trials(store)[2:]] == ["0.005", "0.001", "1e-05"]


def test_a_rate_that_diverges_is_a_failed_trial(
    training_run: TrainingRun, store: Store, begin_trial: Callable[[float], ActiveRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "GRID_RATES", (FAR_TOO_HIGH, 1e-3))
    assert grid.search(training_run, begin_trial, silent).learning_rate == 1e-3
    assert trials(store) == [("1e+38", "failed"), ("0.001", "finished")]
    assert "never a finite number in 4 epochs at learning rate 1e+38" in store.records()[0].tags["reason"]


def test_a_rate_that_diverged_is_not_tried_again(
    training_run: TrainingRun, store: Store, begin_trial: Callable[[float], ActiveRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "GRID_RATES", (FAR_TOO_HIGH, 1e-3))

    def interrupted(_: int) -> None:
        if len(store.records()) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grid.search(training_run, begin_trial, interrupted)
    assert grid.search(training_run, begin_trial, silent).learning_rate == 1e-3
    assert trials(store) == [("1e+38", "failed"), ("0.001", "killed"), ("0.001", "finished")]


def test_a_grid_that_diverges_whole_fails_and_can_be_tried_again(
    training_run: TrainingRun,
    store: Store,
    begin_trial: Callable[[float], ActiveRun],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(grid, "GRID_RATES", (FAR_TOO_HIGH, 3e38))
    for _ in range(2):
        with pytest.raises(DivergedError, match="at every learning rate of the grid"):
            grid.search(training_run, begin_trial, silent)
    assert [status for _, status in trials(store)] == ["failed"] * 4
    assert kept(tmp_path) == []


def test_a_trial_that_breaks_says_why(
    training_run: TrainingRun, store: Store, begin_trial: Callable[[float], ActiveRun]
) -> None:
    def broken(_: int) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        grid.search(training_run, begin_trial, broken)
    [record] = store.records()
    assert (record.status, record.tags["reason"]) == ("failed", "OSError: disk full")


def test_the_command_keeps_trials_as_children_of_their_run(arguments: list[str]) -> None:
    assert main(arguments) == DONE
    records = Store.open().records("own")
    [run] = [record for record in records if record.tags["role"] == "train"]
    children = [record for record in records if record.tags["role"] == "trial"]
    assert [record.name for record in children] == [f"mine.cnn.vanilla.seed0.lr{rate:g}" for rate in GRID_RATES]
    assert {record.parent for record in children} == {run.run_id}
    assert len({record.key for record in records}) == len(records)
    assert [float(record.params["learning_rate"]) for record in children] == list(GRID_RATES)
    assert run.params["learning_rate"] == "grid"
    assert all("test_f1" not in record.metrics for record in children)
    assert run.metrics["valid_f1"] == best_of(children).metrics["valid_f1"]
    assert run.metrics["learning_rate"] == float(best_of(children).params["learning_rate"])
    before = len(records)
    assert main(arguments) == DONE
    assert len(Store.open().records("own")) == before
