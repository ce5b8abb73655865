"""The learning-rate grid by successive halving: its trials, its cost, a search that is killed, other seeds."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmark.cli.arguments import parser
from benchmark.cli.options import benchmark_config
from benchmark.core.errors import DONE, SOME_FAILED, DivergedError
from benchmark.core.presets import FINALISTS, GRID_RATES, PRESETS, SCREENING, SEARCH_COST
from benchmark.core.run_store import open_store
from benchmark.distillation import grid_search as grid
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.training_run import TrainingRun
from benchmark.execution.plan import plan_runs
from benchmark.run import main
from tests.distillation.test_encoded_dataset import make_dataset
from tests.distillation.test_teacher_outputs import outputs
from tests.support.runs import delete
from tracking import Record, Store

WORDS = {"baik": "suka", "buruk": "benci"}
RATES = (5e-3, 1e-3, 1e-5)
FAR_TOO_HIGH = 1e38
"""A step of this size leads out of the range of numbers."""
STEPS, BOUND = 24, PRESETS["quickstart"].max_steps
"""Steps that the run takes, of 12 epochs of 2 batches and of patience enough, and that it may take."""
FEW = 3
"""An eighth of the steps."""


@pytest.fixture
def arguments(desk_folder: Path, tiny_teacher: Path) -> list[str]:
    """Of a command on forty short texts whose class stands in them, a grid for the smallest student."""
    rows = [f"{word} sekali nomor {i},{label}" for i in range(20) for word, label in WORDS.items()]
    for name, chosen in (("a", rows), ("b", rows[:10]), ("c", rows[10:20])):
        (desk_folder / f"{name}.csv").write_text("\n".join(["text,label", *chosen]))
    (desk_folder / "own.yml").write_text(
        f"task: classification\nteacher: {tiny_teacher}\n"
        "datasets: {mine: {train: a.csv, validation: b.csv, test: c.csv}}\n"
    )
    options = (
        "--suite own.yml -s static -x vanilla --learning-rate grid --max-epochs 12 --teacher-epochs 1 --no-latency"
    )
    return options.split()


@pytest.fixture
def training_run(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> TrainingRun:
    """Of the plan's student, to be trained at three rates."""
    monkeypatch.setattr(grid, "GRID_RATES", RATES)
    torch.set_num_threads(1)
    wanted = benchmark_config(parser("run").parse_args(arguments))
    suite_data = SuiteData(suite=wanted.suite, teacher=wanted.teacher.name)
    _, student = plan_runs(wanted, suite_data)
    return TrainingRun(spec=student.spec, data=suite_data.encoded_dataset("mine"), device=torch.device("cpu"))


@pytest.fixture
def begin_trial(store: Store) -> grid.Begin:
    return lambda rate, steps: store.begin("s", f"{rate:g} {steps}", tags={"role": "trial"}, params={})


def silent(*_: object) -> None:
    pass


def interrupt_at(store: Store, n_trials: int) -> Callable[[int], None]:
    """Interrupts the first epoch of a trial."""

    def interrupt(_: int) -> None:
        if len(store.records()) == n_trials:
            raise KeyboardInterrupt

    return interrupt


def trials(store: Store) -> list[tuple[str, str]]:
    return [(record.name, record.status) for record in store.records()]


def kept(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "own" / "cache" / "trials").glob("*/*"))


def ranked(store: Store, records: Sequence[Record]) -> list[float]:
    """Learning rates, that of the lowest loss first."""
    losses = {record.metrics["learning_rate"]: store.history(record.run_id, "valid_loss") for record in records}
    return sorted(losses, key=lambda rate: min(loss for _, loss in losses[rate]))


def best_of(records: Sequence[Record]) -> float:
    """Learning rate of the best by F1, the first of equals."""
    return max(records, key=lambda record: record.metrics["valid_f1"]).metrics["learning_rate"]


