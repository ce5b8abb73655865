"""A bundle in memory: predictions for texts with onnxruntime, tokenizers and numpy alone.

bundle = Bundle.load("emot.bilstm")
bundle.predict(["aku senang sekali"])          # classification: ["happy"]
bundle.predict(["Budi tinggal di Bandung"])    # tagging, one tag per word: [["B-PERSON", "O", "O", "B-PLACE"]]
bundle.predict(["aku senang"], scores=True)    # [{"text": ..., "label": "happy", "score": 0.93, "scores": {...}}]
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from benchmark.bundle.entities import entities
from benchmark.bundle.files import (
    ENTITY_F1,
    METRIC,
    TEMPERATURE,
    BundleError,
    check_files,
    read_labels,
    read_manifest,
    read_model,
    read_tokenizer,
    served_model,
)
from benchmark.bundle.hub import located
from benchmark.bundle.onnx_model import OnnxModel
from benchmark.bundle.scores import probabilities
from benchmark.bundle.windows import join_words, window_step, windows_of

Probabilities = NDArray[np.float64]
"""[C] of a text, or [W, C] of its words."""


class Bundle:
    """A loaded bundle."""

    def __init__(self, manifest: Mapping[str, Any], labels: Sequence[str], tokenizer: Tokenizer, model: OnnxModel):
        self.manifest = manifest
        self.labels = tuple(labels)
        self.per_word: bool = manifest["task"] == "sequence_labeling"
        self._fallback: str = manifest["fallback_label"]
        self._pad_id: int = manifest["pad_id"]
        self._temperature: float = manifest.get(TEMPERATURE, 1.0)
        self._has_entities = manifest.get(METRIC) == ENTITY_F1
        self._tokenizer = tokenizer
        self._step: int = window_step(tokenizer)
        self._model = model

    @classmethod
    def load(cls, folder: Path | str, *, n_threads: int = 1, int8: bool = True) -> "Bundle":
        """Reads and checks a folder, or hf://owner/name[@revision], a repository of the Hugging Face Hub.

        INT8 serves where the bundle has it; `int8=False` takes the fp32 model, which answers exactly as its run did.
        Raises BundleError for a bundle that is incomplete, altered or of another format, or not on the Hub.
        """
        folder = located(folder, int8=int8)
        manifest = read_manifest(folder)
        check_files(folder, manifest, int8=int8)
        labels = read_labels(folder, manifest)
        tokenizer = read_tokenizer(folder, manifest["max_length"], manifest["pad_id"])
        model = read_model(folder / served_model(manifest, int8=int8), manifest["task"], len(labels), n_threads)
        return cls(manifest, labels, tokenizer, model)

    def predict(
        self,
        texts: Sequence[str] | Sequence[Sequence[str]],
        *,
        scores: bool = False,
        min_score: float = 0.0,
        batch_size: int = 64,
    ) -> list[Any]:
        """Classification: one label per text. Tagging: a list of tags per text, one per word.

        With `scores` one dict per text: `text`, `label`, its `score`, and the `scores` of all labels, which sum to 1;
        of taggers `text`, `words`, `tags`, the `scores` of the tags, and the `entities` (none for parts of speech).
        Scores are probabilities, calibrated on the validation split. A label or tag of a score below `min_score` is
        None: the model abstains.

        Words are separated by whitespace, or the items of a text that is a list. A word without a token, of characters
        that the tokenizer lacks, gets the fallback label, with score 0. A text of more than `max_length` tokens is read
        in overlapping windows: a word has the scores of the window that shows most of the text beside it, a class the
        mean of all. Texts are tokenised one by one: `encode_batch` would use every core, whatever `n_threads`.

        Raises BundleError for a single string, and if scores are asked of a bundle without a temperature.
        """
        if isinstance(texts, str):
            raise BundleError(f"predict takes a list of texts, got one string; write predict([{texts[:20]!r}]).")
        if (scores or min_score > 0) and TEMPERATURE not in self.manifest:
            raise BundleError(
                "This bundle has no scores: it was exported by a version without calibration. Run its command again "
                "with --force and take the new bundle, or predict without scores."
            )
        windows = [windows_of(self._encode(text)) for text in texts]
        logits = self._logits(windows, batch_size)
        if not (scores or self.per_word or min_score > 0):
            return [self.labels[int(self._ranking(each).argmax())] for each in logits]
        predicted = zip(texts, self._probabilities(texts, windows, logits), strict=True)
        if scores:
            prediction = self._scored_tags if self.per_word else self._scored_label
            return [prediction(text, each, min_score) for text, each in predicted]
        names = self._tags if self.per_word else self._label
        return [names(each, min_score) for _, each in predicted]

    def token_ids(self, text: str | Sequence[str]) -> list[int]:
        """The ids that the model reads of a text, of a long one in its first window; at least one."""
        return self._ids(self._encode(text))

    def _encode(self, text: str | Sequence[str]) -> Encoding:
        if self.per_word:
            return self._tokenizer.encode(words_of(text), is_pretokenized=True)
        return self._tokenizer.encode(_one_text(text))

    def _ids(self, encoding: Encoding) -> list[int]:
        """A tokenizer without special tokens gives "" no token, and no model reads an empty sequence."""
        return encoding.ids or [self._pad_id]

    def _logits(self, windows: Sequence[Sequence[Encoding]], batch_size: int) -> list[list[NDArray[np.float32]]]:
        """Of each text, those of its windows."""
        ids = [self._ids(window) for each in windows for window in each]
        logits = iter(self._model.predict(ids, pad_id=self._pad_id, batch_size=batch_size))
        return [[next(logits) for _ in each] for each in windows]

    def _ranking(self, logits: Sequence[NDArray[np.float32]]) -> NDArray[Any]:
        """[C] of a text, from those of its windows: one window's logits rank the classes as its probabilities do."""
        return logits[0] if len(logits) == 1 else self._mean(logits)

    def _mean(self, logits: Sequence[NDArray[np.float32]]) -> Probabilities:
        mean: Probabilities = probabilities(np.stack(logits), self._temperature).mean(axis=0)
        return mean

    def _probabilities(
        self,
        texts: Sequence[Any],
        windows: Sequence[Sequence[Encoding]],
        logits: Sequence[Sequence[NDArray[np.float32]]],
    ) -> Iterator[Probabilities]:
        """Of each text, or of its words: those of a word's first token, zeros for a word without one."""
        for text, encodings, each in zip(texts, windows, logits, strict=True):
            if self.per_word:
                scores = [probabilities(of_tokens, self._temperature) for of_tokens in each]
                yield join_words(len(words_of(text)), encodings, scores, self._step)
            else:
                yield self._mean(each)

    def _label(self, scores: Probabilities, min_score: float = 0.0) -> str | None:
        best = int(scores.argmax())
        return self.labels[best] if scores[best] >= min_score else None

    def _tags(self, scores: Probabilities, min_score: float = 0.0) -> list[Any]:
        best = zip(scores.argmax(axis=1).tolist(), scores.max(axis=1).tolist(), strict=True)
        return [
            None if score < min_score else self.labels[label] if score > 0 else self._fallback for label, score in best
        ]

    def _scored_label(self, text: Any, scores: Probabilities, min_score: float) -> dict[str, Any]:
        by_label = dict(zip(self.labels, scores.tolist(), strict=True))
        label = self._label(scores, min_score)
        return {"text": readable(text), "label": label, "score": float(scores.max()), "scores": by_label}

    def _scored_tags(self, text: Any, scores: Probabilities, min_score: float) -> dict[str, Any]:
        whole, words, best = text_of(text), words_of(text), scores.max(axis=1).tolist()
        found = entities(whole, words, self._tags(scores), best, min_score) if self._has_entities else []
        tags = self._tags(scores, min_score)
        return {"text": whole, "words": words, "tags": tags, "scores": best, "entities": found}


def text_of(text: str | Sequence[str]) -> str:
    """The text, or its words with spaces between them."""
    return readable(text) if isinstance(text, str) else " ".join(words_of(text))


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
