"""Table: typed columns over rows of any kind, and one renderer for each format that a report is written in."""

import csv
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from math import floor, log10
from operator import attrgetter, itemgetter
from pathlib import Path
from types import NoneType
from typing import Any, Generic, Literal, TypeVar, get_args, get_type_hints

from rich.box import SIMPLE_HEAD
from rich.table import Table as RichTable
from rich.text import Text

from benchmark.core.cache import write_atomic

NONE = "-"
"""Text of a cell without a value."""
LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "±": r"$\pm$",
} | {mark: f"\\{mark}" for mark in "&%$#_{}"}
FORMULA = re.compile(r"[=+\-@\t\r].", re.DOTALL)
CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")

Value = str | int | float | bool | None
Kind = type[str] | type[int] | type[float] | type[bool]
Json = dict[str, Any]
R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Column(Generic[R]):
    """One column over rows of type R: its name in files, its title for people, and a cell's value and text."""

    name: str
    value: Callable[[R], Value]
    """A cell's value in `unit`, unrounded; None if it was not measured."""
    format: Callable[[Any], str] = str
    """Text of a value that is not None."""
    show: Callable[[R], str] | None = None
    """Text of a cell that takes more than its value, such as a mean with its margin."""
    kind: Kind = float
    """Type of the values other than None. Columns of `str` are set to the left, all others to the right."""
    title: str = ""
    """`name` if it is empty."""
    meaning: str = ""
    unit: str = ""
    better: Literal["higher", "lower", ""] = ""
    note: str = ""
    """Shown in the header after the title, such as the number of test texts."""
    priority: int = 0
    """A terminal that is too narrow drops the columns of the lowest priority first."""
    usual: bool = True
    """Whether reports show the column; the page offers the others, and leaderboard.csv has all."""
    no_wrap: bool = False
    """Whether a terminal never breaks its lines; numbers never are broken."""

    @property
    def header(self) -> str:
        title = self.title or self.name
        return f"{title} ({self.note})" if self.note else title

    @property
    def is_number(self) -> bool:
        return self.kind is not str

    def text(self, row: R) -> str:
        if self.show is not None:
            return self.show(row)
        value = self.value(row)
        return NONE if value is None else self.format(value)


@dataclass(frozen=True, kw_only=True)
class Table(Generic[R]):
    """Columns over rows."""

    columns: Sequence[Column[R]]
    rows: Sequence[R]
    title: str = ""

    @property
    def texts(self) -> list[list[str]]:
        return [[column.text(row) for column in self.columns] for row in self.rows]

    @property
    def values(self) -> list[list[Value]]:
        return [[column.value(row) for column in self.columns] for row in self.rows]


def significant(value: float, digits: int = 3) -> str:
    """Text of at least `digits` significant digits, without exponent: 0.0370, 1.49, 69.6, 1425."""
    places = digits - 1 - floor(log10(abs(value))) if value else 0
    return f"{value:.{max(places, 0)}f}"


def points(value: float) -> str:
    """F1 times 100 with two decimals, as in the paper's tables."""
    return f"{value:.2f}"


def whole(value: float) -> str:
    return f"{value:.0f}"


def field_columns(kind: type[R]) -> tuple[Column[R], ...]:
    """A column for each field of a dataclass, of the field's name and type."""
    hints = get_type_hints(kind)
    return tuple(
        Column(name=f.name, value=attrgetter(f.name), kind=_plain(hints[f.name]))
        for f in fields(kind)  # type: ignore[arg-type]
    )


def text_columns(titles: Sequence[str], numbers: Sequence[str] = ()) -> tuple[Column[Sequence[str]], ...]:
    """Columns over rows of texts; those named in `numbers` are set to the right."""
    return tuple(
        Column(name=title, value=itemgetter(at), kind=float if title in numbers else str)
        for at, title in enumerate(titles)
    )


def markdown_text(text: str) -> str:
    """Escapes text for Markdown, in a table's cell too."""
    plain = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*\[\]|#~$])", r"\\\1", plain)


