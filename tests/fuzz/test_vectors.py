"""Whatever a file of word vectors holds: vectors, or one error."""

import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from benchmark.core.errors import DataError
from benchmark.distillation.embeddings import read_vectors
from tests.support.fuzzing import fuzzed, junk

PIECES = ["saya", "##kan", "▁di", "Ġx"]


@fuzzed
@given(
    st.sampled_from([b"", b"1 2\n", b"2 3\n", b"1 999999999999\n"]), junk("saya", "kan", "1 2", "0.5 ", "inf", "1_0")
)
@example(head=b"1 999999999999\n", content=b"saya 1\n")
@example(head=b"1 " + b"9" * 5000, content=b"\n")
def test_vec_files(place: Path, head: bytes, content: bytes) -> None:
    (place / "junk.vec").write_bytes(head + content)
    with suppress(DataError):
        assert len(read_vectors(place / "junk.vec", PIECES)) == len(PIECES)


@fuzzed
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_valid_vectors_come_back(place: Path, vector: list[float]) -> None:
    line = " ".join(map(repr, vector))
    (place / "valid.vec").write_text(f"1 {len(vector)}\nkan {line}\n")
    assert np.array_equal(read_vectors(place / "valid.vec", PIECES)[1], np.array(vector, dtype=np.float32))


BIN_KINDS: dict[str, Any] = {
    "labels": {"loss": "softmax"},
    "tree of labels": {"loss": "hs", "minn": 2, "maxn": 3, "bucket": 9},
    "words": {"loss": "hs", "maxn": 0},
    "parts": {"loss": "softmax", "minn": 0, "maxn": 2, "bucket": 9},
}


@pytest.fixture(scope="module")
def bins(place: Path) -> dict[str, bytes]:
    """Small real models; none with negative sampling, whose table takes a moment at each load."""
    (place / "words.txt").write_text("__label__a saya di kan\n__label__b saya\n" * 9)
    for kind, options in BIN_KINDS.items():
        trains = fasttext.train_supervised if "labels" in kind else fasttext.train_unsupervised
        model = trains(str(place / "words.txt"), dim=2, minCount=1, epoch=1, thread=1, verbose=0, **options)
        model.save_model(str(place / f"{kind}.bin"))
    return {kind: (place / f"{kind}.bin").read_bytes() for kind in BIN_KINDS}


HEAD = 92
"""Bytes before the dictionary of a .bin, where a wrong number does most harm."""
NUMBERS = st.integers(0, 255).map(lambda byte: bytes([byte])) | st.sampled_from(
    [struct.pack(layout, value) for layout in ("<i", "<q") for value in (-(2**31), -1, 0, 1, 2, 11, 33, 2**31 - 1)]
    + [struct.pack("<q", value) for value in (-(2**63), 10**15, 2**62)]
    + [struct.pack("<f", value) for value in (float("nan"), float("inf"), 3e38)]
)
CHANGES = st.lists(st.tuples(st.integers(0, HEAD) | st.integers(0, 1000), NUMBERS), max_size=3)


@fuzzed
@given(
    st.sampled_from(sorted(BIN_KINDS)), CHANGES, st.none() | st.integers(0, 1000), st.sampled_from([b"", b"\0", b"ab"])
)
@example(kind="labels", changes=[], cut=None, more=b"")
@example(kind="words", changes=[(84, struct.pack("<q", 2**62))], cut=None, more=b"")
@example(kind="words", changes=[(48, struct.pack("<i", 6))], cut=None, more=b"")
def test_bin_files(
    place: Path, bins: dict[str, bytes], kind: str, changes: list[tuple[int, bytes]], cut: int | None, more: bytes
) -> None:
    content = bins[kind]
    for start, number in changes:
        content = content[:start] + number + content[start + len(number) :]
    (place / "junk.bin").write_bytes(content[:cut] + more)
    with suppress(DataError):
        vectors = read_vectors(place / "junk.bin", [*PIECES, "__label__a"])
        assert len(vectors) == len(PIECES) + 1
        assert (np.isfinite(vectors) | np.isnan(vectors).all(axis=1, keepdims=True)).all()
