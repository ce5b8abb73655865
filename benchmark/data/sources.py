"""Bytes of data files: the user's own, bundled, from a mirror, or downloaded once and verified."""

import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path

from benchmark.core.cache import write_atomic
from benchmark.core.errors import DataError
from benchmark.data.entry import SPLITS, DataFile, DatasetEntry, Format, Split
from tracking import cache_folder

MIRROR = "BENCHMARK_DATA_MIRROR"
CACHE = "BENCHMARK_CACHE"
PRIVATE = "BENCHMARK_PRIVATE_DATA"

BUNDLED = Path(__file__).parent / "demo"
PUBLIC_ADDRESS = "https://raw.githubusercontent.com"
TIMEOUT_SECONDS = 30

PRIVATE_FORMATS: Mapping[str, tuple[Format, ...]] = {
    "classification": ("csv", "tsv", "jsonl"),
    "sequence_labeling": ("conll", "jsonl"),
}

COMPRESSIONS = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip (as .xlsx spreadsheets are)",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh91AY&SY": "bzip2",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
}
"""Names by the first bytes of a file."""
FOREIGN = {
    b"PAR1": "parquet. Save it as jsonl: pandas.read_parquet(FILE).to_json(NAME, orient='records', lines=True).",
    b"\xd0\xcf\x11\xe0": "an Excel or Word file. Save the table as csv.",
    b"%PDF-": "a PDF. Save its text as UTF-8.",
    b"\xff\xfe": "UTF-16. Save the file as UTF-8.",
    b"\xfe\xff": "UTF-16. Save the file as UTF-8.",
    b"version https://git-lfs": "a pointer of Git LFS. Fetch the file itself: git lfs pull.",
    b"<!doctype html": "a web page, perhaps of a download that failed. Download the file itself.",
    b"<html": "a web page, perhaps of a download that failed. Download the file itself.",
}
"""What a file is that begins with these bytes, in lower or upper case, and the remedy."""


def is_available(entry: DatasetEntry) -> bool:
    """False only for a private data set without any file."""
    return not entry.private or bool(entry.files or private_files(entry))


def files_of(entry: DatasetEntry) -> Mapping[Split, DataFile]:
    """Files by split; those of a private data set are in BENCHMARK_PRIVATE_DATA. Raises DataError if it lacks any."""
    if entry.files or not entry.private:
        return entry.files
    found = private_files(entry)
    if missing := [split for split in SPLITS if split not in found]:
        raise DataError(_privacy_notice(entry, missing))
    return found


def read_bytes(entry: DatasetEntry, file: DataFile) -> bytes:
    """Content of one file of `entry`; that of a public data set matches its checksum.

    Raises DataError for a file that is missing, unreadable, not downloadable, or differs from the pinned one.
    """
    path = local_path(entry, file.path)
    if not entry.repository:
        return read_local(path, f"data set {entry.name!r}")
    return _from_mirror(path, entry, file) if os.environ.get(MIRROR) else _from_network(path, entry, file)


def local_entry(entry: DatasetEntry) -> DatasetEntry:
    """The data set with paths on this machine, its files downloaded if necessary; a bundled one unchanged.

    Raises DataError as `files_of` and `read_bytes` do.
    """
    if entry.bundled:
        return entry
    files = files_of(entry)
    for file in files.values():
        read_bytes(entry, file)
    local = {split: replace(file, path=str(local_path(entry, file.path))) for split, file in files.items()}
    return replace(entry, repository="", files=local)


def local_path(entry: DatasetEntry, path: str) -> Path:
    """Path on this machine of one of the entry's files, which may still have to be downloaded."""
    if not entry.repository:
        return BUNDLED / path if entry.bundled else Path(path)
    if mirror := os.environ.get(MIRROR):
        return Path(mirror) / entry.repository / path
    return cache_folder() / "files" / entry.repository / entry.revision / path


