"""Labels of a checkpoint's head, matched to those of a data set by name or by the user's map.

Names are equal regardless of case, and of `-`, `_` and spaces between words. Tags of entities match by type: a tag that
the data's scheme lacks goes to the one that means the same there, as S- to B- and E- to I-.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmark.core.errors import UnknownNameError
from benchmark.data.columns_file import folded
from benchmark.data.entry import Metric
from benchmark.data.tags import IOBES

NEW = "new"
"""`RunSpec.head` of a head that is initialised anew although the checkpoint has one of that size."""
NO_ROW = "-"

SUBSTITUTES: Mapping[str, str] = {"S": "BI", "B": "IS", "E": "I", "I": "E"}
"""Letters that mean the same in a scheme without the tag's own (IOBES, IOB2, IOB1); the first that the data have."""

_TAG = re.compile(r"([BIESLUM])(?:[-_ ](.+))?|O", re.DOTALL | re.IGNORECASE)

Key = tuple[str, str]
"""Letter of a tag, in IOBES, with its type; an empty letter with the name of any other label."""


@dataclass(frozen=True, kw_only=True)
class LabelMatch:
    """Rows of a checkpoint's head for each of the data's labels."""

    rows: tuple[tuple[int, ...], ...]
    """By label, in the data's order: rows whose probabilities add up; none for a label that the head lacks."""
    unused: tuple[str, ...]
    """The checkpoint's labels that are none of the data's."""
    same_classes: bool
    """Whether both have the same classes, or types of entities."""

    @property
    def is_permutation(self) -> bool:
        return not self.unused and all(len(rows) == 1 for rows in self.rows)

    @property
    def head(self) -> str:
        """The rows as `RunSpec.head`: `2 0+3 -` is row 2, the sum of rows 0 and 3, and a label without a row.

        Empty if the head is in the data's order already.
        """
        text = " ".join("+".join(map(str, rows)) or NO_ROW for rows in self.rows)
        return "" if self.is_permutation and text == " ".join(map(str, range(len(self.rows)))) else text


def read_head(head: str) -> list[list[int]]:
    """The rows that `LabelMatch.head` writes."""
    return [[int(row) for row in rows.split("+")] if rows != NO_ROW else [] for rows in head.split()]


def match_labels(
    theirs: Sequence[str], ours: Sequence[str], metric: Metric, renamed: Mapping[str, str]
) -> LabelMatch | None:
    """Match of a checkpoint's labels with the data's; None if they have no class or type of entities in common.

    `renamed` maps labels (or types of entities) of the checkpoint to the data's. Raises UnknownNameError for a name in
    it that the checkpoint lacks.
    """
    _require_known(renamed, theirs)
    names = [_renamed(label, renamed) for label in theirs]
    as_tags = metric == "entity_f1" and all(map(_TAG.fullmatch, (*names, *ours)))
    fold = len({_key(label, as_tags, fold=True) for label in ours}) == len(ours)
    their_keys, our_keys = ([_key(label, as_tags, fold=fold) for label in labels] for labels in (names, ours))
    targets = [_target(key, our_keys) for key in their_keys]
    if not any(target is not None and their_keys[row][0] != "O" for row, target in enumerate(targets)):
        return None
    return LabelMatch(
        rows=tuple(tuple(row for row, key in enumerate(targets) if key == our) for our in our_keys),
        unused=tuple(label for label, target in zip(theirs, targets, strict=True) if target is None),
        same_classes={name for _, name in their_keys} == {name for _, name in our_keys},
    )


def _target(key: Key, allowed: Iterable[Key]) -> Key | None:
    letter, name = key
    candidates = (key, *((other, name) for other in SUBSTITUTES.get(letter, "")))
    return next((candidate for candidate in candidates if candidate in allowed), None)


def _key(label: str, as_tag: bool, *, fold: bool) -> Key:
    letter, name = _split(label) if as_tag else ("", label)
    return letter, folded(name) if fold else name


def _split(tag: str) -> Key:
    letter = tag[0].upper()
    return IOBES.get(letter, letter), tag[2:]


def _renamed(label: str, renamed: Mapping[str, str]) -> str:
    """The label's name in the data; a type of entities is renamed in all of its tags."""
    if label in renamed or not _TAG.fullmatch(label):
        return renamed.get(label, label)
    return label[:2] + renamed.get(label[2:], label[2:])


def _require_known(renamed: Mapping[str, str], theirs: Sequence[str]) -> None:
    known = {*theirs, *(label[2:] for label in theirs if label[2:] and _TAG.fullmatch(label))}
    if unknown := [name for name in renamed if name not in known]:
        raise UnknownNameError("label of the teacher in `labels`", unknown[0], known)
