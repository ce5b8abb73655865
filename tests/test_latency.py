"""Nothing here depends on how long anything takes."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from benchmark.measuring import lock
from benchmark.measuring.export import export_onnx
from benchmark.measuring.latency import (
    machine_fingerprint,
    machine_lock,
    measure_latency,
    onnx_subject,
    summarize,
    torch_subject,
    torch_threads,
)
from benchmark.measuring.onnx_model import OnnxModel


@pytest.fixture(autouse=True)
def _own_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "LOCK_FOLDER", tmp_path)


def trace(rounds: int, seed: int) -> list[tuple[str, int]]:
    calls: list[tuple[str, int]] = []
    subjects = {name: (lambda i, name=name: calls.append((name, i))) for name in "abcd"}
    samples = measure_latency(subjects, 3, rounds=rounds, seed=seed)
    assert {name: passes.shape for name, passes in samples.items()} == dict.fromkeys("abcd", (rounds, 3))
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


def test_a_slow_input_is_found_where_it_is() -> None:
    samples = measure_latency({"a": lambda i: time.sleep(0.02 if i == 1 else 0)}, 3, rounds=2)["a"]
    assert samples.dtype == np.float64
    assert (samples > 0).all()
    assert (samples[:, 1] >= 20).all()  # milliseconds; a sleep is never shorter


def test_torch_runs_on_one_thread_without_autograd_and_is_given_back() -> None:
    seen: set[tuple[int, bool]] = set()
    with torch_threads(2):
        measure_latency({"a": lambda _: seen.add((torch.get_num_threads(), torch.is_inference_mode_enabled()))}, 1)
        assert torch.get_num_threads() == 2
    assert seen == {(1, True)}
    assert not torch.is_inference_mode_enabled()


def test_threads_are_given_back_after_a_failure() -> None:
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError):
        measure_latency({"a": lambda i: 1 / i}, 2)
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(("names", "n_inputs", "rounds"), [("", 1, 1), ("a", 0, 1), ("a", 1, 0)])
def test_nothing_to_measure_is_refused(names: str, n_inputs: int, rounds: int) -> None:
    with pytest.raises(ValueError, match="nothing to measure"):
        measure_latency(dict.fromkeys(names, print), n_inputs, rounds=rounds)


def test_subjects_of_scope_model_answer_each_sentence_alone(tmp_path: Path) -> None:
    class Lengths(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))

        def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
            return (input_ids * attention_mask).sum(1, keepdim=True) * self.scale

    sentences = [[1, 2, 3], [7]]
    model = Lengths().requires_grad_(False)
    export_onnx(model, tmp_path / "model.onnx")
    for subject in (torch_subject(model, sentences), onnx_subject(OnnxModel(tmp_path / "model.onnx"), sentences)):
        assert [subject(i).item() for i in range(2)] == [6.0, 7.0]


def test_summary_against_numbers_written_down() -> None:
    summary = summarize(np.arange(1, 1002, dtype=np.float64).reshape(7, 143))
    assert (summary.n, summary.median_ms, summary.mean_ms) == (1001, 501.0, 501.0)
    assert (summary.p95_ms, summary.p99_ms) == (951.0, 991.0)
    assert summary.spread == pytest.approx(500 / 501)
    assert summary.noisy
    assert not summarize(np.array([1.0, 1.1, 1.2])).noisy


@pytest.mark.parametrize(
    ("n", "p95", "p99"), [(129, False, False), (130, True, False), (661, True, False), (662, True, True)]
)
def test_no_percentile_of_too_few_samples(n: int, p95: bool, p99: bool) -> None:
    summary = summarize(np.ones((1, n)))
    assert (summary.p95_ms is not None, summary.p99_ms is not None) == (p95, p99)


def test_fingerprint_is_complete_and_the_same_twice() -> None:
    fingerprint = machine_fingerprint()
    assert fingerprint == machine_fingerprint()
    assert {"cpu", "logical_cores", "python", "torch", "onnxruntime", "tokenizers"} <= fingerprint.keys()
    assert all(isinstance(value, str) and value for value in fingerprint.values())
    assert fingerprint["torch"] == torch.__version__


HOLD = """
import sys, pathlib
from benchmark.measuring import lock
lock.LOCK_FOLDER = pathlib.Path(sys.argv[2])
with lock.machine_lock(sys.argv[1], on_wait=lambda: print("waits", flush=True)):
    print("holds", flush=True)
    sys.stdin.readline()
"""


class Holder:
    """Another process that takes the lock and holds it until told to leave."""

    def __init__(self, mode: str, folder: Path) -> None:
        command = [sys.executable, "-c", HOLD, mode, str(folder)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def says(self) -> str:
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.communicate("\n")


@pytest.fixture
def hold(tmp_path: Path) -> Iterator[Callable[[str], Holder]]:
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
def test_a_measurement_overlaps_with_nothing(first: str, second: str, hold: Callable[[str], Holder]) -> None:
    with machine_lock(first):
        other = hold(second)
        assert other.says() == "waits"
    assert other.says() == "holds"


def test_trainings_run_side_by_side(hold: Callable[[str], Holder]) -> None:
    with machine_lock("shared"):
        assert hold("shared").says() == "holds"


def test_newcomers_wait_behind_a_waiting_measurement(hold: Callable[[str], Holder]) -> None:
    with machine_lock("shared"):
        measurement = hold("exclusive")
        assert measurement.says() == "waits"
        training = hold("shared")
        assert training.says() == "waits"
    assert measurement.says() == "holds"
    measurement.leave()
    assert training.says() in ("holds", "waits")  # past the gate it may have to wait for the machine


def test_a_killed_process_frees_the_lock(hold: Callable[[str], Holder]) -> None:
    other = hold("exclusive")
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
