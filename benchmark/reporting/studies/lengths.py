"""Lengths of texts in tokens: labelled, unlabelled, and both together under each length filter (Table 11)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmark.reporting.paper import paper_lengths
from benchmark.reporting.table import Column, Table, field_columns, markdown_table, write_csv


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """One row of the table; the fields are the columns of lengths.csv. In tokens, without the special ones."""

    dataset: str
    data: str
    n_texts: int | None
    mean: float
    std: float
    min: float
    q1: float
    q3: float
    max: float


def length_statistics(dataset: str, lengths: Mapping[str, NDArray[np.int64]]) -> Iterator[Lengths]:
    """One row for each [n] of lengths; keys say of which texts."""
    for data, values in lengths.items():
        low, q1, q3, high = (float(np.quantile(values, share)) for share in (0, 0.25, 0.75, 1))
        yield Lengths(
            dataset=dataset,
            data=data,
            n_texts=len(values),
            mean=float(values.mean()),
            std=float(values.std()),
            min=low,
            q1=q1,
            q3=q3,
            max=high,
        )


def write_lengths(folder: Path, rows: Iterable[Lengths], max_length: int) -> str:
    """Writes lengths.csv; returns the section of study.md, with the paper's rows.

    `max_length` is the number of tokens at which students cut texts.
    """
    ours = list(rows)
    write_csv(folder / "lengths.csv", Table(columns=field_columns(Lengths), rows=ours))
    note = (
        "Lengths of whole texts, without special tokens. Students and length filters read a text up to "
        f"{max_length} tokens, special ones included: min_max and q1_q3 do not tell longer texts apart."
    )
    table = markdown_table(Table(columns=COLUMNS, rows=[*ours, *_paper_rows()]))
    return f"## Lengths in tokens (Table 11)\n\n{table}\n\n{note}"


def _paper_rows() -> Iterator[Lengths]:
    """The paper does not give its numbers of texts."""
    for row in paper_lengths():
        numbers = {name: float(row[name]) for name in ("mean", "std", "min", "q1", "q3", "max")}
        yield Lengths(dataset="smltk (the paper)", data=row["data"], n_texts=None, **numbers)


COLUMNS = (
    Column[Lengths](name="data set", value=lambda it: it.dataset, kind=str),
    Column[Lengths](name="texts", value=lambda it: it.data, kind=str),
    Column[Lengths](name="N", value=lambda it: it.n_texts),
    Column[Lengths](name="mean", value=lambda it: it.mean, format="{:.2f}".format),
    Column[Lengths](name="std", value=lambda it: it.std, format="{:.2f}".format),
    Column[Lengths](name="min", value=lambda it: it.min, format="{:g}".format),
    Column[Lengths](name="Q1", value=lambda it: it.q1, format="{:g}".format),
    Column[Lengths](name="Q3", value=lambda it: it.q3, format="{:g}".format),
    Column[Lengths](name="max", value=lambda it: it.max, format="{:g}".format),
)
