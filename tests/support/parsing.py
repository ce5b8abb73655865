"""Files as the parsers read them."""

from benchmark.core.spec import Task
from benchmark.data.entry import Column, DataFile, Format
from benchmark.data.parsers import parse
from benchmark.data.rows import ParseContext, Row


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
