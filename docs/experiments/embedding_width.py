"""How a teacher's embedding matrix is best brought to a student's width (see docs/lab-log.md).

The same student is trained on the teacher's logits on the labelled text, its table started four ways: by chance, from
the matrix's first columns, from a random projection of it, from its principal components (what the package does).

    python docs/experiments/embedding_width.py --dataset emot --teacher FINE_TUNED_FOLDER --student bilstm
"""

import argparse
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

import students
from benchmark.data.suites import load_suite
from benchmark.distillation.batching import Examples, predict
from benchmark.distillation.embeddings import fit_width, initialise_embeddings
from benchmark.distillation.encoding import EncodedDataset
from benchmark.distillation.losses import mse
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.teacher import load_teacher
from benchmark.distillation.trainer import TrainingConfig, train
from benchmark.distillation.training_run import score

Matrix = NDArray[np.float32]


def first_columns(matrix: Matrix, width: int) -> Matrix:
    return matrix[:, :width]


def random_projection(matrix: Matrix, width: int) -> Matrix:
    axes, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(matrix.shape[1], width)))
    projected: Matrix = ((matrix - matrix.mean(axis=0)) @ axes).astype(np.float32)
    return projected


REDUCTIONS: dict[str, Callable[[Matrix, int], Matrix] | None] = {
    "chance": None,
    "first columns": first_columns,
    "random projection": random_projection,
    "principal components": fit_width,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default="classification")
    parser.add_argument("--dataset", default="emot")
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--student", default="bilstm")
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    suite_data = SuiteData(suite=load_suite(args.suite, "paper"), teacher=args.teacher)
    data = suite_data.encoded_dataset(args.dataset)
    teacher = load_teacher(args.teacher, data.corpus.task).eval()
    cpu = torch.device("cpu")
    logits = {part: predict(teacher, data.encoded(part), device=cpu) for part in ("train", "validation")}
    matrix = teacher.embedding.weight.detach().numpy()
    for name, reduce in REDUCTIONS.items():
        f1 = [100 * _trained_f1(data, args.student, logits, matrix, reduce, seed) for seed in range(args.seeds)]
        print(f"{name:22s} validation F1 {np.mean(f1):.1f}  ({', '.join(f'{value:.1f}' for value in f1)})", flush=True)


def _trained_f1(
    data: EncodedDataset,
    student: str,
    logits: dict[str, Matrix],
    matrix: Matrix,
    reduce: Callable[[Matrix, int], Matrix] | None,
    seed: int,
) -> float:
    """Validation macro-F1 with the best weights."""
    torch.manual_seed(seed)
    pad_id, n_labels = data.encoded("train").pad_id, len(data.corpus.labels)
    task, vocab_size = data.corpus.task, len(data.tokenizer)
    model = students.build(student, task=task, vocab_size=vocab_size, n_labels=n_labels, pad_id=pad_id)
    table = students.word_embeddings(model)
    if reduce:
        initialise_embeddings(table, reduce(matrix, table.embedding_dim))
    train(
        model,
        table,
        training_set=Examples(encoded=data.encoded("train"), targets=logits["train"]),
        validation=Examples(encoded=data.encoded("validation"), targets=logits["validation"]),
        loss=mse,
        score=lambda _: 0.0,
        config=TrainingConfig(
            learning_rate=1e-3,
            weight_decay=0.0,
            decay=False,
            batch_size=32,
            max_epochs=100,
            max_steps=2000,
            patience=10,
            seed=seed,
        ),
        on_epoch=lambda *_: None,
        device=torch.device("cpu"),
    )
    return score(data, "validation", predict(model, data.encoded("validation"), device=torch.device("cpu")))


if __name__ == "__main__":
    main()
