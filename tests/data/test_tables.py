"""Dialects of csv and tsv that are not read: the message says which it is, and the remedy."""

import pytest

from benchmark.core.errors import DataError, InputError
from benchmark.data.entry import Column, DataFile, Format, Split
from benchmark.data.parsers import parse
from benchmark.data.rows import ParseContext, Row
from benchmark.data.splits import check_single_labels

SEMICOLONS = r"line 1: .*semicolons, as Excel .*pandas\.read_csv\(FILE, sep=';'\)"
DIALECTS: dict[str, tuple[Format, str, str]] = {
    "semicolons": ("csv", "text;label\na, b;ya\nc;tidak\n", SEMICOLONS),
    "quoted semicolons": ("csv", '\ufeff"text";"label"\r\n"a, b";"ya"\r\n"c\nd";"tidak"\r\n', SEMICOLONS),
    "semicolons with Excel's note": ("csv", "sep=;\ntext;label\na;ya\n", SEMICOLONS),
    "semicolons between other columns": ("csv", "teks;kelas\na;ya\n", SEMICOLONS),
    "Excel's note": ("csv", "sep=,\ntext,label\na,ya\n", "line 1: 'sep=,' is a note for Excel. Remove that line"),
    "TABs": ("csv", "text\tlabel\na, b\tya\n", "line 1: .*TABs: add `format: tsv`"),
    "commas": ("tsv", 'text,label\n"a, b",ya\n', "line 1: .*commas: add `format: csv`"),
    "bars": ("csv", "text|label\na|ya\n", r"line 1: .*bars.*sep='\|'"),
    "line ends in a tsv": (
        "tsv",
        'text\tlabel\na\tya\n"b\nc"\ttidak\n',
        "line 3: a cell in quotes holds line ends.*csv",
    ),
    "line ends in the last column": ("tsv", 'label\ttext\nya\t"b\nc\nd"\ntidak\te\n', "line 2: a cell in quotes holds"),
}


def read(content: str, file_format: Format, text: Column | None = None, label: Column | None = None) -> list[Row]:
    file = DataFile(path="file", format=file_format)
    return parse(content.encode(), ParseContext("file", "classification", "train", file, text, label))


@pytest.mark.parametrize("case", DIALECTS)
def test_another_dialect_is_named(case: str) -> None:
    file_format, content, message = DIALECTS[case]
    with pytest.raises(DataError, match=f"^file, {message}"):
        read(content, file_format)


@pytest.mark.parametrize("content", ["a;ya\nb;tidak\n", "a, b;ya\nc;tidak\n", '"a, b";"ya"\n'])
def test_semicolons_read_by_position(content: str) -> None:
    with pytest.raises(DataError, match=f"^file, {SEMICOLONS}"):
        read(content, "csv", 0, 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("teks;x,label\na;ya,b\n", "Unknown column of file: 'text'"),
        ("text,label\na;b,ya\nc,d,ya\n", "line 3: 3 cells where line 1 has 2"),
        ("text,label\na;b,\n", "line 2: an empty label"),
    ],
)
def test_other_errors_stay(content: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(content, "csv")


JOINED = {
    "two rows": 'text,label\n"halo,ya\nhai",tidak\nlagi,ya\n',
    "three rows of Windows": 'text,label\r\n"halo, apa,ya\r\nhai,tidak\r\ndah",ya\r\nlagi,ya\r\nnah,tidak\r\n',
    "spaces behind commas": 'nah, ya\n"halo, ya\nhai", tidak\nlagi, ya\n',
    "label before text": 'label,text\nya,"halo\ntidak,hai, apa\nya,dah"\nya,lagi\ntidak,nah\n',
    "other columns": 'id,text,label,on\n1,"halo,ya,mo\n2,hai,tidak,di\n3,dah",ya,mi\n4,lagi,ya,mo\n5,nah,tidak,mo\n',
    "a quote in another column": 'text,label,note\nhalo,ya,"x\nhai,tidak,y\ndah,ya,z"\nlagi,ya,a\nnah,tidak,a\n',
}
"""A cell of line 2 is closed in a later line."""


@pytest.mark.parametrize("case", JOINED)
def test_rows_that_a_quote_joins_are_refused(case: str) -> None:
    last = 3 if case in ("two rows", "spaces behind commas") else 4
    message = (
        f"^file, line 2: a quote opens a cell that ends in line {last}, so that lines 2 to {last} are one row.*close"
    )
    with pytest.raises(DataError, match=message):
        read(JOINED[case], "csv", *((0, 1) if "spaces" in case else ()))


@pytest.mark.parametrize(
    "cell",
    [
        "halo\napa",
        "halo, apa\nkabar, baik\n",
        "Halo,\n\nterima kasih",
        "ya\ntidak",
        "halo,ya\napa\nkabar",
        "katanya, ya\nlalu",
    ],
)
def test_a_text_of_several_lines_is_one_row(cell: str) -> None:
    assert [row.text for row in read(f'text,label\n"{cell}",ya\nhai,tidak\n', "csv")] == [cell, "hai"]
    assert [row.text for row in read(f'label,text\nya,"{cell}"\ntidak,hai\n', "csv")] == [cell, "hai"]


def labelled(*labels: str) -> dict[Split, list[Row]]:
    return {"train": [Row(i, f"t{i}", label) for i, label in enumerate(labels, 1)]}


@pytest.mark.parametrize(
    "label", ["2,10", "2, 10", "2;10", "2|10", "2 10", "2,99", "a|b", "a;b", "a, b", "b,a,2", "a/b", "a + b", "a&b"]
)
def test_several_labels_in_one_cell_are_refused(label: str) -> None:
    with pytest.raises(DataError, match=r"^f, line 3: the label '.*' is several labels in one cell"):
        check_single_labels(labelled("2", "10", label, "a", "b"), {"train": "f"})


def test_a_decimal_comma_is_named() -> None:
    with pytest.raises(DataError, match=r"^f, line 2: the label '2,5' is .* If it is a number, write 2\.5\.$"):
        check_single_labels(labelled("1", "2,5", "3", "3,5"), {"train": "f"})


@pytest.mark.parametrize(
    "labels",
    [
        ("3,11", "2,10", "4,10"),
        ("x", "a,b", "a,c", "b,c"),
        ("x", "joy; love", "fear; joy", "love; fear"),
        ("x", "a|b|c", "c|a", "b|d"),
    ],
)
def test_several_labels_in_every_cell_are_refused(labels: tuple[str, ...]) -> None:
    with pytest.raises(DataError, match=r"^f, line 2: the label '.*' is several labels in one cell"):
        check_single_labels(labelled(*labels), {"train": "f"})


@pytest.mark.parametrize(
    "labels",
    [
        ("Solo, Java", "Bogor, Java", "Medan, Sumatra"),
        ("news/sport", "news/art", "blog/sport", "blog/art"),
        ("2,10", "3,11", "4,12"),
        ("a, a", "b"),
    ],
)
def test_classes_that_share_a_part_of_their_names_pass(labels: tuple[str, ...]) -> None:
    check_single_labels(labelled(*labels), {"train": "f"})


def test_classes_with_separators_in_their_names_pass() -> None:
    check_single_labels(
        labelled("food", "food, drink", "1,5", "a|c", ",", "ya; b", "a/c", "c+", "b & c"), {"train": "f"}
    )
