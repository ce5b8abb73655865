"""Bundle folders, written atomically."""

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import onnx
from tokenizers import Tokenizer

from benchmark.bundle.files import (
    FORMAT,
    INT8,
    LABELS,
    MANIFEST,
    MODEL,
    NEEDED,
    TOKENIZER,
    read_manifest,
    sha256,
    write_json,
)

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
    """Copies the ONNX file `model` and writes the rest; `folder` appears atomically, replacing an older one.

    `tokenizer` is the one trained with (of a Hugging Face tokenizer: `.backend_tokenizer`); its padding and truncation
    settings are not kept, `max_length` tokens are. `fallback_label` is the tag of a word that the model cannot see;
    default "O", or the first label where there is none. `licences` are those of "data" and "teacher".
    """
    unfinished = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        shutil.copyfile(model, unfinished / MODEL)
        (unfinished / TOKENIZER).write_text(_plain(tokenizer).to_str(pretty=True), encoding="utf-8")
        write_json(unfinished / LABELS, list(labels))
        manifest = {
            "format": FORMAT,
            "task": task,
            "opset": _opset(unfinished / MODEL),
            "max_length": max_length,
            "pad_id": pad_id,
            "fallback_label": fallback_label or (OUTSIDE if OUTSIDE in labels else labels[0]),
            "spec": dict(spec or {}),
            "scores": dict(scores or {}),
            "sizes": dict(sizes or {}),
            "latency": dict(latency or {}),
            "licences": dict(licences or {}),
            "files": {name: sha256(unfinished / name) for name in NEEDED},
        }
        write_json(unfinished / MANIFEST, manifest)
        _swap(unfinished, folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def complete_bundle(folder: Path, *, int8: Path | None, latency: Mapping[str, object]) -> None:
    """Adds what is known once the bundle was measured: milliseconds, and the INT8 file where it won (None: it did not).

    Where there is an INT8 file, it is the one that answers. Nothing changes before all that is new lies on the disk.
    """
    manifest = read_manifest(folder)
    manifest["files"].pop(INT8, None)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".") as scratch:
        new = Path(scratch)
        if int8 is not None:
            shutil.copyfile(int8, new / INT8)
            manifest["files"][INT8] = sha256(new / INT8)
        write_json(new / MANIFEST, manifest | {"latency": dict(latency)})
        if int8 is not None:
            (new / INT8).replace(folder / INT8)
        (new / MANIFEST).replace(folder / MANIFEST)  # what it names is there by now
    if int8 is None:
        (folder / INT8).unlink(missing_ok=True)


def _opset(model: Path) -> int:
    """Version of the standard operator set that the model was exported with."""
    imports = onnx.load(model, load_external_data=False).opset_import
    return next(int(one.version) for one in imports if one.domain in ("", "ai.onnx"))


def _plain(tokenizer: Tokenizer) -> Tokenizer:
    """A copy that neither pads nor truncates: those are the batch's and the manifest's to say."""
    copy = Tokenizer.from_str(tokenizer.to_str())
    copy.no_padding()
    copy.no_truncation()
    return copy


def _swap(new: Path, folder: Path) -> None:
    """A folder cannot replace a filled one in one step: the older is moved aside first."""
    aside = folder.with_name(f"{new.name}.old")
    shutil.rmtree(aside, ignore_errors=True)
    if folder.exists():
        folder.rename(aside)
    new.rename(folder)
    shutil.rmtree(aside, ignore_errors=True)
