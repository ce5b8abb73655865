"""Bundles from text to label beside BERT-base's shape in eager PyTorch: medians in turns, one thread (docs/speed.md).

The first bundle has the teacher's vocabulary: its tokens are what BERT-base reads.

    OMP_NUM_THREADS=1 python docs/experiments/text_speed.py TEXTS.txt BUNDLE...
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch

from benchmark.bundle import Bundle
from benchmark.measurement.session import VOCABULARY, build_reference

N_TEXTS, N_OF_REFERENCE, ROUNDS = 100, 20, 5


def milliseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - start) / 1e6


def main(texts_file: str, *folders: str) -> None:
    torch.set_num_threads(1)
    texts = Path(texts_file).read_text(encoding="utf-8").splitlines()[:N_TEXTS]
    bundles = {folder: Bundle.load(folder) for folder in folders}
    ids = [[each % VOCABULARY for each in bundles[folders[0]].token_ids(text)] for text in texts]
    reference = build_reference("classification")
    times: dict[str, list[float]] = {name: [] for name in ("BERT-base", *folders)}
    with torch.inference_mode():
        for _ in range(ROUNDS):
            for sentence in map(torch.tensor, ids[:N_OF_REFERENCE]):
                batch = sentence[None], torch.ones_like(sentence)[None]
                times["BERT-base"].append(milliseconds(lambda batch=batch: reference(*batch)))
            for name, bundle in bundles.items():
                times[name] += [milliseconds(lambda text=text, bundle=bundle: bundle.predict([text])) for text in texts]
    base = median(times["BERT-base"])
    for name, values in times.items():
        print(f"{name:<40}{median(values):>10.4f} ms{base / median(values):>8.0f}x")


if __name__ == "__main__":
    main(*sys.argv[1:])
