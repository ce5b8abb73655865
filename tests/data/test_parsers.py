"""Rows out of every format, and one clear error out of every broken one."""

import bz2
import csv
import gzip
import io
import json
import lzma
import zipfile
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmark.core.errors import DataError, InputError
from benchmark.core.spec import TASKS, Task
from benchmark.data.entry import Column, DataFile, Format
from benchmark.data.parsers import PARSERS, parse
from benchmark.data.rows import ParseContext, Row, shorten


def read(
    content: str | bytes,
    file_format: Format,
    task: Task = "classification",
    text: Column | None = None,
    label: Column | None = None,
    quoted: bool = True,
) -> list[Row]:
    raw = content.encode() if isinstance(content, str) else content
    file = DataFile(path="file", format=file_format, quoted=quoted)
    return parse(raw, ParseContext("file", task, "validation", file, text, label))


def tagged(content: str, file_format: Format = "conll", **columns: Column) -> list[Row]:
    return read(content, file_format, "sequence_labeling", **columns)


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


def test_tagged_table_has_a_sentence_a_row() -> None:
    rows = tagged('tokens,tags\nNew York !,B-LOC I-LOC O\n"[""New York"", ""!""]","[""B-LOC"", ""O""]"\n', "csv")
    assert [row.text for row in rows] == [("New", "York", "!"), ("New York", "!")]


TOKENS, TAGS = ["Budi", "it's", "di"], ["B-PER", "O", "B-LOC"]
WRITTEN: dict[str, tuple[list[Any], list[Any]]] = {
    "lists": ([TOKENS], [TAGS]),
    "lists of one": ([["saya"]], [["O"]]),
    "tuples": ([tuple(TOKENS)], [tuple(TAGS)]),
    "tuples of one": ([("saya",)], [("O",)]),
    "arrays, as `datasets` writes lists": ([np.array(TOKENS)], [np.array(TAGS)]),
    "arrays of one and numbers": ([np.array(["saya"])], [np.array([1])]),
    "objects of numpy": ([[np.str_("a"), np.str_("b")]], [[np.int64(0), np.int64(1)]]),
    "representations": ([repr(np.array(TOKENS, dtype=object))], [repr(np.array([0, 3, 10]))]),
    "tokens alone": ([TOKENS], ["B-PER O B-LOC"]),
    "tags alone": (["Budi pergi ke"], [TAGS]),
    "numbers of tags alone": (["Budi pergi ke"], [np.array([0, 3, 10])]),
    "tuples of numbers alone": (["Budi pergi ke"], [(0, 3, 10)]),
    "names without quotes": (["Budi pergi ke"], ["[B-PER, O, B-LOC]"]),
}


@pytest.mark.parametrize("separator", [",", "\t"])
@pytest.mark.parametrize("case", WRITTEN)
def test_a_tagged_table_of_printed_lists_is_refused(case: str, separator: str) -> None:
    """By pandas itself; only a JSON list is told from words."""
    tokens, tags = WRITTEN[case]
    content = pd.DataFrame({"tokens": ["Ani", *tokens], "tags": ["B-PER", *tags]}).to_csv(index=False, sep=separator)
    with pytest.raises(DataError, match=r"^file, line 3: .*is a list as Python prints it.*json\.dumps"):
        tagged(content, "csv" if separator == "," else "tsv")


def test_a_printed_list_in_jsonl_is_refused_too() -> None:
    with pytest.raises(DataError, match=r"line 1: .*as Python prints it"):
        tagged(json.dumps({"tokens": str(TOKENS), "tags": str(TAGS)}), "jsonl")


