"""The training engine against a plain loop on the same work: sentences per second of each (see docs/lab-log.md).

The plain loop is what a tutorial shows: sentences in random order, each one tokenised when its batch is made, padding
to the longest of the batch, the teacher asked in the loop, one dense Adam, the loss read back at every step. The
engine reads flat arrays, batches by length, stored logits, and moves only the table's rows that were read.

    python docs/experiments/plain_loop.py --suite classification --dataset emot --teacher FOLDER
"""

import argparse
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

import students
from benchmark.data.suites import load_suite
from benchmark.distillation.batching import Examples, predict
from benchmark.distillation.encoding import EncodedDataset
from benchmark.distillation.losses import mse
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.teacher import Teacher, load_teacher
from benchmark.distillation.trainer import TrainingConfig, train

RATE, BATCH = 1e-3, 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default="classification")
    parser.add_argument("--dataset", default="emot")
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--student", default="bilstm")
    parser.add_argument("--sentences", type=int, default=960, help="of the plain loop, which is slow")
    parser.add_argument("--epochs", type=int, default=5, help="of the engine")
    args = parser.parse_args()
    suite_data = SuiteData(suite=load_suite(args.suite, "paper"), teacher=args.teacher)
    data = suite_data.encoded_dataset(args.dataset)
    teacher = load_teacher(args.teacher, data.corpus.task, data.corpus.labels).eval()
    plain = _plain(data, student(args.student, data), args.sentences, lambda batch: _ask(teacher, batch))
    stored = logits_of(data, teacher)
    without = _plain(data, student(args.student, data), args.sentences, lambda batch: stored[batch["rows"]])
    trained = engine(data, student(args.student, data), stored.numpy(), args.epochs)
    print(f"plain loop, teacher in it        {plain:8.0f} sentences/s")
    print(f"plain loop, stored logits        {without:8.0f} sentences/s  ({without / plain:.1f}x)")
    print(f"engine                           {trained:8.0f} sentences/s  ({trained / plain:.1f}x)")


def student(name: str, data: EncodedDataset) -> nn.Module:
    torch.manual_seed(0)
    pad_id = data.encoded("train").pad_id
    return students.build(
        name, task=data.corpus.task, vocab_size=len(data.tokenizer), n_labels=len(data.corpus.labels), pad_id=pad_id
    )


def _ask(teacher: Teacher, batch: dict[str, Tensor]) -> Tensor:
    with torch.no_grad():
        return teacher(batch["input_ids"], batch["attention_mask"])


def logits_of(data: EncodedDataset, teacher: Teacher) -> Tensor:
    return torch.from_numpy(predict(teacher, data.encoded("train"), device=torch.device("cpu")))


def _plain(
    data: EncodedDataset, model: nn.Module, n_sentences: int, targets: Callable[[dict[str, Tensor]], Tensor]
) -> float:
    """Sentences per second of a classifier's training."""
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    model.train()
    start, seen = time.perf_counter(), 0
    for batch in _batches(data, n_sentences):
        loss = mse(model(batch["input_ids"], batch["attention_mask"]), targets(batch))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        loss.item()
        seen += len(batch["rows"])
    return seen / (time.perf_counter() - start)


def _batches(data: EncodedDataset, n_sentences: int) -> Iterator[dict[str, Tensor]]:
    texts = data.texts("train")
    order = np.random.default_rng(0).permutation(len(texts))[:n_sentences]
    for rows in np.array_split(order, len(order) // BATCH):
        encoded = [data.tokenizer(texts[row], truncation=True, max_length=data.max_length) for row in rows]
        padded = data.tokenizer.pad(encoded, return_tensors="pt")
        yield {
            "input_ids": padded["input_ids"],
            "attention_mask": padded["attention_mask"],
            "rows": torch.from_numpy(rows),
        }


def engine(data: EncodedDataset, model: nn.Module, logits: np.ndarray, epochs: int) -> float:
    """Sentences per second over the whole wall time, validation included."""
    validation = data.encoded("validation")
    answers = np.zeros((validation.n_targets, logits.shape[1]), dtype=np.float32)
    config = TrainingConfig(
        learning_rate=RATE,
        weight_decay=0.0,
        decay=False,
        batch_size=BATCH,
        max_epochs=epochs,
        max_steps=0,
        patience=epochs,
        seed=0,
    )
    progress = train(
        model,
        students.word_embeddings(model),
        training_set=Examples(encoded=data.encoded("train"), targets=logits),
        validation=Examples(encoded=validation, targets=answers),
        loss=mse,
        score=lambda _: 0.0,
        config=config,
        on_epoch=lambda *_: None,
        device=torch.device("cpu"),
    )
    return progress.sentences_per_second


if __name__ == "__main__":
    main()
