"""The entity demonstration set: fourteen types in requests to an Indonesian chatbot, as the paper's EntK.

Names, places and mail domains of the train split come from the first third of each list; the other splits and the
unlabelled text draw from the whole, so that a tagger has to read the context and the shape of a word.
"""

from collections.abc import Iterator, Mapping

from tools.demo_data.dice import Dice
from tools.demo_data.informal import mistyped, table
from tools.demo_data.phrases import Phrases

SEED = 1957
SPLIT_SIZES = {"train": 1500, "validation": 400, "test": 600}
N_UNLABELED = 5000
FAMILIAR_SHARE = 1 / 3
TYPO_CHANCE = 0.05
TITLE_CHANCE = 0.4
"""How often a sentence's names and places are written with capitals."""
CAPITALISED = frozenset({"person", "location"})

Words = tuple[str, ...]
OUTSIDE = "O"


class Entities:
    """Draws tagged sentences, never the same one twice."""

    def __init__(self, seed: int = SEED) -> None:
        self._table = table("entities.toml")
        self.types: tuple[str, ...] = tuple(sorted(self._table["types"]))
        self.dice = Dice(seed)
        self._seen: set[str] = set()

    @property
    def tags(self) -> tuple[str, ...]:
        return (OUTSIDE, *(f"{prefix}-{name}" for name in self.types for prefix in "BI"))

    def rows(self, n: int, *, familiar: bool = False) -> list[tuple[Words, Words]]:
        """`n` new rows (words, tags); `familiar` draws names and places from the first third of their lists only."""
        sentences = self._sentences(familiar)
        return [next(sentences) for _ in range(n)]

    def _sentences(self, familiar: bool) -> Iterator[tuple[Words, Words]]:
        words = self._table["words"] | self._open_words(familiar)
        lines = Phrases(self._table["sentences"]["lines"], words)
        types = {f"{{{name}}}": Phrases(patterns, words) for name, patterns in self._table["types"].items()}
        while True:
            row = self._tagged(lines.draw(self.dice), types)
            key = " ".join(row[0]).lower()
            if key not in self._seen:
                self._seen.add(key)
                yield row

    def _open_words(self, familiar: bool) -> dict[str, str]:
        """The open lists as alternatives: the familiar third alone, or the whole with that third last (rarest)."""
        cut = {name: round(len(items) * FAMILIAR_SHARE) for name, items in self._table["open"].items()}
        chosen = {
            name: items[: cut[name]] if familiar else items[cut[name] :] + items[: cut[name]]
            for name, items in self._table["open"].items()
        }
        return {name: "|".join(items) for name, items in chosen.items()}

    def _tagged(self, line: str, types: Mapping[str, Phrases]) -> tuple[Words, Words]:
        """Words and IOB2 tags of a line, its `{type}` marks filled in."""
        words: list[str] = []
        tags: list[str] = []
        capitals = self.dice.chance(TITLE_CHANCE)
        for part in line.split():
            if part in types:
                name = part[1:-1]
                surface = self._digits(types[part].draw(self.dice)).split()
                words += [word.title() for word in surface] if capitals and name in CAPITALISED else surface
                tags += [f"B-{name}"] + [f"I-{name}"] * (len(surface) - 1)
            else:
                words.append(mistyped(part, self.dice) if self.dice.chance(TYPO_CHANCE) else part)
                tags.append(OUTSIDE)
        return tuple(words), tuple(tags)

    def _digits(self, surface: str) -> str:
        return "".join(str(self.dice.below(10)) if symbol == "#" else symbol for symbol in surface)
