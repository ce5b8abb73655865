"""The teacher: any encoder that AutoModel loads, by hub id, by folder, or from an installed package."""

import sys
import warnings
from collections.abc import Sequence
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
    PretrainedConfig,
)
from transformers.utils import logging as transformers_logging

from benchmark.core import hub
from benchmark.core.errors import DataError, InputError
from benchmark.core.hub import readable
from benchmark.core.spec import Task
from benchmark.distillation import teacher_head
from benchmark.distillation.teacher_labels import NEW

REVISIONS = {"indobenchmark/indobert-base-p1": "c2cd0b51ddce6580eb35263b39b0a1e5fb0a39e2"}
"""Default revision of a hub id, used unless the user names one with ID@REVISION."""

PACKAGE = "package:"
"""Prefix of a teacher in the folder of an installed Python package, as `package:benchmark`."""

ADAPTER = "adapter_config.json"
WEIGHTS = ("model*.safetensors", "pytorch_model*.bin")
REQUIRED_FILES = {
    "config.json": ("config.json",),
    "a tokenizer (tokenizer.json)": ("tokenizer.json", "vocab.txt", "vocab.json", "*.model"),
    "weights (model.safetensors or pytorch_model.bin)": WEIGHTS,
}
IDENTITY_FILES = ("*.safetensors", "*.bin", "*.json", "*.txt", "*.model")

FROM_PADDING = ("camembert", "data2vec-text", "longformer", "mpnet", "roberta", "roberta-prelayernorm", "xlm-roberta")
"""Model types that count positions from the one after the padding token's id, as fairseq did."""

REMEDY = "a hub id that can be reached from here"

transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]


class Teacher(nn.Module):
    """An encoder with a task head, called like a student: ids and mask [B, L] in, logits [B, C] or [B, L, C] out."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.rows = teacher_head.merged_rows(model)

    @property
    def embedding(self) -> nn.Embedding:
        return cast("nn.Embedding", self.model.get_input_embeddings())  # type: ignore[operator]

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        logits = cast("Tensor", self.model(input_ids=input_ids, attention_mask=attention_mask).logits)
        return teacher_head.merge(logits, self.rows) if self.rows else logits


AUTO_MODELS = {
    "classification": AutoModelForSequenceClassification,
    "sequence_labeling": AutoModelForTokenClassification,
}


def load_teacher(name: str, task: Task, labels: Sequence[str] = (), head: str = "", *, as_is: bool = False) -> Teacher:
    """The pretrained (or fine-tuned) encoder `name` in fp32, with a head for `labels`, or with its own without any.

    `head` is that of its RunSpec. If it is empty, a head of the same task and size is loaded, and any other is
    initialised at random. Raises DataError for files that are broken or lack weights of the encoder, or of the head
    where that is used `as_is`.
    """
    location = locate(name)
    hub.require_self_contained(location, "teacher")
    names = labels if labels and head in ("", NEW) else head_config(name).get("id2label")
    config: dict[str, Any] = {"num_labels": len(names)} if names else {}
    if _lacks_padding(_config(name)):
        config["pad_token_id"] = _pad_id(name)
    with readable(name, "teacher", REMEDY), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, info = AUTO_MODELS[task].from_pretrained(
            **location,
            trust_remote_code=False,
            **config,
            dtype=torch.float32,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    _check_weights(name, "" if as_is else f"{model.base_model_prefix}.", info)
    if labels:
        teacher_head.arrange(model, head, labels)
    return Teacher(model)


def _check_weights(name: str, prefix: str, info: dict[str, Any]) -> None:
    """`from_pretrained` initialises missing weights at random: right for a new head or a pooler, wrong for others."""
    unfit = {*info["missing_keys"], *(key for key, *_ in info["mismatched_keys"])}
    missing = sorted(key for key in unfit if key.startswith(prefix) and "pooler" not in key)
    if missing:
        raise DataError(
            f"The weights of the teacher {name!r} do not fit its config.json: {len(missing)} tensors are missing or of "
            f"another shape, as {missing[0]}. Save the model again with save_pretrained()."
        )


def n_positions(name: str) -> int:
    """Maximum length in tokens that the encoder has positions for; sys.maxsize if unbounded."""
    config = _config(name)
    positions = getattr(config, "max_position_embeddings", None) or -1
    if positions < 0:
        return sys.maxsize
    return int(positions) - (_pad_id(name) + 1 if config.model_type in FROM_PADDING else 0)


def n_rows(name: str) -> int:
    """Rows of the encoder's embedding, one per token id; sys.maxsize if its config does not say."""
    return int(getattr(_config(name), "vocab_size", None) or sys.maxsize)


def head_config(name: str) -> dict[str, Any]:
    """Content of the teacher's config.json, which describes its head; empty if it cannot be read.

    `id2label` is that of `label2id` if there is none.
    """
    config = hub.read_config(locate(name), "teacher")
    if isinstance(ids := config.get("label2id"), dict) and not config.get("id2label"):
        return config | {"id2label": {str(row): label for label, row in ids.items()}}
    return config


def _config(name: str) -> PretrainedConfig:
    location = locate(name)
    with readable(name, "teacher", REMEDY):
        return cast("PretrainedConfig", AutoConfig.from_pretrained(**location, trust_remote_code=False))


def _pad_id(name: str) -> int:
    """Id of the padding token: the config's, or the tokenizer's, by which texts are padded."""
    config, location = _config(name), locate(name)
    if not _lacks_padding(config):
        return int(config.pad_token_id)
    with readable(name, "teacher", REMEDY):
        return int(AutoTokenizer.from_pretrained(**location, trust_remote_code=False).pad_token_id)


def _lacks_padding(config: PretrainedConfig) -> bool:
    """Decoders need it to find the last token, and encoders of FROM_PADDING to count positions."""
    return getattr(config, "pad_token_id", 0) is None


def identify(name: str) -> str:
    """Identity of a teacher: a digest of its folder's files, or the hub id with its revision.

    Raises DataError for a folder without weights or tokenizer and a model with an adapter, InputError for a name of
    neither.
    """
    location = locate(name)
    if hub.has_file(location, ADAPTER):
        raise DataError(
            f"The teacher {name!r} has an adapter of PEFT ({ADAPTER}) beside its model. Merge it first: "
            "model.merge_and_unload().save_pretrained(FOLDER)."
        )
    return hub.identify(location, "teacher", REQUIRED_FILES, IDENTITY_FILES)


def locate(name: str) -> dict[str, str]:
    """Arguments of `from_pretrained` that find the teacher. Raises InputError for a name of none."""
    if name.startswith(PACKAGE):
        return {"pretrained_model_name_or_path": str(_package_folder(name.removeprefix(PACKAGE)))}
    return hub.resolve(name, "teacher", REVISIONS)


def _package_folder(package: str) -> Path:
    """Folder of a model in an installed package, which is not imported. Raises InputError if there is none."""
    spec = find_spec(package) if package.isidentifier() and package != "__main__" else None
    locations = spec.submodule_search_locations if spec else None
    folders = (config.parent for folder in locations or () for config in sorted(Path(folder).rglob("config.json")))
    found = next((folder for folder in folders if hub.contains(folder, WEIGHTS)), None)
    if found is None:
        raise InputError(
            f"No teacher at '{PACKAGE}{package}': no installed package of that name contains a model. Install it, or "
            "give another with --teacher."
        )
    return found
