"""Phrase patterns: `(a|b)` one of these, `[a]` this or nothing, `<word>` an entry of the word table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tools.demo_data.dice import Dice

OPENING: Final = {"(": ")", "[": "]"}
OPTIONAL_CHANCE = 0.5


@dataclass(frozen=True)
class Choice:
    """Alternatives, commonest first, each a sequence of literal text and further choices."""

    alternatives: tuple[tuple["str | Choice", ...], ...]
    optional: bool = False

    def draw(self, dice: Dice) -> str:
        if self.optional and not dice.chance(OPTIONAL_CHANCE):
            return ""
        parts = dice.common_first(self.alternatives)
        return "".join(part if isinstance(part, str) else part.draw(dice) for part in parts)


class Phrases:
    """Patterns over a word table, parsed once."""

    def __init__(self, patterns: Sequence[str], words: Mapping[str, str]) -> None:
        self._patterns = [parse(inline(pattern, words)) for pattern in patterns]

    def draw(self, dice: Dice) -> str:
        """One phrase; single spaces, no spaces at the ends."""
        return " ".join(dice.common_first(self._patterns).draw(dice).split())


def inline(pattern: str, words: Mapping[str, str]) -> str:
    """`pattern` with every `<word>` replaced by its alternatives, e.g. `<aku>` by `(aku|gue)`.

    Raises KeyError for a word that the table lacks.
    """
    head, opened, rest = pattern.partition("<")
    if not opened:
        return pattern
    name, _, tail = rest.partition(">")
    return f"{head}({inline(words[name], words)}){inline(tail, words)}"


def parse(pattern: str) -> Choice:
    """The choices of a pattern without `<words>`. Raises ValueError where brackets do not match."""
    choice, end = _alternatives(pattern, 0, closing="")
    if end != len(pattern):
        raise ValueError(f"{pattern!r}: unexpected {pattern[end]!r} at {end}; close every ( with ) and every [ with ]")
    return choice


def _alternatives(pattern: str, at: int, closing: str) -> tuple[Choice, int]:
    """The choice that starts at `at`, and where its closing bracket (or the end) stands."""
    done: list[tuple[str | Choice, ...]] = []
    parts: list[str | Choice] = []
    while at < len(pattern) and pattern[at] not in ")]":
        symbol = pattern[at]
        if symbol == "|":
            done.append(tuple(parts))
            parts = []
        elif symbol in OPENING:
            inner, at = _alternatives(pattern, at + 1, OPENING[symbol])
            parts.append(inner)
        else:
            parts.append(symbol)
        at += 1
    if pattern[at : at + 1] != closing:
        raise ValueError(f"{pattern!r}: {closing or 'the end'!r} is missing at {at}")
    return Choice((*done, tuple(parts)), optional=closing == "]"), at
