"""Table 11: statistics of lengths, their file and their section."""

import csv
from pathlib import Path

import numpy as np

from benchmark.reporting.studies.sections import length_statistics, write_lengths

LENGTHS = {"labelled": np.array([1, 2, 2]), "ulb": np.array([9, 2, 3, 4])}


def test_statistics_are_those_of_the_arrays() -> None:
    labelled, unlabelled = length_statistics("tiny", LENGTHS)
    assert (labelled.data, labelled.n_texts, labelled.min, labelled.max) == ("labelled", 3, 1, 2)
    assert (unlabelled.mean, unlabelled.q1, unlabelled.q3) == (4.5, 2.75, 5.25)
    assert unlabelled.std == np.std([9, 2, 3, 4])


def test_the_file_holds_our_rows_and_the_section_the_papers_too(tmp_path: Path) -> None:
    section = write_lengths(tmp_path, length_statistics("tiny", LENGTHS), 128)
    with (tmp_path / "lengths.csv").open(newline="") as file:
        assert [(row["data"], row["max"]) for row in csv.DictReader(file)] == [("labelled", "2.0"), ("ulb", "9.0")]
    assert "| tiny | ulb | 4 | 4.50 |" in section
    assert "| smltk (the paper) | smltk | - | 6.40 |" in section
    assert "up to 128 tokens" in section
