"""Files of teacher outputs: a text, or its words, and one column of probabilities or logits per label.

text,positive,negative                      {"words": ["di", "Solo"], "O": [0.9, 0.1], "B-LOC": [0.1, 0.9]}
bagus sekali,0.97,0.03
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmark.core.errors import DataError
from benchmark.core.spec import Task
from benchmark.data.columns_file import Columns, read_columns
from benchmark.data.entry import OutputsFile
from benchmark.data.rows import as_list, shorten

FLOOR = 1e-6
"""Smallest probability that a logit is taken of: log 0 has none, and MSE would follow nothing but its tail."""
MAX_SUM_ERROR = 0.01
"""Largest difference of a row of probabilities from a sum of 1, as rounding makes."""
MAX_DIFFERENCE = 1e-4
"""Largest difference between two outputs of a text that count as the same, as batches of another size make."""

Text = str | Sequence[str]
Key = str | tuple[str, ...]
Outputs = NDArray[np.float64]


@dataclass(frozen=True)
class TextOutputs:
    """Logits by text."""

    spans: Mapping[Key, slice]
    """Rows of `logits` by text: one, or for tagging one per word."""
    logits: NDArray[np.float32]
    """[A, C] in the order of the data set's labels."""

    def __contains__(self, text: Text) -> bool:
        return _key(text) in self.spans

    def of(self, texts: Sequence[Text]) -> NDArray[np.float32]:
        """[A, C] logits of the texts, or of their words, in order; NaN for texts without outputs."""
        return np.concatenate([np.empty((0, self.logits.shape[1]), np.float32), *map(self._of_text, texts)])

    def _of_text(self, text: Text) -> NDArray[np.float32]:
        if (span := self.spans.get(_key(text))) is not None:
            return self.logits[span]
        return np.full((1 if isinstance(text, str) else len(text), self.logits.shape[1]), np.nan, np.float32)


def read_outputs(file: OutputsFile, labels: Sequence[str], task: Task) -> TextOutputs:
    """Reads and checks a file of outputs for a data set with these labels.

    Probabilities become logits: log p, of p at least FLOOR. Raises DataError for a file that cannot be read, a label
    without a column, a value that is no finite number, probabilities that do not sum to 1, and different outputs of one
    text.
    """
    table = read_columns(Path(file.path), "teacher_outputs")
    columns = _columns(table, labels)
    texts = list(_texts(table, task))
    read = _of_words if task == "sequence_labeling" else _of_text
    rows = [read(table, number, text, [table.cells[c][number] for c in columns]) for number, text in enumerate(texts)]
    outputs = np.concatenate(rows) if rows else np.empty((0, len(labels)))
    owners = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    _check_values(table, outputs, owners, columns, file.kind)
    spans = _spans(table, texts, rows)
    logits = np.log(outputs.clip(FLOOR)) if file.kind == "probabilities" else outputs
    return TextOutputs(spans, logits.astype(np.float32))


def _columns(table: Columns, labels: Sequence[str]) -> list[str]:
    """The column of each label. Raises DataError for one without, and for two of the same."""
    label_of = dict[str, str]()
    for label in labels:
        column = table.find(label, "the label")
        if (other := label_of.setdefault(column, label)) != label:
            raise DataError(
                f"{table.path}: the column {column!r} is for the label {other!r} and for {label!r}. Add the other."
            )
    return list(label_of)


def _texts(table: Columns, task: Task) -> Iterator[Text]:
    """The text of each row, or its words, which are a list or stand between spaces."""
    names = ("text",) if task == "classification" else ("words", "tokens", "text")
    column = table.cells[table.find(next((name for name in names if name in table.cells), names[0]), "the text,")]
    for number, cell in enumerate(column):
        words = as_list(cell)
        if task == "classification" and isinstance(cell, str):
            yield cell
        elif task == "sequence_labeling" and (words or isinstance(cell, str)):
            yield tuple(map(str, words)) if words else tuple(str(cell).split())
        else:
            needed = "a string" if task == "classification" else "a list of words, or words between spaces,"
            raise table.error(number, f"the text is {shorten(cell)}; {needed} is needed.")