def test_a_search_costs_less_than_what_three_seeds_save() -> None:
    """Six times as much, where every seed is trained at every rate."""
    assert len(GRID_RATES) * SCREENING + FINALISTS == SEARCH_COST
    assert SEARCH_COST + 2 <= 1.6 * 3


def test_a_failure_is_not_hidden_by_the_deletion_of_its_trial(
    training_run: TrainingRun, store: Store, begin_trial: grid.Begin
) -> None:
    def fail(_: int) -> None:
        delete(store, store.running_records()[0].run_id)
        raise ValueError("the cause")

    with pytest.raises(ValueError, match="the cause"):
        grid.grid_search(training_run, begin_trial, fail)


def test_the_better_rates_go_on_and_the_best_is_taught(
    training_run: TrainingRun,
    store: Store,
    begin_trial: grid.Begin,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(grid, "GRID_RATES", RATES[::-1])
    epochs: list[int] = []
    trained = grid.grid_search(training_run, begin_trial, epochs.append)
    first, second = store.records()[:3], store.records()[3:]
    assert [record.name for record in first] == [f"{rate:g} {FEW}" for rate in RATES[::-1]]
    assert [record.name for record in second] == [f"{rate:g} {BOUND}" for rate in ranked(store, first)[:2]]
    assert trained.learning_rate == best_of(second)
    alone = training_run.train(trained.learning_rate, silent)
    assert (trained.valid_f1, trained.history.steps) == (alone.valid_f1, alone.history.steps)
    assert epochs[:6] == [1, 2] * 3
    assert len(epochs) <= 3 * 2 + 2 * 12
    assert kept(tmp_path) == []


@pytest.mark.parametrize(("bounds", "steps"), [({}, STEPS), ({"max_steps": 7}, 7), ({"patience": 3}, 12)])
def test_early_stopping_and_its_bounds_tell_how_long_a_run_is(
    training_run: TrainingRun, bounds: dict[str, int], steps: int
) -> None:
    assert grid.expected_steps(replace(training_run, spec=replace(training_run.spec, **bounds))) == steps


@pytest.mark.parametrize("n_trials", [2, 5], ids=["screening", "at the end"])
def test_a_killed_search_goes_on_where_it_stopped(
    training_run: TrainingRun, store: Store, begin_trial: grid.Begin, tmp_path: Path, n_trials: int
) -> None:
    whole = grid.grid_search(training_run, begin_trial, silent)
    names = [name for name, _ in trials(store)]
    with pytest.raises(KeyboardInterrupt):
        grid.grid_search(training_run, begin_trial, interrupt_at(store, 5 + n_trials))
    assert [status for _, status in trials(store)[5:]] == ["finished"] * (n_trials - 1) + ["killed"]
    assert len(kept(tmp_path)) == n_trials - 1
    trained = grid.grid_search(training_run, begin_trial, silent)
    assert trials(store)[5 + n_trials :] == [(name, "finished") for name in names[n_trials - 1 :]]
    assert (trained.learning_rate, trained.valid_f1) == (whole.learning_rate, whole.valid_f1)
    for name, value in trained.model.state_dict().items():
        assert torch.equal(value, whole.model.state_dict()[name])


def test_rates_that_another_teacher_taught_at_are_tried_again(
    training_run: TrainingRun, store: Store, begin_trial: grid.Begin
) -> None:
    """Two stores that share a cache each have a teacher of the same key."""
    with pytest.raises(KeyboardInterrupt):
        grid.grid_search(
            replace(training_run, teacher=outputs(make_dataset(), "one")), begin_trial, interrupt_at(store, 2)
        )
    grid.grid_search(replace(training_run, teacher=outputs(make_dataset(), "another")), begin_trial, silent)
    assert [name for name, _ in trials(store)[2:5]] == [f"{rate:g} {FEW}" for rate in RATES]


def test_a_rate_that_diverges_is_a_failed_trial(
    training_run: TrainingRun, store: Store, begin_trial: grid.Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "GRID_RATES", (FAR_TOO_HIGH, 1e-3))
    assert grid.grid_search(training_run, begin_trial, silent).learning_rate == 1e-3
    assert trials(store) == [(f"1e+38 {FEW}", "failed"), (f"0.001 {FEW}", "finished"), (f"0.001 {BOUND}", "finished")]
    assert "never a finite number in 2 epochs at learning rate 1e+38" in store.records()[0].tags["reason"]


def test_a_rate_that_diverged_is_not_tried_again(
    training_run: TrainingRun, store: Store, begin_trial: grid.Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "GRID_RATES", (FAR_TOO_HIGH, 1e-3))
    with pytest.raises(KeyboardInterrupt):
        grid.grid_search(training_run, begin_trial, interrupt_at(store, 2))
    assert grid.grid_search(training_run, begin_trial, silent).learning_rate == 1e-3
    assert [status for _, status in trials(store)] == ["failed", "killed", "finished", "finished"]


def test_a_grid_that_diverges_whole_fails_and_can_be_tried_again(
    training_run: TrainingRun, store: Store, begin_trial: grid.Begin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(grid, "GRID_RATES", (FAR_TOO_HIGH, 3e38))
    for _ in range(2):
        with pytest.raises(DivergedError, match="at every learning rate of the grid"):
            grid.grid_search(training_run, begin_trial, silent)
    assert [status for _, status in trials(store)] == ["failed"] * 4
    assert kept(tmp_path) == []


def test_a_trial_that_breaks_says_why(training_run: TrainingRun, store: Store, begin_trial: grid.Begin) -> None:
    def broken(_: int) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        grid.grid_search(training_run, begin_trial, broken)
    [record] = store.records()
    assert (record.status, record.tags["reason"]) == ("failed", "OSError: disk full")


def of_role(role: str) -> list[Record]:
    return [record for record in open_store().records("own") if record.tags["role"] == role]


def test_the_command_searches_on_the_first_seed_for_all(arguments: list[str]) -> None:
    assert main([*arguments, "--seeds", "2", "--jobs", "1"]) == DONE
    first, second = of_role("train")
    children = of_role("trial")
    assert {record.parent for record in children} == {first.run_id}
    assert [float(record.params["learning_rate"]) for record in children[:6]] == list(GRID_RATES)
    assert [int(record.params["max_steps"]) for record in children] == [FEW] * 6 + [BOUND] * 2
    assert len({record.key for record in (first, second, *children)}) == 2 + 8
    assert all("test_f1" not in record.metrics for record in children)
    assert [run.metrics["learning_rate"] for run in (first, second)] == [best_of(children[6:])] * 2
    assert first.metrics["valid_f1"] == max(record.metrics["valid_f1"] for record in children[6:])
    assert main([*arguments, "--seeds", "2"]) == DONE
    assert (len(of_role("train")), len(of_role("trial"))) == (2, 8)
    assert main([*arguments, "--max-epochs", "2", "--seed", "7"]) == DONE
    assert len(of_role("trial")) == 2 * 8, "alone it is the first"


def test_a_failed_search_fails_the_other_seeds(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    command = [*arguments, "--seeds", "2", "--jobs", "1", "--max-epochs", "2"]
    with monkeypatch.context() as patch:
        patch.setattr(grid, "GRID_RATES", (FAR_TOO_HIGH,))
        assert main(command) == SOME_FAILED
    first, second = of_role("train")
    assert "at every learning rate" in first.tags["reason"]
    assert second.tags["reason"] == (
        f"RunError: Its learning rate is searched by mine.static.vanilla.seed0, which failed: {first.tags['reason']}"
    )
    assert main([*command, "--retry-failed"]) == DONE
    assert len({run.metrics["learning_rate"] for run in of_role("train")[2:]}) == 1
