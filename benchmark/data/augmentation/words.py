"""Words of a text that can be replaced, and seeded choices among them."""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from random import Random

from benchmark.data.plain_text import Text

Rewrite = Callable[[Sequence[Text], int], Iterable[Text]]
"""Maps texts and the number of a variant to that variant of each text."""

WORD = re.compile(r"""(["'(]*)([^\W\d_]+(?:['’-][^\W\d_]+)*)([.,!?;:)"'…]*)""")
"""Letters with punctuation around them; no number, link, mention, hashtag, emoji or [PLACEHOLDER]."""


def words_of(text: Text) -> list[str]:
    """Words of a text, split at spaces; a tokenised sentence's own."""
    return text.split() if isinstance(text, str) else list(text)


def as_like(text: Text, words: list[str]) -> Text:
    """`words` in the form of `text`: a string or a list."""
    return " ".join(words) if isinstance(text, str) else words


def core(word: str) -> str:
    """The letters of a word without the punctuation around them; empty if it cannot be replaced."""
    match = WORD.fullmatch(word)
    return match[2] if match else ""


def with_core(word: str, other: str) -> str:
    """`word` with its core replaced by `other`, punctuation unchanged."""
    match = WORD.fullmatch(word)
    return f"{match[1]}{other}{match[3]}" if match else word


def in_case_of(word: str, other: str) -> str:
    """`other` in the case of `word`: UPPER, Capitalised, or unchanged."""
    if len(word) > 1 and word.isupper():
        return other.upper()
    return other[:1].upper() + other[1:] if word[:1].isupper() else other


def seeded(text: str, variant: int) -> Random:
    """A random generator seeded by text and variant, the same on every machine.

    Only its `random()` may be used, the one method whose sequence Python keeps from version to version.
    """
    return Random(int.from_bytes(hashlib.sha256(f"{variant}:{text}".encode()).digest()))


def pick(positions: Sequence[int], share: float, rng: Random) -> list[int]:
    """About `share` of the positions in order, at least one if there is any."""
    n_picked = max(1, round(share * len(positions)))
    shuffled = sorted(positions, key=lambda _: rng.random())
    return sorted(shuffled[:n_picked])
