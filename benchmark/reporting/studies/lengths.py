"""How long texts are, in word pieces: the labelled, the unlabelled, and both together under each filter (Table 11)."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from benchmark.core.settings import LengthFilter
from benchmark.distillation.encoded_dataset import POOL, EncodedDataset, Part
from benchmark.distillation.selection import of_length
from benchmark.reporting.files import write_atomic
from benchmark.reporting.paper import paper_lengths

UNCUT = 2**31 - 1
"""Pieces: no text has more."""
FILTERS: tuple[LengthFilter, ...] = tuple(name for name in get_args(LengthFilter) if name)


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """One row of the table; the fields are its columns. Lengths in word pieces, the tokenizer's marks not counted."""

    dataset: str
    data: str
    n_texts: int | None
    mean: float
    std: float
    min: float
    q1: float
    q3: float
    max: float


def length_statistics(dataset: str, room: EncodedDataset) -> Iterator[Lengths]:
    """The rows of one data set. As in the paper, the filtered text is told together with the labelled one.

    Lengths are those of whole texts. A filter lets through what it does for a student: by the length of what is read.
    """
    whole = replace(room, max_length=UNCUT)
    labelled, pool = (_pieces(whole, part) for part in ("train", POOL))
    yield _told(dataset, "labelled", labelled)
    if len(pool):
        yield _told(dataset, "ulb", pool)
        for how in FILTERS:
            kept = of_length(_pieces(room, POOL), _pieces(room, "train"), how)
            yield _told(dataset, f"labelled + ulb_{how}", np.concatenate([labelled, pool[kept]]))


def write_lengths(path: Path, rows: Sequence[Lengths]) -> None:
    write_atomic(path, lambda draft: _fill(draft, rows))


def markdown(rows: Iterable[Lengths], max_length: int) -> str:
    """The table with the paper's rows, and what a filter sees of texts that are cut at `max_length` pieces."""
    rows = [*rows, *_paper()]
    head = "| data set | texts | N | mean | std | min | Q1 | Q3 | max |\n|---|---|---:|---:|---:|---:|---:|---:|---:|\n"
    note = (
        "Lengths of whole texts, without the tokenizer's marks. A student, and so a filter, reads a text only up to "
        f"{max_length} pieces, marks counted: texts that reach it are of one length to min_max and q1_q3.\n"
    )
    return f"{head}{''.join(_line(row) for row in rows)}\n{note}"


def _paper() -> Iterator[Lengths]:
    """The paper's own rows; it does not say how many texts it counted."""
    for row in paper_lengths():
        numbers = {name: float(row[name]) for name in ("mean", "std", "min", "q1", "q3", "max")}
        yield Lengths(dataset="smltk (the paper)", data=row["data"], n_texts=None, **numbers)


def _line(row: Lengths) -> str:
    numbers = (f"{row.mean:.2f}", f"{row.std:.2f}", *(f"{value:g}" for value in (row.min, row.q1, row.q3, row.max)))
    n_texts = "" if row.n_texts is None else str(row.n_texts)
    return f"| {' | '.join([row.dataset, row.data, n_texts, *numbers])} |\n"


def _told(dataset: str, data: str, lengths: NDArray[np.int64]) -> Lengths:
    low, q1, q3, high = (float(np.quantile(lengths, share)) for share in (0, 0.25, 0.75, 1))
    mean, std = float(lengths.mean()), float(lengths.std())
    return Lengths(
        dataset=dataset, data=data, n_texts=len(lengths), mean=mean, std=std, min=low, q1=q1, q3=q3, max=high
    )


def _pieces(room: EncodedDataset, part: Part) -> NDArray[np.int64]:
    return room.encoded(part).lengths - room.tokenizer.num_special_tokens_to_add()


def _fill(path: Path, rows: Sequence[Lengths]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(Lengths))
        writer.writerows(astuple(row) for row in rows)
