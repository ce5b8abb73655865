"""One table in every format: the same columns and rows, escaped as the format needs it."""

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyarrow import parquet
from rich.console import Console

from benchmark.reporting.table import (
    Column,
    Table,
    field_columns,
    json_columns,
    json_rows,
    latex_table,
    latex_text,
    markdown_table,
    markdown_text,
    terminal_table,
    text_columns,
    write_csv,
    write_parquet,
)


@dataclass(frozen=True)
class Planet:
    name: str
    moons: int | None
    mass: float | None = None
    gas: bool = False


ROWS = (Planet("a|b_c", 2, 0.1, True), Planet("[x](y)", None))


@pytest.fixture
def table() -> Table[Planet]:
    columns = (
        Column[Planet](name="name", value=lambda row: row.name, kind=str),
        Column[Planet](
            name="mass", title="mass", note="n = 2", value=lambda row: row.mass, format="{:.2f}".format, better="lower"
        ),
    )
    return Table(title="Planets & co", columns=columns, rows=ROWS)


def test_markdown_sets_numbers_to_the_right_and_escapes(table: Table[Planet]) -> None:
    assert markdown_table(table).splitlines() == [
        "| name | mass (n = 2) |",
        "| --- | ---: |",
        r"| a\|b_c | 0.10 |",
        r"| \[x\](y) | - |",
    ]


def test_markdown_text_is_escaped() -> None:
    assert markdown_text("a|b\nc<d>`e`*f*[g]") == r"a\|b c&lt;d&gt;\`e\`\*f\*\[g\]"
    assert markdown_text("kd_ulb_bert") == "kd_ulb_bert"


def test_latex_prints_every_text_as_it_is(table: Table[Planet]) -> None:
    assert r"\caption{Planets \& co}" in latex_table(table)
    assert r"\begin{tabular}{lr}" in latex_table(table)
    assert r"a\textbar{}b\_c & 0.10 \\" in latex_table(table)
    assert latex_text("50 % of a_b & c#d ~ {e} \\x\u202e") == (
        r"50 \% of a\_b \& c\#d \textasciitilde{} \{e\} \textbackslash{}x"
    )


def test_files_hold_values_in_full_and_nothing_where_there_is_none(tmp_path: Path) -> None:
    table = Table(columns=field_columns(Planet), rows=ROWS)
    assert write_csv(tmp_path / "t.csv", table).read_text() == (
        "name,moons,mass,gas\na|b_c,2,0.1,true\n[x](y),,,false\n"
    )
    read = parquet.read_table(write_parquet(tmp_path / "t.parquet", table))
    assert [str(kind) for kind in read.schema.types] == ["string", "int64", "double", "bool"]
    assert read.to_pydict()["moons"] == [2, None]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("@SUM(1)", "'@SUM(1)"),
        ("+1+cmd", "'+1+cmd"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("=\nHYPERLINK(1)", "'=\nHYPERLINK(1)"),
        ("\r\n=1", "'\r\n=1"),
        ("-1.5", "-1.5"),
        ("+6.9e-1", "+6.9e-1"),
        ("-", "-"),
        ("a=b", "a=b"),
    ],
)
def test_a_csv_file_holds_no_formula(text: str, cell: str, tmp_path: Path) -> None:
    table = Table(columns=field_columns(Planet), rows=[Planet(text, 1, -0.5)])
    with write_csv(tmp_path / "t.csv", table).open(newline="") as file:
        assert list(csv.reader(file))[1] == [cell, "1", "-0.5", "false"]


def test_a_terminal_reads_no_markup(table: Table[Planet]) -> None:
    console = Console(width=60)
    with console.capture() as shown:
        console.print(terminal_table(table))
    assert "[x](y)" in shown.get()


def test_the_page_gets_values_and_texts(table: Table[Planet]) -> None:
    name, mass = json_columns(table)
    assert (name["title"], name["number"]) == ("name", False)
    assert (mass["note"], mass["better"], mass["number"]) == ("n = 2", "lower", True)
    assert json_rows(table)[1] == {"values": ["[x](y)", None], "texts": ["[x](y)", "-"]}


def test_rows_of_texts_need_titles_alone() -> None:
    table = Table(columns=text_columns(["data set", "runs"], numbers=["runs"]), rows=[("emot", "3")])
    assert markdown_table(table).splitlines()[1:] == ["| --- | ---: |", "| emot | 3 |"]
