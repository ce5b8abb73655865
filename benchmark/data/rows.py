"""One example of a data set, and the checks that every example passes, whatever its file format."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from reprlib import Repr
from typing import NamedTuple

from benchmark.core.errors import DataError, UnknownNameError
from benchmark.core.spec import Task
from benchmark.data.entry import Column, DataFile, Split

Words = tuple[str, ...]

COLUMNS: Mapping[Task, tuple[str, str]] = {"classification": ("text", "label"), "sequence_labeling": ("tokens", "tags")}
"""Usual names of the columns of text and label."""
MISSING = frozenset({"nan", "NaN", "NaT", "<NA>"})
"""Spellings of a missing value by pandas, where a column was turned into text."""
DOCUMENT_START = "-DOCSTART-"
"""Token that begins a document in the files of CoNLL-2003; no word of a text."""


class Row(NamedTuple):
    """One example: a text and its class, or tokens and their tags (of equal length)."""

    line: int
    """First line of the example in its file, from 1."""
    text: str | Words
    label: str | Words


@dataclass(frozen=True)
class ParseContext:
    """Everything that a parser needs besides the bytes."""

    where: str
    """Name of the file in error messages."""
    task: Task
    split: Split
    file: DataFile
    text: Column | None = None
    label: Column | None = None
    skipped: Counter[str] = field(default_factory=Counter)
    """Number of skipped lines by kind; parsing adds to it."""

    def error(self, line: int, message: str) -> DataError:
        return DataError(f"{self.where}, line {line}: {message}")

    def unknown_column(self, column: str, columns: Iterable[object]) -> UnknownNameError:
        """Suggests the nearest of the first twenty columns, each cut to 40 characters."""
        shown = [repr(name)[1:-1][:40] for name, _ in zip(columns, range(20), strict=False)]
        return UnknownNameError(f"column of {self.where}:", column[:40], shown)

    def columns(self) -> tuple[Column, Column]:
        """Columns of text and label, by default the task's usual names."""
        usual = COLUMNS[self.task]
        return usual[0] if self.text is None else self.text, usual[1] if self.label is None else self.label


def column_index(column: Column, cells: Sequence[str], line: int, context: ParseContext) -> int:
    """Index of `column` in the `cells` of the header or first row."""
    if isinstance(column, int):
        if 0 <= column < len(cells):
            return column
        raise context.error(line, f"no column at position {column}: the row has {len(cells)}, counted from 0.")
    if cells.count(column) > 1:
        raise context.error(line, f"column {shorten(column)} occurs {cells.count(column)} times; names must differ.")
    if column not in cells:
        raise context.unknown_column(column, cells)
    return cells.index(column)


_SHORT = Repr()
_SHORT.maxlevel, _SHORT.maxdict, _SHORT.maxlist, _SHORT.maxstring = 2, 3, 3, 60


def shorten(value: object) -> str:
    """A value for a message: quoted, on one line, at most 200 characters however deep it nests."""
    try:
        return _SHORT.repr(value)[:200]
    except ValueError:  # Python prints no number of more than 4300 digits
        return "a very long number"


# --- Lists as Python prints them, which pandas, NumPy and `datasets` write into the cells of a table -----------------
#
# They are not JSON, and splitting one at its spaces gives tokens and tags that look right and are not: `['Budi',`,
# `'di']`. A sentence may begin with a bracket too, so tokens are checked only for what no sentence contains.

_WRAPPER = r"(?:[\w.]+\()?"
"""As in array(['a', 'b'], dtype=object) and np.str_('a')."""
_QUOTED = re.compile(rf"{_WRAPPER}\[+{_WRAPPER}['\"]")
_TUPLE = re.compile(rf"\(+{_WRAPPER}['\"].*?['\"]\)?,(?: ?{_WRAPPER}['\"].*)?\)", re.DOTALL)
_NUMBERS = re.compile(rf"{_WRAPPER}\[+\s*\d.*\]\)?|\(\s*\d+\s*,.*\)", re.DOTALL)
_NAMES = re.compile(rf"{_WRAPPER}\[\S.*\]\)?", re.DOTALL)


def is_printed(cell: str) -> bool:
    """Whether words are a printed list: ['a', 'b'], ['a' 'b'], ["a", ('a', 'b'), array(['a'], dtype=object)."""
    return bool(_QUOTED.match(cell)) or (cell.endswith(")") and bool(_TUPLE.fullmatch(cell)))


def _is_printed_label(cell: str) -> bool:
    """Class ids too, as [0, 1], [0 1] and (0, 1)."""
    return is_printed(cell) or bool(_NUMBERS.fullmatch(cell))


