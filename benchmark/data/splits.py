"""Splits of a data set: cutting off a validation split, finding labels, rejecting unusable data."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from benchmark.core.errors import DataError
from benchmark.core.spec import Task
from benchmark.data.entry import SPLITS, Split
from benchmark.data.rows import Row, shorten

Splits = Mapping[Split, Sequence[Row]]
N_JUDGED = 20
"""Fewest rows by which a column of labels is judged to be of classes or not."""


def ranking(n: int, seed: str) -> list[int]:
    """The numbers 0..n-1 shuffled by `seed`, the same on every machine and version of Python."""
    return sorted(range(n), key=lambda i: hashlib.sha256(f"{seed}:{i}".encode()).digest())


def cut_validation(rows: Sequence[Row], fraction: float, task: Task, where: str) -> tuple[list[Row], list[Row]]:
    """Splits `rows` into train and a validation split of the share `fraction`, both in the file's order.

    For classification the split is stratified. Every class or tag keeps at least one row in train. Raises DataError
    for too few rows.
    """
    order = ranking(len(rows), "validation_fraction")
    candidates = _by_class(rows, order) if task == "classification" else _without_new_tags(rows, order)
    n_taken = min(max(1, round(len(rows) * fraction)), len(candidates))
    if not n_taken:
        raise DataError(
            f"{where} has too few rows ({len(rows)}) to cut off a validation split. Provide one.{_many(rows)}"
        )
    taken = {candidates[int((i + 0.5) * len(candidates) / n_taken)] for i in range(n_taken)}
    kept = [row for i, row in enumerate(rows) if i not in taken]
    return kept, [rows[i] for i in sorted(taken)]


def _by_class(rows: Sequence[Row], order: Iterable[int]) -> list[int]:
    """Row indices class by class, without the first of each, so that evenly spaced ones are a stratified sample."""
    classes = defaultdict[str | tuple[str, ...], list[int]](list)
    for i in order:
        classes[rows[i].label].append(i)
    return [i for name in sorted(classes) for i in classes[name][1:]]


def _without_new_tags(rows: Sequence[Row], order: Iterable[int]) -> list[int]:
    """Indices of rows whose tags all occur in rows before them, which are not among them."""
    kept, candidates = set[str](), list[int]()
    for i in order:
        if kept.issuperset(rows[i].label):
            candidates.append(i)
        kept.update(rows[i].label)
    return candidates


def labels_of(rows: Iterable[Row]) -> tuple[str, ...]:
    """Distinct classes or tags of `rows`, sorted; O first, B- before I- of the same type."""
    found = {name for row in rows for name in names_of(row)}
    return tuple(sorted(found, key=lambda name: (name != "O", name.partition("-")[2] or name, name)))


def names_of(row: Row) -> tuple[str, ...]:
    return (row.label,) if isinstance(row.label, str) else row.label


_PARTS = re.compile(r"\s*[,;|/+&]\s*")
_LIST = re.compile(r"\s*[,;|]\s*")
_NUMBERS = re.compile(r"\d+(?:[\s,;|]+\d+)+")
_DECIMAL = re.compile(r"\d+,\d+")


def check_single_labels(splits: Splits, where: Mapping[Split, str]) -> None:
    """Raises DataError for a class that joins others, such as 2,10 or a|b: several labels of one text."""
    names = {row.label for rows in splits.values() for row in rows if isinstance(row.label, str)}
    recurring = _recurring(names)
    joined = {name for name in names if _joins(name, names, recurring)}
    for split in SPLITS:
        for row in splits.get(split, ()):
            if row.label in joined:
                raise DataError(
                    f"{where[split]}, line {row.line}: the label {shorten(row.label)} is several labels in one cell; a "
                    f"text has one class. Choose one of them, or remove the row.{_decimal(row.label)}"
                )


def _decimal(label: str) -> str:
    return f" If it is a number, write {label.replace(',', '.')}." if _DECIMAL.fullmatch(label) else ""


def _recurring(names: Iterable[str]) -> set[str]:
    """Parts of several labels, which are labels themselves even if none stands alone, as in `a,b`, `b,c`, `a,c`."""
    parts = ({*re.findall(r"\d+", name)} if _NUMBERS.fullmatch(name) else {*_LIST.split(name)} for name in names)
    counts = Counter(part for found in parts if len(found) > 1 for part in found)
    return {part for part, n in counts.items() if n > 1}


def _joins(name: str, names: Collection[str], recurring: set[str]) -> bool:
    """Whether all parts of the label are labels themselves, or all are numbers and one of them is.

    One part alone may recur: `Solo, Java` and `Bogor, Java` are one label each.
    """
    if _NUMBERS.fullmatch(name):
        return any(number in names or number in recurring for number in re.findall(r"\d+", name))
    parts = _PARTS.split(name)
    return len(parts) > 1 and (all(part in names for part in parts) or recurring.issuperset(_LIST.split(name)))


def check_splits(splits: Splits, labels: Sequence[str], where: Mapping[Split, str]) -> None:
    """Raises DataError for an empty split, a single class, a label that train lacks, or one constant label in test."""
    for split in ("validation", "test"):
        if not splits[split]:
            raise DataError(f"{where[split]}: the {split} split is empty. Provide at least one row.")
    if len(labels) < 2:
        source: Split = "train" if splits["train"] else "test"
        raise DataError(
            f"{where[source]}: every row of {source} has the label {labels[0]!r}; at least two classes are needed."
        )
    for split in SPLITS:
        _check_labels(splits[split], labels, f"{where[split]} ({split})", _many(splits["train"]), bool(splits["train"]))
    constant = {name for row in splits["test"] for name in names_of(row)}
    if len(splits["test"]) > 1 and len(constant) == 1:  # some publishers mask the test labels
        raise DataError(
            f"{where['test']}: all {len(splits['test'])} rows of test have the label {constant.pop()!r}: the labels "
            "look masked. Provide a test split with its true labels."
        )


def _many(rows: Sequence[Row]) -> str:
    """A sentence about labels most of which occur once, as numbers, ids and texts do; empty otherwise."""
    found = {name for row in rows for name in names_of(row)}
    if len(rows) < N_JUDGED or 2 * len(found) < len(rows):
        return ""
    return (
        f" The {len(rows)} rows of train have {len(found)} labels: is their column one of classes? Name that by "
        "`label:`; numbers to be predicted are no classes."
    )


def _check_labels(rows: Iterable[Row], labels: Sequence[str], where: str, many: str, has_train: bool) -> None:
    source = "train" if has_train else "`labels`"
    allowed = set(labels)
    for row in rows:
        if unknown := [name for name in names_of(row) if name not in allowed]:
            raise DataError(
                f"{where}, line {row.line}: label {shorten(unknown[0])} does not occur in {source}. "
                f"Allowed: {', '.join(name[:40] for name in labels[:30])}{', ...' if len(labels) > 30 else ''}. "
                f"Correct it, add it to {source}, or remove the row.{many}"
            )
