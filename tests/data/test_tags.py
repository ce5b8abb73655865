"""Tags that nearly fit a scheme of entities are named; parts of speech are left alone."""

import re

import pytest

from benchmark.core.errors import DataError
from benchmark.data.entry import Split
from benchmark.data.rows import Row
from benchmark.data.tags import check_tags, scheme_of

IOB = "B-PER I-PER O O B-LOC O B-PER I-PER O O B-LOC O"
WHERE: dict[Split, str] = {"train": "d: train.conll", "validation": "d: dev.conll", "test": "d: test.conll"}


def check(train: str, test: str = IOB) -> None:
    check_tags({"train": [_row(3, train)], "test": [_row(3, test)]}, WHERE, {"train", "test"})


def _row(line: int, tags: str) -> Row:
    return Row(line, tuple(f"word{i}" for i in range(len(tags.split()))), tuple(tags.split()))


STRAY = {
    "o": "Write 'O'",
    "0": "Write 'O'",
    "O-": "Write 'O'",
    "B_PER": "Write 'B-PER'",
    "b-PER": "Write 'B-PER'",
    "I.PER": "Write 'I-PER'",
    "PER-B": "Write 'B-PER'",
    "PER_i": "Write 'I-PER'",
    "PER": "Write 'B-PER'",
    "B": "Write a type behind every B and I",
    "B-": "Write a type behind every B and I",
    "P-PER": "Correct it, or write 'O'",
    "M-PER": "Correct it, or write 'O'",
    "X": "Correct it, or write 'O'",
}


@pytest.mark.parametrize("tag", STRAY)
@pytest.mark.parametrize("split", ["train", "test"])
def test_the_first_tag_outside_the_scheme_is_named(split: str, tag: str) -> None:
    where = (
        rf"^d: {split}\.conll, line 15: the tag '{tag}' of the word 'word12' is not of one scheme with the tags O, B-"
    )
    with pytest.raises(DataError, match=f"{where}.* {STRAY[tag]}"):
        check(**{"train": IOB, split: f"{IOB} {tag} {tag}"})


@pytest.mark.parametrize("tag", ["B-LOC|B-ORG", "O|B-PER", "I-PER,B-LOC", "B-PER/I-LOC/O"])
def test_several_tags_of_one_word_are_refused(tag: str) -> None:
    with pytest.raises(
        DataError, match=f"line 15: the tag '{re.escape(tag)}' of .* write that of the outermost entity"
    ):
        check(f"{IOB} {tag}")


@pytest.mark.parametrize("word", ["{}", "1-{}", "2.{}", "1:{}"])
def test_positions_are_no_words(word: str) -> None:
    row = Row(1, tuple(word.format(i) for i in range(12)), tuple(IOB.split()))
    with pytest.raises(DataError, match=r"^d: train\.conll: the words are numbers, such as .* `text: 1`"):
        check_tags({"train": [row]}, WHERE, {"train"})


@pytest.mark.parametrize(
    ("tags", "named"),
    [
        ("o b-per i-per o", "'o' of the word 'word0'.* Write 'O'"),
        ("O PER-B PER-I O", "'PER-B' of the word 'word1'.* Write 'B-PER'"),
        ("O B_PER I_PER O", "'B_PER' .* Write 'B-PER'"),
        ("O b i i o", "'b' of the word 'word1'"),
        ("O B I I O B I-PER", r"'I-PER' of the word 'word6' .* with the tags O, B, I\. "),
        ("O B-x L-x E-x B-x E-x", "'L-x' of the word 'word2'"),
    ],
)
def test_other_spellings_and_mixtures(tags: str, named: str) -> None:
    with pytest.raises(DataError, match=f"the tag {named}"):
        check(tags, tags)


@pytest.mark.parametrize(
    "tag",
    ["_", "-", "*", "OTHER", "None", "OUT", "X", "NULL", "N/A", "[O]", "O-O", "\N{CYRILLIC CAPITAL LETTER O}"],
)
@pytest.mark.parametrize("tags", ["B-PER I-PER O O O O O O O", "B-PER O O O O O B-LOC O O O", "B-PER O O O"])
def test_another_tag_for_most_words_is_refused(tag: str, tags: str) -> None:
    tags = tags.replace("O", tag)
    remedy = "rite 'O' for words outside entities"
    with pytest.raises(DataError, match=f"the tag '{re.escape(tag)}' of .* is not of one scheme .*{remedy}"):
        check(tags, tags)


def test_words_outside_entities_are_no_entities_of_a_type_o() -> None:
    with pytest.raises(DataError, match=r"the tag 'B-O' of the word 'word2' .* Write 'O' for words outside entities"):
        check("B-PER I-PER B-O B-O", "B-PER I-PER B-O B-O")
    check("B-O I-O O B-P", "B-O I-O O B-P")


@pytest.mark.parametrize(
    "tags",
    [
        IOB,
        "O B I O",
        "B M E S",
        "NN IN O NN VB",
        "B-NNO B-IN B-$$$",
        "B-NNO B-IN NNO",
        "N V B S E A R",
        "NSD VSA S-- B-- M-- NSD",
        "PER O LOC O",
        "N-S V-S N-P V-P",
        "NOUN VERB ADP X _",
    ],
)
def test_schemes_and_parts_of_speech_pass(tags: str) -> None:
    check(tags, tags)


def test_brackets_around_entities_are_refused() -> None:
    tags = "(PER* *) * (LOC) * (A(B* *))"
    with pytest.raises(
        DataError, match=r"^d: train\.conll: the tags, such as '\(PER\*', are brackets .* Write 'B-PER'"
    ):
        check(tags, tags)
    check("N * V", "N * V")


def test_the_line_of_a_table_is_that_of_its_sentence() -> None:
    with pytest.raises(DataError, match=r"^d: train\.conll, line 7: the tag 'o' of the word 'word12'"):
        check_tags({"train": [_row(7, f"{IOB} o")], "test": []}, WHERE, ())


@pytest.mark.parametrize(
    ("sentences", "scheme"),
    [
        (["O B-x I-x B-x I-x B-y O", "B-y"], "IOB2"),
        (["I-x I-x B-x I-x I-y O", "I-x O"], "IOB1"),
        (["O B-x I-x O I-x O"], "IOB"),
        (["I-x O I-y"], "IOB1"),
        (["O B I I O B B"], "IOB2, untyped"),
        (["I I O B"], "IOB, untyped"),
        (["B-x E-x S-y O B-x I-x E-x"], "IOBES"),
        (["B-x L-x U-y O"], "BILOU"),
        (["B M E O S"], "BMES, untyped"),
        (["O O"], ""),
        (["NN VB"], ""),
    ],
)
def test_the_scheme_of_tags_has_a_name(sentences: list[str], scheme: str) -> None:
    assert scheme_of(sentence.split() for sentence in sentences) == scheme
