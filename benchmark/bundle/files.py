"""Files of a bundle's folder, and their checks, which raise BundleError.

model.onnx        the model
model.int8.onnx   its INT8 form, if it was as good and not slower; then this one is served, and the other not read
tokenizer.json    the tokenizer of its training
labels.json       class names in the order of the logits
manifest.json     task, lengths, temperature, spec, scores, and the SHA-256 of every other file

A folder without the files that are not served is a whole bundle; `benchmark.bundle.slim` writes one.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from benchmark.bundle.onnx_model import OnnxModel
from benchmark.bundle.windows import enable_windows

FORMAT = 1
"""Version of the format; raise it when an older Bundle cannot read the files."""
MODEL, INT8, TOKENIZER, LABELS, MANIFEST = (
    "model.onnx",
    "model.int8.onnx",
    "tokenizer.json",
    "labels.json",
    "manifest.json",
)
NEEDED = (MODEL, TOKENIZER, LABELS)
TASKS = ("classification", "sequence_labeling")
KINDS: Mapping[str, type] = {"task": str, "max_length": int, "pad_id": int, "fallback_label": str, "files": dict}
"""Types of a manifest's fields."""
TEMPERATURE, METRIC = "temperature", "metric"
"""Keys that bundles of older versions lack: the temperature of the scores, and whether tags are of entities."""
ENTITY_F1 = "entity_f1"
"""The metric of tags that are of entities."""
LARGEST = 2**31 - 1
"""Largest maximum length and id."""
DIGEST = "digest"
"""Key of a manifest's own digest, which bundles of older versions lack."""


class BundleError(Exception):
    """A bundle that cannot be read, or a text of the wrong type; the message has the cause and the remedy."""


AGAIN = "Copy the bundle's whole folder again, or export it again."
WITHOUT_FP32 = "A slim bundle has the INT8 model alone: take the whole bundle of its run, or predict with INT8."


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest, with all fields and of this format; the files that it names are not checked."""
    file = folder / MANIFEST
    if not file.is_file():
        raise BundleError(f"{folder} is no bundle: it has no {MANIFEST}. Give a folder that a run exported.")
    manifest = _read_json(file)
    found = manifest.get("format") if isinstance(manifest, dict) else None
    if found != FORMAT:
        raise BundleError(f"{file} has format {found!r}, this version reads {FORMAT}. Export the bundle again.")
    for name, kind in KINDS.items():
        if type(manifest.get(name)) is not kind:
            raise BundleError(f"{file}: {name} must be a {kind.__name__}, not {manifest.get(name)!r}. {AGAIN}")
    for name in ("max_length", "pad_id"):
        if not 0 <= manifest[name] <= LARGEST:
            raise BundleError(f"{file}: {name} must be from 0 to {LARGEST}, not {manifest[name]}. {AGAIN}")
    temperature = manifest.get(TEMPERATURE, 1.0)
    if type(temperature) is not float or not 0 < temperature < math.inf:
        raise BundleError(f"{file}: {TEMPERATURE} must be a number above 0, not {temperature!r}. {AGAIN}")
    if manifest["task"] not in TASKS:
        raise BundleError(f"{file}: task {manifest['task']!r} is none of {', '.join(TASKS)}. {AGAIN}")
    if outside := [name for name in manifest["files"] if name != Path(name).name]:
        raise BundleError(f"{file} names {outside[0]!r}, which is outside the bundle. {AGAIN}")
    missing = set(NEEDED) - set(manifest["files"])
    if missing:
        raise BundleError(f"{file} names no checksum for {', '.join(sorted(missing))}. {AGAIN}")
    if manifest.get(DIGEST, _digest(manifest)) != _digest(manifest):
        raise BundleError(f"{file} is not the manifest that was exported: its digest differs. {AGAIN}")
    return dict(manifest)


def write_manifest(file: Path, manifest: Mapping[str, object]) -> None:
    """Writes a manifest with its digest."""
    write_json(file, {**manifest, DIGEST: _digest(manifest)})


def _digest(manifest: Mapping[str, object]) -> str:
    """Hex SHA-256 of all fields but the digest."""
    content = {name: value for name, value in manifest.items() if name != DIGEST}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def served_model(manifest: Mapping[str, Any], *, int8: bool = True) -> str:
    """Name of the form that serves: INT8 where the bundle has it, unless `int8` is false."""
    return INT8 if int8 and INT8 in manifest["files"] else MODEL


def served_files(manifest: Mapping[str, Any], *, int8: bool = True) -> tuple[str, ...]:
    """Names of the files that a loaded bundle reads, the manifest last."""
    return (served_model(manifest, int8=int8), TOKENIZER, LABELS, MANIFEST)


def check_files(folder: Path, manifest: Mapping[str, Any], *, int8: bool = True) -> None:
    """Raises BundleError unless every served file exists and matches the manifest's checksum."""
    for name in served_files(manifest, int8=int8)[:-1]:
        file, checksum = folder / name, manifest["files"][name]
        if not file.is_file():
            is_slim = name == MODEL and INT8 in manifest["files"]
            raise BundleError(f"{file} is missing. {WITHOUT_FP32 if is_slim else AGAIN}")
        found = sha256(file)
        if found != checksum:
            raise BundleError(
                f"{file} is not the file that was exported: SHA-256 {found[:12]}…, the manifest says "
                f"{str(checksum)[:12]}…. {AGAIN}"
            )


