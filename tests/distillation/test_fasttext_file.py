"""What is checked of a fastText .bin file before fastText loads it: every kind passes, broken ones are named."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from struct import pack, pack_into
from typing import Any

import fasttext
import numpy as np
import pytest

from benchmark.core.errors import DataError
from benchmark.distillation.embeddings import read_vectors
from benchmark.distillation.fasttext_file import check_model_file

WORDS = ["aku", "suka", "nasi"]
TEXT = "__label__a aku suka nasi\n__label__b aku suka\n" * 30
KINDS: dict[str, dict[str, Any]] = {
    "skip-gram": {"model": "skipgram", "bucket": 30},
    "tree": {"model": "skipgram", "bucket": 30, "loss": "hs"},
    "one size of n-gram": {"model": "cbow", "bucket": 30, "minn": 5, "maxn": 5, "loss": "softmax"},
    "letters": {"model": "skipgram", "bucket": 30, "minn": 0, "maxn": 1, "loss": "softmax"},
    "whole words": {"model": "cbow", "maxn": 0, "loss": "hs"},
    "labels": {"model": "supervised", "loss": "softmax"},
    "labels and letters": {"model": "supervised", "bucket": 30, "minn": 2, "maxn": 3, "loss": "hs"},
    "labels and word pairs": {"model": "supervised", "bucket": 30, "wordNgrams": 2, "loss": "ova"},
}

PLACES = {"magic": 0, "version": 4, "dim": 8, "loss": 32, "model": 36, "bucket": 40, "minn": 44, "maxn": 48}
PLACES |= {"size": 64, "nwords": 68, "nlabels": 72, "ntokens": 76, "pruneidx_size": 84}
"""Bytes before each number of the header."""

Change = Callable[..., Path]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A real model of every kind."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "text.txt").write_text(TEXT)
    for kind, given in KINDS.items():
        trains = fasttext.train_supervised if given["model"] == "supervised" else fasttext.train_unsupervised
        options = {name: value for name, value in given.items() if value != "supervised"}
        model = trains(str(folder / "text.txt"), dim=4, minCount=1, epoch=1, thread=1, verbose=0, **options)
        model.save_model(str(folder / f"{kind}.bin"))
    return {kind: folder / f"{kind}.bin" for kind in KINDS}


@pytest.fixture
def changed(saved: dict[str, Path], tmp_path: Path) -> Change:
    """The file of a model with other numbers in its header."""

    def change(kind: str, **numbers: int) -> Path:
        content = bytearray(saved[kind].read_bytes())
        for name, number in numbers.items():
            pack_into("<q" if name in ("ntokens", "pruneidx_size") else "<i", content, PLACES[name], number)
        (tmp_path / "words.bin").write_bytes(content)
        return tmp_path / "words.bin"

    return change


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_of_any_kind_is_whole_and_read_as_fasttext_reads_it(saved: dict[str, Path], kind: str) -> None:
    model = fasttext.load_model(str(saved[kind]))
    header = check_model_file(saved[kind])
    assert (header.dim, header.nwords + header.bucket) == model.get_input_matrix().shape[::-1]
    assert header.n_targets == len(model.get_output_matrix())
    found = read_vectors(saved[kind], WORDS)
    assert np.array_equal(found, [model.get_word_vector(word) for word in WORDS])
    assert found.any(axis=1).all()


def test_old_supervised_models_have_no_ngrams_whatever_they_say(changed: Change) -> None:
    path = changed("labels", version=11, maxn=3)
    assert not check_model_file(path).has_ngrams
    assert np.isfinite(read_vectors(path, WORDS)).all()


@pytest.mark.parametrize(
    ("kind", "numbers", "message"),
    [
        ("labels", {"magic": 5}, "it does not start as they do"),
        ("labels", {"version": 13}, "its version is 13, where 11 to 12 is allowed"),
        ("labels", {"dim": 0}, "its dim is 0, where 1 to 10000"),
        ("labels", {"loss": 9}, "its loss is 9, where 1 to 4"),
        ("labels", {"model": 0}, "its model is 0, where 1 to 3"),
        ("letters", {"bucket": -1}, "its bucket is -1, where 0 to"),
        ("letters", {"minn": -1}, "its minn is -1, where 0 to"),
        ("letters", {"maxn": 2**31 - 1}, "its maxn is 2147483647, where 0 to 32"),
        ("labels", {"nwords": 0}, "its nwords is 0, where 1 to"),
        ("labels", {"nlabels": -2}, "its nlabels is -2, where 0 to"),
        ("labels", {"ntokens": 0}, "its ntokens is 0, where 1 to"),
        ("labels", {"size": 2**31 - 1}, "its dictionary has 2147483647 entries, and 6 words and labels"),
        ("labels", {"size": 2**31 - 1, "nwords": 2**31 - 3}, "entry 5 of the 2,147,483,647 in its dictionary is not"),
        ("labels", {"nwords": 3, "nlabels": 3}, "entry 4 of the 6 in its dictionary is not complete"),
        ("labels", {"pruneidx_size": 2**62}, "it is pruned, as only quantised models"),
        ("labels", {"maxn": 3}, "it has n-grams, but no buckets for them"),
        (
            "letters",
            {"bucket": 2**31 - 1},
            "a matrix of it is [34, 4], where its other numbers make it [2147483651, 4]",
        ),
        ("letters", {"dim": 5}, "a matrix of it is [34, 4], where its other numbers make it [34, 5]"),
        ("letters", {"model": 3}, "a matrix of it is [4, 4], where its other numbers make it [2, 4]"),
    ],
)
def test_a_wrong_number_is_named(changed: Change, kind: str, numbers: dict[str, int], message: str) -> None:
    with pytest.raises(DataError, match="is no fastText .bin file, or a broken one: .*" + re.escape(message)):
        check_model_file(changed(kind, **numbers))


def test_a_cut_file_is_named_wherever_it_is_cut(saved: dict[str, Path], tmp_path: Path) -> None:
    content, path = saved["labels and letters"].read_bytes(), tmp_path / "words.bin"
    for length in range(0, len(content), 5):
        path.write_bytes(content[:length])
        with pytest.raises(DataError, match=r"is no fastText \.bin file, or a broken one"):
            check_model_file(path)


def test_a_longer_file_is_named(saved: dict[str, Path], tmp_path: Path) -> None:
    content = saved["labels"].read_bytes()
    (tmp_path / "words.bin").write_bytes(content + b"x")
    with pytest.raises(DataError, match=f"it has {len(content) + 1} bytes, where its numbers make it {len(content)}"):
        check_model_file(tmp_path / "words.bin")


ENTRY = b"suka\0" + pack("<qb", 60, 0)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (b"suka\0" + pack("<qb", 60, 1), r"entry \d of the 6 in its dictionary is not complete"),
        (b"suka\0" + pack("<qb", 60, 2), r"entry \d of the 6 in its dictionary is not complete"),
        (b"suka\0" + pack("<qb", 0, 0), r"entry \d of the 6 in its dictionary is not complete"),
        (b"suka\0" + pack("<qb", -60, 0), r"entry \d of the 6 in its dictionary is not complete"),
        (b"suka\0" + pack("<qb", 10**15, 0), "its words occur 1000000000000210 times, where 1000000000000000 is"),
        (b"sukaa" + pack("<qb", 60, 0), "is not complete"),
    ],
)
def test_a_broken_entry_is_named(saved: dict[str, Path], tmp_path: Path, entry: bytes, message: str) -> None:
    content = saved["labels"].read_bytes()
    assert content.count(ENTRY) == 1
    (tmp_path / "words.bin").write_bytes(content.replace(ENTRY, entry))
    with pytest.raises(DataError, match=message):
        check_model_file(tmp_path / "words.bin")


@pytest.mark.parametrize(
    ("place", "flag", "message"),
    [(0, 1, "it is quantised"), (0, 2, "is 2, where 0 or 1 is allowed"), (1, 2, "is 2, where 0 or 1 is allowed")],
)
def test_flags_before_the_matrices(saved: dict[str, Path], tmp_path: Path, place: int, flag: int, message: str) -> None:
    content = bytearray(saved["whole words"].read_bytes())
    size = 1 + 16 + 4 * 4 * 4
    content[len(content) - size * (2 - place)] = flag
    (tmp_path / "words.bin").write_bytes(content)
    with pytest.raises(DataError, match=message):
        check_model_file(tmp_path / "words.bin")


def test_an_output_that_was_to_be_quantised_and_is_not_passes(saved: dict[str, Path], tmp_path: Path) -> None:
    """What `fasttext supervised -qout` saves."""
    content = bytearray(saved["labels"].read_bytes())
    content[-(1 + 16 + 4 * 2 * 4)] = 1
    (tmp_path / "words.bin").write_bytes(content)
    assert np.array_equal(read_vectors(tmp_path / "words.bin", WORDS), read_vectors(saved["labels"], WORDS))


@pytest.mark.parametrize(("cutoff", "message"), [(0, "it is quantised"), (256, "it is pruned, as only quantised")])
def test_quantised_models_are_refused(tmp_path: Path, cutoff: int, message: str) -> None:
    (tmp_path / "text.txt").write_text(TEXT)
    model = fasttext.train_supervised(
        str(tmp_path / "text.txt"), dim=4, minn=2, maxn=3, bucket=300, epoch=1, thread=1, verbose=0
    )
    model.quantize(cutoff=cutoff)
    model.save_model(str(tmp_path / "words.bin"))
    with pytest.raises(DataError, match=f"{message}.*Give a complete one, not quantised"):
        check_model_file(tmp_path / "words.bin")


def test_a_tree_of_no_labels_is_refused(tmp_path: Path) -> None:
    """fastText saves a classifier of unlabelled text, which it cannot load where its loss is a tree."""
    (tmp_path / "text.txt").write_text("aku suka nasi\n" * 9)
    model = fasttext.train_supervised(str(tmp_path / "text.txt"), dim=4, epoch=1, thread=1, verbose=0)
    model.save_model(str(tmp_path / "words.bin"))
    assert check_model_file(tmp_path / "words.bin").n_targets == 0
    with (tmp_path / "words.bin").open("r+b") as file:
        file.seek(PLACES["loss"])
        file.write(pack("<i", 1))
    with pytest.raises(DataError, match="it has a tree of labels, but no labels"):
        check_model_file(tmp_path / "words.bin")


def test_matrices_are_not_read(saved: dict[str, Path], tmp_path: Path) -> None:
    """Four gigabytes of zeros, which take no room on the disk."""
    head = bytearray(saved["whole words"].read_bytes()[: -2 * (1 + 16 + 4 * 4 * 4)])
    pack_into("<i", head, PLACES["dim"], 1000)
    pack_into("<i", head, PLACES["bucket"], 1_000_000)
    with (tmp_path / "words.bin").open("wb") as file:
        file.write(head + pack("<Bqq", 0, 1_000_004, 1000))
        file.seek(4 * 1_000_004 * 1000, os.SEEK_CUR)
        file.write(pack("<Bqq", 0, 4, 1000) + bytes(4 * 4 * 1000))
    assert check_model_file(tmp_path / "words.bin").bucket == 1_000_000


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.bin")
    for name in ("none.bin", "pipe.bin", "."):
        with pytest.raises(DataError, match="it is no file"):
            check_model_file(tmp_path / name)
