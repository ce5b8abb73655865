"""Nothing here depends on how long anything takes."""

import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from benchmark.bundle.onnx_model import OnnxModel
from benchmark.export.onnx_export import export_onnx
from benchmark.measurement import machine as lock
from benchmark.measurement.machine import machine_fingerprint, machine_lock
from benchmark.measurement.protocol import (
    BUDGETS,
    BenchmarkCase,
    Budget,
    measure_latency,
    offline,
    onnx_case,
    torch_case,
    torch_threads,
)
from benchmark.measurement.statistics import P95_MIN_SAMPLES
from tests.support.commands import interrupted
from tests.support.warm import FORKS, WarmProcess


@pytest.fixture(autouse=True)
def _own_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "LOCK_FOLDER", tmp_path)


def budget(**fields: Any) -> Budget:
    plain = {"name": "test", "n_sentences": 3, "rounds": 5, "min_seconds": 0.0, "min_samples": 1}
    return Budget(**({"tries": 1, "starts": 1, "reference": False} | plain | fields))


def trace(rounds: int, seed: int) -> list[tuple[str, int]]:
    calls: list[tuple[str, int]] = []
    cases = {name: BenchmarkCase(lambda i, name=name: calls.append((name, i)), 3) for name in "abcd"}
    samples = measure_latency(cases, budget(rounds=rounds), seed=seed)
    assert {name: session_result.passes.shape for name, session_result in samples.items()} == dict.fromkeys(
        "abcd", (rounds, 3)
    )
    assert all(session_result.rounds.tolist() == list(range(rounds)) for session_result in samples.values())
    return calls


def test_every_subject_meets_every_input_once_to_warm_up_and_once_a_round() -> None:
    calls = trace(rounds=5, seed=0)
    passes = [calls[start : start + 3] for start in range(0, len(calls), 3)]
    assert all([i for _, i in one] == [0, 1, 2] and len({name for name, _ in one}) == 1 for one in passes)
    turns = ["".join(one[0][0] for one in passes[start : start + 4]) for start in range(0, len(passes), 4)]
    assert len(turns) == 1 + 5
    assert turns[0] == "abcd"
    assert {"".join(sorted(turn)) for turn in turns} == {"abcd"}
    assert len(set(turns[1:])) > 1


def test_the_order_follows_the_seed() -> None:
    assert trace(rounds=4, seed=1) == trace(rounds=4, seed=1)
    assert trace(rounds=4, seed=1) != trace(rounds=4, seed=2)


def test_a_round_goes_on_until_there_are_enough_sentences() -> None:
    cases = {"single": BenchmarkCase(id, 3), "offline": BenchmarkCase(id, 1, weight=3)}
    samples = measure_latency(cases, budget(rounds=2, min_samples=20))
    assert samples["single"].passes.shape == (8, 3)  # 4 passes a round are 12 sentences, 3 would be 9
    assert samples["offline"].passes.shape == (8, 1)
    assert samples["single"].rounds.tolist() == [0] * 4 + [1] * 4


def test_a_round_goes_on_until_there_was_enough_time() -> None:
    samples = measure_latency({"a": BenchmarkCase(lambda _: time.sleep(0.004), 1)}, budget(rounds=2, min_seconds=0.04))[
        "a"
    ]
    assert samples.passes.sum() >= 40 * 0.9  # a pass that began within the time is finished
    assert len(samples.passes) <= 2 * 5 + 2


def test_a_slow_input_is_found_where_it_is() -> None:
    samples = measure_latency({"a": BenchmarkCase(lambda i: time.sleep(0.02 if i == 1 else 0), 3)}, budget(rounds=2))[
        "a"
    ]
    assert samples.passes.dtype == np.float64
    assert (samples.passes > 0).all()
    assert (samples.passes[:, 1] >= 20).all()  # milliseconds; a sleep is never shorter


def test_torch_runs_on_its_threads_without_autograd_and_is_given_back() -> None:
    seen: set[tuple[int, bool]] = set()
    case = BenchmarkCase(lambda _: seen.add((torch.get_num_threads(), torch.is_inference_mode_enabled())), 1)
    with torch_threads(2):
        measure_latency({"a": case}, budget())
        assert torch.get_num_threads() == 2
        measure_latency({"a": case}, budget(), n_threads=3)
    assert seen == {(1, True), (3, True)}
    assert not torch.is_inference_mode_enabled()


def test_threads_are_given_back_after_a_failure() -> None:
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError):
        measure_latency({"a": BenchmarkCase(lambda i: 1 / i, 2)}, budget())
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(("names", "n_inputs", "rounds"), [("", 1, 1), ("a", 0, 1), ("a", 1, 0)])
def test_nothing_to_measure_is_refused(names: str, n_inputs: int, rounds: int) -> None:
    with pytest.raises(ValueError, match="nothing to measure"):
        measure_latency({name: BenchmarkCase(id, n_inputs) for name in names}, budget(rounds=rounds))


