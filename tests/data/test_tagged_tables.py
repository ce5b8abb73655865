"""Tables of tagged sentences: lists as they are printed and written."""

import csv
import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmark.core.errors import DataError
from benchmark.data.rows import Row
from tests.support.parsing import read, tagged


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
