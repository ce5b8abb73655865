"""Milliseconds per sentence, in a way that two models measured together can be compared.

Subjects take turns in rounds, in an order shuffled anew each round from a fixed seed, so that a machine that slows down
slows all of them. Every subject meets every input once before the clock starts. One thread, one process, and
`machine_lock` keeps our own work from running beside it. Raw samples come back; `summarize` boils them down.
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

from benchmark.measuring.lock import machine_lock
from benchmark.measuring.machine import machine_fingerprint
from benchmark.measuring.onnx_model import OnnxModel, pad

__all__ = [
    "LATENCY_PROTOCOL",
    "LatencySummary",
    "Subject",
    "machine_fingerprint",
    "machine_lock",
    "measure_latency",
    "onnx_subject",
    "summarize",
    "torch_subject",
    "torch_threads",
]

LATENCY_PROTOCOL = "1"
"""Numbers compare only within a protocol and a machine. Raise it when the way of measuring changes."""

P95_MIN_SAMPLES = 130
P99_MIN_SAMPLES = 662
NOISY_SPREAD = 0.25

Subject = Callable[[int], object]
"""Answers input number i; what it returns is thrown away."""


def measure_latency(
    subjects: Mapping[str, Subject], n_inputs: int, *, rounds: int = 5, seed: int = 0
) -> dict[str, NDArray[np.float64]]:
    """Milliseconds of each subject, [rounds, n_inputs]: whole passes over the inputs, always in the same order.

    Hold `machine_lock("exclusive")` around it. Torch runs on one thread and without autograd; an ONNX subject brings
    its own thread count. Raises ValueError where there is nothing to measure.
    """
    if not subjects or n_inputs < 1 or rounds < 1:
        raise ValueError(f"nothing to measure: {len(subjects)} subjects, {n_inputs} inputs, {rounds} rounds")
    samples: dict[str, list[list[float]]] = {name: [] for name in subjects}
    order, shuffle = list(subjects), random.Random(seed).shuffle
    with torch_threads(1), torch.inference_mode():
        for subject in subjects.values():
            _one_pass(subject, n_inputs)
        for _ in range(rounds):
            shuffle(order)
            for name in order:
                samples[name].append(_one_pass(subjects[name], n_inputs))
    return {name: np.array(passes) for name, passes in samples.items()}


def _one_pass(subject: Subject, n_inputs: int) -> list[float]:
    durations_ms = []
    for i in range(n_inputs):
        start = time.perf_counter_ns()
        subject(i)
        durations_ms.append((time.perf_counter_ns() - start) / 1e6)
    return durations_ms


def torch_subject(model: nn.Module, sentences: Sequence[Sequence[int]]) -> Subject:
    """Scope `model`, scenario `single`: eager PyTorch on the CPU, one unpadded sentence of piece ids.

    `model` has to be in eval mode.
    """
    batches = [tuple(torch.from_numpy(array) for array in pad([sentence], 0)) for sentence in sentences]
    return lambda i: model(*batches[i])


def onnx_subject(model: OnnxModel, sentences: Sequence[Sequence[int]]) -> Subject:
    """Scope `model`, scenario `single`: ONNX on the CPU, one unpadded sentence of piece ids."""
    batches = [pad([sentence], 0) for sentence in sentences]
    return lambda i: model.logits(*batches[i])


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

    @property
    def noisy(self) -> bool:
        """Whether the reader has to be warned."""
        return self.spread > NOISY_SPREAD


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
