"""The teacher: any encoder that AutoModel loads, by hub id, by folder, or from an installed package."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from benchmark.core import hub as pretrained
from benchmark.core.errors import DataError, InputError
from benchmark.core.spec import Task

REVISIONS = {"indobenchmark/indobert-base-p1": "c2cd0b51ddce6580eb35263b39b0a1e5fb0a39e2"}
"""The commit that a hub id stands for where the user names none with ID@REVISION."""

PACKAGE = "package:"
"""Begins the name of a teacher whose folder lies in an installed Python package, as `package:benchmark`."""

WEIGHTS = ("*.safetensors", "*.bin")
WANTED = {
    "config.json": ("config.json",),
    "a tokenizer (tokenizer.json)": ("tokenizer.json", "vocab.txt", "vocab.json", "*.model"),
    "weights (*.safetensors or *.bin)": WEIGHTS,
}
IDENTITY_FILES = ("*.safetensors", "*.bin", "*.json", "*.txt", "*.model")

FROM_PADDING = ("camembert", "data2vec-text", "longformer", "mpnet", "roberta", "roberta-prelayernorm", "xlm-roberta")
"""Kinds of encoder that count positions from the one after the padding token's id, as fairseq did."""

FOREIGN_CODE = False
"""Where nothing is said, transformers asks at the terminal whether to run the code that came with a model."""

transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]


class Teacher(nn.Module):
    """An encoder with a task head, called like a student: ids and mask [B, L] in, logits [B, C] or [B, L, C] out."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    @property
    def embedding(self) -> nn.Embedding:
        return cast("nn.Embedding", self.model.get_input_embeddings())  # type: ignore[operator]

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return cast("Tensor", self.model(input_ids=input_ids, attention_mask=attention_mask).logits)


AUTO_MODELS = {
    "classification": AutoModelForSequenceClassification,
    "sequence_labeling": AutoModelForTokenClassification,
}


def load_teacher(name: str, task: Task, n_labels: int) -> Teacher:
    """The pretrained (or fine-tuned) encoder `name` in fp32, with a head of `n_labels`.

    A head of the same task and size is kept; one of another size is left out and starts anew. Raises DataError where
    the files are broken, or hold less than the whole encoder.
    """
    located = _located(name)
    with _readable(name), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, found = AUTO_MODELS[task].from_pretrained(
            **located,
            trust_remote_code=FOREIGN_CODE,
            num_labels=n_labels,
            dtype=torch.float32,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    _check_encoder(name, model.base_model_prefix, found)
    return Teacher(model)


def _check_encoder(name: str, prefix: str, found: dict[str, Any]) -> None:
    """`from_pretrained` starts what the file lacks by chance: right for a head (and a pooler), wrong for an encoder."""
    unfit = {*found["missing_keys"], *(key for key, *_ in found["mismatched_keys"])}
    lost = sorted(key for key in unfit if key.startswith(f"{prefix}.") and "pooler" not in key)
    if lost:
        raise DataError(
            f"The weights of the teacher {name!r} do not fit its config.json: {len(lost)} tensors are missing or of "
            f"another shape, as {lost[0]}. Save the model again with save_pretrained()."
        )


def load_tokenizer(name: str) -> PreTrainedTokenizerBase:
    """The fast tokenizer that belongs to the encoder; DataError where the folder holds none that can be read."""
    located = _located(name)
    with _readable(name):
        # A byte-level tokenizer reads words handed over one by one as glued together, unless told of the space before.
        tokenizer = AutoTokenizer.from_pretrained(**located, trust_remote_code=FOREIGN_CODE, add_prefix_space=True)
    if not tokenizer.is_fast or tokenizer.pad_token_id is None:
        raise DataError(f"The tokenizer of {name!r} needs to be a fast one (tokenizer.json) with a padding token.")
    return cast("PreTrainedTokenizerBase", tokenizer)


def n_positions(name: str) -> int:
    """Tokens of a text that the encoder has positions for; sys.maxsize where it sets no bound."""
    located = _located(name)
    with _readable(name):
        config = AutoConfig.from_pretrained(**located, trust_remote_code=FOREIGN_CODE)
    told = getattr(config, "max_position_embeddings", None) or -1
    if told < 0:
        return sys.maxsize
    return int(told) - (config.pad_token_id + 1 if config.model_type in FROM_PADDING else 0)


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """Makes a DataError of what the libraries raise over unreadable files, bare Exception among it."""
    try:
        yield
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        raise DataError(
            f"The teacher {name!r} cannot be read ({type(error).__name__}: {reason}). Give a folder that "
            "save_pretrained() wrote for model and tokenizer, or a hub id that can be reached from here."
        ) from error


def identify(name: str) -> str:
    """What the name stands for: a digest of its folder's files, or the hub id with its revision.

    Raises DataError for a folder without weights or tokenizer, InputError for a name that is neither.
    """
    located = _located(name)
    place = located["pretrained_model_name_or_path"]
    if "revision" in located:
        return f"{place}@{located['revision']}"
    pretrained.require_files(Path(place), "teacher", WANTED)
    return pretrained.folder_digest(Path(place), IDENTITY_FILES)


def _located(name: str) -> dict[str, str]:
    """Arguments for `from_pretrained`: where the encoder is, and which revision of it."""
    if name.startswith(PACKAGE):
        return {"pretrained_model_name_or_path": str(_package_folder(name.removeprefix(PACKAGE)))}
    return pretrained.resolve(name, "teacher", REVISIONS)


def _package_folder(package: str) -> Path:
    """The folder of an installed package that holds a model; the package is not imported."""
    spec = find_spec(package) if package.isidentifier() and package != "__main__" else None
    places = spec.submodule_search_locations if spec else None
    folders = (config.parent for place in places or () for config in sorted(Path(place).rglob("config.json")))
    found = next((folder for folder in folders if pretrained.contains(folder, WEIGHTS)), None)
    if found is None:
        raise InputError(
            f"No teacher at '{PACKAGE}{package}': no installed package of that name carries a model. Install it, or "
            "give another with --teacher."
        )
    return found
