"""Integrity check of a fastText .bin file, before fastText's own loader trusts its numbers.

A wrong one ends the process, takes gigabytes or never returns. The layout, little-endian and without padding, as
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
MAX_COUNT = 10**15  # hierarchical softmax takes it for infinity (src/loss.cc): with more, its tree has loops

ALLOWED = {
    "version": (11, 12),  # up to FASTTEXT_VERSION (src/fasttext.cc)
    "dim": (1, 10_000),  # every token of a teacher gets that many numbers
    "loss": (1, 4),
    "model": (1, 3),
    "bucket": (0, INT32),
    "minn": (0, INT32),
    "maxn": (0, 32),  # the loader lists all n-grams of all words
    "nwords": (1, INT32),
    "nlabels": (0, INT32),
    "ntokens": (1, MAX_COUNT),
}
"""The least and the most of each number. Published models have 300 dimensions and n-grams of up to 6 letters."""


class Header(NamedTuple):
    """What heads a model, by its names in fastText."""

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
        """Supervised models of version 11 are read without, whatever their `maxn` (FastText::loadModel)."""
        return self.maxn >= max(self.minn, 1) and (self.version, self.model) != (11, SUPERVISED)


def check_model_file(path: Path) -> Header:
    """What heads `path`, found to agree with itself, with the dictionary and with the length of the file.

    The matrices are not read: two million words take seconds. Raises DataError for a file that is broken, none of
    fastText's, or quantised.
    """
    try:
        _need(path.is_file(), "it is no file")
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return _checked(content)
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path} is no fastText .bin file, or a broken one: {error}. Give a whole one, not quantised."
        ) from error


def _checked(content: mmap.mmap) -> Header:
    header = Header(*_unpack(HEADER, content, 0))
    _check_header(header)
    end = _end_of_entries(content, header)
    end = _end_of_matrix(content, end, [header.nwords + header.bucket, header.dim])
    end = _end_of_matrix(content, end, [header.n_targets, header.dim], may_flag=True)
    _need(end == len(content), f"it has {len(content):,} bytes, where its numbers make it {end:,}")
    return header


def _need(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def _unpack(layout: Struct, content: mmap.mmap, start: int) -> tuple[int, ...]:
    _need(start + layout.size <= len(content), f"it ends too early, after {len(content):,} bytes")
    return layout.unpack_from(content, start)


def _check_header(header: Header) -> None:
    _need(header.magic == MAGIC, "it does not start as they do")
    for name, (least, most) in ALLOWED.items():
        value = getattr(header, name)
        _need(least <= value <= most, f"its {name} is {value}, where {least} to {most} is allowed")
    total = header.nwords + header.nlabels
    _need(header.size == total, f"its dictionary has {header.size} entries, and {total} words and labels")
    _need(header.pruneidx_size == -1, "it is pruned, as only quantised models (.ftz) are")
    _need(header.bucket > 0 or not header.has_ngrams, "it has n-grams, but no buckets for them")
    _need(header.n_targets > 0 or header.loss != HIERARCHICAL, "it has a tree of labels, but no labels")


def _end_of_entries(content: mmap.mmap, header: Header) -> int:
    end, total = HEADER.size, 0
    for number, kind in enumerate(chain(repeat(WORD, header.nwords), repeat(LABEL, header.nlabels)), start=1):
        entry = kind.match(content, end)
        if not entry or (count := int.from_bytes(entry[1], "little", signed=True)) < 1:
            raise ValueError(f"entry {number:,} of the {header.size:,} in its dictionary is not whole")
        end, total = entry.end(), total + count
    _need(total <= MAX_COUNT, f"its words occur {total} times, where {MAX_COUNT} is the most")
    return end


def _end_of_matrix(content: mmap.mmap, start: int, shape: list[int], may_flag: bool = False) -> int:
    """`may_flag`: -qout asks to quantise the output too, and is saved even where nothing is quantised."""
    flag, *found = _unpack(FLAG_AND_SHAPE, content, start)
    _need(flag != 1 or may_flag, "it is quantised (a .ftz), so that its vectors are approximations")
    _need(flag <= 1, f"its byte {start:,} is {flag}, where 0 or 1 is allowed")
    _need(found == shape, f"a matrix of it is {found}, where its other numbers make it {shape}")
    return start + FLAG_AND_SHAPE.size + shape[0] * shape[1] * FLOAT32
