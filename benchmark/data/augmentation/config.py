"""What the user gives to make new texts with, and what of it changes them. Cheap to import: no model library is."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmark.core.errors import InputError, UnknownNameError
from benchmark.core.hub import folder_digest, require_files, resolve
from benchmark.data.augmentation.rates import FASTTEXT, IDLE_ROUNDS, MASKING, SUBSTITUTION, TRANSLATION, VERSION

N_TEXTS = 20_000
"""The paper's number of new texts."""

SUBSTITUTED = "subs"
BACK_TRANSLATED = "bt_subs"
METHODS = (SUBSTITUTED, BACK_TRANSLATED)
"""Substitution by fastText neighbours, which needs no model; back-translation, then masked words filled anew."""

MODELS = ("forward_model", "backward_model", "fill_mask")
"""Fields of AugmentationConfig that name a model."""

TRANSLATOR = "translation model"
FILL_MASK = "fill-mask model"

WANTED = {
    "config.json": ("config.json",),
    "a tokenizer": ("tokenizer.json", "vocab.txt", "vocab.json", "*.model", "*.spm"),
    "weights (*.safetensors)": ("*.safetensors",),
}
IDENTITY_FILES = ("*.safetensors", "*.json", "*.txt", "*.model", "*.spm")


@dataclass(frozen=True, kw_only=True)
class AugmentationConfig:
    """What new texts are made with; models by hub id[@revision] or folder, empty where none is given."""

    forward_model: str = ""
    """Marian model of the first direction."""
    backward_model: str = ""
    """Marian model of the way back."""
    fill_mask: str = ""
    """Any masked language model with a fast tokenizer."""
    n_texts: int = N_TEXTS
    """New texts to make."""
    in_domain: str = ""
    """A file of the user's, which is read as it is."""

    def __post_init__(self) -> None:
        if self.n_texts < 1:
            raise InputError(f"{self.n_texts} new texts cannot be made. Ask for 1 or more; the paper made {N_TEXTS}.")


def missing_options(method: str, config: AugmentationConfig) -> str:
    """The options that the method still needs, in the user's words; empty where it needs none."""
    check_method(method)
    if method == SUBSTITUTED:
        return ""
    pair = "" if config.forward_model and config.backward_model else "--translate THERE BACK"
    return " and ".join(filter(None, [pair, "" if config.fill_mask else "--fill-mask MODEL"]))


def check_method(method: str) -> None:
    """Raises UnknownNameError."""
    if method not in METHODS:
        raise UnknownNameError("way to make new texts", method, METHODS)


def recipe(method: str, config: AugmentationConfig) -> Mapping[str, object]:
    """Everything besides the given texts that changes what comes out, as JSON-able values.

    Raises InputError where a model is lacking or is neither folder nor model of the hub, DataError where its folder
    lacks a part.
    """
    require(method, config)
    about = {"method": method, "version": VERSION, "n_texts": config.n_texts, "idle_rounds": IDLE_ROUNDS}
    if method == SUBSTITUTED:
        return about | {"substitution": SUBSTITUTION, "fasttext": FASTTEXT}
    models = [identify(name, TRANSLATOR) for name in (config.forward_model, config.backward_model)]
    models.append(identify(config.fill_mask, FILL_MASK))
    return about | {"models": models, "translation": TRANSLATION, "masking": MASKING}


def require(method: str, config: AugmentationConfig) -> None:
    """Raises InputError where the method lacks a model."""
    if missing := missing_options(method, config):
        raise InputError(
            f"{method!r} makes texts by translating them there and back and filling masked words anew, and needs "
            f"{missing} (folders or hub ids). Give them, or take {SUBSTITUTED!r}, which needs no model."
        )


def identify(name: str, what: str) -> str:
    """What the name stands for: the hub id with its commit, or a digest of the folder's files."""
    place = resolve(name, what)
    if "revision" in place:
        return f"{name.partition('@')[0]}@{place['revision']}"
    require_files(Path(name), what, WANTED)
    return _digest(Path(name), _stamps(Path(name)))


def _stamps(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What changes when a file does, without reading it."""
    files = sorted({path for pattern in IDENTITY_FILES for path in folder.glob(pattern)})
    return tuple((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files)


@cache
def _digest(folder: Path, stamps: tuple[tuple[str, int, int], ...]) -> str:  # noqa: ARG001
    """Read once a process: every run of a plan asks for it."""
    return folder_digest(folder, IDENTITY_FILES)