def markdown_table(table: Table[R]) -> str:
    """A pipe table; the title is left to the caller."""
    rule = ["---:" if column.is_number else "---" for column in table.columns]
    head = [column.header for column in table.columns]
    lines = [[markdown_text(cell) for cell in cells] for cells in (head, *table.texts)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (lines[0], rule, *lines[1:]))


def markdown_section(heading: str, *parts: str) -> str:
    """A section that follows another; empty without parts."""
    return "\n\n".join(["", f"## {heading}", *parts]) + "\n" if parts else ""


def latex_text(text: str) -> str:
    """Escapes text for LaTeX, on one line."""
    plain = " ".join(CONTROL.sub(" ", text).split())
    return "".join(LATEX.get(character, character) for character in plain)


def latex_table(table: Table[R]) -> str:
    """A table float of the width of a line (packages booktabs and graphicx); the title is its caption."""
    layout = "".join("r" if column.is_number else "l" for column in table.columns)
    head, *body = (
        " & ".join(map(latex_text, cells)) + r" \\" for cells in ([c.header for c in table.columns], *table.texts)
    )
    lines = "\n".join(body)
    return (
        f"\\begin{{table}}\n\\centering\n\\caption{{{latex_text(table.title)}}}\n"
        f"\\resizebox{{\\linewidth}}{{!}}{{%\n\\begin{{tabular}}{{{layout}}}\n\\toprule\n{head}\n\\midrule\n"
        f"{lines}\n\\bottomrule\n\\end{{tabular}}}}\n\\end{{table}}\n"
    )


def terminal_table(table: Table[R], style: Callable[[R], str] = lambda _: "") -> RichTable:
    """Names are shown as they are, never read as markup."""
    shown = RichTable(title=Text(table.title), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in table.columns:
        justify: Literal["left", "right"] = "right" if column.is_number else "left"
        shown.add_column(
            Text(column.title or column.name),
            justify=justify,
            overflow="fold",
            no_wrap=column.no_wrap or column.is_number,
        )
    for row, texts in zip(table.rows, table.texts, strict=True):
        shown.add_row(*map(Text, texts), style=style(row))
    return shown


def write_csv(path: Path, table: Table[R]) -> Path:
    """Writes a CSV file: empty cells for None, `true` and `false`, floats unrounded."""

    def write(draft: Path) -> None:
        with draft.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(column.name for column in table.columns)
            writer.writerows(map(_csv_value, line) for line in table.values)

    return write_atomic(path, write)


def write_parquet(path: Path, table: Table[R]) -> Path:
    """Writes a Parquet file: null for None; types are those of the columns, also without rows."""
    import pyarrow as pa  # a tenth of a second, which `list` does without
    from pyarrow import parquet

    types = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    schema = pa.schema([(column.name, types[column.kind]) for column in table.columns])
    columns = {column.name: [column.value(row) for row in table.rows] for column in table.columns}
    return write_atomic(path, lambda draft: parquet.write_table(pa.table(columns, schema=schema), draft))


def json_columns(table: Table[R]) -> list[Json]:
    """The columns as the page's scripts read them."""
    names = ("name", "meaning", "unit", "better", "note")
    return [
        {name: getattr(column, name) for name in names}
        | {"title": column.title or column.name, "number": column.is_number}
        for column in table.columns
    ]


def json_rows(table: Table[R]) -> list[Json]:
    """Each row's values and texts, in the order of the columns."""
    return [{"values": v, "texts": t} for v, t in zip(table.values, table.texts, strict=True)]


def _csv_value(value: Value) -> Value:
    """Booleans as other programs write them; text that a spreadsheet would run as a formula with a `'` before it."""
    if isinstance(value, bool):
        return str(value).lower()
    is_formula = isinstance(value, str) and FORMULA.match(value) and not _is_number(value)
    return f"'{value}" if is_formula else value


def _is_number(text: str) -> bool:
    with suppress(ValueError):
        float(text)
        return True
    return False


def _plain(hint: Any) -> Kind:
    """The type in a hint, None aside."""
    kinds = [kind for kind in get_args(hint) or (hint,) if kind is not NoneType]
    return kinds[0] if kinds[0] in (str, int, float, bool) else str
