"""The small-talk demonstration set: intents of short informal Indonesian chat, imbalanced, as the paper's Smltk.

Texts are drawn from phrase patterns (`smalltalk.toml`) and typed informally (`informal.toml`). One generator serves
all splits; the labelled part is small on purpose, so that most words of the test split are only met in the
unlabelled text.
"""

from collections.abc import Iterator

from tools.demo_data.dice import Dice
from tools.demo_data.informal import Typist, table
from tools.demo_data.phrases import Phrases

SEED = 2022
SPLIT_SIZES = {"train": 1100, "validation": 600, "test": 1000}
N_UNLABELED = 7000
CHATTER_SHARE = 0.15
"""Share of the unlabelled text that belongs to no intent."""
FLOOR = 6
"""Fewest texts of an intent in a split."""
RANK_SHIFT = 4
"""Frequency of the intent of rank r is proportional to 1 / (r + RANK_SHIFT)."""
MAX_WORDS = 21


def spread(n: int, n_intents: int) -> list[int]:
    """How many of `n` texts each intent gets, most frequent first; a Zipf curve with a floor."""
    weights = [1 / (rank + RANK_SHIFT) for rank in range(1, n_intents + 1)]
    scale = (n - FLOOR * n_intents) / sum(weights)
    counts = [FLOOR + int(weight * scale) for weight in weights]
    counts[0] += n - sum(counts)
    return counts


def normal(text: str) -> str:
    """`text` as compared for duplicates: lower case, letters and digits only, single spaces."""
    return " ".join("".join(symbol if symbol.isalnum() else " " for symbol in text.lower()).split())


class Smalltalk:
    """Draws texts, never the same one twice (up to case and punctuation)."""

    def __init__(self, seed: int = SEED) -> None:
        tables, chatter = table("smalltalk.toml"), table("chatter.toml")
        self.intents = {name: Phrases(patterns, tables["words"]) for name, patterns in tables["intents"].items()}
        self.chatter = Phrases(chatter["chatter"]["lines"], chatter["words"])
        self.dice = Dice(seed)
        self._typist = Typist()
        self._seen: set[str] = set()

    def texts(self, phrases: Phrases) -> Iterator[str]:
        """Endless new texts of these phrases."""
        while True:
            text = self._typist.type(phrases.draw(self.dice), self.dice)
            key = normal(text)
            if key and key not in self._seen and len(text.split()) <= MAX_WORDS:
                self._seen.add(key)
                yield text

    def labelled(self, n: int) -> list[tuple[str, str]]:
        """`n` new rows (text, intent) in random order."""
        sources = {name: self.texts(phrases) for name, phrases in self.intents.items()}
        quotas = zip(sources, spread(n, len(sources)), strict=True)
        return self.dice.shuffled([(next(sources[name]), name) for name, count in quotas for _ in range(count)])

    def unlabelled(self, n: int) -> tuple[str, ...]:
        """`n` new texts: the same imbalanced intents, and some chatter of no intent."""
        n_chatter = int(n * CHATTER_SHARE)
        chatter = self.texts(self.chatter)
        texts = [text for text, _ in self.labelled(n - n_chatter)]
        return tuple(self.dice.shuffled(texts + [next(chatter) for _ in range(n_chatter)]))
