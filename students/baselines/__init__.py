"""Models without a neural network, to compare students with: text in, labels out, trained on the labels of texts.

A classifier maps a string to a label, a tagger a list of words (or a string, split at whitespace) to a list of tags.
Files hold numbers and text alone: whoever loads a model runs no code of whoever stored it. Their checksums are stored
beside them, since CRFsuite and fastText end the process over a damaged file.
"""

import hashlib
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

    def fit(self, texts: Sequence[Any], labels: Sequence[Any], seed: int, scratch: Path, **variant: float) -> None:
        """Learns from texts with one label each, or (tagging) from lists of words with one tag per word.

        Files of the training go into the folder `scratch`, which its owner removes even if the process is killed.
        """

    def predict(self, texts: Sequence[Any], *, batch_size: int = 64) -> list[Any]:
        """One label per text, or one list of tags."""

    def save(self, folder: Path) -> None: ...

    def load(self, folder: Path) -> None: ...


def new_baseline(name: str) -> Baseline:
    """An untrained baseline. Raises ValueError for a name that BASELINES does not hold."""
    if name not in BASELINES:
        raise ValueError(_unknown(name))
    module, _, builder = BASELINES[name].builder.partition(":")
    model: Baseline = getattr(import_module(module), builder)()
    return model


def save_baseline(model: Baseline, name: str, folder: Path) -> None:
    """Writes the model, its name and the SHA-256 of its files into the new folder."""
    folder.mkdir(parents=True)
    model.save(folder)
    about = {"baseline": name, "files": {file.name: _sha256(file) for file in sorted(folder.iterdir())}}
    (folder / NAME_FILE).write_text(json.dumps(about) + "\n", encoding="utf-8")


def load_baseline(folder: Path) -> Baseline:
    """The model of a folder. Raises ValueError if `check_baseline` does."""
    model = new_baseline(check_baseline(folder))
    model.load(folder)
    return model


def check_baseline(folder: Path) -> str:
    """Name of the baseline in a folder. Nothing is loaded.

    Raises ValueError if it is none that this version knows, or if a file is missing or is not the one that was stored;
    folders of older versions have no checksums.
    """
    about = json.loads((folder / NAME_FILE).read_text(encoding="utf-8"))
    for name, checksum in about.get("files", {}).items():
        file = folder / Path(name).name
        if not file.is_file():
            raise ValueError(f"{file} is missing.")
        if _sha256(file) != checksum:
            raise ValueError(f"{file} is not the file that was stored: its SHA-256 differs.")
    if about["baseline"] not in BASELINES:
        raise ValueError(_unknown(about["baseline"]))
    return str(about["baseline"])


def _unknown(name: object) -> str:
    return f"Unknown baseline {name!r}; students/registry.py holds {', '.join(BASELINES)}."


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
