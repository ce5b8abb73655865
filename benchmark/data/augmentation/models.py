"""Loading the models that texts are made with: safetensors alone, no code of strangers, and nothing left to chance."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from benchmark.core.errors import BenchmarkError, DataError, InputError
from benchmark.core.hub import require_on_hub, resolve
from benchmark.data.augmentation.config import FILL_MASK, TRANSLATOR, identify

transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]

MARIAN = "marian"


@dataclass(frozen=True)
class Loaded:
    """A model ready to answer, with the tokenizer it reads by."""

    model: Any
    tokenizer: PreTrainedTokenizerBase

    def reads(self, at_most: int) -> int:
        """Pieces that it reads of a text."""
        return min(at_most, int(self.tokenizer.model_max_length), int(self.model.config.max_position_embeddings))


def load_translator(name: str, device: str) -> Loaded:
    """A Marian model. Raises InputError for one of another class, DataError where its files are broken."""
    place = _place(name, TRANSLATOR)
    with _readable(name, TRANSLATOR):
        kind = AutoConfig.from_pretrained(**place, trust_remote_code=False).model_type
    if kind != MARIAN:
        raise InputError(
            f"The {TRANSLATOR} {name!r} is of the class {kind!r}. Give a Marian model, whose one pair of languages "
            "needs no naming, as Helsinki-NLP/opus-mt-id-en."
        )
    return _load(AutoModelForSeq2SeqLM, name, TRANSLATOR, place, device)


def load_fill_mask(name: str, device: str) -> Loaded:
    """Any masked language model with a fast tokenizer. Raises DataError for a model without either."""
    loaded = _load(AutoModelForMaskedLM, name, FILL_MASK, _place(name, FILL_MASK), device)
    if not loaded.tokenizer.is_fast or loaded.tokenizer.mask_token_id is None:
        raise DataError(f"The tokenizer of {name!r} needs to be a fast one (tokenizer.json) with a mask token.")
    return loaded


def _place(name: str, what: str) -> dict[str, str]:
    """Where the model is, after a look whether it can be had at all."""
    identify(name, what)
    place = resolve(name, what)
    if "revision" in place:
        require_on_hub(place["pretrained_model_name_or_path"], place["revision"], what)
    return place


def _load(auto: Any, name: str, what: str, place: dict[str, str], device: str) -> Loaded:
    with _readable(name, what), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tokenizer = AutoTokenizer.from_pretrained(**place, trust_remote_code=False)
        model, found = auto.from_pretrained(
            **place,
            dtype=torch.float32,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    _check_whole(name, what, found)
    return Loaded(model.to(device).eval(), tokenizer)


def _check_whole(name: str, what: str, found: dict[str, Any]) -> None:
    """`from_pretrained` starts what the file lacks by chance, and its words would be chance too."""
    lost = sorted({*found["missing_keys"], *(key for key, *_ in found["mismatched_keys"])})
    if lost:
        raise DataError(
            f"{name!r} holds no whole {what}: {len(lost)} tensors are missing or of another shape, as {lost[0]}. "
            f"Give a model that was saved as a {what}, with its head."
        )


@contextmanager
def _readable(name: str, what: str) -> Iterator[None]:
    """Makes a DataError of what the libraries raise over unreadable files, bare Exception among it."""
    try:
        yield
    except BenchmarkError:
        raise
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        raise DataError(
            f"The {what} {name!r} cannot be read ({type(error).__name__}: {reason}). Give a folder that "
            "save_pretrained() wrote for model and tokenizer, or a hub id of a model that has *.safetensors; where "
            "only a pull request of the hub has them, ID@refs/pr/N."
        ) from error
