"""Data sets without labelled training text: validation texts are cut off the unlabelled ones."""

from collections.abc import Iterable
from pathlib import Path

from benchmark.core.errors import DataError
from benchmark.core.spec import Task
from benchmark.data.plain_text import Text, read_texts, text_key
from benchmark.data.rows import Row
from benchmark.data.splits import ranking

FRACTION = 0.1
"""Share of the unlabelled text that becomes the validation split, unless the data set gives another."""


def validation_rows(
    paths: Iterable[Path], task: Task, fraction: float, held_out: Iterable[Text], where: str
) -> list[Row]:
    """A seeded share of the distinct unlabelled texts besides `held_out` ones, as rows without label; at least one.

    The pool of unlabelled text leaves them out. Raises DataError for less than two texts.
    """
    seen = set(map(text_key, held_out))
    texts: dict[str, Text] = {}
    for path in paths:
        for text in read_texts(path, task):
            texts.setdefault(text_key(text), text)
    rows = [text for key, text in texts.items() if key not in seen]
    if len(rows) < 2:
        raise DataError(f"{where} has {len(rows)} texts besides those of test; training needs more. Add texts.")
    chosen = sorted(ranking(len(rows), "validation_fraction")[: max(1, round(len(rows) * (fraction or FRACTION)))])
    return [Row(number + 1, _row_text(rows[number]), ()) for number in chosen]


def _row_text(text: Text) -> str | tuple[str, ...]:
    return text if isinstance(text, str) else tuple(text)
