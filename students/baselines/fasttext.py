"""fastText's classifier: the mean of embeddings of words and word pairs, and a linear layer (Joulin et al., 2017).

Source: https://arxiv.org/abs/1607.01759.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import fasttext

LABEL = "#label#"
"""Begins labels, and no token: a token is of word characters, or one other character."""
TOKEN = re.compile(r"\w+|[^\w\s]")
MODEL, LABELS = "model.bin", "labels.json"
ARGUMENTS: dict[str, Any] = {"dim": 50, "wordNgrams": 2, "bucket": 200_000, "minCount": 1, "thread": 1, "verbose": 0}
"""The values of fastText's tutorial; one thread, since several give another model each time."""


class FastText:
    """A classifier; see `Baseline`."""

    VARIANTS = ({"epoch": 25, "lr": 0.5}, {"epoch": 25, "lr": 0.1}, {"epoch": 5, "lr": 0.5})

    @property
    def n_parameters(self) -> int:
        return int(self._model.get_input_matrix().size + self._model.get_output_matrix().size)

    def fit(self, texts: Sequence[str], labels: Sequence[str], seed: int, scratch: Path, **variant: float) -> None:
        self._labels = sorted(set(labels))
        numbers = {label: number for number, label in enumerate(self._labels)}
        lines = [f"{LABEL}{numbers[label]} {_line(text)}\n" for text, label in zip(texts, labels, strict=True)]
        self._commonest = max(self._labels, key=list(labels).count)
        file = scratch / "train.txt"
        file.write_text("".join(lines), encoding="utf-8")
        self._model = fasttext.train_supervised(str(file), label=LABEL, seed=seed, **ARGUMENTS, **variant)

    def predict(self, texts: Sequence[str], *, batch_size: int = 64) -> list[str]:  # noqa: ARG002
        return [self._predict(text) for text in texts]

    def save(self, folder: Path) -> None:
        labels = {"labels": self._labels, "commonest": self._commonest}
        (folder / LABELS).write_text(json.dumps(labels, ensure_ascii=False), encoding="utf-8")
        self._model.save_model(str(folder / MODEL))

    def load(self, folder: Path) -> None:
        labels = json.loads((folder / LABELS).read_text(encoding="utf-8"))
        self._labels, self._commonest = labels["labels"], labels["commonest"]
        self._model = fasttext.load_model(str(folder / MODEL))

    def _predict(self, text: str) -> str:
        """The commonest label for a text without a known word."""
        found, _ = self._model.predict(_line(text))
        return self._labels[int(found[0].removeprefix(LABEL))] if found else self._commonest


def _line(text: str) -> str:
    """Tokens of a text with spaces between them."""
    return " ".join(TOKEN.findall(text.lower()))