def _are_printed_tags(cell: str) -> bool:
    """Anything in brackets, as [B-PER, O] and [np.int64(1)]."""
    return _is_printed_label(cell) or bool(_NAMES.fullmatch(cell))


# --- Checks ----------------------------------------------------------------------------------------------------------

_EITHER = "Write both as JSON lists (json.dumps), or both as words separated by spaces."


def make_row(line: int, text: object, label: object, context: ParseContext) -> Row:
    """A checked example from two cells of a table or two values of a JSON object.

    Raises DataError for an empty text or label, a value of another type, a printed list, and tokens and tags of
    different length or kind.
    """
    if context.task == "sequence_labeling":
        return _tagged(line, text, label, context)
    if not isinstance(text, str):
        raise context.error(line, f"the text is {shorten(text)}; a string is needed.")
    if not text.strip():
        raise context.error(line, "the text is empty. Fill it in or remove the row.")
    name = _name(label, line, context).strip()
    for column, cell in (("text", text.strip()), ("label", name)):
        if cell in MISSING:
            raise context.error(
                line, f"the {column} {cell!r} is a missing one, as pandas writes it. Fill it in or remove the row."
            )
    if _is_printed_label(name):
        raise context.error(line, f"the label {shorten(name)} is a list; a text has one class. Write its name alone.")
    return Row(line, _encodable(text, line, context), name)


def _name(value: object, line: int, context: ParseContext) -> str:
    """A label, tag or token: a string, or an integer, as exports of class ids contain it."""
    if not isinstance(value, str | int):
        raise context.error(line, f"{shorten(value)} is no label; a string or a whole number is needed.")
    try:
        name = str(value)
    except ValueError:  # Python prints no number of more than 4300 digits
        raise context.error(line, "a number too long to be a label.") from None
    if not name.strip():
        raise context.error(line, "an empty label or token. Fill it in or remove the row.")
    return _encodable(name, line, context)


def _encodable(text: str, line: int, context: ParseContext) -> str:
    """JSON can spell half of a surrogate pair (\\ud800), which no UTF-8 file can hold, and a NUL."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise context.error(line, f"{shorten(text)} holds half of a surrogate pair (\\ud800 to \\udfff).") from None
    if "\0" in text:
        raise context.error(line, f"{shorten(text)} holds a NUL (\\u0000). Remove it.")
    return text


def _tagged(line: int, text: object, label: object, context: ParseContext) -> Row:
    tokens, tags = (
        tuple(_name(word, line, context) for word in words) for words in _word_lists(line, text, label, context)
    )
    if len(tokens) != len(tags):
        raise context.error(line, f"{len(tokens)} tokens and {len(tags)} tags: every token needs one tag.")
    if not tokens:
        raise context.error(line, "a sentence without tokens. Fill it in or remove the row.")
    return Row(line, tokens, tuple(tag.strip() for tag in tags))


def _word_lists(line: int, text: object, label: object, context: ParseContext) -> tuple[list[object], list[object]]:
    """Tokens and tags: both lists (in a cell JSON lists), or both words separated by spaces, which may be brackets."""
    _reject_printed(text, is_printed, line, context)
    _reject_printed(label, _are_printed_tags, line, context)
    tokens, tags = as_list(text), as_list(label)
    if tokens is not None and tags is not None:
        return tokens, tags
    if isinstance(text, str) and isinstance(label, str) and tags is None and not is_printed(text.strip()):
        if listed := [tag for tag in label.split() if tag[1:].endswith(",")]:
            raise context.error(line, f"the tag {shorten(listed[0])} ends in a comma. {_EITHER}")
        return [*text.split()], [*label.split()]
    for cell in (text, label):
        if not isinstance(cell, str | list):
            raise context.error(line, f"{shorten(cell)} is no list of words.")
    raise context.error(line, f"of tokens {shorten(text)} and tags {shorten(label)} only one is a list. {_EITHER}")


def _reject_printed(cell: object, printed: Callable[[str], bool], line: int, context: ParseContext) -> None:
    if isinstance(cell, str) and printed(cell.strip()) and as_list(cell) is None:
        raise context.error(line, f"{shorten(cell)} is a list as Python prints it, which is no JSON. {_EITHER}")


def as_list(cell: object) -> list[object] | None:
    """A list, or the JSON list in a cell; None for anything else."""
    if isinstance(cell, list):
        return cell
    if not isinstance(cell, str) or not cell.lstrip().startswith("["):
        return None
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else None
