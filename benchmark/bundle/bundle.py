"""A bundle in memory: predictions for texts with onnxruntime, tokenizers and numpy alone.

bundle = Bundle.load("emot.bilstm")
bundle.predict(["aku senang sekali"])          # classification: ["happy"]
bundle.predict(["Budi tinggal di Bandung"])    # tagging, one tag per word: [["B-PERSON", "O", "O", "B-PLACE"]]
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from benchmark.bundle.files import (
    INT8,
    MODEL,
    BundleError,
    check_files,
    read_labels,
    read_manifest,
    read_model,
    read_tokenizer,
)
from benchmark.bundle.onnx_model import OnnxModel


class Bundle:
    """A loaded bundle."""

    def __init__(self, manifest: Mapping[str, Any], labels: Sequence[str], tokenizer: Tokenizer, model: OnnxModel):
        self.manifest = manifest
        self.labels = tuple(labels)
        self.per_word: bool = manifest["task"] == "sequence_labeling"
        self._fallback: str = manifest["fallback_label"]
        self._pad_id: int = manifest["pad_id"]
        self._tokenizer = tokenizer
        self._model = model

    @classmethod
    def load(cls, folder: Path | str, *, n_threads: int = 1) -> "Bundle":
        """Reads and checks a folder; raises BundleError for one that is incomplete, altered or of another format."""
        folder = Path(folder)
        manifest = read_manifest(folder)
        check_files(folder, manifest)
        labels = read_labels(folder, manifest)
        tokenizer = read_tokenizer(folder, manifest["max_length"], manifest["pad_id"])
        served = folder / (INT8 if INT8 in manifest["files"] else MODEL)
        return cls(manifest, labels, tokenizer, read_model(served, manifest["task"], len(labels), n_threads))

    def predict(self, texts: Sequence[str] | Sequence[Sequence[str]], *, batch_size: int = 64) -> list[Any]:
        """Classification: one label per text. Tagging: a list of tags per text, one per word.

        Words are separated by whitespace, or the items of a text that is a list. A word without a token (beyond
        `max_length` tokens, or of characters that the tokenizer lacks) gets the fallback label. Texts are tokenised one
        by one: `encode_batch` would use every core, whatever `n_threads`.
        """
        if isinstance(texts, str):
            raise BundleError(f"predict takes a list of texts, got one string; write predict([{texts[:20]!r}]).")
        encodings = [self._encode(text) for text in texts]
        label_ids = self._model.predict(
            [self._ids(encoding) for encoding in encodings], pad_id=self._pad_id, batch_size=batch_size
        )
        if not self.per_word:
            return [self.labels[label] for label in label_ids]
        sentences = [words_of(text) for text in texts]
        return [self._tags(*each) for each in zip(sentences, encodings, label_ids, strict=True)]

    def token_ids(self, text: str | Sequence[str]) -> list[int]:
        """The ids that the model reads of a text; at least one."""
        return self._ids(self._encode(text))

    def _encode(self, text: str | Sequence[str]) -> Encoding:
        if self.per_word:
            return self._tokenizer.encode(words_of(text), is_pretokenized=True)
        return self._tokenizer.encode(_one_text(text))

    def _ids(self, encoding: Encoding) -> list[int]:
        """A tokenizer without special tokens gives "" no token, and no model reads an empty sequence."""
        return encoding.ids or [self._pad_id]

    def _tags(self, words: Sequence[str], encoding: Encoding, label_ids: NDArray[np.int64]) -> list[str]:
        """The tag at each word's first token."""
        tags = [self._fallback] * len(words)
        for word, label in zip(reversed(encoding.word_ids), reversed(label_ids.tolist()), strict=False):
            if word is not None:
                tags[word] = self.labels[label]
        return tags


def words_of(text: str | Sequence[str]) -> list[str]:
    """The words of a text, one per tag."""
    return [readable(word) for word in (text.split() if isinstance(text, str) else text)]


def _one_text(text: str | Sequence[str]) -> str:
    if not isinstance(text, str):
        raise BundleError(f"A classifier takes strings, got {text!r:.60}.")
    return readable(text)


def readable(text: str) -> str:
    """The text as tokenizers accept it: half of a surrogate pair, which is no character, becomes "?"."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
