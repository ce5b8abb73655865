"""Generators of the demonstration data sets: Indonesian small talk and entities, drawn from phrase patterns by a seed.

`python -m tools.demo_data` writes the files that ship in `benchmark/data/demo/`; see the README.md there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tools.demo_data import intents, spans

Text = TypeVar("Text")
Label = TypeVar("Label")


@dataclass(frozen=True, kw_only=True)
class Demo(Generic[Text, Label]):
    """A data set with unlabelled text; no text occurs twice.

    `labels` are in the order of class ids; for tagging they are IOB2 tags. `splits` maps train, validation and test
    to rows (text, label).
    """

    name: str
    labels: tuple[str, ...]
    splits: dict[str, list[tuple[Text, Label]]]
    unlabeled: tuple[Text, ...]


def smalltalk(seed: int = intents.SEED) -> Demo[str, str]:
    """Short informal texts, one intent each."""
    source = intents.Smalltalk(seed)
    return Demo(
        name="smalltalk_demo",
        labels=tuple(sorted(source.intents)),
        splits={name: source.labelled(n) for name, n in intents.SPLIT_SIZES.items()},
        unlabeled=source.unlabelled(intents.N_UNLABELED),
    )


def entities(seed: int = spans.SEED) -> Demo[spans.Words, spans.Words]:
    """Requests as words, one IOB2 tag per word."""
    source = spans.Entities(seed)
    return Demo(
        name="entity_demo",
        labels=source.tags,
        splits={name: source.rows(n, familiar=name == "train") for name, n in spans.SPLIT_SIZES.items()},
        unlabeled=tuple(words for words, _ in source.rows(spans.N_UNLABELED)),
    )


DEMOS: dict[str, Callable[[], Demo[Any, Any]]] = {"smalltalk_demo": smalltalk, "entity_demo": entities}
