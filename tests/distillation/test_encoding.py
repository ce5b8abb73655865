"""Flat arrays against what the tokenizer says sentence by sentence."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import BertTokenizer

from benchmark.distillation.encoding import UNALIGNED, EncodedTexts, concatenate, encode

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "aku", "suka", "##lah", "nasi", "goreng", "ku", "##ku"]
PAD, UNK, CLS, SEP, _, AKU, SUKA, LAH, NASI, GORENG, *_ = range(len(PIECES))
encode_texts, encode_words = partial(encode, per_word=False), partial(encode, per_word=True)
TOKENIZER = BertTokenizer(vocab={piece: i for i, piece in enumerate(PIECES)})
NOTHING = "\u200b"
"""A zero-width space: BERT's normaliser leaves nothing of it."""


def pieces(sentences: EncodedTexts) -> list[list[int]]:
    return [part.tolist() for part in np.split(sentences.ids, sentences.offsets[1:-1])]


def places(sentences: EncodedTexts) -> list[list[int]]:
    return [part.tolist() for part in np.split(sentences.positions, sentences.target_offsets[1:-1])]


def test_texts() -> None:
    found = encode_texts(["aku sukalah", "", "nasi xyz"], TOKENIZER, 10)
    assert pieces(found) == [[CLS, AKU, SUKA, LAH, SEP], [CLS, SEP], [CLS, NASI, UNK, SEP]]
    assert found.lengths.tolist() == [5, 2, 4]
    assert (len(found), found.n_targets, found.per_word, found.pad_id) == (3, 3, False, PAD)
    assert places(found) == [[0], [0], [0]]
    assert (found.ids.dtype, found.offsets.dtype) == (np.int32, np.int64)


def test_long_texts_are_cut_and_still_end() -> None:
    assert pieces(encode_texts(["aku suka nasi goreng"], TOKENIZER, 4)) == [[CLS, AKU, SUKA, SEP]]


def test_words_answer_at_their_first_piece() -> None:
    found = encode_words([["aku", "sukalah", "nasi"], ["goreng"]], TOKENIZER, 10)
    assert pieces(found) == [[CLS, AKU, SUKA, LAH, NASI, SEP], [CLS, GORENG, SEP]]
    assert places(found) == [[1, 2, 4], [1]]
    assert found.per_word


def test_words_without_a_piece_and_words_cut_off_are_lost() -> None:
    found = encode_words([["aku", NOTHING, "sukalah", ""], ["nasi"] * 6], TOKENIZER, 6)
    assert places(found) == [[1, UNALIGNED, 2, UNALIGNED], [1, 2, 3, 4, UNALIGNED, UNALIGNED]]
    assert found.target_offsets.tolist() == [0, 4, 10]


def test_a_word_that_is_cut_in_the_middle_keeps_its_first_piece() -> None:
    assert places(encode_words([["aku", "sukalah"]], TOKENIZER, 4)) == [[1, 2]]


def test_a_word_with_a_space_is_one_word() -> None:
    assert places(encode_words([["nasi goreng", "aku"]], TOKENIZER, 10)) == [[1, 3]]


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.lists(
            st.sampled_from(["aku", "sukalah", "kuku", "nasi goreng", NOTHING, "", "xyz"]), min_size=1, max_size=8
        ),
        min_size=1,
        max_size=5,
    ),
    st.integers(3, 12),
)
def test_words_equal_a_loop(sentences: list[list[str]], max_length: int) -> None:
    found = encode_words(sentences, TOKENIZER, max_length)
    for words, ids, positions in zip(sentences, pieces(found), places(found), strict=True):
        alone = [TOKENIZER(word, add_special_tokens=False)["input_ids"] for word in words]
        starts = np.cumsum([1, *map(len, alone)])[:-1].tolist()
        assert ids == [CLS, *[piece for word in alone for piece in word][: max_length - 2], SEP]
        assert positions == [
            start if word and start < max_length - 1 else UNALIGNED for start, word in zip(starts, alone, strict=True)
        ]


@pytest.mark.parametrize(
    ("encode", "first", "second"),
    [
        (encode_texts, ["aku", "nasi goreng"], ["suka"]),
        (encode_words, [["aku", NOTHING], ["suka"]], [["sukalah", "aku"]]),
    ],
)
def test_concatenate_is_encoding_both_at_once(encode: object, first: list, second: list) -> None:
    joined = concatenate(encode(first, TOKENIZER, 5), encode(second, TOKENIZER, 5))
    at_once = encode(first + second, TOKENIZER, 5)
    for name in ("ids", "offsets", "positions", "target_offsets", "per_word", "pad_id"):
        assert np.array_equal(getattr(joined, name), getattr(at_once, name)), name


@pytest.mark.parametrize("encode", [encode_texts, encode_words])
def test_no_text_at_all_is_an_empty_part(encode: object) -> None:
    """The pool of a suite with one data set and no unlabelled file."""
    nothing = encode([], TOKENIZER, 5)
    assert (len(nothing), nothing.n_targets, len(nothing.ids)) == (0, 0, 0)
    some = encode(["aku"] if encode is encode_texts else [["aku"]], TOKENIZER, 5)
    assert pieces(concatenate(some, nothing)) == pieces(some)
