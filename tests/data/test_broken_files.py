"""Broken files: one clear error, and no other exception."""

import bz2
import gzip
import io
import lzma
import zipfile

import pytest

from benchmark.core.errors import InputError
from benchmark.core.spec import Task
from benchmark.data.entry import Format
from benchmark.data.rows import shorten
from tests.support.parsing import read


def zipped(content: bytes) -> bytes:
    with zipfile.ZipFile(packed := io.BytesIO(), "w") as archive:
        archive.writestr("train.csv", content)
    return packed.getvalue()


BROKEN: dict[str, tuple[Format, Task, bytes, str]] = {
    "not UTF-8": ("csv", "classification", b"text,label\nna\xefve,1\n", "line 2: byte 0xef is not UTF-8"),
    "not UTF-8 behind a BOM": ("csv", "classification", b"\xef\xbb\xbftext,label\n\xe9,1\n", "line 2: byte 0xe9"),
    "UTF-16": ("tsv", "classification", "text\tlabel\n".encode("utf-16"), "^file is UTF-16. Save the"),
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
    "7-Zip": ("csv", "classification", b"7z\xbc\xaf\x27\x1c\0\4", "^file is compressed with 7-Zip"),
    "Excel": ("csv", "classification", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "^file is an Excel or Word file. Save"),
    "parquet": ("csv", "classification", b"PAR1\x15\x04", "^file is parquet. Save it as jsonl"),
    "PDF": ("csv", "classification", b"%PDF-1.7\n", "^file is a PDF"),
    "web page": ("csv", "classification", b"<!DOCTYPE html>\n<html>", "^file is a web page, perhaps of a download"),
    "Git LFS": (
        "jsonl",
        "classification",
        b"version https://git-lfs.github.com/spec/v1\n",
        "^file is a pointer of Git LFS",
    ),
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
    "missing text of pandas": (
        "csv",
        "classification",
        b"text,label\na,1\nnan,2\n",
        "line 3: the text 'nan' is a missing",
    ),
    "missing label of pandas": ("csv", "classification", b"text,label\na,1\nb,nan\n", "line 3: the label 'nan' is a"),
    "all cells empty": ("csv", "classification", b"text,label\n,\n", "line 2: the text is empty"),
    "comma in text": ("csv", "classification", b"text,label\na,b,1\n", "line 2: 3 cells where line 1 has 2"),
    "open quote": ("csv", "classification", b'text,label\na,1\n"b,2\nc,3\n', "line 3: invalid csv"),
    "text behind a quote": ("csv", "classification", b'text,label\n"a"b,1\n', "line 2: invalid csv"),
    "broken JSON": ("jsonl", "classification", b'{"text": "a", "label": "b"}\n{"text"\n', "line 2: invalid JSON"),
    "deep JSON": ("jsonl", "classification", b"[" * 100_000, "line 1: invalid JSON"),
    "comma behind an object": (
        "jsonl",
        "classification",
        b'{"text": "a", "label": "b"},\n',
        "line 1: invalid JSON .* one JSON object, without a comma behind it",
    ),
    "list": (
        "jsonl",
        "classification",
        b'[{"text": "a", "label": "b"}]',
        r"line 1: .* write a list as pandas\.read_json",
    ),
    "list over lines": (
        "jsonl",
        "classification",
        b'[\n{"text": "a"}\n]',
        r"line 1: .* write a list as pandas\.read_json",
    ),
    "spaces between columns": (
        "conll",
        "sequence_labeling",
        b"a NN O\n",
        "line 1: no TAB in 'a NN O': a token without a tag. Write a TAB between the columns in place of spaces",
    ),
    "no object": ("jsonl", "classification", b"[1]\n", "line 1: .1. is not a JSON object .* Each line is one"),
    "no field": ("jsonl", "classification", b'{"txt": "a", "label": "b"}', "line 1: 'text'. Did you mean 'txt'"),
    "text is null": ("jsonl", "classification", b'{"text": null, "label": "b"}', "line 1: the text is None"),
    "label is a list": ("jsonl", "classification", b'{"text": "a", "label": ["b"]}', "line 1: .'b'. is no label"),
    "half a character": (
        "jsonl",
        "classification",
        b'{"text": "\\ud800", "label": "b"}',
        "line 1: .*half of a sur",
    ),
    "NUL in a text": ("jsonl", "classification", b'{"text": "a\\u0000", "label": "b"}', "line 1: .* holds a NUL"),
    "NUL in a tag": (
        "jsonl",
        "sequence_labeling",
        b'{"tokens": ["a"], "tags": ["O\\u0000"]}',
        "line 1: .* holds a NUL",
    ),
    "key twice": (
        "jsonl",
        "classification",
        b'{"text": "a", "label": "b", "label": "c"}',
        "line 1: invalid JSON .the key 'label' occurs 2 times",
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
