"""Table 11: lengths of texts as they are written, and of those that a filter lets through."""

from benchmark.reporting.studies.lengths import length_statistics, markdown
from tests.distillation.test_encoded_dataset import make_dataset


def test_lengths_are_of_whole_texts_and_filters_see_what_is_read() -> None:
    told = list(length_statistics("tiny", make_dataset(pool=("nasi " * 9, "aku suka", "aku suka nasi"), max_length=4)))
    rows = {row.data: (row.n_texts, row.min, row.max) for row in told}
    assert rows["labelled"] == (3, 1, 2)
    assert rows["ulb"] == (3, 2, 9)
    assert rows["labelled + ulb_min_max"] == (6, 1, 9), "nine pieces are cut to two, as the student reads them"
    assert "up to 4 pieces, marks counted" in markdown(told, 4)


def test_tagged_words_are_counted_whole_too() -> None:
    told = list(
        length_statistics("tiny", make_dataset("sequence_labeling", pool=(["nasi"] * 9, ["aku"]), max_length=4))
    )
    assert [(row.data, row.max) for row in told][:2] == [("labelled", 2), ("ulb", 9)]


def test_a_data_set_without_unlabelled_text_has_one_row() -> None:
    assert [row.data for row in length_statistics("tiny", make_dataset(pool=()))] == ["labelled"]
