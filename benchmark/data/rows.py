"""One example of a data set, and the checks that every example passes."""

import json
from collections.abc import Callable, Iterable
from reprlib import Repr
from typing import NamedTuple

from benchmark.core.errors import DataError, UnknownNameError
from benchmark.core.spec import Task
from benchmark.data.entry import Column, DataFile, Split
from benchmark.data.printed import are_printed_tags, is_printed, is_printed_label

Words = tuple[str, ...]


class Row(NamedTuple):
    """One example: a text and its class, or tokens and their tags (of equal length)."""

    line: int
    """Where it starts in its file, from 1."""
    text: str | Words
    label: str | Words


class ParseContext(NamedTuple):
    """What a parser needs to know besides the bytes."""

    where: str
    """The file, as error messages name it."""
    task: Task
    split: Split
    file: DataFile
    text: Column | None = None
    label: Column | None = None

    def error(self, line: int, message: str) -> DataError:
        return DataError(f"{self.where}, line {line}: {message}")

    def unknown_column(self, column: str, known: Iterable[object]) -> UnknownNameError:
        """Offers the nearest of the first twenty columns, each in one short piece."""
        shown = [repr(name)[1:-1][:40] for name, _ in zip(known, range(20), strict=False)]
        return UnknownNameError(f"column of {self.where}:", column[:40], shown)

    def columns(self) -> tuple[Column, Column]:
        """Columns of text and label; the task's usual ones where none are named."""
        usual: tuple[Column, Column] = ("text", "label") if self.task == "classification" else ("tokens", "tags")
        return usual[0] if self.text is None else self.text, usual[1] if self.label is None else self.label


_SHORT = Repr()
_SHORT.maxlevel, _SHORT.maxdict, _SHORT.maxlist, _SHORT.maxstring = 2, 3, 3, 60


def shorten(value: object) -> str:
    """A value as a message shows it: quoted, on one line, never a page long however deep it nests."""
    try:
        return _SHORT.repr(value)[:200]
    except ValueError:  # Python prints no number of more than 4300 digits
        return "a very long number"


def make_row(line: int, text: object, label: object, context: ParseContext) -> Row:
    """A checked example from the two cells of a table's or a JSON object's row.

    Raises:
        DataError: an empty text or label, a cell of another type or a printed list, tokens and tags of different
            length or unequal kind.
    """
    if context.task == "sequence_labeling":
        return _tagged(line, text, label, context)
    if not isinstance(text, str):
        raise context.error(line, f"the text is {shorten(text)}; a string is needed.")
    if not text.strip():
        raise context.error(line, "the text is empty. Fill it in or remove the row.")
    return Row(line, _encodable(text, line, context), _class(label, line, context))


def _class(label: object, line: int, context: ParseContext) -> str:
    name = _name(label, line, context).strip()
    if is_printed_label(name):
        raise context.error(line, f"the label {shorten(name)} is a list; a text has one class. Write its name alone.")
    return name


def _name(value: object, line: int, context: ParseContext) -> str:
    """A label, tag or token: a string, or a whole number as exports of class ids hold it."""
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
    """JSON can spell half a character (\\ud800), which no UTF-8 file can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise context.error(line, f"{shorten(text)} holds half of a character pair (\\ud800 to \\udfff).") from None
    return text


def _tagged(line: int, text: object, label: object, context: ParseContext) -> Row:
    tokens, tags = (_names(cell, line, context) for cell in _cells(line, text, label, context))
    if len(tokens) != len(tags):
        raise context.error(line, f"{len(tokens)} tokens and {len(tags)} tags: every token needs one tag.")
    if not tokens:
        raise context.error(line, "a sentence without tokens. Fill it in or remove the row.")
    return Row(line, tokens, tuple(tag.strip() for tag in tags))


def _cells(line: int, text: object, label: object, context: ParseContext) -> tuple[list[object], list[object]]:
    """Tokens and tags: both a list (in a cell a JSON list), or both words between spaces, even if brackets are some."""
    _refuse_printed(text, is_printed, line, context)
    _refuse_printed(label, are_printed_tags, line, context)
    tokens, tags = _list(text), _list(label)
    if tokens is not None and tags is not None:
        return tokens, tags
    if isinstance(text, str) and isinstance(label, str) and tags is None and not is_printed(text.strip()):
        return [*text.split()], _split_tags(label, line, context)
    for cell in (text, label):
        if not isinstance(cell, str | list):
            raise context.error(line, f"{shorten(cell)} is no list of words.")
    raise context.error(line, f"of tokens {shorten(text)} and tags {shorten(label)} only one is a list. {_EITHER}")


_EITHER = "Write both as JSON lists (json.dumps), or both as words between spaces."


def _refuse_printed(cell: object, printed: Callable[[str], bool], line: int, context: ParseContext) -> None:
    if isinstance(cell, str) and printed(cell.strip()) and _list(cell) is None:
        raise context.error(line, f"{shorten(cell)} is a list as Python prints it, which is no JSON. {_EITHER}")


def _split_tags(cell: str, line: int, context: ParseContext) -> list[object]:
    tags = cell.split()
    if listed := [tag for tag in tags if tag[1:].endswith(",")]:
        raise context.error(line, f"the tag {shorten(listed[0])} ends in a comma. {_EITHER}")
    return [*tags]


def _names(words: list[object], line: int, context: ParseContext) -> Words:
    return tuple(_name(word, line, context) for word in words)


def _list(cell: object) -> list[object] | None:
    """A list, or the JSON list in a cell."""
    if isinstance(cell, list):
        return cell
    if not isinstance(cell, str) or not cell.lstrip().startswith("["):
        return None
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else None
