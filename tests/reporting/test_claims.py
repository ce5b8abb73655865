"""The paper's claims: effects computed by hand, fair pairs alone, and verdicts that follow from their intervals."""

from typing import Any

import pytest

from benchmark.reporting.claims.effects import Effect
from benchmark.reporting.claims.findings import verdict
from benchmark.reporting.claims.statements import Expected
from benchmark.reporting.leaderboard_entry import interval
from tests.support.claim_factory import cell, judged, ours, row, timed

T_2 = 4.302653 / 3**0.5
"""What one standard deviation is worth in half an interval of three values: t of 0.975 at 2 degrees of freedom."""
THREE = [*cell("cnn", "vanilla", [50, 50, 50]), *cell("cnn", "kd", [51, 52, 53])]


def test_an_effect_is_the_mean_of_its_pairs_with_students_interval() -> None:
    found = judged("kd_helps_cnn", THREE)
    assert found.ours == Effect(
        mean=pytest.approx(2.0), low=pytest.approx(2 - T_2, rel=1e-5), high=pytest.approx(2 + T_2, rel=1e-5),
        n_pairs=3, n_seeds=3, datasets=("emot",), students=("cnn",),
    )  # fmt: skip
    assert found.verdict == "undecided", "2 - 2.48 is below 0"
    assert judged("kd_helps_bilstm", THREE).ours is None, "each student has its own claim"


@pytest.mark.parametrize(
    ("gains", "expected", "decision"),
    [
        ([2, 3, 4], "above", "holds"),
        ([2, 3, 4], "below", "does not hold"),
        ([2, 3, 4], "not above", "does not hold"),
        ([-2, -3, -4], "above", "does not hold"),
        ([-2, -3, -4], "below", "holds"),
        ([-2, -3, -4], "not above", "holds"),
        ([-2, 3, 4], "above", "undecided"),
        ([-2, 3, 4], "below", "undecided"),
        ([-2, 3, 4], "not above", "undecided"),
        ([0, 0], "not above", "holds"),
        ([0, 0], "below", "undecided"),
        ([2], "above", "not enough runs"),
        ([-2], "not above", "not enough runs"),
    ],
)
def test_a_verdict_needs_the_whole_interval_on_one_side(gains: list[float], expected: Expected, decision: str) -> None:
    found = interval(gains)
    assert found
    assert verdict(found, expected) == decision


def test_what_is_decided_on_one_data_set_says_so() -> None:
    rows = [*cell("cnn", "vanilla", [50, 50]), *cell("cnn", "kd", [60, 61])]
    assert judged("kd_helps_cnn", rows).verdict_text == "holds on emot"
    more = [*rows, *cell("cnn", "vanilla", [50], dataset="smsa"), *cell("cnn", "kd", [60], dataset="smsa")]
    assert judged("kd_helps_cnn", more).verdict_text == "holds"
    assert judged("kd_helps_bilstm", more).verdict_text == "not enough runs"


def test_one_pair_is_not_enough_and_none_is_no_effect() -> None:
    one = judged("kd_helps_cnn", [row("cnn", "vanilla", 0.5), row("cnn", "kd", 0.6)])
    assert one.ours
    assert (one.verdict, one.ours.mean, one.ours.low) == ("not enough runs", pytest.approx(10), None)
    none = judged("kd_helps_cnn", [row("cnn", "vanilla", 0.5, seed=0), row("cnn", "kd", 0.6, seed=1)])
    assert (none.verdict, none.ours) == ("not enough runs", None)


