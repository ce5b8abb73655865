"""Do a teacher's last hidden states, averaged per token, start a student better than its input embeddings?

Students learn from the teacher's logits on labelled text and the suite's pool (kd_ulb). Their tables start from the
teacher's input embeddings, or from its contexts in the steps of model2vec: mean hidden states, principal components,
SIF weights. One pass of the teacher gives logits and contexts; FILE keeps them. The teacher's labels must be in
the data's order. Prints validation F1: mean, and by seed (see docs/lab-log.md).

    python docs/experiments/context_embeddings.py --teacher FINE_TUNED_FOLDER --outputs FILE.npz --student static
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

import students
from benchmark.core.presets import STUDENT_RATES
from benchmark.data.suites import load_suite
from benchmark.distillation.batching import Examples, collate, plan_batches, predict, token_budget
from benchmark.distillation.embeddings import fit_width, initialise_embeddings
from benchmark.distillation.encoding import EncodedDataset, EncodedTexts, concatenate
from benchmark.distillation.losses import mse
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.teacher import Teacher, load_teacher
from benchmark.distillation.tokenizer import vocabulary_size
from benchmark.distillation.trainer import TrainingConfig, train
from benchmark.distillation.training_run import score

CPU = torch.device("cpu")
PARTS = ("train", "pool", "validation")
HELD_OUT = "validation"

Matrix = NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="emot")
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--outputs", type=Path, required=True)
    parser.add_argument("--student", action="append", required=True)
    parser.add_argument("--start", action="append", default=[])
    parser.add_argument("--seed", type=int, action="append", default=[])
    parser.add_argument("--steps", type=int, default=2000)
    args = parser.parse_args()
    torch.set_num_threads(1)
    data = SuiteData(suite=load_suite("classification", "paper"), teacher=args.teacher).encoded_dataset(args.dataset)
    teacher = load_teacher(args.teacher, data.corpus.task, as_is=True).eval()
    if not args.outputs.exists():
        np.savez(args.outputs, **_outputs(teacher, data))
    with np.load(args.outputs) as file:
        outputs = dict(file)
    tables = _tables(teacher.embedding.weight.detach().numpy(), outputs["sums"], outputs["counts"])
    for name in args.student:
        for start in args.start or tables:
            f1_of_seed = partial(_trained_f1, name, data, outputs, tables[start], args.steps)
            f1 = [100 * f1_of_seed(seed) for seed in args.seed or range(3)]
            print(f"{name:13s}{start:28s}{np.mean(f1):6.2f}  {', '.join(f'{value:.2f}' for value in f1)}", flush=True)


@torch.inference_mode()
def _outputs(teacher: Teacher, data: EncodedDataset) -> dict[str, Matrix]:
    """Logits [A, C] of each part, and sums [V, H] and counts [V] of hidden states by token over the training text."""
    n_tokens = teacher.embedding.num_embeddings
    sums, counts = torch.zeros(n_tokens, teacher.model.config.hidden_size), torch.zeros(n_tokens)
    outputs = {}
    for part in PARTS:
        encoded = data.encoded(part)
        logits = np.full((encoded.n_targets, len(data.corpus.labels)), np.nan, dtype=np.float32)
        for rows in plan_batches(encoded.lengths, token_budget(encoded, 64)):
            batch = collate(encoded, rows)
            read = teacher.model(batch.input_ids, batch.attention_mask, output_hidden_states=True)
            logits[batch.target_rows] = read.logits.flatten(0, -2)[batch.target_positions].numpy()
            if part != HELD_OUT:
                real = batch.attention_mask.bool()
                sums.index_add_(0, batch.input_ids[real], read.hidden_states[-1][real])
                counts.index_add_(0, batch.input_ids[real], torch.ones(int(real.sum())))
        outputs[part] = logits
        print(part, len(encoded), flush=True)
    return {**outputs, "sums": sums.numpy(), "counts": counts.numpy()}


def _tables(inputs: Matrix, sums: Matrix, counts: Matrix) -> dict[str, Matrix]:
    """[V, H] by name; tokens that the text lacks are predicted from the input embeddings, by least squares."""
    seen, probability = counts > 0, counts / counts.sum()
    offset = np.column_stack([inputs, np.ones(len(inputs), dtype=np.float32)])
    mapping, *_ = np.linalg.lstsq(offset[seen], sums[seen] / counts[seen, None], rcond=None)
    context = (offset @ mapping).astype(np.float32)
    context[seen] = sums[seen] / counts[seen, None]
    sif = {a: (a / (a + probability)).astype(np.float32)[:, None] for a in (1e-3, 1e-4)}
    return {
        "input embeddings": inputs,
        "context": context,
        "context, SIF 1e-3": fit_width(context, 100) * sif[1e-3],
        "context, SIF 1e-4": fit_width(context, 100) * sif[1e-4],
        "input embeddings, SIF 1e-3": fit_width(inputs, 100) * sif[1e-3],
    }


def _trained_f1(
    name: str, data: EncodedDataset, outputs: dict[str, Matrix], table: Matrix, steps: int, seed: int
) -> float:
    """Validation macro-F1 with the best weights."""
    torch.manual_seed(seed)
    shape = {"vocab_size": vocabulary_size(data.tokenizer), "n_labels": len(data.corpus.labels)}
    model = students.build(name, task=data.corpus.task, pad_id=data.encoded("train").pad_id, **shape)
    embedding = students.word_embeddings(model)
    initialise_embeddings(embedding, table)
    text: EncodedTexts = concatenate(data.encoded("train"), data.encoded("pool"))
    targets = {part: outputs[part].astype(np.float16) for part in PARTS}
    train(
        model,
        embedding,
        training_set=Examples(encoded=text, targets=np.concatenate([targets["train"], targets["pool"]])),
        validation=Examples(encoded=data.encoded(HELD_OUT), targets=targets[HELD_OUT]),
        loss=mse,
        score=lambda _: 0.0,
        config=TrainingConfig(
            learning_rate=STUDENT_RATES[name],
            weight_decay=0.0,
            decay=True,
            batch_size=32,
            max_epochs=30,
            max_steps=steps,
            patience=10,
            seed=seed,
        ),
        on_epoch=lambda *_: None,
        device=CPU,
    )
    return score(data, HELD_OUT, predict(model, data.encoded(HELD_OUT), device=CPU))


if __name__ == "__main__":
    main()
