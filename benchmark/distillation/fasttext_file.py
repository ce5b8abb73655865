"""Integrity check of a fastText .bin file, since fastText's loader trusts its numbers.

With a wrong one it ends the process, takes gigabytes or never returns. The layout, little-endian and unpadded, as
fastText 0.9.2 writes it (FastText::saveModel in src/fasttext.cc, Args::save in src/args.cc, Dictionary::save in
src/dictionary.cc, DenseMatrix::save in src/densematrix.cc):

    int32 magic, version
    int32 dim, ws, epoch, minCount, neg, wordNgrams, loss, model, bucket, minn, maxn, lrUpdateRate; float64 t
    int32 size, nwords, nlabels; int64 ntokens, pruneidx_size
    size entries, words before labels: its letters, a zero byte, int64 count, int8 type (0 word, 1 label)
    bool quantised; int64 rows, columns; float32 [nwords + bucket, dim]
    bool qout;      int64 rows, columns; float32 [nlabels of a supervised model, else nwords; dim]
"""

import mmap
import re
from itertools import chain, repeat
from pathlib import Path
from struct import Struct
from typing import NamedTuple

from benchmark.core.errors import DataError

HEADER = Struct("<3i20x5i12x3i2q")  # skips ws to wordNgrams, lrUpdateRate and t, which only training uses
WORD, LABEL = (re.compile(rb"[^\0]*+\0(.{8})" + kind, re.DOTALL) for kind in (b"\x00", b"\x01"))
FLAG_AND_SHAPE = Struct("<B2q")
FLOAT32, INT32 = 4, 2**31 - 1
MAGIC = 793712314  # FASTTEXT_FILEFORMAT_MAGIC_INT32 (src/fasttext.cc)
SUPERVISED, HIERARCHICAL = 3, 1  # model_name::sup, loss_name::hs (src/args.h)
MAX_COUNT = 10**15  # infinity to hierarchical softmax (src/loss.cc): with more, its tree has loops

ALLOWED = {
    "version": (11, 12),  # up to FASTTEXT_VERSION (src/fasttext.cc)
    "dim": (1, 10_000),  # numbers per token of a teacher
    "loss": (1, 4),
    "model": (1, 3),
    "bucket": (0, INT32),
    "minn": (0, INT32),
    "maxn": (0, 32),  # the loader lists all n-grams of all words
    "nwords": (1, INT32),
    "nlabels": (0, INT32),
    "ntokens": (1, MAX_COUNT),
}
"""Minimum and maximum of each number. Published models have 300 dimensions and n-grams of up to 6 letters."""


class Header(NamedTuple):
    """The header of a model file, by fastText's names."""

    magic: int
    version: int
    dim: int
    loss: int
    model: int
    bucket: int
    minn: int
    maxn: int
    size: int
    nwords: int
    nlabels: int
    ntokens: int
    pruneidx_size: int

    @property
    def n_targets(self) -> int:
        return self.nlabels if self.model == SUPERVISED else self.nwords

    @property
    def has_ngrams(self) -> bool:
        """False for supervised models of version 11, whatever their `maxn` (FastText::loadModel)."""
        return self.maxn >= max(self.minn, 1) and (self.version, self.model) != (11, SUPERVISED)


def check_model_file(path: Path) -> Header:
    """The header of `path`, consistent with itself, with the dictionary and with the length of the file.

    The matrices are not read: two million words take seconds. Raises DataError for a file that is broken, quantised, or
    not fastText's.
    """
    try:
        _require(path.is_file(), "it is no file")
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return _checked(content)
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path} is no fastText .bin file, or a broken one: {error}. Give a complete one, not quantised."
        ) from error


def _checked(content: mmap.mmap) -> Header:
    header = Header(*_unpack(HEADER, content, 0))
    _check_header(header)
    end = _end_of_entries(content, header)
    end = _end_of_matrix(content, end, [header.nwords + header.bucket, header.dim])
    end = _end_of_matrix(content, end, [header.n_targets, header.dim], may_flag=True)
    _require(end == len(content), f"it has {len(content):,} bytes, where its numbers make it {end:,}")
    return header


def _require(condition: bool, fault: str) -> None:
    if not condition:
        raise ValueError(fault)


def _unpack(layout: Struct, content: mmap.mmap, start: int) -> tuple[int, ...]:
    _require(start + layout.size <= len(content), f"it ends too early, after {len(content):,} bytes")
    return layout.unpack_from(content, start)


def _check_header(header: Header) -> None:
    _require(header.magic == MAGIC, "it does not start as they do")
    for name, (minimum, maximum) in ALLOWED.items():
        value = getattr(header, name)
        _require(minimum <= value <= maximum, f"its {name} is {value}, where {minimum} to {maximum} is allowed")
    total = header.nwords + header.nlabels
    _require(header.size == total, f"its dictionary has {header.size} entries, and {total} words and labels")
    _require(header.pruneidx_size == -1, "it is pruned, as only quantised models (.ftz) are")
    _require(header.bucket > 0 or not header.has_ngrams, "it has n-grams, but no buckets for them")
    _require(header.n_targets > 0 or header.loss != HIERARCHICAL, "it has a tree of labels, but no labels")


def _end_of_entries(content: mmap.mmap, header: Header) -> int:
    end, total = HEADER.size, 0
    for number, kind in enumerate(chain(repeat(WORD, header.nwords), repeat(LABEL, header.nlabels)), start=1):
        entry = kind.match(content, end)
        if not entry or (count := int.from_bytes(entry[1], "little", signed=True)) < 1:
            raise ValueError(f"entry {number:,} of the {header.size:,} in its dictionary is not complete")
        end, total = entry.end(), total + count
    _require(total <= MAX_COUNT, f"its words occur {total} times, where {MAX_COUNT} is the most")
    return end


def _end_of_matrix(content: mmap.mmap, start: int, shape: list[int], may_flag: bool = False) -> int:
    """`may_flag`: the flag of the output matrix (-qout) is saved even if nothing is quantised."""
    flag, *stored = _unpack(FLAG_AND_SHAPE, content, start)
    _require(flag != 1 or may_flag, "it is quantised (a .ftz), so that its vectors are approximations")
    _require(flag <= 1, f"its byte {start:,} is {flag}, where 0 or 1 is allowed")
    _require(stored == shape, f"a matrix of it is {stored}, where its other numbers make it {shape}")
    return start + FLAG_AND_SHAPE.size + shape[0] * shape[1] * FLOAT32
