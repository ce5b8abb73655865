"""Unlabelled files that are no plain text: their markup and labels would be training text."""

from pathlib import Path

import pytest

from benchmark.core.errors import DataError
from benchmark.data.plain_text import read_lines, text_key

REFUSED = {
    "pool.csv": ("halo apa kabar\n", "csv"),
    "pool.TSV": ("halo\n", "tsv"),
    "pool.jsonl": ("halo\n", "jsonl"),
    "pool.conllu": ("halo\n", "conllu"),
    "records.txt": ('{"text": "a", "id": 0}\n{"text": "b"}\n', "JSON"),
    "array.txt": ('["a", "b"]\n', "JSON"),
    "tagged.txt": ("Budi\tB-PER\npergi\tO\n\nke\tO\n", "conll"),
    "spaced": ("Budi B-PER\npergi O\n\nke O\n", "conll"),
    "conll2003.txt": ("EU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\nGerman JJ B-NP B-MISC\n", "conll"),
    "speech.txt": ("Budi\tNNP\npergi\tVB\n", "a table .columns between TABs."),
    "header.txt": ("id,text,label\n1,halo,ya\n2,hai,ya\n", "a table with a header"),
    "excel.txt": ('"Teks";"Kelas"\n"halo";"ya"\n', "a table with a header"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_of_more_than_texts_is_refused(tmp_path: Path, name: str) -> None:
    content, kind = REFUSED[name]
    (tmp_path / name).write_text(content)
    with pytest.raises(
        DataError, match=rf"^.*{name} of `unlabeled` is {kind}.*; plain text is needed, one text per line"
    ):
        read_lines(tmp_path / name, "`unlabeled`")


@pytest.mark.parametrize(
    "text", ["ha\u200blo ❤", "\ufeffhalo ❤\ufe0f", "ha\u00adlo ❤\ufe0e", "halo\u2060 ❤\U000e0100", "halo \u200b ❤"]
)
def test_a_text_is_the_same_without_characters_that_cannot_be_seen(text: str) -> None:
    assert text_key(text) == text_key("halo ❤")


@pytest.mark.parametrize(
    "content",
    [
        "halo, apa kabar\r\n\r\n{tidak} jelas\nsatu\tdua\nkata O\n",
        "[1]\nhalo\n",
        "12\n13\n",
        '"halo"\n',
        "text dan label\nhalo, dunia\n",
    ],
)
def test_texts_are_read_as_they_are(tmp_path: Path, content: str) -> None:
    (tmp_path / "pool.txt").write_text(content, newline="")
    assert (
        read_lines(tmp_path / "pool.txt", "`unlabeled`")
        == content.replace("\r", "").replace("\n\n", "\n").split("\n")[:-1]
    )
