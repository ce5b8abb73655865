"""Every number that shapes a new text, so that a recipe can name them all and a run's key cover them."""

from typing import Any

VERSION = 1
"""Of the code: raise it when the same texts, models and numbers would come out otherwise."""

TRANSLATION = {"num_beams": 1, "max_pieces": 256}
"""Greedy search; pieces read and written of one text at most."""

MASKING: dict[str, float] = {"share": 0.15, "top_k": 10, "max_pieces": 256}
"""Share of a text's words that are masked (Devlin et al., 2019), likeliest words to draw from, pieces read at most."""

SUBSTITUTION: dict[str, float] = {"share": 0.2, "top_k": 3, "neighbourhood": 10}
"""Share of a text's words that are substituted, nearest neighbours to draw from, and how many are near at all."""

FASTTEXT: dict[str, Any] = {
    "model": "skipgram",
    "dim": 100,
    "epoch": 10,
    "minCount": 5,
    "ws": 2,
    "t": 1e-3,
    "minn": 0,
    "maxn": 0,
    "bucket": 0,
    "thread": 1,
}
"""Whole words without character n-grams, whose neighbours would be inflections; a narrow window, in which words that
may stand for one another are alike, rather than words of one topic; frequent words read more than by default, since
the text is little; one thread, since more make the vectors differ from run to run."""

IDLE_ROUNDS = 3
"""Rounds over the source without a new text, after which no more are looked for."""
