"""Tokens of a student's own vocabulary, spelled in the teacher's."""

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from benchmark.distillation.vocabulary import spelled_by

SPECIAL = ["[UNK]", "[PAD]"]
LETTERS = list("abknm")


def fast(model: models.Model, pre_tokenizer: pre_tokenizers.PreTokenizer) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizer
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]")


def word_piece() -> PreTrainedTokenizerFast:
    tokens = [*SPECIAL, *LETTERS, *(f"##{letter}" for letter in LETTERS), "kan", "##kan", "akan", "makan"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    return fast(models.WordPiece(vocabulary, unk_token="[UNK]"), pre_tokenizers.Whitespace())


def unigram() -> PreTrainedTokenizerFast:
    tokens = [*SPECIAL, "▁", *LETTERS, *(f"▁{letter}" for letter in LETTERS), "▁kan", "kan", "▁akan", "▁makan"]
    pieces = [(token, -2.0 if len(token) > 2 else -5.0) for token in tokens]
    return fast(models.Unigram(pieces, unk_id=0), pre_tokenizers.Metaspace())


def own(*tokens: str) -> PreTrainedTokenizerFast:
    vocabulary = {token: number for number, token in enumerate([*SPECIAL, *tokens])}
    return fast(models.WordLevel(vocabulary, unk_token="[UNK]"), pre_tokenizers.Whitespace())


@pytest.mark.parametrize(
    ("teacher", "expected"),
    [
        (word_piece(), {"▁kan": ["kan"], "kan": ["##kan"], "nkan": ["##n", "##kan"], "▁makan": ["makan"]}),
        (unigram(), {"▁kan": ["▁kan"], "kan": ["kan"], "nkan": ["n", "kan"], "▁makan": ["▁makan"]}),
    ],
    ids=["WordPiece", "Unigram"],
)
def test_a_piece_inside_words_is_spelled_as_inside_a_word(
    teacher: PreTrainedTokenizerFast, expected: dict[str, list[str]]
) -> None:
    table = np.eye(len(teacher), dtype=np.float32)
    matrix = spelled_by(table, own(*expected), teacher)
    spelled = [{teacher.convert_ids_to_tokens(int(i)) for i in np.flatnonzero(row)} for row in matrix[len(SPECIAL) :]]
    assert spelled == [set(tokens) for tokens in expected.values()]
    assert np.isnan(matrix[: len(SPECIAL)]).all()


def test_a_piece_that_no_letter_precedes_is_spelled_as_a_word() -> None:
    teacher = word_piece()
    matrix = spelled_by(np.eye(len(teacher), dtype=np.float32), own("!"), teacher)
    assert teacher.convert_ids_to_tokens(int(matrix[-1].argmax())) == "[UNK]"
