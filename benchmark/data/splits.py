"""Splits: a validation split cut off where there is none, labels collected, broken data refused."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from benchmark.core.errors import DataError
from benchmark.core.spec import Task
from benchmark.data.entry import SPLITS, Metric, Split
from benchmark.data.rows import Row, shorten

Splits = Mapping[Split, Sequence[Row]]

SCHEMES = ({"O", "B-", "I-", "E-", "S-"}, {"O", "B-", "I-", "L-", "U-"}, {"O", "B-", "M-", "E-", "S-"})
"""How tags of entities start: IOB and IOBES, BILOU, BMES."""


def ranking(n: int, seed: str) -> list[int]:
    """The numbers 0..n-1 shuffled by `seed`: the same on every machine and every version of Python."""
    return sorted(range(n), key=lambda i: hashlib.sha256(f"{seed}:{i}".encode()).digest())


def cut_validation(rows: Sequence[Row], fraction: float, task: Task, where: str) -> tuple[list[Row], list[Row]]:
    """`rows` without and with the share `fraction`: (train, validation), both in the file's order.

    Classification keeps the classes' shares (stratified) and leaves every class at least one row of train.

    Raises:
        DataError: too few rows to cut a validation split off.
    """
    order = ranking(len(rows), "validation_fraction")
    candidates = _by_class(rows, order) if task == "classification" else order[1:]
    n_taken = min(max(1, round(len(rows) * fraction)), len(candidates))
    if not n_taken:
        raise DataError(f"{where} has too few rows ({len(rows)}) to cut a validation split off. Provide one.")
    taken = {candidates[int((i + 0.5) * len(candidates) / n_taken)] for i in range(n_taken)}
    kept = [row for i, row in enumerate(rows) if i not in taken]
    return kept, [rows[i] for i in sorted(taken)]


def _by_class(rows: Sequence[Row], order: Iterable[int]) -> list[int]:
    """Row numbers class after class, the first of each class left out; evenly spaced picks are then stratified."""
    classes = defaultdict[str | tuple[str, ...], list[int]](list)
    for i in order:
        classes[rows[i].label].append(i)
    return [i for name in sorted(classes) for i in classes[name][1:]]


def labels_of(rows: Iterable[Row]) -> tuple[str, ...]:
    """Every class or tag of `rows`, sorted; O first, and B- before I- of the same type."""
    found = {name for row in rows for name in names_of(row)}
    return tuple(sorted(found, key=lambda name: (name != "O", name.partition("-")[2] or name, name)))


def names_of(row: Row) -> tuple[str, ...]:
    return (row.label,) if isinstance(row.label, str) else row.label


def metric_of(task: Task, labels: Iterable[str]) -> Metric:
    """Entity level where a scheme of entities has all tags; word level where none has, or where all begin with B-.

    Parts of speech are published with and without that B-.
    """
    if task == "classification":
        return "macro_f1"
    starts = {name[:2] for name in labels}
    return "entity_f1" if starts != {"B-"} and any(starts <= scheme for scheme in SCHEMES) else "word_f1"


def check_headers(splits: Splits, where: Mapping[Split, str], remedy: str) -> None:
    """Refuse files, read by position, that begin with a header: it would be learnt as a class of its own.

    It is taken for one where every split's file begins with it and its label stands nowhere else. `remedy` may name
    its cells: {text}, {label}.

    Raises:
        DataError: a header.
    """
    heads = {_head(rows[0]) if rows else ("", "") for rows in splits.values()}
    text, label = heads.pop()
    n_rows_labelled_so = sum(names_of(row).count(label) for rows in splits.values() for row in rows)
    if not heads and n_rows_labelled_so == len(splits):
        text, label = shorten(text), shorten(label)
        raise DataError(
            f"{where['train']}, line {splits['train'][0].line}: {text} with label {label} begins the file of every "
            f"split, and that label stands nowhere else: a header? {remedy.format(text=text, label=label)}"
        )


def _head(row: Row) -> tuple[str, str]:
    """Text and class; of a sentence the first word and its tag."""
    return (row.text if isinstance(row.text, str) else row.text[0]), names_of(row)[0]


def check_splits(splits: Splits, labels: Sequence[str], where: Mapping[Split, str]) -> None:
    """Refuse what cannot be learnt from or scored.

    Raises:
        DataError: an empty split, one class only, a label unknown to train, a test split of one constant label.
    """
    for split in SPLITS:
        if not splits[split]:
            raise DataError(f"{where[split]}: the {split} split is empty. Provide at least one row.")
    if len(labels) < 2:
        raise DataError(
            f"{where['train']}: every row of train has the label {labels[0]!r}; at least two classes are needed."
        )
    for split in SPLITS:
        _check_known(splits[split], labels, f"{where[split]} ({split})")
    _check_unmasked(splits["test"], where["test"])


def _check_known(rows: Iterable[Row], labels: Sequence[str], where: str) -> None:
    known = set(labels)
    for row in rows:
        if strange := [name for name in names_of(row) if name not in known]:
            raise DataError(
                f"{where}, line {row.line}: label {shorten(strange[0])} does not occur in train. "
                f"Known: {', '.join(name[:40] for name in labels[:30])}{', ...' if len(labels) > 30 else ''}. "
                "Correct it, add it to train, or remove the row."
            )


def _check_unmasked(rows: Sequence[Row], where: str) -> None:
    """Some publishers replace the test labels by one constant; a score on them means nothing."""
    constant = {name for row in rows for name in names_of(row)}
    if len(rows) > 1 and len(constant) == 1:
        raise DataError(
            f"{where}: all {len(rows)} rows of test have the label {constant.pop()!r}: the labels look masked. "
            "Provide a test split with its true labels."
        )
