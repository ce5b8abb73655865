"""The words of a text that another word may stand for, and how one takes the other's place."""

import hashlib
import re
from collections.abc import Sequence
from random import Random

from benchmark.data.pool import Text

WORD = re.compile(r"""(["'(]*)([^\W\d_]+(?:['’-][^\W\d_]+)*)([.,!?;:)"'…]*)""")
"""Letters, with punctuation around them; no number, link, mention, hashtag, emoji or [PLACEHOLDER]."""


def words_of(text: Text) -> list[str]:
    """A text's words between spaces; the given words of a sentence."""
    return text.split() if isinstance(text, str) else list(text)


def as_like(text: Text, words: list[str]) -> Text:
    """`words` in the form of `text`: one string, or a list."""
    return " ".join(words) if isinstance(text, str) else words


def core(word: str) -> str:
    """The letters of a word without the punctuation around them; empty where it may not be replaced."""
    match = WORD.fullmatch(word)
    return match[2] if match else ""


def with_core(word: str, other: str) -> str:
    """`other` in the place of the word's core, its punctuation kept."""
    match = WORD.fullmatch(word)
    return f"{match[1]}{other}{match[3]}" if match else word


def in_case_of(word: str, other: str) -> str:
    """`other` written as `word` is: SHOUTED, Capitalised or as it comes."""
    if len(word) > 1 and word.isupper():
        return other.upper()
    return other[:1].upper() + other[1:] if word[:1].isupper() else other


def draws(text: str, variant: int) -> Random:
    """A source of random numbers that is the same for the same text and variant, on every machine.

    Only its `random()` may be used: Python promises the same numbers from version to version for that alone.
    """
    return Random(int.from_bytes(hashlib.sha256(f"{variant}:{text}".encode()).digest()))


def pick(positions: Sequence[int], share: float, chance: Random) -> list[int]:
    """About that share of the positions, at least one where there is any, in order."""
    n_picked = max(1, round(share * len(positions)))
    shuffled = sorted(positions, key=lambda _: chance.random())
    return sorted(shuffled[:n_picked])
