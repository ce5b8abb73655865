"""The encoder that a teacher begins from: its identity, and its tokenizer, with equal ids in training and bundles.

A bundle keeps tokenizer.json alone, so options that only tokenizer_config.json holds are fixed here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from tokenizers import pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerBase
from transformers.models.auto.tokenization_auto import get_tokenizer_config

from benchmark.core import hub
from benchmark.core.errors import DataError
from benchmark.core.hub import readable
from benchmark.core.presets import MAX_LENGTH
from benchmark.core.spec import Task, digest
from benchmark.distillation.teacher import REMEDY, head_config, identify, locate, n_positions, n_rows

OPTIONS = {
    "truncation_side": "right",
    "padding_side": "right",
    "split_special_tokens": False,
}
"""Options of tokenizer_config.json that change ids; these values replace the folder's."""
APART = {"add_prefix_space": True}
"""For tagging: without it, byte-level tokenizers read a list of words as if glued together."""
_RARE = "\U00013000"
"""A letter, a hieroglyph, that next to no vocabulary has."""
FOLLOWED = ("truncation_side", "split_special_tokens")
"""Those in which earlier versions followed the folder."""


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

    @property
    def is_local(self) -> bool:
        """Whether it is a folder."""
        return "revision" not in locate(self.path)

    @cached_property
    def identity(self) -> str:
        """Digest of the folder's files, or the hub id with its revision."""
        return identify(self.path)

    @cached_property
    def key(self) -> str:
        """Its identity in keys of runs; another one where earlier versions gave its texts other ids."""
        changed = ignored_options(self.path) | ({"add_prefix_space": False} if self._lost_prefix else {})
        return digest([self.identity, changed]) if changed else self.identity

    @property
    def _lost_prefix(self) -> bool:
        """Whether earlier versions put a space before each text, which the folder's own tokenizer does not."""
        if self.task == "sequence_labeling":
            return False
        try:
            is_byte_level = bool(_parts(self.tokenizer, pre_tokenizers.ByteLevel))
        except DataError:  # raised where the tokenizer is needed
            return False
        ids = self.tokenizer("a")["input_ids"]
        return is_byte_level and bool(ids != _read_tokenizer(self.path, APART)("a")["input_ids"])

    @cached_property
    def config(self) -> dict[str, Any]:
        """Content of its config.json."""
        return head_config(self.path)

    @cached_property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        """Its tokenizer. Raises InputError if it is not available or unreadable."""
        self.identity  # noqa: B018 (raises DataError for an incomplete folder)
        hub.require_available(locate(self.path), "teacher")
        return load_tokenizer(self.path, self.task)

    @property
    def max_length(self) -> int:
        """Maximum tokens of a text."""
        return min(MAX_LENGTH[self.task], self.tokenizer.model_max_length, n_positions(self.path))


def load_tokenizer(name: str, task: Task = "classification") -> PreTrainedTokenizerBase:
    """The encoder's fast tokenizer; for tagging, one that keeps the space before each word of a list.

    Raises DataError if there is none that can be read, or if its ids do not fit the encoder or the task.
    """
    hub.require_self_contained(locate(name), "teacher")
    with readable(name, "teacher", REMEDY):
        tokenizer = _read_tokenizer(name, APART if task == "sequence_labeling" else {})
        tokenizer(_RARE)  # fails if the token of unknown characters is not in the vocabulary
    if not tokenizer.is_fast or tokenizer.pad_token_id is None:
        raise DataError(f"The tokenizer of {name!r} needs to be a fast one (tokenizer.json) with a padding token.")
    model = tokenizer.backend_tokenizer.model
    if getattr(model, "dropout", None):  # BPE-dropout (Provilkov et al., 2020) gives other ids at every call
        model.dropout = None
    if task == "sequence_labeling":
        _keep_words_apart(name, tokenizer)
    _check_max_length(name, tokenizer)
    _check_rows(name, tokenizer)
    return cast("PreTrainedTokenizerBase", tokenizer)


def _read_tokenizer(name: str, options: dict[str, bool]) -> Any:
    return AutoTokenizer.from_pretrained(**locate(name), trust_remote_code=False, **OPTIONS, **options)


def ignored_options(name: str) -> dict[str, Any]:
    """Options of the encoder's tokenizer_config.json that earlier versions followed and `OPTIONS` replaces."""
    location: dict[str, Any] = {**locate(name)}
    hub.require_available(location, "teacher")
    with readable(name, "teacher", REMEDY):
        config = get_tokenizer_config(**location)
    return {option: config[option] for option in FOLLOWED if config.get(option, OPTIONS[option]) != OPTIONS[option]}


def vocabulary_size(tokenizer: PreTrainedTokenizerBase) -> int:
    """Highest id plus one, the rows of an embedding; more than the number of tokens if ids are unused."""
    return max(tokenizer.get_vocab().values()) + 1


def vocabulary(tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """[V] the token of each id; "" for unused ids."""
    tokens = [""] * vocabulary_size(tokenizer)
    for token, token_id in tokenizer.get_vocab().items():
        tokens[token_id] = token
    return tokens


def _keep_words_apart(name: str, tokenizer: Any) -> None:
    """Sets `add_prefix_space`, which generic tokenizer classes ignore. Raises DataError if words stay glued."""
    for part in _parts(tokenizer, pre_tokenizers.ByteLevel):
        part.add_prefix_space = True
    if tokenizer("a b")["input_ids"] != tokenizer(["a", "b"], is_split_into_words=True)["input_ids"]:
        raise DataError(
            f"The tokenizer of {name!r} reads a list of words without the spaces between them. Give a teacher whose "
            "tokenizer.json has a pre-tokenizer that adds them, such as ByteLevel or Metaspace."
        )


def _parts(tokenizer: Any, kind: type) -> list[Any]:
    """Those of a kind in its pre-tokenizer, which may be a sequence."""
    pre_tokenizer: Any = tokenizer.backend_tokenizer.pre_tokenizer
    is_sequence = isinstance(pre_tokenizer, pre_tokenizers.Sequence)
    return [part for part in (list(pre_tokenizer) if is_sequence else [pre_tokenizer]) if isinstance(part, kind)]


def _check_max_length(name: str, tokenizer: Any) -> None:
    n_special = tokenizer.num_special_tokens_to_add()
    if tokenizer.model_max_length <= n_special:
        raise DataError(
            f"tokenizer_config.json of {name!r} has model_max_length {tokenizer.model_max_length}, which leaves no "
            f"room for text beside {n_special} special tokens. Raise it."
        )


def _check_rows(name: str, tokenizer: Any) -> None:
    rows = n_rows(name)
    if beyond := [token for token in vocabulary(tokenizer)[rows:] if token]:
        raise DataError(
            f"The tokenizer of {name!r} has {len(beyond)} tokens without a row in the encoder's embedding of {rows} "
            f"rows, such as {beyond[0]!r}. Call model.resize_token_embeddings({vocabulary_size(tokenizer)}) and save "
            "the model again."
        )
