"""Rows out of every format, and one clear error out of every broken one."""

import csv
import io
import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmark.core.errors import InputError
from benchmark.core.spec import TASKS, Task
from benchmark.data.entry import Column, Format
from benchmark.data.parsers import PARSERS
from benchmark.data.rows import Row
from tests.support.parsing import read, tagged


def test_csv_quotes_commas_and_line_ends() -> None:
    rows = read('label,text\nya,"a, ""b""\nc"\ntidak,"d"\n', "csv")
    assert rows == [Row(2, 'a, "b"\nc', "ya"), Row(4, "d", "tidak")]


@pytest.mark.parametrize(
    "content", ["text,label\r\na,1\r\n\r\nb,2\r\n", "\ufefftext,label\na,1\n\nb,2", "text,label\na,1\nb, 2 "]
)
def test_csv_of_windows_and_spreadsheets(content: str) -> None:
    assert [row[1:] for row in read(content, "csv")] == [("a", "1"), ("b", "2")]


@pytest.mark.parametrize("ends", ["\r", "\r\n"])
@pytest.mark.parametrize(
    ("file_format", "lines"),
    {
        "csv": ["text,label", "a,1", "b,2"],
        "tsv": ["text\tlabel", "a\t1", "b\t2"],
        "jsonl": ['{"text": "a", "label": 1}', '{"text": "b", "label": 2}'],
    }.items(),
)
def test_line_ends_of_old_macs(file_format: Format, lines: list[str], ends: str) -> None:
    assert [row[1:] for row in read(ends.join(lines), file_format)] == [("a", "1"), ("b", "2")]


def test_byte_order_marks_of_files_that_were_put_together() -> None:
    assert tagged("\ufeffa\tO\n\n\ufeffb\tO\n") == [Row(1, ("a",), ("O",)), Row(3, ("b",), ("O",))]
    with pytest.raises(InputError, match="line 3: the header of line 1 again"):
        read("\ufefftext,label\na,1\n\ufefftext,label\nb,2\n", "csv")


def test_csv_without_header() -> None:
    assert read("1,x,a\n2,y,b\n", "csv", text=2, label=0) == [Row(1, "a", "1"), Row(2, "b", "2")]


def test_csv_holds_a_text_longer_than_the_default_field_limit() -> None:
    text = "kata " * 40_000
    assert read(f"text,label\n{text},1\n", "csv")[0].text == text


def test_tsv_wrapped_cells_are_unwrapped_and_lone_quotes_are_text() -> None:
    rows = read('text\tlabel\n"a ""b"" c"\t1\n"lone\t2\r\nend"\t3\n"a" and "b"\t4\n', "tsv")
    assert [row.text for row in rows] == ['a "b" c', '"lone', 'end"', '"a" and "b"']


def test_tsv_unquoted_keeps_every_quote() -> None:
    assert read('"a"\tpositive\n', "tsv", text=0, label=1, quoted=False) == [Row(1, '"a"', "positive")]


def test_jsonl_texts() -> None:
    rows = read('{"text": "a", "label": 1, "more": []}\n\n{"label": "b", "text": "\\u00e9"}\r\n', "jsonl")
    assert rows == [Row(1, "a", "1"), Row(3, "é", "b")]


def test_jsonl_tokens() -> None:
    assert tagged('{"tokens": ["New York", "!"], "tags": ["B-LOC", "O"]}', "jsonl") == [
        Row(1, ("New York", "!"), ("B-LOC", "O"))
    ]
    assert tagged('{"words": ["a"], "ner": [3]}', "jsonl", text="words", label="ner") == [Row(1, ("a",), ("3",))]


def test_conll_splits_on_tab_only() -> None:
    rows = tagged("\nNew York\tB-LOC\n\u00a0x\tO\r\n\r\n \nb\tO")
    assert rows == [Row(2, ("New York", "\u00a0x"), ("B-LOC", "O")), Row(6, ("b",), ("O",))]


def test_conll_columns_by_position() -> None:
    assert tagged("a\tNN\tx\tO\n", text=0, label=3) == [Row(1, ("a",), ("O",))]


def test_clinc() -> None:
    content = json.dumps({"val": [["a", "x"], ["b", "y"]], "oos_val": [["c", "oos"]]})
    assert read(content, "clinc") == [Row(1, "a", "x"), Row(2, "b", "y")]


PIECES = ["text", "label", "tokens", "tags", "B-x", "null", *"abO1\t\n\r\"',;{}[]: \\\u2028\x85\x0b\ufeff#-"]
JUNK = st.binary(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=40).map(
    lambda pieces: "".join(pieces).encode()
)
HEADS = st.sampled_from([b"", b"text,label\n", b"text\tlabel\n", b'{"text":"a","label":"b"}\n', b"a\tO\n", b'{"val":'])


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    file_format=st.sampled_from(sorted(PARSERS)),
    task=st.sampled_from(TASKS),
    columns=st.sampled_from([(None, None), (0, 1), ("a", "b")]),
    head=HEADS,
    junk=JUNK,
)
def test_any_bytes_are_rows_or_one_clear_error(
    file_format: Format, task: Task, columns: tuple[Column | None, Column | None], head: bytes, junk: bytes
) -> None:
    rows: list[Row] = []
    with suppress(InputError):
        rows = read(head + junk, file_format, task, *columns)
    for row in rows:
        assert row.text
        assert row.label
        assert isinstance(row.text, str) or len(row.text) == len(row.label)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1)), min_size=1, max_size=5))
def test_what_the_csv_module_writes_is_read_back(pairs: list[tuple[str, str]]) -> None:
    pairs = [(a, b) for a, b in pairs if a.strip() and b.strip() and "\0" not in a + b]
    pairs = [(a, b) for a, b in pairs if (a + b).isprintable()]
    out = io.StringIO(newline="")
    csv.writer(out).writerows([("text", "label"), *pairs])
    assert [row[1:] for row in read(out.getvalue(), "csv")] == [(a, b.strip()) for a, b in pairs]
