"""What a user takes to production: a folder that answers from text with onnxruntime, tokenizers and numpy alone.

model.onnx       the network
tokenizer.json   the tokenizer it was trained with
labels.json      class names in the order of the logits
manifest.json    task, lengths, what it came from and what it scored, and the SHA-256 of every other file

bundle = Bundle.load("emot.bilstm")
bundle.predict(["aku senang sekali"])          # classification: ["happy"]
bundle.predict(["Budi tinggal di Bandung"])    # tagging, a tag a word: [["B-PERSON", "O", "O", "B-PLACE"]]
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from benchmark.errors import InputError
from benchmark.measuring.onnx_model import OnnxModel

FORMAT = 1
"""Raised when an older Bundle could not read what is written."""
MODEL, TOKENIZER, LABELS, MANIFEST = "model.onnx", "tokenizer.json", "labels.json", "manifest.json"
OUTSIDE = "O"


def write_bundle(
    folder: Path,
    *,
    model: Path,
    tokenizer: Tokenizer,
    labels: Sequence[str],
    task: str,
    max_length: int,
    pad_id: int,
    fallback_label: str | None = None,
    spec: Mapping[str, object] | None = None,
    scores: Mapping[str, float] | None = None,
    sizes: Mapping[str, float] | None = None,
    latency: Mapping[str, object] | None = None,
    licences: Mapping[str, str] | None = None,
) -> Path:
    """Copies the ONNX file `model` and writes the rest; `folder` appears whole or not at all, replacing an older one.

    `tokenizer` is the one trained with (of a Hugging Face tokenizer: `.backend_tokenizer`); its padding and truncation
    settings are not kept, `max_length` pieces are. `fallback_label` is the tag of a word that the model cannot see;
    default "O", or the first label where there is none. `licences` are those of "data" and "teacher".
    """
    unfinished = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        shutil.copyfile(model, unfinished / MODEL)
        (unfinished / TOKENIZER).write_text(_plain(tokenizer).to_str(pretty=True), encoding="utf-8")
        _write_json(unfinished / LABELS, list(labels))
        manifest = {
            "format": FORMAT,
            "task": task,
            "max_length": max_length,
            "pad_id": pad_id,
            "fallback_label": fallback_label or (OUTSIDE if OUTSIDE in labels else labels[0]),
            "spec": dict(spec or {}),
            "scores": dict(scores or {}),
            "sizes": dict(sizes or {}),
            "latency": dict(latency or {}),
            "licences": dict(licences or {}),
            "files": {name: _sha256(unfinished / name) for name in (MODEL, TOKENIZER, LABELS)},
        }
        _write_json(unfinished / MANIFEST, manifest)
        _swap(unfinished, folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


class Bundle:
    """A bundle ready to answer. One thread unless said otherwise."""

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
        """Reads and checks a folder; raises InputError for one that is incomplete, altered or of another format."""
        folder = Path(folder)
        manifest = _read_manifest(folder)
        for name, checksum in manifest["files"].items():
            _check(folder / name, checksum)
        labels = json.loads((folder / LABELS).read_text(encoding="utf-8"))
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        tokenizer.enable_truncation(manifest["max_length"])
        model = OnnxModel(folder / MODEL, n_threads=n_threads)
        if model.n_labels not in (None, len(labels)):
            raise InputError(f"{folder}: {MODEL} tells {model.n_labels} classes apart, {LABELS} names {len(labels)}.")
        return cls(manifest, labels, tokenizer, model)

    def predict(self, texts: Sequence[str] | Sequence[Sequence[str]], *, batch_size: int = 64) -> list[Any]:
        """Classification: a label a text. Tagging: a list of tags a text, one for each of its words.

        Words are what whitespace separates, or the words themselves where a text is given as a list of them. A word
        that the model cannot see (beyond `max_length` pieces, or without a known character) gets the fallback label.
        The tokenizer works text by text: `encode_batch` would take every core, whatever `n_threads` says.
        """
        if isinstance(texts, str):
            raise InputError(f"predict takes a list of texts, got one string; write predict([{texts[:20]!r}]).")
        if not self.per_word:
            encodings = [self._tokenizer.encode(text) for text in texts]
            return [self.labels[answer] for answer in self._answers(encodings, batch_size)]
        sentences = [text.split() if isinstance(text, str) else list(text) for text in texts]
        encodings = [self._tokenizer.encode(words, is_pretokenized=True) for words in sentences]
        answers = self._answers(encodings, batch_size)
        return [self._tags(*parts) for parts in zip(sentences, encodings, answers, strict=True)]

    def _answers(self, encodings: Sequence[Encoding], batch_size: int) -> list[NDArray[np.int64]]:
        # A tokenizer without special pieces turns "" into nothing, which no network can read.
        pieces = [encoding.ids or [self._pad_id] for encoding in encodings]
        return self._model.predict(pieces, pad_id=self._pad_id, batch_size=batch_size)

    def _tags(self, words: Sequence[str], encoding: Encoding, answer: NDArray[np.int64]) -> list[str]:
        """The tag at each word's first piece."""
        tags = [self._fallback] * len(words)
        for word, label in zip(reversed(encoding.word_ids), reversed(answer.tolist()), strict=False):
            if word is not None:
                tags[word] = self.labels[label]
        return tags


def _plain(tokenizer: Tokenizer) -> Tokenizer:
    """A copy that neither pads nor truncates: those are the batch's and the manifest's to say."""
    copy = Tokenizer.from_str(tokenizer.to_str())
    copy.no_padding()
    copy.no_truncation()
    return copy


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{folder} is no bundle: it has no {MANIFEST}. Give a folder that a run exported.") from None
    except ValueError as error:
        raise InputError(f"{folder / MANIFEST} is not JSON ({error}). Export the bundle again.") from None
    found = manifest.get("format") if isinstance(manifest, dict) else None
    if found != FORMAT:
        raise InputError(f"{folder / MANIFEST} has format {found!r}, this version reads {FORMAT}. Export it again.")
    missing = {MODEL, TOKENIZER, LABELS} - set(manifest["files"])
    if missing:
        raise InputError(f"{folder / MANIFEST} names no checksum for {', '.join(sorted(missing))}. Export it again.")
    return dict(manifest)


def _check(file: Path, checksum: str) -> None:
    if not file.is_file():
        raise InputError(f"{file} is missing. Copy the bundle's whole folder, or export it again.")
    found = _sha256(file)
    if found != checksum:
        raise InputError(
            f"{file} is not the file that was exported: SHA-256 {found[:12]}…, the manifest says {checksum[:12]}…. "
            "Copy the bundle again, or export it again."
        )


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_json(file: Path, value: object) -> None:
    file.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _swap(new: Path, folder: Path) -> None:
    """A folder cannot replace a filled one in one step: the older is moved aside first."""
    aside = folder.with_name(f"{new.name}.old")
    shutil.rmtree(aside, ignore_errors=True)
    if folder.exists():
        folder.rename(aside)
    new.rename(folder)
    shutil.rmtree(aside, ignore_errors=True)