def _of_text(table: Columns, number: int, _: Text, cells: Sequence[object]) -> Outputs:
    """[1, C] outputs of a text."""
    if any(as_list(cell) is not None for cell in cells):
        raise table.error(number, "a label has a list of numbers, as of tagged words; a text has one number per label.")
    return np.array([[_number(table, number, cell) for cell in cells]])


def _of_words(table: Columns, number: int, words: Text, cells: Sequence[object]) -> Outputs:
    """[n, C] outputs of a sentence's words."""
    lists = [as_list(cell) for cell in cells]
    if wrong := [cell for cell, values in zip(cells, lists, strict=True) if values is None]:
        raise table.error(number, f"a label has {shorten(wrong[0])}; tagging needs a list of one number per word.")
    if lengths := {len(values or ()) for values in lists} - {len(words)}:
        raise table.error(number, f"a label has {lengths.pop()} numbers for {len(words)} words; each word needs one.")
    return np.array([[_number(table, number, value) for value in values or ()] for values in lists]).T


def _number(table: Columns, number: int, cell: object) -> float:
    try:
        return float("nan" if cell in (None, "") else cell)  # type: ignore[arg-type]
    except OverflowError:  # an integer of JSON may have hundreds of digits
        return np.inf
    except (TypeError, ValueError):
        raise table.error(number, f"{shorten(cell)} is no number.") from None


def _check_values(
    table: Columns, outputs: Outputs, owners: NDArray[np.int64], columns: Sequence[str], kind: str
) -> None:
    """Raises DataError for the first unusable row of `outputs` [A, C]; `owners` [A] are their rows in the file."""
    if len(broken := np.argwhere(~(np.abs(outputs) <= np.finfo(np.float32).max))):
        row, column = broken[0]
        raise table.error(
            owners[row],
            f"column {columns[column]!r} is {outputs[row, column]}; a finite number below 3.4e38 is needed",
        )
    sums = outputs.sum(axis=1)
    outside = (outputs < 0).any(axis=1) | (np.abs(sums - 1) > MAX_SUM_ERROR)
    if kind == "logits":
        if len(outputs) and (outputs >= 0).all() and (outputs <= 1).all():
            raise DataError(
                f"{table.path} holds probabilities, not logits: all numbers are between 0 and 1. Write "
                f"`teacher_outputs: {table.path.name}`, without `kind: logits`."
            )
        return
    if len(bad := np.flatnonzero(outside)):
        row = bad[0]
        reason = f"holds {outputs[row].min():g}" if (outputs[row] < 0).any() else f"sums to {sums[row]:.4g}"
        raise table.error(
            owners[row],
            f"its outputs are no probabilities: the row {reason} over {', '.join(columns[:5])}"
            f"{', ...' * (len(columns) > 5)}, where numbers from 0 that sum to 1 are needed. For logits write "
            f"`teacher_outputs: {{path: {table.path.name}, kind: logits}}`.",
        )


def _spans(table: Columns, texts: Sequence[Text], rows: Sequence[Outputs]) -> dict[Key, slice]:
    """Rows of the concatenated outputs by text. Raises DataError for a text with different outputs."""
    first: dict[Key, int] = {}
    spans: dict[Key, slice] = {}
    start = 0
    for number, (text, row) in enumerate(zip(texts, rows, strict=True)):
        before = first.setdefault(_key(text), number)
        if not np.allclose(rows[before], row, rtol=0, atol=MAX_DIFFERENCE):
            raise table.error(number, f"other outputs than row {before + 1} has for the same text {shorten(text)}.")
        spans.setdefault(_key(text), slice(start, start + len(row)))
        start += len(row)
    return spans


def _key(text: Text) -> Key:
    return text if isinstance(text, str) else tuple(text)
