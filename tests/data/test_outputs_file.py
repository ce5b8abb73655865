"""Files of teacher outputs: logits by text out of every format, and one clear error out of every broken one."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmark.core.errors import DataError
from benchmark.core.spec import Task
from benchmark.data.entry import OutputsFile
from benchmark.data.outputs_file import FLOOR, TextOutputs, read_outputs

LABELS = ("good", "very-bad")
TAGS = ("O", "B-PER")
TEXTS = {"text": ["halo", "ya, kak"], "good": [0.25, 1.0], "very-bad": [0.75, 0.0]}
WORDS = {"words": [["Budi", "pergi"], ["ya"]], "O": [[0.5, 0.1], [1.0]], "B-PER": [[0.5, 0.9], [0.0]]}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(columns: dict[str, list[Any]], name: str) -> str:
    frame = pd.DataFrame(columns)
    if name.endswith("parquet"):
        frame.to_parquet(name)
    elif name.endswith("jsonl"):
        frame.to_json(name, orient="records", lines=True)
    else:
        frame.map(lambda cell: json.dumps(cell) if isinstance(cell, list) else cell).to_csv(name, index=False)
    return name


def read(
    columns: dict[str, list[Any]], labels: Sequence[str] = LABELS, name: str = "a.jsonl", **kind: Any
) -> TextOutputs:
    task: Task = "classification" if labels is LABELS else "sequence_labeling"
    return read_outputs(OutputsFile(path=write(columns, name), **kind), labels, task)


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl", "a.csv"])
def test_probabilities_of_texts_are_read_as_their_logarithms(name: str) -> None:
    logits = read(TEXTS, name=name).of(["ya, kak", "halo"])
    assert np.allclose(logits, np.log([[1.0, FLOOR], [0.25, 0.75]]))


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl", "a.csv"])
def test_outputs_of_words_are_lists_as_long_as_the_sentence(name: str) -> None:
    logits = read(WORDS, TAGS, name).of([["ya"], ["Budi", "pergi"]])
    assert np.allclose(np.exp(logits), [[1.0, FLOOR], [0.5, 0.5], [0.1, 0.9]])


def test_words_may_stand_between_spaces() -> None:
    logits = read({**WORDS, "words": ["Budi pergi", "ya"]}, TAGS).of([("Budi", "pergi")])
    assert len(logits) == 2


def test_logits_are_taken_as_they_are() -> None:
    logits = read({"text": ["halo"], "good": [-3.5], "very-bad": [5]}, kind="logits").of(["halo"])
    assert logits.tolist() == [[-3.5, 5.0]]


def test_probabilities_that_are_called_logits_are_refused() -> None:
    """Their softmax is nearly uniform, so students would learn next to nothing of them."""
    with pytest.raises(DataError, match=r"a\.jsonl holds probabilities, not logits: .* `teacher_outputs: a\.jsonl`"):
        read(TEXTS, kind="logits")
    with pytest.raises(DataError, match="holds probabilities"):
        read(WORDS, TAGS, kind="logits")
    with pytest.raises(DataError, match="holds probabilities"):
        read({**TEXTS, "good": [0.25, 0.9]}, kind="logits")
    logits = read({**TEXTS, "good": [2.0, 0.25]}, kind="logits").logits
    assert logits.tolist() == [[2.0, 0.75], [0.25, 0.0]]


def test_columns_are_found_by_the_label_in_any_order_case_and_punctuation() -> None:
    outputs = read({"Very_Bad": [0.75], "note": ["x"], "GOOD": [0.25], "Text": ["halo"]})
    assert np.allclose(np.exp(outputs.of(["halo"])), [[0.25, 0.75]])


def test_a_label_below_zero_has_its_own_column() -> None:
    columns = {"text": ["halo"], "0": [0.25], "1": [0.75]}
    with pytest.raises(DataError, match="no column for the label '-1'"):
        read_outputs(OutputsFile(path=write(columns, "a.jsonl")), ("-1", "0"), "classification")


def test_two_labels_of_one_column_are_refused() -> None:
    with pytest.raises(DataError, match="the column 'us' is for the label 'US' and for 'Us'"):
        read_outputs(OutputsFile(path=write({"text": ["a"], "us": [1.0]}, "a.jsonl")), ("US", "Us"), "classification")


@pytest.mark.parametrize("number", ["1e300", "-1e39", "1" * 400])
def test_a_number_beyond_32_bits_is_refused(number: str) -> None:
    Path("a.jsonl").write_text(f'{{"text": "a", "good": {number}, "very-bad": 0.5}}')
    with pytest.raises(DataError, match=r"row 1: column 'good' is .*; a finite number below 3\.4e38 is needed"):
        read_outputs(OutputsFile(path="a.jsonl", kind="logits"), LABELS, "classification")


def test_a_text_without_outputs_has_nan_and_is_not_contained() -> None:
    outputs = read(WORDS, TAGS)
    assert np.isnan(outputs.of([["siapa", "ya"]])).all()
    assert outputs.of([["siapa", "ya"]]).shape == (2, 2)
    assert ["ya"] in outputs
    assert ["siapa", "ya"] not in outputs


def test_a_text_may_occur_again_with_the_same_outputs() -> None:
    outputs = read({"text": ["halo", "halo"], "good": [0.25, 0.25001], "very-bad": [0.75, 0.74999]})
    assert len(outputs.of(["halo"])) == 1


BROKEN = {
    "no column of a label": (
        {"text": ["a"], "good": [1.0]},
        "no column for the label 'very-bad'. Add it; .* text, good",
    ),
    "columns alike": ({"text": ["a"], "good": [1.0], "very bad": [0], "VERY_BAD": [0]}, "'VERY_BAD' may all be for"),
    "no column of texts": ({"good": [1.0], "very-bad": [0.0]}, "no column for the text, 'text'"),
    "sum": ({**TEXTS, "good": [0.25, 0.9]}, "row 2: .* the row sums to 0.9 over good, very-bad, .* kind: logits"),
    "negative": ({**TEXTS, "good": [0.25, -1]}, "row 2: .* the row holds -1"),
    "empty": ({**TEXTS, "good": [0.25, None]}, "row 2: column 'good' is nan; a finite number"),
    "word": ({**TEXTS, "good": [0.25, "much"]}, "row 2: 'much' is no number"),
    "two outputs": (
        {**TEXTS, "text": ["halo", "halo"]},
        "row 2: other outputs than row 1 has for the same text 'halo'",
    ),
    "outputs of words": ({"text": ["a"], "good": [[1.0]], "very-bad": [[0.0]]}, "row 1: a label has a list of numbers"),
    "text is a number": ({**TEXTS, "text": [1, 2]}, "row 1: the text is 1; a string is needed"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_outputs_are_refused_by_row(case: str) -> None:
    columns, message = BROKEN[case]
    with pytest.raises(DataError, match=message):
        read(columns)


def test_outputs_of_texts_are_refused_for_words() -> None:
    with pytest.raises(DataError, match=r"row 1: a label has 0\.5; tagging needs a list of one number per word"):
        read({"text": ["Budi"], "O": [0.5], "B-PER": [0.5]}, TAGS)


def test_each_word_needs_its_numbers() -> None:
    with pytest.raises(DataError, match="row 1: a label has 1 numbers for 2 words"):
        read({"words": [["Budi", "pergi"]], "O": [[0.5]], "B-PER": [[0.5, 0.5]]}, TAGS)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", "", "the ending tells its format; .parquet, .jsonl, .csv"),
        ("a.parquet", "text", "cannot be read as parquet"),
        ("a.jsonl", "{", "row 1: invalid JSON"),
        ("a.jsonl", "[1]", "row 1: .* no JSON object"),
        ("a.jsonl", '{"text": "a", "good": 1, "good": 0}', "row 1: .*the key 'good' occurs 2 times"),
        ("a.csv", "", "no csv table with a header"),
        ("a.csv", "text,good,good\nhalo,1,0\n", "column 'good' occurs twice"),
        ("a.csv", "text,good,very-bad\nhalo,ya,1,0\n", "row 1: 4 cells, where the header has 3"),
    ],
)
def test_a_broken_file_is_refused(name: str, content: str, message: str) -> None:
    Path(name).write_text(content)
    with pytest.raises(DataError, match=message):
        read_outputs(OutputsFile(path=name), LABELS, "classification")


def test_a_missing_file_is_refused() -> None:
    with pytest.raises(DataError, match=r"'b\.csv' of teacher_outputs does not exist"):
        read_outputs(OutputsFile(path="b.csv"), LABELS, "classification")
