"""The training set of each policy, from a real data set and a teacher whose logits are known."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmark.core.errors import RunError
from benchmark.core.spec import RunSpec
from benchmark.data.pool import Pool
from benchmark.distillation.encoding import UNALIGNED, EncodedDataset, EncodedTexts
from benchmark.distillation.training_set import TrainingSet, training_set
from tests.core.test_spec import SPEC
from tests.distillation.test_encoded_dataset import make_dataset
from tests.distillation.test_teacher_outputs import outputs

POOL = ("aku", "aku aku", "aku aku aku", "aku aku aku aku", "nasi", "suka nasi goreng aku suka nasi")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "cache"))


def answer(sentences: EncodedTexts) -> np.ndarray:
    """Label 0 to texts that begin with `aku`, else 1; for tagging a logit a word."""
    second = np.array([sentences.ids[start + 1] == 5 for start in sentences.offsets[:-1]])
    per_answer = np.repeat(second, np.diff(sentences.target_offsets))
    return np.stack([per_answer, ~per_answer], axis=1).astype(np.float32)


def encoded_dataset(
    task: str = "classification", pool: object = POOL, origins: list[int] | None = None
) -> EncodedDataset:
    made = make_dataset(task, pool=pool)
    made.read_pool = lambda source: Pool(pool, f"of {source}", origins)
    for part in ("train", "validation", "test", "pool", "subs"):
        outputs(made)._cached(part, lambda part: answer(made.encoded(part)))
    return made


def student_spec(**changed: object) -> RunSpec:
    return replace(SPEC, **({"loss": "mse", "unlabeled": True} | changed))


def trained_on(where: EncodedDataset, **changed: object) -> TrainingSet:
    return training_set(student_spec(**changed), where, outputs(where))


def read(where: EncodedDataset, **changed: object) -> list[str]:
    """The texts after the three labelled ones, from their pieces."""
    sentences = trained_on(where, **changed).examples.encoded
    rows = [sentences.ids[a:b] for a, b in zip(sentences.offsets[:-1], sentences.offsets[1:], strict=True)]
    return [where.tokenizer.decode(ids, skip_special_tokens=True) for ids in rows[3:]]


def test_without_a_policy_the_whole_pool_is_read() -> None:
    assert read(encoded_dataset()) == list(POOL)
    assert read(encoded_dataset(), unlabeled=False) == []


def test_length_filters_take_their_bounds_from_train() -> None:
    # train holds texts of 1, 2 and 1 words
    assert read(encoded_dataset(), length_filter="min_max") == ["aku", "aku aku", "nasi"]
    assert read(encoded_dataset(), length_filter="q1_q3") == ["aku", "nasi"]


def test_balancing_goes_by_the_teachers_labels() -> None:
    texts = read(encoded_dataset(), balance="mean_oversampled")
    assert Counter(text.split()[0] == "aku" for text in texts) == {True: 3, False: 3}


def test_each_seed_draws_a_balance_of_its_own() -> None:
    drawn = {seed: tuple(read(encoded_dataset(), balance="median", seed=seed)) for seed in range(8)}
    assert len(set(drawn.values())) > 1, "or seeds would differ less than they do"
    assert drawn[3] == tuple(read(encoded_dataset(), balance="median", seed=3))


def test_the_length_filter_comes_after_balancing() -> None:
    trained = trained_on(encoded_dataset(), balance="mean_oversampled", length_filter="min_max")
    assert trained.n_texts < 3 + 6
    assert trained.label_count_std != 0  # Table 10: filtering unbalances again


def test_targets_stay_with_their_texts() -> None:
    where = encoded_dataset()
    trained = trained_on(where, balance="mean_oversampled", length_filter="min_max").examples
    assert (trained.targets == answer(trained.encoded)).all()


def test_targets_of_words_stay_with_their_sentences() -> None:
    pool = (["aku", "suka"], ["nasi"], ["aku", "aku", "aku", "nasi"])
    trained = trained_on(encoded_dataset("sequence_labeling", pool), task="sequence_labeling", length_filter="min_max")
    assert len(trained.examples.encoded) == 2 + 2
    assert (trained.examples.targets == answer(trained.examples.encoded)).all()
    assert trained.label_count_std is None


def test_made_texts_can_be_kept_where_the_teacher_agrees() -> None:
    made = encoded_dataset(
        pool=("aku nasi", "aku", "nasi"), origins=[1, 0, 0]
    )  # train: aku (0), suka nasi (1), nasi (1)
    assert read(made, text_source="subs") == ["aku nasi", "aku", "nasi"]
    assert read(made, text_source="subs", agreed=True) == ["aku"]


def test_texts_without_an_origin_cannot_agree() -> None:
    with pytest.raises(RunError, match="were not generated from labelled ones"):
        trained_on(encoded_dataset(), agreed=True)


def test_figures_are_those_of_what_is_read() -> None:
    trained = trained_on(encoded_dataset())
    assert trained.n_texts == 3 + len(POOL)
    assert trained.label_count_std == np.std([4, 2])
    assert trained_on(encoded_dataset(), unlabeled=False).label_count_std is None


def test_words_that_the_teacher_did_not_read_are_no_targets_of_an_own_vocabulary() -> None:
    where = make_dataset("sequence_labeling", pool=())
    read = np.array([[1, 0], [np.nan, np.nan], [0, 1], [0, 1]], dtype=np.float32)
    outputs(where)._cached("train", lambda _: read)
    found = trained_on(where, task="sequence_labeling", unlabeled=False, vocabulary="own").examples
    assert found.encoded.positions.tolist() == [1, UNALIGNED, 1, UNALIGNED], "the last word has no token"
