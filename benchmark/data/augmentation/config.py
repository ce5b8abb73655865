"""Configuration of generated texts, and everything that determines them. Imports no model library."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmark.core import hub
from benchmark.core.errors import InputError
from benchmark.core.settings import N_TEXTS

SUBSTITUTED = "subs"
BACK_TRANSLATED = "bt_subs"
METHODS = (SUBSTITUTED, BACK_TRANSLATED)
"""Word substitution by fastText neighbours, which needs no model; back-translation followed by mask filling."""

MODELS = ("forward_model", "backward_model", "fill_mask")
"""Fields of AugmentationConfig that name a model."""

TRANSLATOR = "translation model"
FILL_MASK = "fill-mask model"

REQUIRED_FILES = {
    "config.json": ("config.json",),
    "a tokenizer": ("tokenizer.json", "vocab.txt", "vocab.json", "*.model", "*.spm"),
    "weights (*.safetensors)": ("*.safetensors",),
}
IDENTITY_FILES = ("*.safetensors", "*.json", "*.txt", "*.model", "*.spm")

VERSION = 1
"""Version of the algorithms; raise it when equal texts, models and parameters give other texts."""

TRANSLATION = {"num_beams": 1, "max_pieces": 256}
"""Greedy search; tokens read and written per text at most."""

MASKING: dict[str, float] = {"share": 0.15, "top_k": 10, "max_pieces": 256}
"""Share of a text's words that are masked (Devlin et al., 2019), candidates to sample from, tokens read at most."""

SUBSTITUTION: dict[str, float] = {"share": 0.2, "top_k": 3, "neighbourhood": 10}
"""Share of a text's words that are replaced, neighbours to sample from, and size of the neighbourhood."""

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
"""Whole words without character n-grams, whose neighbours would be inflections; a narrow window, in which
interchangeable words are similar rather than words of one topic; frequent words are subsampled less than by default,
since the text is small; one thread, since more make the vectors differ between runs."""

IDLE_ROUNDS = 3
"""Rounds over the source without a new text after which generation ends."""


@dataclass(frozen=True, kw_only=True)
class AugmentationConfig:
    """Sources of a setting's own unlabelled text; models by hub id[@revision] or folder, empty for none."""

    forward_model: str = ""
    """Marian model from the texts' language into another one."""
    backward_model: str = ""
    """Marian model from that language back."""
    fill_mask: str = ""
    """Masked language model with a fast tokenizer."""
    n_texts: int = N_TEXTS
    """Texts to generate."""
    in_domain: str = ""
    """File of in-domain text, one text per line."""


def missing_options(method: str, config: AugmentationConfig) -> str:
    """Command-line options that the method still needs; empty if it needs none."""
    if method == SUBSTITUTED:
        return ""
    pair = "" if config.forward_model and config.backward_model else "--translate FORWARD BACKWARD"
    return " and ".join(filter(None, [pair, "" if config.fill_mask else "--fill-mask MODEL"]))


def generation_parameters(method: str, config: AugmentationConfig) -> Mapping[str, object]:
    """Everything that determines the generated texts besides the source texts, as JSON-able values.

    Raises InputError for a model that is missing or is neither a folder nor on the hub, DataError for an incomplete
    folder.
    """
    require_models(method, config)
    about = {"method": method, "version": VERSION, "n_texts": config.n_texts, "idle_rounds": IDLE_ROUNDS}
    if method == SUBSTITUTED:
        return about | {"substitution": SUBSTITUTION, "fasttext": FASTTEXT}
    models = [identify(name, TRANSLATOR) for name in (config.forward_model, config.backward_model)]
    models.append(identify(config.fill_mask, FILL_MASK))
    return about | {"models": models, "translation": TRANSLATION, "masking": MASKING}


def require_models(method: str, config: AugmentationConfig) -> None:
    """Raises InputError if the method lacks a model."""
    if missing := missing_options(method, config):
        raise InputError(
            f"{method!r} back-translates texts and fills masked words, and needs {missing} (folders or hub ids). "
            f"Give them, or use {SUBSTITUTED!r}, which needs no model."
        )


def identify(name: str, role: str) -> str:
    """Identity of a model: the hub id with its commit, or a digest of the folder's files."""
    return hub.identify(hub.resolve(name, role), role, REQUIRED_FILES, IDENTITY_FILES)