class Lengths(nn.Module):
    """A sentence's sum of piece ids."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return (input_ids * attention_mask).sum(1, keepdim=True) * self.scale


def test_subjects_of_scope_model_answer_each_sentence_alone(tmp_path: Path) -> None:
    sentences = [[1, 2, 3], [7]]
    model = Lengths().requires_grad_(False)
    export_onnx(model, tmp_path / "model.onnx")
    onnx = OnnxModel(tmp_path / "model.onnx")
    for case in (
        torch_case(model, sentences),
        torch_case(model, sentences, "cpu:0"),  # the way that a GPU takes
        onnx_case(onnx, sentences),
    ):
        assert case.n_inputs == 2
        assert [case.run(i).item() for i in range(2)] == [6.0, 7.0]
    together = offline(onnx.logits, sentences)
    assert (together.n_inputs, together.weight) == (1, 2)
    assert [batch.tolist() for batch in together.run(0)] == [[[7.0], [6.0]]]


def test_offline_batches_hold_32_sentences_of_like_length() -> None:
    seen: list[tuple[int, int]] = []
    offline(lambda ids, _: seen.append(ids.shape), [[1] * (i % 40 + 1) for i in range(70)]).run(0)
    assert [rows for rows, _ in seen] == [32, 32, 6]
    assert [width for _, width in seen] == sorted(width for _, width in seen)


def test_every_budget_reaches_a_p95_and_the_rounds_of_the_protocol() -> None:
    assert all(one.rounds >= 5 and one.min_samples >= P95_MIN_SAMPLES for one in BUDGETS.values())


def test_fingerprint_is_complete_and_the_same_twice() -> None:
    fingerprint = machine_fingerprint()
    assert fingerprint == machine_fingerprint()
    assert {"cpu", "logical_cores", "python", "torch", "onnxruntime", "tokenizers"} <= fingerprint.keys()
    assert all(isinstance(value, str) and value for value in fingerprint.values())
    assert fingerprint["torch"] == torch.__version__


def hold(mode: Literal["shared", "exclusive"], folder: Path, pipe: Connection) -> None:
    """Takes the lock, says what it waits for and has, and keeps it until it is told anything."""
    lock.LOCK_FOLDER = folder
    with machine_lock(mode, on_wait=lambda: pipe.send("waits")):
        pipe.send("holds")
        pipe.recv()


class Holder:
    """Another process that takes the lock and holds it until it is closed."""

    def __init__(self, mode: str, folder: Path) -> None:
        self.pipe, theirs = FORKS.Pipe()
        self.process = WarmProcess(hold, mode, folder, theirs)
        theirs.close()

    def says(self) -> str:
        return str(self.pipe.recv())

    def leave(self) -> None:
        self.pipe.send("leave")
        self.process.wait()


@pytest.fixture
def run_session(tmp_path: Path) -> Iterator[Callable[[str], Holder]]:
    holders: list[Holder] = []

    def start(mode: str) -> Holder:
        holders.append(Holder(mode, tmp_path))
        return holders[-1]

    yield start
    for holder in holders:
        holder.process.kill()
        holder.process.communicate()


@pytest.mark.parametrize(
    ("first", "second"), [("exclusive", "exclusive"), ("shared", "exclusive"), ("exclusive", "shared")]
)
def test_a_measurement_overlaps_with_nothing(first: str, second: str, run_session: Callable[[str], Holder]) -> None:
    with machine_lock(first):
        other = run_session(second)
        assert other.says() == "waits"
    assert other.says() == "holds"


def test_trainings_run_side_by_side(run_session: Callable[[str], Holder]) -> None:
    with machine_lock("shared"):
        assert run_session("shared").says() == "holds"


def test_newcomers_wait_behind_a_waiting_measurement(run_session: Callable[[str], Holder]) -> None:
    with machine_lock("shared"):
        measurement = run_session("exclusive")
        assert measurement.says() == "waits"
        training = run_session("shared")
        assert training.says() == "waits"
    assert measurement.says() == "holds"
    measurement.leave()
    assert training.says() in ("holds", "waits")  # past the gate it may have to wait for the machine


def test_a_wait_for_the_machine_sees_an_interrupt() -> None:
    with (
        lock._file_lock("machine", "exclusive", None),
        pytest.raises(KeyboardInterrupt),
        interrupted(),
        machine_lock("shared"),
    ):
        pass


def test_a_killed_process_frees_the_lock(run_session: Callable[[str], Holder]) -> None:
    other = run_session("exclusive")
    assert other.says() == "holds"
    other.process.kill()
    other.process.wait()
    with machine_lock("exclusive", on_wait=lambda: pytest.fail("the lock outlived its process")):
        pass


def test_a_lock_within_a_lock_is_an_error_and_no_deadlock() -> None:
    with machine_lock("shared"), pytest.raises(RuntimeError, match="holds the machine lock already"):
        machine_lock("exclusive").__enter__()
    with machine_lock("exclusive"):
        pass
