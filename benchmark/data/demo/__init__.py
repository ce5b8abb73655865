"""Bundled demonstration data: Indonesian small talk and entities, written for this project, drawn from a seed.

Both sets are made, not gathered: no person wrote these sentences to a chatbot. They show that the benchmark works and
what distillation does; scores on them say nothing about any published data set. See README.md beside this file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from benchmark.core.spec import Task
from benchmark.data.demo import intents, spans

Text = TypeVar("Text")
Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class Demo(Generic[Text, Answer]):
    """A data set with unlabelled text of its own.

    `labels` stand in the order of class numbers; for tagging they are IOB tags. `splits` holds "train", "validation"
    and "test" as rows of text and answer. No text stands in two splits, nor in a split and `unlabeled`.
    """

    name: str
    task: Task
    labels: tuple[str, ...]
    splits: dict[str, list[tuple[Text, Answer]]]
    unlabeled: tuple[Text, ...]


def smalltalk(seed: int = intents.SEED) -> Demo[str, str]:
    """Short informal texts with their intent."""
    source = intents.Smalltalk(seed)
    return Demo(
        name="smalltalk_demo",
        task="classification",
        labels=tuple(sorted(source.intents)),
        splits={name: source.labelled(n) for name, n in intents.SPLIT_SIZES.items()},
        unlabeled=source.unlabelled(intents.N_UNLABELED),
    )


def entities(seed: int = spans.SEED) -> Demo[spans.Words, spans.Words]:
    """Requests as words, with an IOB tag for each word."""
    source = spans.Entities(seed)
    return Demo(
        name="entity_demo",
        task="sequence_labeling",
        labels=source.tags,
        splits={name: source.rows(n, familiar=name == "train") for name, n in spans.SPLIT_SIZES.items()},
        unlabeled=tuple(words for words, _ in source.rows(spans.N_UNLABELED)),
    )


DEMOS: dict[str, Callable[[], Demo[Any, Any]]] = {"smalltalk_demo": smalltalk, "entity_demo": entities}
