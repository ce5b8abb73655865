"""Small students with the teacher's vocabulary and with their own (see docs/lab-log.md).

Trained on the labels; the table starts from the encoder's embeddings. Milliseconds are of the INT8 network on one
thread, the fastest of ten tries for each text, so that other work on the machine matters less; MiB are of that file and
the tokenizer.

    python docs/experiments/small_students.py --dataset emot --teacher ENCODER_FOLDER --seeds 3
"""

import argparse
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np
import torch
from torch import nn

import students
from benchmark.bundle.onnx_model import OnnxModel
from benchmark.core.presets import STUDENT_RATES
from benchmark.core.settings import TEACHERS, VOCABULARIES
from benchmark.data.catalogue import DATASETS
from benchmark.data.suites import load_suite
from benchmark.distillation.batching import Examples, predict
from benchmark.distillation.embeddings import initialise_embeddings
from benchmark.distillation.encoding import EncodedDataset
from benchmark.distillation.losses import hard
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.teacher import load_teacher
from benchmark.distillation.tokenizer import vocabulary_size
from benchmark.distillation.trainer import TrainingConfig, train
from benchmark.distillation.training_run import score
from benchmark.distillation.vocabulary import spelled_by
from benchmark.export.onnx_export import export_onnx
from benchmark.export.variants import quantise, size_mib

CPU = torch.device("cpu")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="emot")
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--student", action="append", default=[])
    parser.add_argument("--rate", type=float, action="append", default=[])
    parser.add_argument("--vocabulary", action="append", default=[])
    args = parser.parse_args()
    torch.set_num_threads(1)
    task = DATASETS[args.dataset].task
    suite_data = SuiteData(suite=load_suite(task, "paper"), teacher=args.teacher)
    table = load_teacher(args.teacher, task).embedding.weight.detach().numpy()
    names = args.student or ["bilstm", "bilstm_small", "static"]
    for vocabulary, name in product(args.vocabulary or [TEACHERS, *VOCABULARIES], names):
        data = suite_data.encoded_dataset(args.dataset, vocabulary=vocabulary)
        own = table if vocabulary == TEACHERS else spelled_by(table, data.tokenizer, suite_data.encoder.tokenizer)
        for rate in args.rate or [STUDENT_RATES[name]]:
            trained = [_trained(name, data, own, rate, args.steps, seed) for seed in range(args.seeds)]
            f1 = [
                100 * score(data, "validation", predict(m, data.encoded("validation"), device=CPU)) for m, _ in trained
            ]
            seconds = np.mean([taken for _, taken in trained])
            scores = f"validation F1 {np.mean(f1):.1f} ({', '.join(f'{value:.1f}' for value in f1)})"
            costs = f"{seconds:.0f} s  {_costs(trained[0][0], data)}"
            print(f"{name:13s}{vocabulary:9s}{rate:g}  {scores}  {costs}", flush=True)


def _trained(
    name: str, data: EncodedDataset, table: np.ndarray, rate: float, steps: int, seed: int
) -> tuple[nn.Module, float]:
    """The student with its best weights, and its CPU seconds."""
    torch.manual_seed(seed)
    shape = {"vocab_size": vocabulary_size(data.tokenizer), "n_labels": len(data.corpus.labels)}
    model = students.build(name, task=data.corpus.task, pad_id=data.encoded("train").pad_id, **shape)
    embedding = students.word_embeddings(model)
    initialise_embeddings(embedding, table)
    began = time.process_time()
    train(
        model,
        embedding,
        training_set=Examples(encoded=data.encoded("train"), targets=data.labels("train")),
        validation=Examples(encoded=data.encoded("validation"), targets=data.labels("validation")),
        loss=hard,
        score=lambda logits: score(data, "validation", logits),
        config=TrainingConfig(
            learning_rate=rate,
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
    return model.eval(), time.process_time() - began


def _costs(model: nn.Module, data: EncodedDataset) -> str:
    encoded = data.encoded("test")
    texts = [ids[None].astype(np.int64) for ids in np.split(encoded.ids, encoded.offsets[1:-1])[:100]]
    with tempfile.TemporaryDirectory() as folder:
        fp32, int8 = Path(folder) / "model.onnx", Path(folder) / "int8.onnx"
        export_onnx(model, fp32)
        quantise(fp32, int8)
        served, tokenizer = OnnxModel(int8), Path(folder) / "tokenizer.json"
        tokenizer.write_text(data.tokenizer.backend_tokenizer.to_str(), encoding="utf-8")
        ms = [min(_milliseconds(served, ids) for _ in range(10)) for ids in texts]
        mib = size_mib(int8), size_mib(tokenizer)
    return f"{encoded.lengths.mean():.1f} tokens  {np.median(ms):.4f} ms  {mib[0]:.2f} + {mib[1]:.2f} MiB"


def _milliseconds(served: OnnxModel, ids: np.ndarray) -> float:
    began = time.perf_counter()
    served.logits(ids, np.ones_like(ids))
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main()
