"""Whatever a data file holds: rows, or one DataError."""

import csv
import io
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from benchmark.core.errors import DataError, InputError
from benchmark.core.spec import TASKS, Task
from benchmark.data.entry import Column, DataFile, Format
from benchmark.data.parsers import PARSERS, parse
from benchmark.data.plain_text import read_texts
from benchmark.data.rows import MISSING, ParseContext, Row
from tests.support.fuzzing import WORD, fuzzed, junk


@fuzzed
@given(
    file_format=st.sampled_from(sorted(PARSERS)),
    task=st.sampled_from(TASKS),
    columns=st.sampled_from([(None, None), (0, 1), (1, 0), (10**9, 0), ("text", "label"), ("tokens", "tags")]),
    quoted=st.booleans(),
    head=st.sampled_from(["", "text,label\n", "text\tlabel\n", "tokens,tags\n", '{"text":', '{"val": [[']),
    content=junk(
        "text", "label", "B-x", "O", '"', "'", ",", ";", "{", "}", "[", "]", ":", '"text"', '"label"', "\\ud800"
    ),
)
def test_data_files(
    file_format: Format,
    task: Task,
    columns: tuple[Column | None, Column | None],
    quoted: bool,
    head: str,
    content: bytes,
) -> None:
    reading = ParseContext("file", task, "validation", DataFile(path="f", format=file_format, quoted=quoted), *columns)
    rows: list[Row] = []
    with suppress(InputError):
        rows = parse(head.encode() + content, reading)
    assert all(row.text and row.label for row in rows)
    assert all(isinstance(row.text, str) or len(row.text) == len(row.label) for row in rows)


def _csv(rows: list[Any], delimiter: str = ",") -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows([("text", "label"), *rows])
    return out.getvalue()


WRITERS: dict[Format, Callable[[list[Any]], str]] = {
    "csv": _csv,
    "tsv": lambda rows: "text\tlabel\n" + "".join(f'"{t}"\t{label}\n'.replace('""', '"') for t, label in rows),
    "jsonl": lambda rows: "".join(json.dumps({"text": t, "label": label}) + "\n" for t, label in rows),
    "clinc": lambda rows: json.dumps({"train": rows}),
}
CELL = WORD.filter(lambda text: text.strip() not in MISSING)
PLAIN = CELL.filter(lambda text: '"' not in text)


@fuzzed
@given(st.data(), st.sampled_from(sorted(WRITERS)))
def test_valid_texts_come_back(data: st.DataObject, file_format: Format) -> None:
    word = PLAIN if file_format == "tsv" else CELL
    rows = data.draw(st.lists(st.tuples(word, word), min_size=1, max_size=5))
    reading = ParseContext("file", "classification", "train", DataFile(path="f", format=file_format))
    read = parse(WRITERS[file_format](rows).encode(), reading)
    assert [(row.text, row.label) for row in read] == [(text, label.strip()) for text, label in rows]


@fuzzed
@given(st.lists(st.lists(st.tuples(WORD, WORD), min_size=1, max_size=4), min_size=1, max_size=4), st.booleans())
def test_valid_tags_come_back(sentences: list[list[tuple[str, str]]], as_json: bool) -> None:
    if as_json:
        lines = [json.dumps({"tokens": [a for a, _ in s], "tags": [b for _, b in s]}) for s in sentences]
    else:
        lines = ["".join(f"{token}\t{tag}\n" for token, tag in sentence) for sentence in sentences]
    file = DataFile(path="f", format="jsonl" if as_json else "conll")
    read = parse("\n".join(lines).encode(), ParseContext("file", "sequence_labeling", "train", file))
    assert [list(zip(row.text, row.label, strict=True)) for row in read] == [
        [(token, tag.strip()) for token, tag in sentence] for sentence in sentences
    ]


@fuzzed
@given(junk("kata", "kata lain"), st.sampled_from(TASKS))
def test_unlabelled_files(place: Path, content: bytes, task: Task) -> None:
    (place / "pool.txt").write_bytes(content)
    with suppress(DataError):
        assert all(list(read_texts(place / "pool.txt", task)))