@pytest.mark.parametrize(("tokens", "tags"), [('["New York"]', "B-LOC"), ("New York", '["B-LOC","I-LOC"]')])
def test_tokens_and_tags_are_of_one_kind(tokens: str, tags: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([("tokens", "tags"), (tokens, tags)])
    with pytest.raises(DataError, match=r"line 2: of tokens .* and tags .* only one is a list. Write both as JSON"):
        tagged(out.getvalue(), "csv")


def test_tags_between_commas_are_refused() -> None:
    with pytest.raises(DataError, match="line 1: the tag 'B-PER,' ends in a comma"):
        tagged("Budi pergi ke\tB-PER, O, O\n", "tsv", text=0, label=1)


def test_brackets_and_quotes_are_words_too() -> None:
    sentences = ["[ Budi ] pergi", "[1] 'kata' [2]", '( "Halo" , kata Budi )', '("Halo", kata Budi)', "[1]"]
    content = "tokens\ttags\n" + "".join(f"{s}\t{' '.join(['O'] * len(s.split()))}\n" for s in sentences)
    assert [" ".join(row.text) for row in tagged(content, "tsv")] == sentences
    (row,) = tagged("( a , b\t-LRB- NN , [\n", "tsv", text=0, label=1)
    assert row.label == ("-LRB-", "NN", ",", "[")


def test_a_json_list_may_stand_behind_a_space() -> None:
    content = 'tokens\ttags\nx y\tO O\n ["a b", "c"]\t ["B", "O"]\n'
    assert tagged(content, "tsv")[1] == Row(3, ("a b", "c"), ("B", "O"))


@pytest.mark.parametrize("label", [["marah"], ["marah", "sedih"], np.array(["marah"]), [1], [0, 1], (0, 1)])
def test_a_label_that_is_a_list_is_refused(label: Any) -> None:
    """Several classes a text would be read as one class of a strange name."""
    content = pd.DataFrame({"text": ["a", "b"], "label": ["marah", label]}).to_csv(index=False)
    with pytest.raises(DataError, match=r"^file, line 3: the label .* is a list; a text has one class"):
        read(content, "csv")


@pytest.mark.parametrize("label", ["[neutral]", "(1)", "1", "'a'", "a, b"])
def test_brackets_may_stand_in_a_label(label: str) -> None:
    assert read(json.dumps({"text": "a", "label": label}), "jsonl")[0].label == label


def test_texts_that_are_all_lists_of_words_are_refused() -> None:
    content = pd.DataFrame({"text": [TOKENS, ["saya"]], "label": ["a", "b"]}).to_csv(index=False)
    with pytest.raises(DataError, match=r"^file: every text is a list of words, as .*Budi"):
        read(content, "csv")
    assert read(content + "halo,a\n", "csv")[2].text == "halo", "one may look like that"


def test_clinc() -> None:
    content = json.dumps({"val": [["a", "x"], ["b", "y"]], "oos_val": [["c", "oos"]]})
    assert read(content, "clinc") == [Row(1, "a", "x"), Row(2, "b", "y")]


def zipped(content: bytes) -> bytes:
    with zipfile.ZipFile(packed := io.BytesIO(), "w") as archive:
        archive.writestr("train.csv", content)
    return packed.getvalue()


BROKEN: dict[str, tuple[Format, Task, bytes, str]] = {
    "not UTF-8": ("csv", "classification", b"text,label\nna\xefve,1\n", "line 2: byte 0xef is not UTF-8"),
    "not UTF-8 behind a BOM": ("csv", "classification", b"\xef\xbb\xbftext,label\n\xe9,1\n", "line 2: byte 0xe9"),
    "UTF-16": ("tsv", "classification", "text\tlabel\n".encode("utf-16"), "not UTF-8"),
    "gzip": (
        "csv",
        "classification",
        gzip.compress(b"text,label\na,1\n"),
        "^file is compressed with gzip.*Decom",
    ),
    "xz": ("jsonl", "classification", lzma.compress(b"{}"), "^file is compressed with xz"),
    "bzip2": ("conll", "sequence_labeling", bz2.compress(b"a\tO\n"), "^file is compressed with bzip2"),
    "zip": ("csv", "classification", zipped(b"text,label\na,1\n"), "^file is compressed with zip .as .xlsx"),
    "zstd": ("tsv", "classification", b"\x28\xb5\x2f\xfd\x04\x00", "^file is compressed with zstd"),
    "NUL": ("csv", "classification", b"text,label\na\0b,1\n", "line 2: a NUL byte"),
    "wrong column": (
        "csv",
        "classification",
        b"teks,label\na,1\n",
        "Unknown column of file: 'text'. Did you mean 'teks'",
    ),
    "semicolons": ("csv", "classification", b"text;label\na;1\n", "line 1: .*separated by semicolons, as Excel"),
    "duplicate column": ("csv", "classification", b"text,text,label\na,b,1\n", "'text' occurs 2 times"),
    "empty text": ("csv", "classification", b"text,label\na,1\n  ,2\n", "line 3: the text is empty"),
    "empty label": ("csv", "classification", b"text,label\na,\n", "line 2: an empty label"),
    "missing label of pandas": ("csv", "classification", b"text,label\na,1\nb,nan\n", "line 3: the label 'nan' is a"),
    "all cells empty": ("csv", "classification", b"text,label\n,\n", "line 2: the text is empty"),
    "comma in text": ("csv", "classification", b"text,label\na,b,1\n", "line 2: 3 cells where line 1 has 2"),
    "open quote": ("csv", "classification", b'text,label\na,1\n"b,2\nc,3\n', "line 3: invalid csv"),
    "text behind a quote": ("csv", "classification", b'text,label\n"a"b,1\n', "line 2: invalid csv"),
    "broken JSON": ("jsonl", "classification", b'{"text": "a", "label": "b"}\n{"text"\n', "line 2: invalid JSON"),
    "deep JSON": ("jsonl", "classification", b"[" * 100_000, "line 1: invalid JSON"),
    "no object": ("jsonl", "classification", b"[1]\n", "line 1: .1. is not a JSON object"),
    "no field": ("jsonl", "classification", b'{"txt": "a", "label": "b"}', "line 1: 'text'. Did you mean 'txt'"),
    "text is null": ("jsonl", "classification", b'{"text": null, "label": "b"}', "line 1: the text is None"),
    "label is a list": ("jsonl", "classification", b'{"text": "a", "label": ["b"]}', "line 1: .'b'. is no label"),
    "half a character": (
        "jsonl",
        "classification",
        b'{"text": "\\ud800", "label": "b"}',
        "line 1: .*half of a sur",
    ),
    "lengths": ("jsonl", "sequence_labeling", b'{"tokens": ["a", "b"], "tags": ["O"]}', "line 1: 2 tokens and 1 tags"),
    "no tokens": ("jsonl", "sequence_labeling", b'{"tokens": [], "tags": []}', "line 1: a sentence without tokens"),
    "empty token": (
        "jsonl",
        "sequence_labeling",
        b'{"tokens": [""], "tags": ["O"]}',
        "line 1: an empty label or token",
    ),
    "no tab": ("conll", "sequence_labeling", b"a\tO\nb O\n", "line 2: no TAB in 'b O'"),
    "no tag": ("conll", "sequence_labeling", b"a\tO\nb\t\n", "line 2: an empty token or tag"),
    "no token": ("conll", "sequence_labeling", b"\tO\n", "line 1: an empty token or tag"),
    "four columns": ("conll", "sequence_labeling", b"a\tNN\tx\tO\n", "line 1: 4 columns, not 2. Choose two"),
    "conll of texts": ("conll", "classification", b"a\tO\n", "Classification reads csv, tsv and jsonl"),
    "a token a row": ("csv", "sequence_labeling", b"tokens,tags\na,O\nb,O\n", "every row holds a single token"),
    "no clinc": ("clinc", "classification", b'{"train": []}', "not a clinc file with pairs under 'val'"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_file_gets_one_clear_error(case: str) -> None:
    file_format, task, content, message = BROKEN[case]
    with pytest.raises(InputError, match=message):
        read(content, file_format, task)


@pytest.mark.parametrize("position", [2, 10**6])
def test_position_beyond_the_row(position: int) -> None:
    with pytest.raises(InputError, match=f"no column at position {position}: the row has 2"):
        read("a,1\n", "csv", text=0, label=position)


def test_one_column_for_both() -> None:
    with pytest.raises(InputError, match="text and label are both column 'x'"):
        read("x,y\na,b\n", "csv", text="x", label="x")


def test_messages_stay_short() -> None:
    for value in ("x" * 10**6, [["y" * 999] * 999] * 999, 10**5000):
        assert len(shorten(value)) < 400


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
