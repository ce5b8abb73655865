"""Makes a plain sentence look typed on a phone: particles, abbreviations, slips, stretched letters."""

import tomllib
from importlib.resources import files
from typing import Any

from tools.demo_data.dice import Dice

OPENER_CHANCE = 0.16
CLOSER_CHANCE = 0.28
ABBREVIATION_CHANCE = 0.4
TYPO_CHANCE = 0.07
STRETCH_CHANCE = 0.10
ENDING_CHANCE = 0.30
CAPITAL_CHANCE = 0.22
SHOUT_CHANCE = 0.02

KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def table(name: str) -> dict[str, Any]:
    """A table of patterns that ships beside this module."""
    return tomllib.loads(files("tools.demo_data").joinpath(name).read_text(encoding="utf-8"))


class Typist:
    """Types sentences the way people chat."""

    def __init__(self) -> None:
        habits = table("informal.toml")
        self._openers: list[str] = habits["openers"]
        self._closers: list[str] = habits["closers"]
        self._endings: list[str] = habits["endings"]
        self._abbreviations: dict[str, list[str]] = habits["abbreviations"]

    def type(self, sentence: str, dice: Dice) -> str:
        """One way of typing `sentence`."""
        words = [self._word(word, dice) for word in self._chatty(sentence, dice).split()]
        if dice.chance(STRETCH_CHANCE):
            words[-1] = stretched(words[-1], dice)
        text = " ".join(words)
        if dice.chance(ENDING_CHANCE):
            text += dice.common_first(self._endings)
        if dice.chance(SHOUT_CHANCE):
            return text.upper()
        return text[:1].upper() + text[1:] if dice.chance(CAPITAL_CHANCE) else text

    def _chatty(self, sentence: str, dice: Dice) -> str:
        if dice.chance(OPENER_CHANCE):
            sentence = f"{dice.common_first(self._openers)} {sentence}"
        if dice.chance(CLOSER_CHANCE):
            sentence = f"{sentence} {dice.common_first(self._closers)}"
        return sentence

    def _word(self, word: str, dice: Dice) -> str:
        if word in self._abbreviations and dice.chance(ABBREVIATION_CHANCE):
            return dice.common_first(self._abbreviations[word])
        return mistyped(word, dice) if dice.chance(TYPO_CHANCE) else word


def mistyped(word: str, dice: Dice) -> str:
    """`word` with one slip: a letter left out, doubled, swapped with the next, or its neighbour on the keyboard."""
    if len(word) < 4:
        return word
    at = 1 + dice.below(len(word) - 2)
    head, letter, tail = word[:at], word[at], word[at + 1 :]
    swapped = head + tail[0] + letter + tail[1:]
    slips = (head + tail, head + 2 * letter + tail, swapped, head + beside(letter, dice) + tail)
    return dice.one_of(slips)


def beside(letter: str, dice: Dice) -> str:
    """The key left or right of `letter`; the letter itself where it is on no row."""
    for row in KEYBOARD:
        if letter in row:
            at = row.index(letter) + dice.one_of((-1, 1))
            return row[min(max(at, 0), len(row) - 1)]
    return letter


def stretched(word: str, dice: Dice) -> str:
    """`word` with its last letter drawn out, as in `halooo`."""
    return word + word[-1] * (1 + dice.below(3)) if word[-1].isalpha() else word
