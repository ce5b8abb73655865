"""Models without a neural network, to compare students with: text in, labels out, trained on the labels of texts.

A classifier maps a string to a label, a tagger a list of words (or a string, split at whitespace) to a list of tags.
Files hold numbers and text alone: whoever loads a model runs no code of whoever stored it.
"""

import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from students.registry import BASELINES

NAME_FILE = "baseline.json"


class Baseline(Protocol):
    """A model that is fitted, kept and loaded; `batch_size` of predictions is that of bundles, and has no effect."""

    VARIANTS: Sequence[Mapping[str, float]]
    """Arguments of `fit` to choose from, the usual ones first; the best on validation is used."""

    @property
    def n_parameters(self) -> int: ...

    def fit(self, texts: Sequence[Any], labels: Sequence[Any], seed: int, **variant: float) -> None:
        """Learns from texts with one label each, or (tagging) from lists of words with one tag per word."""

    def predict(self, texts: Sequence[Any], *, batch_size: int = 64) -> list[Any]:
        """One label per text, or one list of tags."""

    def save(self, folder: Path) -> None: ...

    def load(self, folder: Path) -> None: ...


def new_baseline(name: str) -> Baseline:
    """An untrained baseline. Raises ValueError for a name that BASELINES does not hold."""
    if name not in BASELINES:
        raise ValueError(f"Unknown baseline {name!r}; students/registry.py holds {', '.join(BASELINES)}.")
    module, _, builder = BASELINES[name].builder.partition(":")
    model: Baseline = getattr(import_module(module), builder)()
    return model


def save_baseline(model: Baseline, name: str, folder: Path) -> None:
    """Writes the model and its name into the new folder."""
    folder.mkdir(parents=True)
    (folder / NAME_FILE).write_text(json.dumps({"baseline": name}) + "\n", encoding="utf-8")
    model.save(folder)


def load_baseline(folder: Path) -> Baseline:
    """The model of a folder. Raises ValueError if it is of no baseline that this version knows."""
    model = new_baseline(json.loads((folder / NAME_FILE).read_text(encoding="utf-8"))["baseline"])
    model.load(folder)
    return model
