"""Training throughput beside TextBrewer 0.2.1.post1 (Yang et al., 2020): sentences per second (see docs/lab-log.md).

Both train the same student on the same texts in batches of 32, on MSE with logits of the teacher that are computed
before. TextBrewer keeps batches and logits in memory (`is_caching_logits`), padded to the longest text of the batch and
tokenised before; its first epoch is left out. The engine's time is all of its training, validation included. They take
turns.

    pip install --no-deps textbrewer==0.2.1.post1 && pip install tensorboard
    python docs/experiments/textbrewer_throughput.py --teacher FOLDER
"""

import argparse
import tempfile
import time
from statistics import median
from typing import Any

import numpy as np
import torch
from plain_loop import BATCH, RATE, engine, logits_of, student
from textbrewer import BasicDistiller, DistillationConfig, TrainingConfig
from torch import Tensor, nn

from benchmark.data.suites import load_suite
from benchmark.distillation.encoding import EncodedDataset
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.teacher import load_teacher

Batch = dict[str, Tensor]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default="classification")
    parser.add_argument("--dataset", default="emot")
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--student", nargs="+", default=["bilstm", "cnn"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=3, help="of each, in a round")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    data = SuiteData(suite=load_suite(args.suite, "paper"), teacher=args.teacher).encoded_dataset(args.dataset)
    teacher = load_teacher(args.teacher, data.corpus.task, data.corpus.labels).eval()
    logits = logits_of(data, teacher).numpy()
    for name in args.student:
        ours, theirs = [], []
        for _ in range(args.rounds):
            ours.append(engine(data, student(name, data), logits, args.epochs))
            theirs.append(textbrewer(data, student(name, data), teacher, args.epochs))
        ratios = ", ".join(f"{a / b:.2f}" for a, b in zip(ours, theirs, strict=True))
        print(
            f"{name:8} engine {median(ours):6.0f}, TextBrewer {median(theirs):6.0f} sentences/s; ratios {ratios}",
            flush=True,
        )


def textbrewer(data: EncodedDataset, model: nn.Module, teacher: nn.Module, epochs: int) -> float:
    """Sentences per second after the first epoch, which caches the logits."""
    batches = _batches(data)
    ends: list[float] = []
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    optimizer.register_step_post_hook(lambda *_: ends.append(time.perf_counter()))
    with tempfile.TemporaryDirectory() as folder:
        distiller = BasicDistiller(
            TrainingConfig(output_dir=folder, device="cpu", ckpt_epoch_frequency=epochs),
            DistillationConfig(
                temperature=1, kd_loss_type="mse", hard_label_weight=0, kd_loss_weight=1, is_caching_logits=True
            ),
            teacher,
            model,
            _adapted,
            _adapted,
        )
        with distiller:
            distiller.train(optimizer, batches, num_epochs=epochs + 1)
    later = ends[len(batches) - 1 :]
    n_texts = sum(len(batch["input_ids"]) for batch in batches)
    return epochs * n_texts / (later[-1] - later[0])


def _adapted(_: Any, logits: Tensor) -> dict[str, list[Tensor]]:
    return {"logits": [logits]}


def _batches(data: EncodedDataset) -> list[Batch]:
    texts = data.texts("train")
    order = np.random.default_rng(0).permutation(len(texts))
    chunks = [[texts[row] for row in rows] for rows in np.array_split(order, len(order) // BATCH)]
    encoded = [
        data.tokenizer(chunk, truncation=True, max_length=data.max_length, padding=True, return_tensors="pt")
        for chunk in chunks
    ]
    return [{name: batch[name] for name in ("input_ids", "attention_mask")} for batch in encoded]


if __name__ == "__main__":
    main()
