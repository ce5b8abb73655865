"""Latency protocol: milliseconds per sentence, measured so that models of one session can be compared.

The cases take turns in rounds, in an order shuffled each round from a fixed seed, so that a machine that slows down
slows all of them. Each case runs once over all its inputs before the clock starts. A round's passes go on until both
the minimum time and the minimum number of sentences are reached. `statistics` aggregates the samples.
"""

import hashlib
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from benchmark.bundle.onnx_model import OnnxModel, pad
from benchmark.core.interrupts import check_interrupt
from benchmark.distillation.encoding import EncodedDataset

LATENCY_PROTOCOL = "2"
"""Numbers compare only within a protocol and a machine. Raise it when the way of measuring changes."""
BATCH_SIZE = 32
"""Sentences per batch in the scenario `offline`."""
SAMPLE_SEED = 0


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Effort of a measurement; the protocol is the same in each."""

    name: str
    n_sentences: int
    """Sentences of the test split, the same for every model."""
    rounds: int
    min_seconds: float
    min_samples: int
    """Sentences; like `min_seconds`, per case over all rounds."""
    tries: int
    """Maximum sessions until the control passes; the last one counts, and is invalid if its control failed."""
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
"""`quick` follows training; `full` is for published numbers."""


@dataclass(frozen=True)
class BenchmarkCase:
    """A model and its inputs: `run(i)` predicts input i of `n_inputs`, each of which holds `weight` sentences."""

    run: Callable[[int], object]
    n_inputs: int
    weight: int = 1


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Milliseconds of one case: `passes` [P, n_inputs], and the round [P] of each pass."""

    passes: NDArray[np.float64]
    rounds: NDArray[np.int64]

    @property
    def round_medians(self) -> NDArray[np.float64]:
        """[rounds] median ms of an input."""
        return np.array([np.median(self.passes[self.rounds == number]) for number in np.unique(self.rounds)])


@dataclass(frozen=True)
class SentenceSample:
    """Sentences of a data set's test split, the same for every model."""

    data: EncodedDataset
    rows: Sequence[int]

    @classmethod
    def draw(cls, data: EncodedDataset, n_sentences: int) -> "SentenceSample":
        order = np.random.default_rng(SAMPLE_SEED).permutation(len(data.encoded("test")))
        return cls(data, [int(row) for row in order[:n_sentences]])

    @property
    def token_ids(self) -> list[list[int]]:
        encoded = self.data.encoded("test")
        return [encoded.ids[encoded.offsets[row] : encoded.offsets[row + 1]].tolist() for row in self.rows]

    @property
    def texts(self) -> list[str]:
        """The sentences as strings; words are joined by spaces."""
        return [text if isinstance(text, str) else " ".join(text) for text in self._texts]

    def metadata(self) -> Mapping[str, Any]:
        """Hash of the sentences, and quartiles of their lengths in tokens."""
        texts = json.dumps(self._texts, ensure_ascii=False)
        lengths = self.data.encoded("test").lengths[list(self.rows)]
        return {
            "sample_sha256": hashlib.sha256(texts.encode()).hexdigest(),
            "pieces_quantiles": [float(q) for q in np.percentile(lengths, [0, 25, 50, 75, 100])],
        }

    @property
    def _texts(self) -> list[Any]:
        """Strings, or lists of words."""
        texts = self.data.texts("test")
        return [texts[row] for row in self.rows]


def measure_latency(
    cases: Mapping[str, BenchmarkCase], budget: Budget, *, n_threads: int = 1, seed: int = 0
) -> dict[str, Samples]:
    """Samples of each case: whole passes over its inputs, always in the same order.

    The caller holds `machine_lock("exclusive")`. Torch runs on `n_threads` without autograd; an ONNX model has its own
    thread count. Raises ValueError if there is nothing to measure.
    """
    if not cases or budget.rounds < 1 or any(case.n_inputs < 1 for case in cases.values()):
        raise ValueError(f"nothing to measure: {len(cases)} cases, {budget}")
    passes: dict[str, list[list[float]]] = {name: [] for name in cases}
    rounds: dict[str, list[int]] = {name: [] for name in cases}
    order, shuffle = list(cases), random.Random(seed).shuffle
    with torch_threads(n_threads), torch.inference_mode():
        for case in cases.values():
            _run_pass(case)
        for number in range(budget.rounds):
            shuffle(order)
            for name in order:
                check_interrupt()
                turn = list(_run_turn(cases[name], budget))
                passes[name] += turn
                rounds[name] += [number] * len(turn)
    return {name: Samples(passes=np.array(passes[name]), rounds=np.array(rounds[name])) for name in cases}


def _run_turn(case: BenchmarkCase, budget: Budget) -> Iterator[list[float]]:
    """Passes until the round's share of the minimum time and of the minimum number of sentences is reached."""
    start, sentences = time.perf_counter(), 0
    min_seconds, min_sentences = budget.min_seconds / budget.rounds, budget.min_samples / budget.rounds
    while sentences < min_sentences or time.perf_counter() - start < min_seconds:
        yield _run_pass(case)
        sentences += case.n_inputs * case.weight


def _run_pass(case: BenchmarkCase) -> list[float]:
    durations_ms = []
    for i in range(case.n_inputs):
        start = time.perf_counter_ns()
        case.run(i)
        durations_ms.append((time.perf_counter_ns() - start) / 1e6)
    return durations_ms


def torch_case(model: nn.Module, sentences: Sequence[Sequence[int]], device: str = "cpu") -> BenchmarkCase:
    """Scope `model`, scenario `single`: eager PyTorch, one unpadded sentence of token ids.

    `model` is in eval mode and on `device`. Transfers to the device and back are measured too; waiting for the logits
    makes a GPU finish.
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
    predict: Callable[[NDArray[np.int64], NDArray[np.int64]], object], sentences: list[list[int]]
) -> BenchmarkCase:
    """Scope `model`, scenario `offline`: all sentences as one input, in padded batches of similar length."""
    ordered = sorted(sentences, key=len)
    batches = [pad(ordered[start : start + BATCH_SIZE], 0) for start in range(0, len(ordered), BATCH_SIZE)]
    return BenchmarkCase(lambda _: [predict(*batch) for batch in batches], 1, weight=len(sentences))


@contextmanager
def torch_threads(n_threads: int) -> Iterator[None]:
    """Sets torch's number of threads inside a `with` block."""
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
