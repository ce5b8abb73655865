"""Windows of a text that is longer than the model reads: each overlaps the next, and their scores are joined."""

from collections.abc import Sequence
from math import inf

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

OVERLAP = 1 / 4
"""Share of a window's tokens that the next window repeats."""


def enable_windows(tokenizer: Tokenizer, max_length: int) -> None:
    """Has the tokenizer cut a text into windows of `max_length` tokens at most."""
    room = max_length - tokenizer.num_special_tokens_to_add(False)
    tokenizer.enable_truncation(max_length, stride=max(0, int(OVERLAP * room)))


def window_step(tokenizer: Tokenizer) -> int:
    """Tokens from the begin of a window to that of the next."""
    truncation = tokenizer.truncation or {}
    n_special: int = tokenizer.num_special_tokens_to_add(False)
    return int(truncation["max_length"]) - n_special - int(truncation["stride"])


def windows_of(encoding: Encoding) -> list[Encoding]:
    """All windows of an encoding of a tokenizer that truncates; the first is what a truncated text has."""
    return [encoding, *encoding.overflowing]


def join_words(
    n_words: int, windows: Sequence[Encoding], scores: Sequence[NDArray[np.float64]], step: int
) -> NDArray[np.float64]:
    """[W, C] scores at the first token of each word, from those of each window [L, C]; zeros for a word without one.

    Window i begins `step` * i tokens after the first. Of several windows the one counts that shows most of the text
    beside the word.
    """
    joined = np.zeros((n_words, scores[0].shape[-1]))
    if len(windows) == 1:
        first = _first_tokens(windows[0])
        joined[list(first)] = scores[0][list(first.values())]
        return joined
    context, begins = [-inf] * n_words, dict[int, int]()
    for number, (window, of_tokens) in enumerate(zip(windows, scores, strict=True)):
        last = len(window.ids) - 1
        for word, token in _first_tokens(window).items():
            if begins.setdefault(word, number * step + token) != number * step + token:
                continue  # the rest of a word that an earlier window begins
            before, after = token if number else inf, inf if number == len(windows) - 1 else last - token
            if min(before, after) > context[word]:
                context[word] = min(before, after)
                joined[word] = of_tokens[token]
    return joined


def _first_tokens(window: Encoding) -> dict[int, int]:
    """First token by word, of the words in a window."""
    return {word: token for token, word in reversed(list(enumerate(window.word_ids))) if word is not None}
