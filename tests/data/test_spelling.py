"""Spellings of labels that are one class, and those that are not."""

import pytest

from benchmark.data.spelling import folded, visible

ALIKE = [
    ("1", "1.0", "01", " 1 ", "001."),
    ("greet", "Greet", "greet\u200b", "\ufeffgreet", "gre\u00adet", "\u200fgreet", "ｇｒｅｅｔ", '"greet"', "‘greet’"),
    ("say-hi", "say_hi", "Say  hi", "say - hi", "say\u2013hi", "say\u2011hi"),
    ("pos", "p\u043es", "\u0420\u041es"),
    ("pos", "p\u03bfs", "\u03a1\u039fs"),
    ("-1", "-1.0", "-01"),
    ("pos", "pos.", "pos..."),
    ("café", "cafe\u0301"),
    ("❤️", "❤"),
    ("10", "10.00"),
    ("1", "true", "True"),
    ("0", "false"),
    ("don't know", "don’t know", "Don‘t know"),
    ("iyi", "İyi", "İYİ"),
    ("kızgın", "KIZGIN", "Kızgın"),
]
DIFFERENT = [
    "1",
    "-1",
    "1.1",
    "1.10",
    "10",
    "100",
    "C",
    "C++",
    "C#",
    "-",
    ".",
    "...",
    "сом",
    "сон",
    "_",
    "+",
    "İ",
    "a1",
    "a-",
    "😀",
    "😁",
    "",
    "1e5",
]


@pytest.mark.parametrize("names", ALIKE)
def test_these_are_one_class(names: tuple[str, ...]) -> None:
    assert len(set(map(folded, names))) == 1


def test_these_are_classes_of_their_own() -> None:
    assert len(set(map(folded, DIFFERENT))) == len(DIFFERENT)


def test_parts_of_speech_differ_in_case_and_signs() -> None:
    names = ["NN", "nn", "PRP$", "-LRB-", "LRB", "...", "…", "``", "''", "1", "1.0"]
    assert len(set(map(visible, names))) == len(names)
    assert visible("NN\u200b") == visible("NN") == "NN"
