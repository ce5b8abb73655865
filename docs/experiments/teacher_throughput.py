"""Throughput of a teacher's training step beside that of its largest matrix product: `python ... TEACHER_FOLDER`.

One thread, a batch of 32 x 48 tokens, seconds of processor time, so that other processes disturb little.
"""

import sys
import time
from collections.abc import Callable

import torch
from torch.nn.functional import cross_entropy

from benchmark.distillation.optimizer import Optimizer
from benchmark.distillation.teacher import load_teacher

SENTENCES, LENGTH = 32, 48
LABELS = ("a", "b", "c", "d", "e")


def seconds(function: Callable[[], object], repetitions: int) -> float:
    """Mean processor time of a call in s, after two calls that do not count."""
    for _ in range(2):
        function()
    start = time.process_time()
    for _ in range(repetitions):
        function()
    return (time.process_time() - start) / repetitions


def main() -> None:
    torch.set_num_threads(1)
    model = load_teacher(sys.argv[1], "classification", LABELS).train()
    optimizer = Optimizer(model, model.embedding, learning_rate=1e-4, weight_decay=0.01, decay_steps=1000)
    ids = torch.randint(5, model.embedding.num_embeddings, (SENTENCES, LENGTH))
    mask, targets = torch.ones_like(ids), torch.randint(0, len(LABELS), (SENTENCES,))

    def step() -> None:
        cross_entropy(model(ids, mask), targets).backward()
        optimizer.step()

    config, n_tokens = model.model.config, SENTENCES * LENGTH
    width, inner, n_layers = config.hidden_size, config.intermediate_size, config.num_hidden_layers
    linear = 2 * n_tokens * n_layers * (4 * width**2 + 2 * width * inner)
    attention = 4 * SENTENCES * LENGTH**2 * width * n_layers
    x, weight = torch.randn(n_tokens, width), torch.randn(width, inner)
    ours = 3 * (linear + attention) / seconds(step, 5) / 1e9
    best = 2 * n_tokens * width * inner / seconds(lambda: x @ weight, 50) / 1e9
    print(f"training step {ours:.1f} GFLOP/s, matrix product {best:.1f} GFLOP/s: {ours / best:.0%}")


if __name__ == "__main__":
    main()
