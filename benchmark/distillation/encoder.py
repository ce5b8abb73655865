"""The encoder that a teacher begins from: its place on this machine, its identity and its tokenizer."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from transformers import PreTrainedTokenizerBase

from benchmark.core.hub import require_on_hub
from benchmark.core.presets import MAX_LENGTH
from benchmark.core.spec import Task, digest
from benchmark.distillation.teacher import head_config, identify, n_positions
from benchmark.distillation.tokenizer import ignored_options, load_tokenizer


@dataclass(kw_only=True)
class Encoder:
    """A pretrained encoder or fine-tuned checkpoint, read at first use."""

    name: str
    """Hub id or folder, as the user named it."""
    task: Task
    resolve_path: Callable[[str], str] = str

    @cached_property
    def path(self) -> str:
        """Hub id, or folder on this machine."""
        return self.resolve_path(self.name)

    @cached_property
    def identity(self) -> str:
        """Digest of the folder's files, or the hub id with its revision."""
        return identify(self.path)

    @cached_property
    def key(self) -> str:
        """Its identity in keys of runs; another one where earlier versions gave its texts other ids."""
        ignored = ignored_options(self.path)
        return digest([self.identity, ignored]) if ignored else self.identity

    @cached_property
    def config(self) -> dict[str, Any]:
        """Content of its config.json."""
        return head_config(self.path)

    @cached_property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        """Its tokenizer. Raises InputError if it is not available or unreadable."""
        hub_id, _, revision = self.identity.partition("@")
        if revision:
            require_on_hub(hub_id, revision, "teacher")
        return load_tokenizer(self.path, self.task)

    @property
    def max_length(self) -> int:
        """Maximum tokens of a text."""
        return min(MAX_LENGTH[self.task], self.tokenizer.model_max_length, n_positions(self.path))
