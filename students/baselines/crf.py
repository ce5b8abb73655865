"""A conditional random field over tags (Lafferty et al., 2001), by CRFsuite: forms of a word and its neighbours."""

from collections.abc import Sequence
from pathlib import Path

import pycrfsuite

MODEL = "model.crfsuite"
MAGIC = b"lCRF"
"""Begins a model file; the length of the file follows (crfsuite/lib/crf/src/crf1d_model.c)."""
WINDOW = (-2, -1, 0, 1, 2)
"""Places of the words whose features a word has, relative to it."""
AFFIXES = (1, 2, 3, 4)
"""Lengths of the prefixes and suffixes of a word."""
TRAINING = {"max_iterations": 100, "feature.possible_transitions": True}

Words = str | Sequence[str]


class Crf:
    """A tagger; see `Baseline`."""

    VARIANTS = ({"c1": 0.1, "c2": 0.1}, {"c1": 0.1, "c2": 0.01})
    """Coefficients of L1 and L2 regularisation."""

    @property
    def n_parameters(self) -> int:
        found = self._tagger.info()
        return len(found.state_features) + len(found.transitions)

    def fit(
        self,
        texts: Sequence[Sequence[str]],
        labels: Sequence[Sequence[str]],
        seed: int,  # noqa: ARG002
        scratch: Path,
        **variant: float,
    ) -> None:
        trainer = pycrfsuite.Trainer(algorithm="lbfgs", params=TRAINING | variant, verbose=False)
        for words, tags in zip(texts, labels, strict=True):
            trainer.append(features(words), tags)
        trainer.train(str(scratch / MODEL))
        self._open((scratch / MODEL).read_bytes())

    def predict(self, texts: Sequence[Words], *, batch_size: int = 64) -> list[list[str]]:  # noqa: ARG002
        words = [text.split() if isinstance(text, str) else text for text in texts]
        return [self._tagger.tag(features(each)) for each in words]

    def save(self, folder: Path) -> None:
        (folder / MODEL).write_bytes(self._content)

    def load(self, folder: Path) -> None:
        """Raises ValueError for a part of a file, over which CRFsuite ends the process: its header has its length."""
        content = (folder / MODEL).read_bytes()
        if content[:4] != MAGIC or int.from_bytes(content[4:8], "little") != len(content):
            raise ValueError(f"{folder / MODEL} is no CRFsuite model, or a part of one.")
        self._open(content)

    def _open(self, content: bytes) -> None:
        self._content = content  # the tagger reads this memory
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open_inmemory(content)


def features(words: Sequence[str]) -> list[list[str]]:
    """Features of each word: those of its own form, and the form of each neighbour; "" beyond the text's ends."""
    return [_of_word(words, place) for place in range(len(words))]


def _of_word(words: Sequence[str], place: int) -> list[str]:
    word = words[place]
    near = [words[place + step] if 0 <= place + step < len(words) else "" for step in WINDOW]
    found = [f"{step}:{other.lower()}" for step, other in zip(WINDOW, near, strict=True)]
    found += [f"shape{step}:{_shape(other)}" for step, other in zip(WINDOW, near, strict=True)]
    lower = word.lower()
    return [*found, *(f"prefix:{lower[:n]}" for n in AFFIXES), *(f"suffix:{lower[-n:]}" for n in AFFIXES)]


def _shape(word: str) -> str:
    """Case and kind of characters, of a run the first alone, as Xx for Budi, X.X. for U.S., 0 for 2026."""
    kinds = ["0" if c.isdigit() else "X" if c.isupper() else "x" if c.isalpha() else c for c in word]
    return "".join(kind for kind, before in zip(kinds, ["", *kinds], strict=False) if kind != before)