def private_files(entry: DatasetEntry) -> dict[Split, DataFile]:
    """Existing files among `DIR/<name>/{train,validation,test}.{csv,conll,...}`, DIR from BENCHMARK_PRIVATE_DATA."""
    folder = os.environ.get(PRIVATE)
    if not folder:
        return {}
    candidates = [
        (split, DataFile(path=str(Path(folder) / entry.name / f"{split}.{ending}"), format=ending))
        for split in SPLITS
        for ending in reversed(PRIVATE_FORMATS[entry.task])
    ]
    return {split: file for split, file in candidates if Path(file.path).is_file()}


def _privacy_notice(entry: DatasetEntry, missing: list[Split]) -> str:
    ending = PRIVATE_FORMATS[entry.task][0]
    shape = "a header `text,label`" if ending == "csv" else "token TAB tag, a blank line between sentences"
    folder = os.environ.get(PRIVATE) or "DIR"
    files = ", ".join(f"{folder}/{entry.name}/{split}.{ending}" for split in missing)
    stand_in = f" Anyone can run {entry.stand_in!r} in its place." if entry.stand_in else ""
    return (
        f"Data set {entry.name!r} is private to the paper's authors; there is no public copy. To run files of your own "
        f"in its place, set {PRIVATE}=DIR and provide {files} ({shape}; UTF-8).{stand_in}"
    )


def read_local(path: Path, owner: str) -> bytes:
    """Reads a file of the user's, which messages attribute to `owner`. Raises DataError if it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"File {str(path)!r} of {owner} does not exist. Check the path.") from None
    except IsADirectoryError:
        raise DataError(f"{str(path)!r} of {owner} is a folder; name a file.") from None
    except (OSError, ValueError) as error:
        raise DataError(f"File {str(path)!r} of {owner} cannot be read: {error}.") from None


def require_text(content: bytes, where: str) -> None:
    """Raises DataError for the content of a file that is compressed or of another kind."""
    require_uncompressed(content, where)
    start = content[:32].lower()
    if kind := next((kind for magic, kind in FOREIGN.items() if start.startswith(magic.lower())), ""):
        raise DataError(f"{where} is {kind}")


def require_uncompressed(content: bytes, where: str) -> None:
    """Raises DataError for the content, or its first bytes, of a compressed file."""
    if compression := next((name for magic, name in COMPRESSIONS.items() if content.startswith(magic)), ""):
        raise DataError(f"{where} is compressed with {compression}. Decompress it and name the file in it.")


def _from_mirror(path: Path, entry: DatasetEntry, file: DataFile) -> bytes:
    if not path.is_file():
        raise DataError(
            f"{MIRROR} is {os.environ[MIRROR]!r}, which has no {entry.repository}/{file.path} (data set "
            f"{entry.name!r}). Put the file there, or unset {MIRROR} to download it."
        )
    content = read_local(path, f"data set {entry.name!r}")
    return _verified(content, file, str(path), f"Put revision {entry.revision} of {entry.repository} there")


def _from_network(cached: Path, entry: DatasetEntry, file: DataFile) -> bytes:
    if cached.is_file() and hashlib.sha256(content := cached.read_bytes()).hexdigest() == file.sha256:
        return content
    address = f"{PUBLIC_ADDRESS}/{entry.repository}/{entry.revision}/{file.path}"
    remedy = f"Try again, or set {MIRROR} to a folder with a good copy"
    content = _verified(_download(address, entry.name), file, address, remedy)
    try:
        write_atomic(cached, lambda draft: draft.write_bytes(content))
    except OSError as error:
        raise DataError(f"{str(cached)!r} cannot be written: {error}. Set {CACHE} to a writable folder.") from None
    return content


def _download(address: str, name: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as response:
            content: bytes = response.read()
            return content
    except (urllib.error.URLError, HTTPException, OSError) as error:
        raise DataError(
            f"Data set {name!r} could not be downloaded from {address}: {getattr(error, 'reason', error)}. Check the "
            f"network, or set {MIRROR}=DIR to a folder with <owner>/<repository>/<path> of the public files."
        ) from None


def _verified(content: bytes, file: DataFile, where: str, remedy: str) -> bytes:
    if (found := hashlib.sha256(content).hexdigest()) != file.sha256:
        raise DataError(f"{where} has SHA-256 {found}, expected {file.sha256}. {remedy}.")
    return content
