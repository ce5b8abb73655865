"""Processor milliseconds from a text to its label, and MiB of what is served, by graph, tokenizer and quantisation.

bilstm on EmoT with random weights, which affect neither; one thread. Forms take turns in an order drawn each round,
beside the paper's BERT-base shape in eager PyTorch. Prints the table of docs/speed.md. Rows of tokie need that package.

    python docs/experiments/speed_ablation.py --teacher ENCODER
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmark.bundle import Bundle
from benchmark.bundle.files import LABELS, MODEL, TOKENIZER
from benchmark.data.suites import load_suite
from benchmark.distillation.encoding import EncodedDataset
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.tokenizer import vocabulary_size
from benchmark.export.bundle_writer import write_bundle
from benchmark.export.onnx_export import export_onnx
from benchmark.export.variants import MIB, quantise
from benchmark.measurement.session import build_reference
from students.bilstm import BiLstm
from students.registry import Shape

try:
    import tokie
except ImportError:
    tokie = None
N_REFERENCE = 8
"""Texts of BERT-base per round, which takes about a thousand times as long for each."""


class MirroredBiLstm(BiLstm):
    """The graph before: two LSTMs, one over mirrored sentences."""

    def _one_node(self, states: Tensor, *_: Tensor) -> Tensor:
        return states


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", required=True, help="its tokenizer is read alone")
    parser.add_argument("--texts", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    data = SuiteData(suite=load_suite("classification", "paper"), teacher=args.teacher).encoded_dataset("emot")
    texts = list(data.texts("test"))[: args.texts]
    with tempfile.TemporaryDirectory() as folder:
        forms, sizes = _forms(data, Path(folder))
        reference = build_reference("classification")
        forms["BERT-base, eager PyTorch"] = lambda text: reference(*_inputs(data, text))
        with torch.inference_mode():
            times = _measure(forms, texts, args.rounds)
    base = np.median(times.pop("BERT-base, eager PyTorch"))
    print(f"BERT-base's shape in eager PyTorch: {base:.1f} ms\n")
    print("| graph | quantisation | tokenizer | ms | times as fast | MiB served |\n|---|---|---|---:|---:|---:|")
    for name, samples in times.items():
        print(f"| {name} | {np.median(samples):.3f} | {base / np.median(samples):.0f} | {sizes[name]:.2f} |")


def _forms(data: EncodedDataset, folder: Path) -> tuple[dict[str, Callable[[str], object]], dict[str, float]]:
    """Functions of a text, and MiB of model, tokenizer and labels."""
    torch.manual_seed(0)
    labels, pad_id = data.corpus.labels, data.encoded("test").pad_id
    shape = Shape(
        task="classification", vocab_size=vocabulary_size(data.tokenizer), n_labels=len(labels), pad_id=pad_id
    )
    forms: dict[str, Callable[[str], object]] = {}
    sizes: dict[str, float] = {}
    for graph, student in {"two LSTMs": MirroredBiLstm, "one LSTM": BiLstm}.items():
        fp32, int8 = folder / f"{graph}.onnx", folder / f"{graph}.int8.onnx"
        export_onnx(student(shape).eval(), fp32)
        quantise(fp32, int8)
        for kind, file in {"fp32": fp32, "INT8": int8}.items():
            made = write_bundle(
                folder / f"{graph} {kind}",
                model=file,
                tokenizer=data.tokenizer.backend_tokenizer,
                labels=labels,
                task="classification",
                max_length=data.max_length,
                pad_id=pad_id,
            )
            size = sum((made / name).stat().st_size for name in (MODEL, TOKENIZER, LABELS)) / MIB
            for name, bundle in {"tokenizers": Bundle.load(made), "tokie": _with_tokie(made)}.items():
                if bundle:
                    forms[f"{graph} | {kind} | {name}"] = lambda text, bundle=bundle: bundle.predict([text])
                    sizes[f"{graph} | {kind} | {name}"] = size
    return forms, sizes


def _with_tokie(folder: Path) -> Bundle | None:
    """The bundle with tokie in the place of tokenizers, for a template `<s> text </s>`."""
    if tokie is None:
        return None
    bundle, fast = Bundle.load(folder), tokie.Tokenizer.from_json(str(folder / TOKENIZER))
    last = bundle.token_ids("a")[-1:]
    missing = [] if fast("a").ids[-1:] == last else last
    bundle._encode = lambda text: SimpleNamespace(ids=[*fast(text).ids, *missing], overflowing=[])  # type: ignore
    return bundle


def _inputs(data: EncodedDataset, text: str) -> tuple[Tensor, Tensor]:
    ids = torch.tensor([data.tokenizer(text, truncation=True, max_length=data.max_length)["input_ids"]])
    return ids, torch.ones_like(ids)


def _measure(forms: dict[str, Callable[[str], Any]], texts: list[str], rounds: int) -> dict[str, list[float]]:
    """Processor milliseconds by form; the first round warms up."""
    order, times = list(forms), {name: list[float]() for name in forms}
    for number in range(rounds + 1):
        random.Random(number).shuffle(order)
        for name in order:
            for text in texts[:N_REFERENCE] if name.startswith("BERT") else texts:
                start = time.thread_time_ns()
                forms[name](text)
                if number:
                    times[name].append((time.thread_time_ns() - start) / 1e6)
    return times


if __name__ == "__main__":
    main()
