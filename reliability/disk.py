"""A disk that is full at any byte of what is written: the old file or the new one is there, and nothing else."""

import errno
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from benchmark.bundle.files import INT8, check_files, read_manifest
from benchmark.core.cache import cached_matrix, verify, write_array, write_dir_atomic, write_text
from benchmark.export.bundle_writer import complete_bundle, write_bundle
from reliability.tally import Tally
from tracking import sqlite_store

FULL = (errno.EFBIG, errno.ENOSPC)
WORDS = ("File too large", "No space left", "requested and")
"""The last is numpy's, which writes an array past Python's own file."""
SIZE = 20_000
"""Bytes of what is written, about."""


@dataclass(frozen=True)
class Place:
    """Something that is written: `write` makes its version 1 or 2 in a folder, `version` reads which one is there."""

    write: Callable[[Path, int], object]
    version: Callable[[Path], int]


def _checkpoint(folder: Path, version: int) -> None:
    weights = {"weight": torch.full((SIZE // 4,), float(version))}
    write_dir_atomic(folder / f"trial{version}", lambda draft: save_file(weights, draft / "weights.safetensors"))


def _checkpoint_version(folder: Path) -> int:
    there = [version for version in (1, 2) if verify(folder / f"trial{version}")]
    kept = load_file(folder / f"trial{there[-1]}" / "weights.safetensors")["weight"]
    assert (kept == there[-1]).all()
    return there[-1]


def _bundle(folder: Path, version: int) -> None:
    from tokenizers import Tokenizer, models

    (folder / "model.txt").write_bytes(_onnx() + bytes([0x08, version]))
    words = Tokenizer(models.WordLevel({f"kata{i}": i for i in range(SIZE // 20)}, unk_token="kata0"))
    sizes = {"version": float(version)}
    given = {"model": folder / "model.txt", "tokenizer": words, "labels": ["a"], "task": "classification"}
    write_bundle(folder / "bundle", **given, max_length=9, pad_id=0, sizes=sizes, check=_accept)


def _accept(_: Path) -> None:
    """The model of these bundles is only a size."""


def _onnx() -> bytes:
    """The least that has an opset."""
    return bytes([0x42, 2, 0x10, 17])


def _bundle_version(folder: Path) -> int:
    manifest = read_manifest(folder / "bundle")
    check_files(folder / "bundle", manifest)
    return int(manifest["sizes"]["version"])


def _completed(folder: Path, version: int) -> None:
    if version == 1:
        _bundle(folder, 1)
    (folder / "int8.txt").write_bytes(bytes([version]) * SIZE)
    complete_bundle(folder / "bundle", int8=folder / "int8.txt", latency={"version": version})


def _completed_version(folder: Path) -> int:
    manifest = read_manifest(folder / "bundle")
    check_files(folder / "bundle", manifest)
    assert (folder / "bundle" / INT8).read_bytes()[0] == manifest["latency"]["version"]
    return int(manifest["latency"]["version"])


def _upload(folder: Path, version: int) -> None:
    source = folder.parent / f"source{version}"
    source.mkdir(exist_ok=True)
    (source / "file").write_bytes(bytes([version]) * SIZE)
    sqlite_store.copy_into(folder / "run", source, "")


PLACES: dict[str, Place] = {
    "checkpoint": Place(_checkpoint, _checkpoint_version),
    "bundle": Place(_bundle, _bundle_version),
    "completed bundle": Place(_completed, _completed_version),
    "report": Place(
        lambda folder, version: write_text(folder / "report.md", f"{version}" * SIZE),
        lambda folder: int((folder / "report.md").read_text()[-1]),
    ),
    "logits": Place(
        lambda folder, version: write_array(folder / "logits.npy", np.full((SIZE // 8, 4), version, dtype=np.float16)),
        lambda folder: int(cached_matrix(folder / "logits.npy", lambda: np.zeros((1, 1)))[-1, -1]),
    ),
    "artifact": Place(_upload, lambda folder: (folder / "run" / "file").read_bytes()[-1]),
}


def full(folder: Path, tries: int, dice: Random) -> Tally:
    tally = Tally()
    for number in range(tries):
        name = sorted(PLACES)[number % len(PLACES)]
        room = dice.randrange(SIZE + SIZE // 4)
        with tally.one(f"{name}, room for {room} bytes"):
            _try(PLACES[name], folder / f"try{number}" / "disk", room)
        shutil.rmtree(folder / f"try{number}", ignore_errors=True)
    tally.notes.append(f"{len(PLACES)} kinds of file")
    return tally


def _try(place: Place, folder: Path, room: int) -> None:
    folder.mkdir(parents=True)
    place.write(folder, 1)
    assert place.version(folder) == 1
    before = _names(folder)
    refused = _refused(place, folder, room)
    if refused is None:
        assert place.version(folder) == 2, "said to be written, and is not"
    else:
        assert _is_full(refused), f"{type(refused).__name__}: {refused}"
        assert place.version(folder) == 1, "neither the old nor the new"
        assert _names(folder) == before, f"left behind: {_names(folder) - before}"
    place.write(folder, 2)
    assert place.version(folder) == 2, "not written once there is room again"


def _refused(place: Place, folder: Path, room: int) -> Exception | None:
    try:
        with no_file_longer_than(room):
            place.write(folder, 2)
    except Exception as error:
        return error
    return None


def _names(folder: Path) -> set[str]:
    """Of all files, less what the test itself hands over."""
    found = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    return {name for name in found if not name.endswith(".txt")}


def _is_full(error: BaseException | None) -> bool:
    """A library may say it in words of its own."""
    said = any(words in str(error) for words in WORDS)
    return error is not None and (said or getattr(error, "errno", 0) in FULL or _is_full(error.__cause__))


@contextmanager
def no_file_longer_than(room: int) -> Iterator[None]:
    """What a full disk does to a writer, without one: the system refuses every byte beyond."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
