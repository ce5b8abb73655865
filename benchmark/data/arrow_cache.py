"""Parsed data sets kept as Arrow files, one folder per digest of their source."""

import json
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from datasets import DatasetDict, disable_progress_bars

from benchmark.core.cache import verify, write_dir_atomic
from tracking import cache_folder

_ABOUT = "about.json"

disable_progress_bars()  # a bar per split written says nothing that a reader of the sweep's own bar needs


class Stored(NamedTuple):
    """What is kept of a data set."""

    splits: DatasetDict
    labels: tuple[str, ...]
    digest: str


def load(key: str) -> Stored | None:
    """What was saved under `key`; None where nothing (or nothing whole) was."""
    try:
        return _open(cache_folder() / "arrow" / key)
    except (OSError, ValueError, KeyError, TypeError):
        return None


@lru_cache(maxsize=32)
def _open(folder: Path) -> Stored:
    """Open once per process: the folder's name is a digest of its content, so the answer never grows old."""
    if not verify(folder):
        raise ValueError(f"{folder} is not as it was written")
    about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
    data = DatasetDict.load_from_disk(str(folder))
    return Stored(data, tuple(about["labels"]), str(about["digest"]))


def save(key: str, stored: Stored) -> Stored:
    """Keep `stored` under `key`, whole or not at all, and return it as opened from there.

    Where the cache cannot be written it is done without: the next load parses again.
    """
    folder = cache_folder() / "arrow" / key
    try:
        write_dir_atomic(folder, lambda draft: _write(draft, stored))
    except OSError:
        return stored
    return load(key) or stored


def _write(folder: Path, stored: Stored) -> None:
    stored.splits.save_to_disk(str(folder))
    about = {"labels": stored.labels, "digest": stored.digest}
    (folder / _ABOUT).write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
