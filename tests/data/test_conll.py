"""Lines of CoNLL and CoNLL-U files that hold no word, and files without sentence breaks."""

from collections import Counter

import pytest

from benchmark.core.errors import DataError
from benchmark.data.entry import Column, DataFile, Format
from benchmark.data.parsers import parse
from benchmark.data.rows import ParseContext, Row


def read(
    content: str, text: Column | None = None, label: Column | None = None, file_format: Format = "conll"
) -> tuple[list[Row], Counter[str]]:
    file = DataFile(path="file", format=file_format)
    context = ParseContext("file", "sequence_labeling", "train", file, text, label)
    return parse(content.encode(), context), +context.skipped


@pytest.mark.parametrize(
    "start",
    [
        "-DOCSTART-\t-X-\t-X-\tO\n\n",
        "-DOCSTART-\t-X-\tO\tO\n",
        "-DOCSTART- -X- O O\r\n\r\n",
        "-DOCSTART-\n",
        "-docstart-\tO\n",
    ],
)
@pytest.mark.parametrize("label", [1, 3])
def test_document_starts_are_skipped_and_counted(start: str, label: int) -> None:
    content = f"{start}Olga\tNNP\tX\tB-PER\n{start}pergi\tVB\tX\tO\n"
    tags = ("NNP", "VB") if label == 1 else ("B-PER", "O")
    rows, skipped = read(content, text=0, label=label)
    assert [row[1:] for row in rows] == [(("Olga",), tags[:1]), (("pergi",), tags[1:])]
    assert skipped == {"-DOCSTART- lines": 2}


def test_document_starts_of_jsonl_are_skipped_and_counted() -> None:
    content = '{"tokens": ["-DOCSTART-"], "tags": ["-X-"]}\n{"tokens": ["Olga", "!"], "tags": ["NNP", "."]}\n'
    assert read(content, file_format="jsonl") == ([Row(2, ("Olga", "!"), ("NNP", "."))], {"-DOCSTART- lines": 1})


def conll_u(*lines: str) -> str:
    """Lines of ten columns, of which id, form and part of speech are given."""
    columns = (line.split() for line in lines)
    return "".join(f"{i}\t{form}\t_\t{tag}\t_\t_\t_\t_\t_\t_\n" for i, form, tag in columns) + "\n"


SENTENCES = (
    "# newdoc id = a\n# sent_id = 1\n# text = # dari\tkamu\n"
    + conll_u("1-2 dari _", "1 # SYM", "2 dari ADP", "2.1 ada VERB", "3 kamu PRON")
    + "# sent_id = 2\n"
    + conll_u("1 1-2 NUM")
)


def test_comments_ranges_and_empty_nodes_of_conll_u_are_skipped_and_counted() -> None:
    rows, skipped = read(SENTENCES, text=1, label=3)
    assert rows == [Row(4, ("#", "dari", "kamu"), ("SYM", "ADP", "PRON")), Row(11, ("1-2",), ("NUM",))]
    assert skipped == {"comments": 4, "ranges and empty nodes": 2}


@pytest.mark.parametrize("separator", ["-", "."])
def test_words_whose_ids_all_join_two_numbers_are_kept(separator: str) -> None:
    """As WebAnno numbers sentences and words."""
    content = "1-1\tBudi\tB-PER\n1-2\tpergi\tO\n\n2-1\tAni\tB-PER\n".replace("-", separator)
    rows, skipped = read(content.replace(f"B{separator}", "B-"), text=1, label=2)
    assert [row.text for row in rows] == [("Budi", "pergi"), ("Ani",)]
    assert not skipped


def test_empty_columns_behind_the_tag_are_no_columns() -> None:
    assert read("a\tO\t\t\nb\tO\n")[0] == [Row(1, ("a", "b"), ("O", "O"))]
    with pytest.raises(DataError, match="line 1: an empty token or tag"):
        read("a\t\t\n")


@pytest.mark.parametrize(
    ("usual", "other", "columns"),
    [
        ("a\tO", "c\tNN\tx\tO", {}),
        ("a\tO", "c\tNN\tx\tO", {"text": 0, "label": 1}),
        ("a\tNN\tx\tO", "c\tO", {"text": 0, "label": 1}),
        ("a\tNN\tO", "c\tNN\tx\tO", {"text": 0, "label": 2}),
    ],
)
def test_a_file_of_which_one_part_has_other_columns_is_refused(
    usual: str, other: str, columns: dict[str, Column]
) -> None:
    """The same position would be the tag in one part, and something else in the other."""
    counts = [line.count("\t") + 1 for line in (other, usual)]
    with pytest.raises(DataError, match="line 4: {} columns, where line 2 has {}. Give each word".format(*counts)):
        read(f"# of a\n{usual}\n\n{other}\n", **columns)


def test_lines_without_words_and_empty_columns_have_no_number_of_columns() -> None:
    rows, _ = read("# of a\n-DOCSTART-\t-X-\t-X-\tO\n\na\tO\tx\n\nb\tO\tx\t\t\n", text=0, label=1)
    assert [row.text for row in rows] == [("a",), ("b",)]


def test_conll_u_without_columns_is_told_the_usual_ones() -> None:
    with pytest.raises(DataError, match=r"line 4: 10 columns, not 2. Choose two, as in `text: 1` and `label: 3`"):
        read(SENTENCES)


def test_words_that_look_like_comments_and_ids_are_words() -> None:
    content = "#\tO\n# 1\tB-X\n4-5\tO\n\n8.1\tO\n4\tO\n"
    rows, skipped = read(content)
    assert [row.text for row in rows] == [("#", "# 1", "4-5"), ("8.1", "4")]
    assert not skipped
    rows, skipped = read("4-5\tangka\tO\nsatu\tangka\tO\n", text=1, label=2)
    assert (rows[0].text, skipped) == (("angka", "angka"), {})


def test_a_comment_within_a_sentence_is_a_token_without_a_tag() -> None:
    with pytest.raises(DataError, match="line 2: no TAB in '# sent_id = 2'"):
        read("a\tO\n# sent_id = 2\nb\tO\n")


@pytest.mark.parametrize("file_format", ["conll", "jsonl"])
def test_a_file_of_one_endless_sentence_is_refused(file_format: Format) -> None:
    def content(n: int) -> str:
        return "a\tO\n" * n if file_format == "conll" else f'{{"tokens": {["a"] * n}, "tags": {["O"] * n}}}'

    with pytest.raises(DataError, match=r"file: the whole file is one sentence of 257 words; .* blank lines"):
        read(content(257).replace("'", '"'), file_format=file_format)
    assert len(read(content(256).replace("'", '"'), file_format=file_format)[0][0].text) == 256
    assert len(read("a\tO\n" * 257 + "\nb\tO\n")[0]) == 2
