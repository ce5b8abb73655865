"""Texts that are longer than the model reads."""

from pathlib import Path

import numpy as np
import pytest

from benchmark.bundle import Bundle
from benchmark.bundle.scores import probabilities
from benchmark.bundle.windows import enable_windows, join_words, window_step, windows_of
from tests.support.bundles import MAX_LENGTH, make_bundle, make_tokenizer

LONG = 12
"""Maximum length with windows of 10 tokens, each of which begins 8 tokens after the one before it."""


def test_a_text_of_2000_words_is_tagged_to_its_last_word(tmp_path: Path) -> None:
    bundle = Bundle.load(make_bundle(tmp_path / "bundle", "sequence_labeling"))
    words = ["di", "budi", "tinggal", "jakarta", "bandungnya"] * 400
    tags = ["O", "B-PERSON", "O", "B-PLACE", "B-PLACE"] * 400
    assert bundle.predict([" ".join(words)]) == [tags]
    assert bundle.predict([words, ["budi"]], scores=True)[0]["tags"] == tags


def test_windows_together_have_each_token_at_its_place() -> None:
    tokenizer = make_tokenizer()
    words = ["bandungnya", "di", "budi"] * 20
    whole = tokenizer.encode(words, is_pretokenized=True, add_special_tokens=False).ids
    enable_windows(tokenizer, LONG)
    windows, step = windows_of(tokenizer.encode(words, is_pretokenized=True)), window_step(tokenizer)
    assert step == 8
    for number, window in enumerate(windows):
        assert window.ids[1:-1] == whole[number * step : number * step + LONG - 2]
        assert (window.ids[0], window.ids[-1]) == (2, 3)
    assert len(windows) == -(-(len(whole) - 2) // step)


def test_a_word_is_read_where_most_of_the_text_is_seen_beside_it() -> None:
    tokenizer = make_tokenizer()
    enable_windows(tokenizer, LONG)
    words = ["di"] * 19
    windows = windows_of(tokenizer.encode(words, is_pretokenized=True))
    scores = [np.full((len(window.ids), 1), float(number + 1)) for number, window in enumerate(windows)]
    joined = join_words(len(words), windows, scores, window_step(tokenizer))
    assert joined[:, 0].tolist() == [1.0] * 9 + [2.0] * 8 + [3.0] * 2  # tokens 8 and 9, 16 and 17 stand in two windows


def test_a_word_that_a_window_cuts_is_read_at_its_first_token(tmp_path: Path) -> None:
    """Its second token has another tag."""
    bundle = Bundle.load(make_bundle(tmp_path / "bundle", "sequence_labeling"))
    for n_before in range(MAX_LENGTH):
        words = ["di"] * n_before + ["bandungnya"] * 4
        assert bundle.predict([words]) == [["O"] * n_before + ["B-PLACE"] * 4]


def test_scores_of_a_class_are_the_mean_over_windows(tmp_path: Path) -> None:
    bundle = Bundle.load(make_bundle(tmp_path / "bundle"))
    first, second = probabilities(np.array([4.0, 0.0])), probabilities(np.array([1.0, 2.0]))
    [answer] = bundle.predict(["senang senang senang senang sedih sedih"], scores=True)
    assert list(answer["scores"].values()) == pytest.approx(((first + second) / 2).tolist(), abs=1e-6)
    assert answer["label"] == "happy"


def test_a_text_that_fits_is_read_once(tmp_path: Path) -> None:
    bundle = Bundle.load(make_bundle(tmp_path / "bundle"))
    fits, longer = "senang " * (MAX_LENGTH - 2), "senang " * (MAX_LENGTH - 1)
    assert [len(windows_of(bundle._encode(text))) for text in (fits, longer)] == [1, 2]
    assert bundle.token_ids(fits) == bundle.token_ids(longer)


@pytest.mark.parametrize("max_length", [3, 4])
def test_windows_of_one_or_two_tokens_come_to_an_end(max_length: int, tmp_path: Path) -> None:
    bundle = Bundle.load(make_bundle(tmp_path / "bundle", "sequence_labeling", max_length=max_length))
    assert bundle.predict(["budi di jakarta"]) == [["B-PERSON", "O", "B-PLACE"]]
