"""Loading of the models that rewrite texts: safetensors only, no remote code, no weight left uninitialised."""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import transformers
from transformers import (
    AutoConfig,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    BatchEncoding,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from benchmark.core.cache import cache_path, cached_json
from benchmark.core.errors import DataError, InputError
from benchmark.core.hub import readable, require_available, resolve
from benchmark.core.spec import digest
from benchmark.data.augmentation.config import FILL_MASK, TRANSLATOR, AugmentationConfig, identify

transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]

MARIAN = "marian"
MASK_HEADS = ("ForMaskedLM", "ForPreTraining", "WithLMHeadModel")
"""Ends of the names of classes whose models fill masks."""
REMEDY = "a hub id of a model with *.safetensors; if only a pull request on the hub has them, ID@refs/pr/N"


class LoadedModel(NamedTuple):
    """A model in eval mode with its tokenizer."""

    model: Any
    tokenizer: PreTrainedTokenizerBase


def encode(loaded: LoadedModel, texts: list[str], limit: float) -> tuple[BatchEncoding, int]:
    """Padded tensors on the model's device, and the maximum length in tokens to which texts are truncated."""
    model, tokenizer = loaded
    length = min(int(limit), int(tokenizer.model_max_length), int(model.config.max_position_embeddings))
    encoded = tokenizer(texts, padding=True, truncation=True, max_length=length, return_tensors="pt")
    return encoded.to(model.device), length


def load_translator(name: str, device: str) -> LoadedModel:
    """A Marian model. Raises InputError for a model of another class, DataError for broken files."""
    location = _locate(name, TRANSLATOR)
    _require_marian(name, location)
    return _load(AutoModelForSeq2SeqLM, name, TRANSLATOR, location, device)


def load_fill_mask(name: str, device: str) -> LoadedModel:
    """A masked language model with a fast tokenizer. Raises DataError if it is not."""
    location = _locate(name, FILL_MASK)
    _require_mask_token(name, location)
    return _load(AutoModelForMaskedLM, name, FILL_MASK, location, device)


def check_models(config: AugmentationConfig) -> None:
    """Raises InputError for a model that cannot generate texts, before anything is trained.

    A folder's model is loaded, once while its files are the same; of a model of the hub, which the run downloads, class
    and tokenizer are read.
    """
    for name in (config.forward_model, config.backward_model):
        _check(name, TRANSLATOR, _require_marian, load_translator)
    _check(config.fill_mask, FILL_MASK, _require_mask_head, load_fill_mask)


def _check(name: str, role: str, require: Callable[..., None], load: Callable[[str, str], LoadedModel]) -> None:
    location = _locate(name, role)
    if "revision" in location:
        require(name, location)
    else:
        about = digest([identify(name, role), role, transformers.__version__])
        cached_json(cache_path("checked_models", f"{about}.json"), lambda: bool(load(name, "cpu")))


def _require_marian(name: str, location: dict[str, str]) -> None:
    with readable(name, TRANSLATOR, REMEDY):
        kind = AutoConfig.from_pretrained(**location, trust_remote_code=False).model_type
    if kind != MARIAN:
        raise InputError(
            f"The {TRANSLATOR} {name!r} is of the class {kind!r}. Give a Marian model, which translates one pair of "
            "languages, such as Helsinki-NLP/opus-mt-id-en."
        )


def _require_mask_head(name: str, location: dict[str, str]) -> None:
    """By the class in the config, since the weights are not there to look at."""
    _require_mask_token(name, location)
    with readable(name, FILL_MASK, REMEDY):
        classes = AutoConfig.from_pretrained(**location, trust_remote_code=False).architectures
    if classes and not any(saved.endswith(MASK_HEADS) for saved in classes):
        raise InputError(
            f"The {FILL_MASK} {name!r} was saved as {classes[0]}, which fills no masks. Give one that was saved with "
            "its head, as a ...ForMaskedLM."
        )


def _require_mask_token(name: str, location: dict[str, str]) -> None:
    with readable(name, FILL_MASK, REMEDY):
        tokenizer = AutoTokenizer.from_pretrained(**location, trust_remote_code=False)
    if not tokenizer.is_fast or tokenizer.mask_token_id is None:
        raise DataError(f"The tokenizer of {name!r} must be a fast one (tokenizer.json) with a mask token.")


def _locate(name: str, role: str) -> dict[str, str]:
    identify(name, role)  # raises DataError for an incomplete folder
    location = resolve(name, role)
    require_available(location, role)
    return location


def _load(auto: Any, name: str, role: str, location: dict[str, str], device: str) -> LoadedModel:
    with readable(name, role, REMEDY), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tokenizer = AutoTokenizer.from_pretrained(**location, trust_remote_code=False)
        model, info = auto.from_pretrained(
            **location,
            dtype=torch.float32,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    _require_all_weights(name, role, info)
    return LoadedModel(model.to(device).eval(), tokenizer)


def _require_all_weights(name: str, role: str, info: dict[str, Any]) -> None:
    """`from_pretrained` initialises at random what the file lacks, and the texts would be random too."""
    missing = sorted({*info["missing_keys"], *(key for key, *_ in info["mismatched_keys"])})
    if missing:
        raise DataError(
            f"{name!r} is not a complete {role}: {len(missing)} tensors are missing or of another shape, the first is "
            f"{missing[0]}. Give a model that was saved as a {role}, with its head."
        )
