"""Headers that would become a class of their own."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext

import pytest

from benchmark.core.errors import DataError
from benchmark.data.entry import DataFile, Format, Split
from benchmark.data.headers import check_headers
from benchmark.data.parsers import parse
from benchmark.data.rows import ParseContext, Row

ROWS: dict[Split, str] = {
    "train": "kamu baik,ya\naku tidak,tidak\nsaya,ya\n",
    "validation": "dia,tidak\n",
    "test": "mereka,ya\nkami,tidak\n",
}
TAGGED: dict[Split, str] = {
    "train": "Budi,NNP\npergi,VB\n\nAni,NNP\n",
    "validation": "Ani,NNP\n",
    "test": "Budi,NNP\ntidur,VB\n",
}


def check(contents: Mapping[Split, str], by_position: bool = True) -> None:
    """Reads rows of text and label, or of words and tags, and checks them."""
    task, file_format = (
        ("sequence_labeling", "conll") if contents["test"].endswith(TAGGED["test"]) else ("classification", "csv")
    )
    rows, where, files = {}, {}, {}
    for split, content in contents.items():
        files[split] = DataFile(path="f", format=file_format)
        where[split] = f"d: {split}"
        raw = (content.replace(",", "\t") if file_format == "conll" else content).encode()
        rows[split] = parse(raw, ParseContext(where[split], task, split, files[split], 0, 1))
    check_headers(rows, where, files, by_position)


def before(header: str, rows: str) -> str:
    return header + rows


def within(header: str, rows: str) -> str:
    first, *others = rows.splitlines(keepends=True)
    return first + header + "".join(others)


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize(("place", "line"), [(before, 1), (within, 2)])
@pytest.mark.parametrize("header", ["text,label", "Teks,Kelas", "label,text"])
def test_a_header_of_usual_names_in_one_file_is_refused(
    header: str, place: Callable[[str, str], str], line: int, split: Split
) -> None:
    text, label = header.split(",")
    contents = ROWS | {split: place(header + "\n", ROWS[split])}
    for by_position in (True, False):
        with pytest.raises(
            DataError, match=f"^d: {split}, line {line}: '{text}' with label '{label}' .*Remove that line"
        ):
            check(contents, by_position)


@pytest.mark.parametrize(("place", "line"), [(before, 1), (within, 2)])
def test_a_header_of_conll_is_named_with_its_own_line(place: Callable[[str, str], str], line: int) -> None:
    with pytest.raises(DataError, match=f"^d: train, line {line}: 'word' with label 'pos' .*Remove that line"):
        check(TAGGED | {"train": place("word,pos\n", TAGGED["train"])})


@pytest.mark.parametrize(
    ("n", "message"), [(4, "^d: train, line 1: 'konten' with label 'penilaian' .*Remove that"), (3, "")]
)
def test_a_first_label_that_occurs_once_is_a_header_where_others_are_frequent(n: int, message: str) -> None:
    train = "".join(f"teks {i},{name}\n" for i in range(n) for name in ("ya", "tidak"))
    contents: dict[Split, str] = {"train": f"konten,penilaian\n{train}", "test": "mereka,ya\nkami,tidak\n"}
    check(contents, by_position=False)
    with pytest.raises(DataError, match=message) if message else nullcontext():
        check(contents)


@pytest.mark.parametrize("tag", ["B-PER", "I-PER", "O", "B"])
def test_a_tag_of_a_scheme_is_no_header(tag: str) -> None:
    check({split: f"Budi,{tag}\n{rows}" for split, rows in TAGGED.items()})


def test_columns_of_sentences_in_a_tsv_are_to_be_named() -> None:
    rows = {split: [Row(1, ("tokens",), ("tags",)), Row(2, ("Budi pergi",), ("B-PER O",))] for split in ROWS}
    files = {split: DataFile(path="f.tsv", format="conll") for split in ROWS}
    with pytest.raises(DataError, match="name its columns instead: `text: tokens`, `label: tags`"):
        check_headers(rows, dict.fromkeys(ROWS, "f.tsv"), files, by_position=True)


def test_a_negative_number_is_no_header() -> None:
    check(dict.fromkeys(ROWS, "buruk,-1\nbiasa,0\nbaik,1\nbagus,1\n"))


@pytest.mark.parametrize("header", ["text,gefühl", "ulasan pembeli,label"])
def test_one_usual_name_is_enough_above_a_file_read_by_position(header: str) -> None:
    contents = ROWS | {"train": f"{header}\n{ROWS['train']}"}
    with pytest.raises(DataError, match=r"^d: train, line 1: "):
        check(contents)
    check(contents, by_position=False)


def test_a_name_above_numbers_is_a_header() -> None:
    numbered = {split: rows.replace("tidak\n", "0\n").replace("ya\n", "1\n") for split, rows in ROWS.items()}
    with pytest.raises(DataError, match=r"^d: train, line 1: 'isi_pesan' with label 'nilai'"):
        check(numbered | {"train": f"isi_pesan,nilai\n{numbered['train']}"})


@pytest.mark.parametrize("row", ["halo,sapaan", "label,ya", "text,tidak", "y,ya"])
def test_rare_classes_and_short_texts_are_no_headers(row: str) -> None:
    check(ROWS | {"train": f"{row}\n{ROWS['train']}"})


@pytest.mark.parametrize("file_format", ["csv", "tsv"])
def test_a_repeated_header_is_refused(file_format: Format) -> None:
    content = "id,text,label\n1,a,ya\nid,text,label\n2,b,tidak\n".replace(",", "," if file_format == "csv" else "\t")
    context = ParseContext("f", "classification", "train", DataFile(path="f", format=file_format))
    with pytest.raises(DataError, match=r"^f, line 3: the header of line 1 again. Remove it"):
        parse(content.encode(), context)
