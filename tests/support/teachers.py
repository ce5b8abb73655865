"""Teachers of a few word pieces."""

import shutil
from pathlib import Path

import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    BertConfig,
)

from benchmark.distillation.teacher import Teacher

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "aku", "suka", "##lah", "nasi", "goreng"]
AUTO = {"classification": AutoModelForSequenceClassification, "sequence_labeling": AutoModelForTokenClassification}
TASKS = tuple(AUTO)
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def config(n_labels: int = 2) -> BertConfig:
    return BertConfig(
        vocab_size=len(PIECES),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
        num_labels=n_labels,
    )


def answer(model: Teacher) -> torch.Tensor:
    with torch.no_grad():
        return model.eval()(torch.tensor([[2, 5, 3], [2, 6, 3]]), torch.ones(2, 3, dtype=torch.long))


def cached(hub: Path, saved: Path, commit: str) -> None:
    """As the hub's library lays out a model of which `main` is `commit`."""
    place = hub / "models--owner--model"
    shutil.copytree(saved, place / "snapshots" / commit, dirs_exist_ok=True)
    (place / "refs").mkdir(exist_ok=True)
    (place / "refs" / "main").write_text(commit)
