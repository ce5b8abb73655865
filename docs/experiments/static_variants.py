"""Variants of the student `static`, beside its own form: initial scales, pooling, regularisation, buckets of bigrams.

`python docs/experiments/static_variants.py TRACKING_URI DATASET BUNDLE "width=100" "scale=0.03,drop=0.5" ...` trains
each variant twice by `kd_ulb` on the logits that the data set's teacher keeps in the store, with the tokenizer of
BUNDLE, 4,000 steps of dense AdamW at 0.005 with linear decay, and random embeddings. It prints the lowest mean squared
error on validation, and F1 x100 on validation and test after that epoch; test decides nothing.
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from as_is import finished_runs
from outputs_file import stored_logits
from sklearn.metrics import f1_score
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.functional import embedding, mse_loss, pad

from benchmark.core.run_store import open_store
from benchmark.data.catalogue import DATASETS
from benchmark.data.corpus import load_corpus
from benchmark.data.pool import unlabeled_pool
from benchmark.data.suites import load_suite
from students.static import FACTORS

STEPS, RATE, BATCH, WARM_UP, SEEDS = 4000, 0.005, 32, 200, 2


class Variant(nn.Module):
    """`static` for classification, with its constants as arguments."""

    def __init__(
        self, vocab_size: int, n_labels: int, *, width=100, scale=1.0, buckets=4096, bigram_width=32,
        bigram_scale=0.1, hidden=128, drop=0.3, token_drop=0.0, max_pool=False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, width, padding_idx=0)
        self.embedding.weight.data *= scale
        self.weight_logits = nn.Parameter(torch.zeros(vocab_size, 1))
        self.bigrams = nn.Parameter(bigram_scale * torch.randn(buckets, bigram_width))
        n_features = (width + bigram_width) * (1 + max_pool)
        self.hidden = nn.Linear(n_features, hidden) if hidden else None
        self.head = nn.Linear(hidden or n_features, n_labels)
        self.dropout, self.token_drop, self.max_pool = nn.Dropout(drop), token_drop, max_pool

    def forward(self, ids: Tensor) -> Tensor:
        mask = ids != 0
        if self.training and self.token_drop:
            mask &= (torch.rand(ids.shape) > self.token_drop) | (mask.sum(1, keepdim=True) < 3)
        mask = mask[:, :, None].float()
        before = pad(ids, (1, 0))[:, :-1]
        places = (FACTORS[0] * before + FACTORS[1] * ids) % len(self.bigrams)
        x = torch.cat([self.embedding(ids), embedding(places, self.bigrams)], -1) * mask
        weights = torch.exp(embedding(ids, self.weight_logits)) * mask
        features = (x * weights).sum(1) / weights.sum(1).clamp(min=1e-6)
        if self.max_pool:
            features = torch.cat([features, (x - (1 - mask) * 1e4).amax(1).clamp(min=-1e3)], -1)
        features = self.dropout(features)
        return self.head(features if self.hidden is None else self.dropout(torch.relu(self.hidden(features))))


@dataclass
class Data:
    """Token ids of texts, the teacher's logits [N, C], and labels."""

    ids: dict[str, list[list[int]]]
    logits: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]
    vocab_size: int
    lengths: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.lengths = np.array([len(ids) for ids in self.ids["train"]])


def load(uri: str, dataset: str, bundle: Path) -> Data:
    store = open_store(uri, create=False)
    [teacher] = finished_runs(store, dataset, "teacher")
    with TemporaryDirectory() as folder:
        kept = stored_logits(store, teacher, Path(folder))
    corpus = load_corpus(DATASETS[dataset])
    pool = unlabeled_pool(corpus, load_suite(corpus.task, "paper"))
    tokenizer = Tokenizer.from_file(str(bundle / "tokenizer.json"))
    tokenizer.enable_truncation(128)
    tokenizer.no_padding()
    texts = {"train": [*corpus.texts("train"), *pool.texts]}
    texts |= {split: list(corpus.texts(split)) for split in ("validation", "test")}
    sizes = len(corpus.texts("train")), len(pool.texts)
    return Data(
        ids={name: [found.ids for found in tokenizer.encode_batch(list(each))] for name, each in texts.items()},
        logits={
            "train": np.concatenate([kept[size] for size in sizes]).astype(np.float32),
            "validation": kept[len(texts["validation"])].astype(np.float32),
        },
        labels={split: np.array(corpus.splits[split]["label"]) for split in ("validation", "test")},
        vocab_size=tokenizer.get_vocab_size(),
    )


def padded(rows: list[list[int]]) -> Tensor:
    ids = np.zeros((len(rows), max(map(len, rows))), np.int64)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
    return torch.from_numpy(ids)


def batches(data: Data, random: np.random.Generator) -> list[np.ndarray]:
    """One epoch, each batch of texts of like length."""
    order = random.permutation(len(data.lengths))
    chunks = [order[i : i + 20 * BATCH] for i in range(0, len(order), 20 * BATCH)]
    sorted_chunks = [chunk[np.argsort(data.lengths[chunk])] for chunk in chunks]
    made = [part for chunk in sorted_chunks for part in np.split(chunk, range(BATCH, len(chunk), BATCH))]
    return [made[i] for i in random.permutation(len(made))]


def trained(data: Data, seed: int, options: dict) -> tuple[float, float, float]:
    """Lowest error on validation, and F1 on validation and test after that epoch."""
    torch.manual_seed(seed)
    random, step, best = np.random.default_rng(seed), 0, (np.inf, 0.0, 0.0)
    model = Variant(data.vocab_size, data.logits["train"].shape[1], **options)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.0)
    wanted = {name: torch.from_numpy(logits) for name, logits in data.logits.items()}
    held_out = {split: padded(data.ids[split]) for split in ("validation", "test")}
    while step < STEPS:
        model.train()
        for batch in batches(data, random)[: STEPS - step]:
            for group in optimizer.param_groups:
                group["lr"] = RATE * min(1, (step + 1) / WARM_UP) * (1 - step / STEPS)
            loss = mse_loss(model(padded([data.ids["train"][i] for i in batch])), wanted["train"][batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
        model.eval()
        with torch.no_grad():
            logits = {split: model(ids) for split, ids in held_out.items()}
        error = mse_loss(logits["validation"], wanted["validation"]).item()
        f1 = [f1_score(data.labels[s], logits[s].argmax(1), average="macro") for s in ("validation", "test")]
        best = min(best, (error, *f1))
    return best


def main(uri: str, dataset: str, bundle: str, *variants: str) -> None:
    torch.set_num_threads(1)
    data = load(uri, dataset, Path(bundle))
    print("| variant | error on validation | F1 on validation | F1 on test |\n|---|---:|---:|---:|")
    for variant in variants:
        pairs = (pair.split("=") for pair in variant.split(","))
        options = {name: float(number) if "." in number else int(number) for name, number in pairs}
        error, *f1 = np.mean([trained(data, seed, options) for seed in range(SEEDS)], axis=0)
        print(f"| {variant} | {error:.3f} | {100 * f1[0]:.1f} | {100 * f1[1]:.1f} |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