DIFFERENT: dict[str, Any] = {
    "teacher_key": "another",
    "data": "another",
    "protocol": "2",
    "budget": "another",
    "learning_rate": 3e-3,
    "rate_from": "grid",
    "dataset": "smsa",
    "smoke": True,
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_runs_that_differ_in_more_than_the_claim_are_no_pair(name: str) -> None:
    rows = [*cell("cnn", "vanilla", [50, 50]), *cell("cnn", "kd", [60, 60], **{name: DIFFERENT[name]})]
    assert judged("kd_helps_cnn", rows).ours is None


def test_presets_and_the_name_of_a_teacher_part_no_pair() -> None:
    rows = [*cell("cnn", "vanilla", [50]), *cell("cnn", "kd", [60], preset="quickstart", teacher="bert again")]
    assert ours("kd_helps_cnn", rows).mean == pytest.approx(10)


@pytest.mark.parametrize(
    ("name", "setting", "papers"),
    [
        ("balance_median_does_not_help", "kd_ulb_median", 83.27 - 84.05),
        ("domain_does_not_beat_pool", "kd_in_domain", (-1.48 + 0.40) / 2),
    ],
)
def test_not_helping_holds_where_the_effect_ends_at_or_below_none(name: str, setting: str, papers: float) -> None:
    plain = cell("cnn", "kd_ulb", [60, 60, 60])
    for scores, expected in (([57, 58, 59], "undecided"), ([58, 58, 58], "holds"), ([61, 61, 61], "does not hold")):
        found = judged(name, [*plain, *cell("cnn", setting, scores)])
        assert found.verdict == expected
    assert found.paper
    assert found.paper.mean == pytest.approx(papers)


def test_embeddings_are_compared_on_one_pool() -> None:
    rows = [
        *cell("cnn", "kd_ulb_fasttext", [60, 60], pool="p"),
        *cell("cnn", "kd_ulb_bert", [61, 62], pool="p"),
        *cell("cnn", "kd_ulb_bert", [90, 90], pool="q"),
    ]
    assert ours("bert_beats_fasttext", rows).mean == pytest.approx(1.5)


def test_short_texts_are_those_of_few_words() -> None:
    rows = [
        *cell("cnn", "kd", [80, 80]), *cell("cnn", "kd_ulb", [70, 72]),
        *cell("cnn", "kd", [60], dataset="chat"), *cell("cnn", "kd_ulb", [55], dataset="chat"),
    ]  # fmt: skip
    words = {"emot": 25.0, "chat": 6.5}
    assert ours("ulb_hurts_cnn_on_short_texts", rows, words).mean == pytest.approx(-5)
    assert ours("ulb_hurts_cnn", rows, words).mean == pytest.approx((-10 - 8 - 5) / 3)
    assert judged("ulb_hurts_cnn_on_short_texts", rows).ours is None, "no text of known length"


def test_files_and_milliseconds_are_a_pair_a_student_and_data_set() -> None:
    sizes = {"latency_torch_ms": 4.0, "size_checkpoint_mib": 30.0, "size_weights_mib": 10.0, "size_onnx_mib": 10.0}
    rows = [*timed("cnn", 1.0, [50, 60, 70], **sizes), *timed("bilstm", 2.0, [50], **sizes)]
    faster, smaller, alone = (
        judged(name, rows) for name in ("onnx_is_faster", "onnx_is_smaller", "onnx_is_smaller_than_weights")
    )
    assert faster.ours
    assert (faster.ours.n_pairs, faster.ours.n_seeds, faster.ours.mean) == (2, 0, pytest.approx(8**0.5))
    assert smaller.ours
    assert (smaller.ours.mean, smaller.verdict, alone.verdict) == (pytest.approx(3), "holds", "undecided")


def test_f1_a_millisecond_is_compared_setting_by_setting() -> None:
    rows = [
        *timed("cnn", 1.0, [50]), *timed("bert_mini", 4.0, [60]), *timed("bert_small", 8.0, [75]),
        *timed("cnn", 1.0, [90], setting="kd_ulb"),
        *timed("cnn", 1.0, [50], dataset="smsa"), *timed("bert_mini", 4.0, [80], dataset="smsa", machine="other"),
    ]  # fmt: skip
    found = judged("cnn_keeps_more_per_ms", rows)
    assert found.ours
    assert found.ours.n_pairs == 1, "machines are not compared"
    assert found.ours.mean == pytest.approx((50 / 1 / (60 / 4) * 50 / 1 / (75 / 8)) ** 0.5)