def read_labels(folder: Path, manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Class names in the order of the logits. Raises BundleError if the fallback label is none of them."""
    labels = _read_json(folder / LABELS)
    if not isinstance(labels, list) or not labels or not all(isinstance(label, str) for label in labels):
        raise BundleError(f"{folder / LABELS} must be a list of class names, not {str(labels)[:60]}. {AGAIN}")
    fallback = manifest["fallback_label"]
    if fallback not in labels:
        raise BundleError(f"{folder / MANIFEST}: the fallback label {fallback!r} is none of {LABELS}. {AGAIN}")
    return tuple(labels)


def read_tokenizer(folder: Path, max_length: int, pad_id: int) -> Tokenizer:
    """The tokenizer, which gives windows of `max_length` tokens, the first that of a truncated text, and no padding.

    Raises BundleError if `pad_id` is none of its ids, or if `max_length` leaves no room for text.
    """
    try:
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        tokenizer.no_padding()
        enable_windows(tokenizer, max_length)
        n_special, pad = tokenizer.num_special_tokens_to_add(False), tokenizer.id_to_token(pad_id)
    except Exception as error:  # tokenizers raises nothing narrower
        raise BundleError(f"{folder / TOKENIZER} cannot be read: {error}. {AGAIN}") from error
    if pad is None:
        raise BundleError(f"{folder / MANIFEST}: pad_id {pad_id} is no id of {TOKENIZER}. {AGAIN}")
    if max_length <= n_special:
        raise BundleError(f"{folder / MANIFEST}: max_length must exceed {n_special}, not {max_length}. {AGAIN}")
    return tokenizer


def read_model(file: Path, task: str, n_labels: int, n_threads: int) -> OnnxModel:
    """The model. Raises BundleError if it cannot be loaded, is of another task or has another number of classes."""
    try:
        model = OnnxModel(file, n_threads=n_threads)
    except Exception as error:  # onnxruntime raises a class of its own for each cause
        raise BundleError(f"{file} cannot be run here: {' '.join(str(error).split())[:300]}. {AGAIN}") from error
    if model.per_token != (task == "sequence_labeling"):
        raise BundleError(f"{file} is no model for {task}, the task of {MANIFEST}. {AGAIN}")
    if model.n_labels != n_labels:
        raise BundleError(f"{file} has {model.n_labels} classes, {LABELS} has {n_labels}. {AGAIN}")
    return model


def sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_json(file: Path, value: Mapping[str, object] | Sequence[str]) -> None:
    file.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _read_json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{file} is not JSON ({error}). {AGAIN}") from None
