"""Milliseconds per sentence, in a way that two models measured together can be compared.

Subjects take turns in rounds, in an order shuffled anew each round from a fixed seed, so that a machine that slows down
slows all of them. Every subject meets every input once before the clock starts. The passes of a round go on until both
the least time and the least number of sentences are reached. Raw samples come back; `summarize` boils them down.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from benchmark.bundle.onnx_model import OnnxModel, pad
from benchmark.measurement.machine import machine_fingerprint, machine_lock

__all__ = [
    "BUDGETS",
    "LATENCY_PROTOCOL",
    "BenchmarkCase",
    "Budget",
    "LatencySummary",
    "Samples",
    "machine_fingerprint",
    "machine_lock",
    "measure_latency",
    "offline",
    "onnx_case",
    "summarize",
    "torch_case",
    "torch_threads",
]

LATENCY_PROTOCOL = "2"
"""Numbers compare only within a protocol and a machine. Raise it when the way of measuring changes."""

P95_MIN_SAMPLES = 130
P99_MIN_SAMPLES = 662
BATCH_SIZE = 32
"""Sentences of a batch in scenario `offline`."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How long the same protocol may take."""

    name: str
    n_sentences: int
    """Of the test split, the same for every model."""
    rounds: int
    min_seconds: float
    min_samples: int
    """Sentences; like `min_seconds`, of each subject over all rounds."""
    tries: int
    """Sessions at most until the control passes; the last one counts, and says that it did not."""
    starts: int
    """Fresh processes in which a bundle is loaded."""
    reference: bool
    """Whether the paper's BERT-base shape takes part."""


BUDGETS = {
    "quick": Budget(
        name="quick", n_sentences=32, rounds=5, min_seconds=0.1, min_samples=160, tries=2, starts=1, reference=False
    ),
    "full": Budget(
        name="full", n_sentences=100, rounds=7, min_seconds=2.0, min_samples=700, tries=3, starts=5, reference=True
    ),
}
"""`quick` follows training, `full` is for figures that are shown to others."""


@dataclass(frozen=True)
class BenchmarkCase:
    """Answers input number i of `n_inputs`; what it returns is thrown away. An input holds `weight` sentences."""

    answer: Callable[[int], object]
    n_inputs: int
    weight: int = 1


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Milliseconds of one subject: `passes` [P, n_inputs], and the round [P] that each pass belongs to."""

    passes: NDArray[np.float64]
    rounds: NDArray[np.int64]

    @property
    def round_medians(self) -> NDArray[np.float64]:
        """[rounds] median ms of an input."""
        return np.array([np.median(self.passes[self.rounds == number]) for number in np.unique(self.rounds)])


def measure_latency(
    cases: Mapping[str, BenchmarkCase], budget: Budget, *, n_threads: int = 1, seed: int = 0
) -> dict[str, Samples]:
    """Milliseconds of each subject: whole passes over its inputs, always in the same order.

    Hold `machine_lock("exclusive")` around it. Torch runs on `n_threads` and without autograd; an ONNX subject brings
    its own thread count. Raises ValueError where there is nothing to measure.
    """
    if not cases or budget.rounds < 1 or any(case.n_inputs < 1 for case in cases.values()):
        raise ValueError(f"nothing to measure: {len(cases)} subjects, {budget}")
    session_result: dict[str, list[tuple[int, list[float]]]] = {name: [] for name in cases}
    order, shuffle = list(cases), random.Random(seed).shuffle
    with torch_threads(n_threads), torch.inference_mode():
        for case in cases.values():
            _one_pass(case)
        for number in range(budget.rounds):
            shuffle(order)
            for name in order:
                session_result[name] += [(number, one) for one in _one_turn(cases[name], budget)]
    return {name: _samples(passes) for name, passes in session_result.items()}


def _one_turn(case: BenchmarkCase, budget: Budget) -> Iterator[list[float]]:
    """Passes until this round's share of the least time and of the least number of sentences is reached."""
    start, sentences = time.perf_counter(), 0
    min_seconds, min_sentences = budget.min_seconds / budget.rounds, budget.min_samples / budget.rounds
    while sentences < min_sentences or time.perf_counter() - start < min_seconds:
        yield _one_pass(case)
        sentences += case.n_inputs * case.weight


def _one_pass(case: BenchmarkCase) -> list[float]:
    durations_ms = []
    for i in range(case.n_inputs):
        start = time.perf_counter_ns()
        case.answer(i)
        durations_ms.append((time.perf_counter_ns() - start) / 1e6)
    return durations_ms


def _samples(passes: Sequence[tuple[int, list[float]]]) -> Samples:
    return Samples(
        passes=np.array([durations for _, durations in passes]), rounds=np.array([number for number, _ in passes])
    )


def torch_case(model: nn.Module, sentences: Sequence[Sequence[int]], device: str = "cpu") -> BenchmarkCase:
    """Scope `model`, scenario `single`: eager PyTorch, one unpadded sentence of token ids.

    `model` has to be in eval mode and on `device`. The way to the device and back belongs to the time, and waiting for
    the logits makes a GPU finish.
    """
    batches = [tuple(torch.from_numpy(array) for array in pad([sentence], 0)) for sentence in sentences]
    if device == "cpu":
        return BenchmarkCase(lambda i: model(*batches[i]), len(batches))
    return BenchmarkCase(lambda i: model(*(part.to(device) for part in batches[i])).cpu(), len(batches))


def onnx_case(model: OnnxModel, sentences: Sequence[Sequence[int]]) -> BenchmarkCase:
    """Scope `model`, scenario `single`: ONNX on the CPU, one unpadded sentence of token ids."""
    batches = [pad([sentence], 0) for sentence in sentences]
    return BenchmarkCase(lambda i: model.logits(*batches[i]), len(batches))


def offline(
    answer: Callable[[NDArray[np.int64], NDArray[np.int64]], object], sentences: list[list[int]]
) -> BenchmarkCase:
    """Scope `model`, scenario `offline`: all sentences as one input, in padded batches of like length."""
    ordered = sorted(sentences, key=len)
    batches = [pad(ordered[start : start + BATCH_SIZE], 0) for start in range(0, len(ordered), BATCH_SIZE)]
    return BenchmarkCase(lambda _: [answer(*batch) for batch in batches], 1, weight=len(sentences))


@contextmanager
def torch_threads(n_threads: int) -> Iterator[None]:
    """Torch computes with `n_threads` inside, and with as many as before after."""
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True, kw_only=True)
class LatencySummary:
    """What is reported of a subject's samples. None: too few of them to say."""

    n: int
    median_ms: float
    mean_ms: float
    p95_ms: float | None
    p99_ms: float | None
    spread: float
    """Interquartile range / median."""


def summarize(samples_ms: NDArray[np.float64]) -> LatencySummary:
    """Of all samples, whatever their shape."""
    quarter, median, three_quarters = np.percentile(samples_ms, [25, 50, 75])
    return LatencySummary(
        n=samples_ms.size,
        median_ms=float(median),
        mean_ms=float(samples_ms.mean()),
        p95_ms=_percentile(samples_ms, 95, P95_MIN_SAMPLES),
        p99_ms=_percentile(samples_ms, 99, P99_MIN_SAMPLES),
        spread=float((three_quarters - quarter) / median),
    )


def _percentile(samples_ms: NDArray[np.float64], percent: int, min_samples: int) -> float | None:
    return float(np.percentile(samples_ms, percent)) if samples_ms.size >= min_samples else None
