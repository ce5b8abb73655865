"""Milliseconds of a training step of each student, beside those of another checkout (see docs/lab-log.md).

A step is everything that an epoch does, divided by its steps of about 32 sentences x 48 pieces (`--tokens`): collate,
forward, loss, backward, optimiser. Both checkouts live in a process each and take turns by the epoch, and processor
time is counted rather than wall time (at one thread the two are one on a quiet machine), so that the ratio holds on a
busy one.

    python docs/experiments/step_time.py --against ../main
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parents[2]
VOCAB_SIZE, N_LABELS, N_SENTENCES = 32_768, 5, 32 * 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, help="the other checkout")
    parser.add_argument("--student", nargs="+", default=["bilstm", "cnn", "bert_tiny"])
    parser.add_argument("--task", default="classification")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=7, help="the first warms up")
    parser.add_argument("--tokens", type=int, default=48, help="mean pieces of a sentence")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.alone:
        train_by_the_line(args.student[0], args.task, args.threads, args.epochs, args.tokens)
        return
    for student in args.student:
        folders = [HERE] + ([args.against.resolve()] if args.against else [])
        times = _take_turns([_start(folder, student, args) for folder in folders], args.epochs)
        ratio = f"  {times[0] / times[1]:.2f} of {times[1]:.2f} ms" if args.against else ""
        print(f"{student:10} {times[0]:7.2f} ms{ratio}", flush=True)


def _start(folder: Path, student: str, args: argparse.Namespace) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--alone", "--student", student, "--task", args.task]
    return subprocess.Popen(
        [*command, *(f"--{name}={getattr(args, name)}" for name in ("threads", "epochs", "tokens"))],
        env=os.environ | {"PYTHONPATH": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _take_turns(processes: list[subprocess.Popen[str]], epochs: int) -> list[float]:
    """Median milliseconds of each over its epochs."""
    times: list[list[float]] = [[] for _ in processes]
    for _ in range(epochs):
        for process, own in zip(processes, times, strict=True):
            print(file=process.stdin, flush=True)
            own.append(float(process.stdout.readline()))  # type: ignore[union-attr]
    for process in processes:
        process.communicate()
    return [median(own[1:]) for own in times]


def train_by_the_line(student: str, task: str, threads: int, epochs: int, tokens: int) -> None:
    """An epoch for each line of input, and one line with the milliseconds of a step. Pieces follow Zipf's law."""
    import numpy as np
    import torch

    import students
    from benchmark.distillation.batching import Examples, plan_batches, token_budget
    from benchmark.distillation.encoding import EncodedTexts
    from benchmark.distillation.losses import mse
    from benchmark.distillation.trainer import TrainingConfig, train

    random = np.random.default_rng(0)
    lengths = random.integers(tokens * 11 // 12, tokens * 13 // 12 + 1, N_SENTENCES)
    ends = np.cumsum([0, *lengths])
    tags = task == "sequence_labeling"
    places = np.concatenate([np.arange(n) for n in lengths]) if tags else np.zeros(N_SENTENCES)
    encoded = EncodedTexts(
        ids=np.floor(VOCAB_SIZE ** random.uniform(0, 1, ends[-1])).astype(np.int32),
        offsets=ends,
        positions=places.astype(np.int32),
        target_offsets=ends if tags else np.arange(N_SENTENCES + 1),
        per_word=tags,
        pad_id=0,
    )
    examples = Examples(encoded=encoded, targets=random.normal(size=(encoded.n_targets, N_LABELS)))
    n_steps = len(plan_batches(lengths, token_budget(encoded, 32)))
    torch.set_num_threads(threads)
    model = students.build(student, task=task, vocab_size=VOCAB_SIZE, n_labels=N_LABELS)
    began = 0.0

    def on_epoch(*_: object) -> None:
        nonlocal began
        print(1000 * (time.process_time() - began) / n_steps, flush=True)
        sys.stdin.readline()
        began = time.process_time()

    sys.stdin.readline()
    began = time.process_time()
    train(
        model,
        students.word_embeddings(model),
        training_set=examples,
        validation=examples.take(np.arange(1)),
        loss=mse,
        score=lambda _: 0.0,
        config=TrainingConfig(
            learning_rate=1e-3,
            weight_decay=0.0,
            decay=False,
            batch_size=32,
            max_epochs=epochs,
            max_steps=0,
            patience=epochs,
            seed=0,
        ),
        on_epoch=on_epoch,
        device=torch.device("cpu"),
    )


if __name__ == "__main__":
    main()
