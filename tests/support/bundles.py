"""Bundles of a network that looks a word up."""

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import Tensor, nn

from benchmark.bundle.files import write_manifest
from benchmark.export.bundle_writer import write_bundle
from benchmark.export.onnx_export import export_onnx

WORDS = ("aku", "senang", "sedih", "budi", "tinggal", "di", "bandung", "jakarta")
PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, "##nya")
MOODS = ("happy", "sad")
TAGS = ("B-PERSON", "B-PLACE", "O")
MAX_LENGTH = 6
BUNDLE_FILES = ["labels.json", "manifest.json", "model.onnx", "tokenizer.json"]


class Lookup(nn.Module):
    """Each piece has its own logits; a text's are their sum over unmasked pieces."""

    def __init__(self, answers: dict[str, int], n_labels: int, per_word: bool) -> None:
        super().__init__()
        self.per_word = per_word
        table = torch.zeros(len(PIECES), n_labels)
        for piece, label in answers.items():
            table[PIECES.index(piece), label] = 1.0
        self.table = nn.Embedding.from_pretrained(table)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        votes = self.table(input_ids) * attention_mask.unsqueeze(-1).float()
        return votes if self.per_word else votes.sum(1)


def make_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(PIECES)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def make_bundle(folder: Path, task: str = "classification", **more: object) -> Path:
    if task == "classification":
        # padding votes for "sad": were it not masked, a short text beside a long one would turn sad
        model, labels = Lookup({"senang": 0, "sedih": 1, "[PAD]": 1}, 2, per_word=False), MOODS
    else:
        answers = {"budi": 0, "bandung": 1, "jakarta": 1, "##nya": 0} | dict.fromkeys(("tinggal", "di", "[UNK]"), 2)
        model, labels = Lookup(answers, 3, per_word=True), TAGS
    onnx = folder.parent / "exported.onnx"
    export_onnx(model, onnx)
    given = {"model": onnx, "tokenizer": make_tokenizer(), "labels": labels, "max_length": MAX_LENGTH, "pad_id": 0}
    return write_bundle(folder, task=task, **(given | more))


def manifest_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text())


def edit(folder: Path, **changes: object) -> None:
    """Changes fields, and the digest with them."""
    write_manifest(folder / "manifest.json", manifest_of(folder) | changes)
