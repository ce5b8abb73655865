"""What a training's learning rate and its bounds mean for the claims: which runs make a pair, which have converged."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from math import exp, log
from typing import Any

import pytest

from benchmark.reporting.related_runs import BEST_RATE, TRAINING_KEY, training_key
from benchmark.reporting.results import Row, results
from tests.support.claim_factory import cell, judged, ours, record, row, spec
from tracking import Record

LOW, HIGH = 1e-3, 3e-3


def at(rate: float, setting: str, scores: Sequence[float], valid: float, **given: Any) -> list[Row]:
    """CNN's runs at a learning rate; F1 x100."""
    return cell("cnn", setting, scores, learning_rate=rate, valid_f1=valid / 100, **given)


def test_each_side_stands_at_its_own_best_rate() -> None:
    vanilla = [*at(LOW, "vanilla", [59, 59], valid=58), *at(HIGH, "vanilla", [50, 52], valid=51)]
    kd = [*at(LOW, "kd", [60, 60], valid=60), *at(HIGH, "kd", [62, 62], valid=61)]
    assert ours("kd_helps_cnn", [*vanilla, *kd]).mean == pytest.approx(62 - 59), "not 62 - 51: a rate that hurts one"
    assert ours("kd_helps_cnn", [*vanilla[2:], *kd[2:]]).mean == pytest.approx(62 - 51), "the only rate there is"


def test_a_rate_is_chosen_on_validation_never_on_test() -> None:
    rows = [*at(LOW, "vanilla", [90], valid=40), *at(HIGH, "vanilla", [50], valid=50)]
    rows += [*at(LOW, "kd", [95], valid=40), *at(HIGH, "kd", [53], valid=50)]
    assert ours("kd_helps_cnn", rows).mean == pytest.approx(3)


def test_a_rate_that_one_side_never_tried_is_not_the_others() -> None:
    rows = [*at(LOW, "vanilla", [50], valid=50), *at(HIGH, "vanilla", [60], valid=60), *at(LOW, "kd", [54], valid=54)]
    assert ours("kd_helps_cnn", rows).mean == pytest.approx(4)


def test_a_rate_of_fewer_seeds_is_left_out() -> None:
    rows = [*at(LOW, "vanilla", [50, 51, 52], valid=50), *at(LOW, "kd", [53, 54, 55], valid=53)]
    better = [*at(HIGH, "vanilla", [60, 60, 60], valid=60), *at(HIGH, "kd", [61, 61], valid=61)]
    found = ours("kd_helps_cnn", [*better, *rows])
    assert (found.n_pairs, found.mean) == (3, pytest.approx(3)), "both sides have but two seeds of the better rate"
    more = row("cnn", "kd", 0.61, seed=2, learning_rate=HIGH, valid_f1=0.61)
    assert ours("kd_helps_cnn", [*better, *rows, more]).mean == pytest.approx(1)


def test_seeds_that_only_one_side_has_choose_no_rate() -> None:
    lucky = row("cnn", "vanilla", 0.9, seed=7, learning_rate=LOW, valid_f1=0.9)
    rows = [*at(LOW, "vanilla", [40], valid=40), *at(HIGH, "vanilla", [50], valid=50)]
    rows += [*at(LOW, "kd", [45], valid=45), *at(HIGH, "kd", [52], valid=52)]
    assert ours("kd_helps_cnn", [*rows, lucky]).mean == pytest.approx(2)


def test_rates_compete_on_one_pool_where_the_claim_asks_for_one() -> None:
    plain = [*at(LOW, "kd_ulb", [60, 60], valid=60, pool="p"), *at(HIGH, "kd_ulb", [50, 50], valid=50, pool="p")]
    bert = [*at(LOW, "kd_ulb_bert", [61, 61], valid=61, pool="p"), *at(HIGH, "kd_ulb_bert", [62], valid=60, pool="p")]
    rows = [*plain, *bert, *at(HIGH, "kd_ulb_bert", [90, 90], valid=90, pool="q")]
    assert ours("bert_helps", rows).mean == pytest.approx(1)


def test_runs_of_the_grid_are_paired_whatever_rate_each_chose() -> None:
    rows = [
        *cell("cnn", "vanilla", [50, 50], rate_from="grid", learning_rate=5e-3),
        *cell("cnn", "kd", [53, 53], rate_from="grid", learning_rate=1e-4),
    ]
    assert ours("kd_helps_cnn", rows).mean == pytest.approx(3)


def steps(setting: str, *to_best: int) -> list[Row]:
    """One run a seed, all converged."""
    return [row("cnn", setting, 0.5, seed, steps_to_best=n, converged=True) for seed, n in enumerate(to_best)]


def test_converging_faster_is_a_ratio_of_steps() -> None:
    rows = [*steps("kd_ulb", 400, 900), *steps("kd_ulb_bert", 200, 100)]
    found = ours("bert_converges_faster", rows)
    assert found.mean == pytest.approx((2 * 9) ** 0.5)
    half = 12.7062 * log(9 / 2) / 2  # t at 1 degree of freedom, times the deviation over the root of 2
    assert found.low == pytest.approx(exp(log(18) / 2 - half), rel=1e-4)
    assert judged("bert_converges_faster", rows).paper is None, "the paper's steps stand in a figure alone"


def test_tuning_compares_a_studys_rate_with_the_students_own() -> None:
    study = record(spec(), role="study", **{BEST_RATE: 2e-3})
    tuned, others = spec(learning_rate=2e-3), spec(learning_rate=1e-4)
    runs = [record(spec(), test_f1=0.60, learning_rate=3e-3), record(tuned, test_f1=0.65, learning_rate=2e-3)]
    runs += [record(others, test_f1=0.10, learning_rate=1e-4)]
    rows = results([study, *runs])
    assert [one.rate_from for one in rows] == ["given", "tuned", "given"]
    assert ours("tuning_helps_cnn", rows).mean == pytest.approx(5), "a rate that was named is nobody's own"
    elsewhere = record(spec(dataset="smsa"), role="study", **{BEST_RATE: 2e-3})
    assert judged("tuning_helps_cnn", results([elsewhere, *runs])).ours is None


def test_a_study_of_an_older_version_is_known_by_its_tag() -> None:
    study = record(spec(), role="study", **{BEST_RATE: 2e-3})
    tags = dict(study.tags) | {TRAINING_KEY: training_key(spec())}
    older = Record(**asdict(study) | {"params": {}, "tags": tags})
    [found] = results([older, record(spec(learning_rate=2e-3), test_f1=0.65, learning_rate=2e-3)])
    assert found.rate_from == "tuned"


def test_a_row_says_what_bounds_its_training_whatever_its_setting() -> None:
    specs = [spec(), spec(setting="kd", pool_digest="p", unlabeled=True), spec(max_steps=5), spec(learning_rate="grid")]
    first, setting, budget, grid = results([record(one, test_f1=0.5, learning_rate=3e-3) for one in specs])
    assert first.budget == setting.budget != budget.budget
    assert (setting.pool, first.teacher_key, grid.rate_from) == ("p", "t", "grid")
    older = record(spec(), test_f1=0.5)
    params = {name: value for name, value in older.params.items() if name not in ("decay", "max_steps")}
    assert results([Record(**asdict(older) | {"params": params})])[0].budget == first.budget


def test_steps_of_a_training_that_was_cut_short_tell_nothing() -> None:
    slow, quick = steps("kd_ulb", 400, 900), steps("kd_ulb_bert", 200, 100)
    for side in (slow, quick):
        cut = [replace(one, converged=False) for one in side]
        found = judged("bert_converges_faster", [*cut, *(one for one in (*slow, *quick) if one not in side)])
        assert (found.ours, found.verdict) == (None, "not enough runs")
        assert found.claim.comparison.needs == "kd_ulb_bert and kd_ulb, converged"
    assert ours("bert_converges_faster", [*slow, replace(quick[0], converged=False), quick[1]]).n_pairs == 1


@pytest.mark.parametrize(
    ("epochs", "best", "bounds", "converged"),
    [
        (14, 4 * 130, {"max_steps": 4000}, True),
        (14, 4 * 130, {"max_steps": 0}, True),
        (12, 2 * 130, {"max_steps": 1500}, True),
        (12, 3 * 130, {"max_steps": 1500}, False),
        (12, 1500, {"max_steps": 1500}, False),
        (7, 6 * 658, {"max_steps": 4000}, False),
        (30, 20 * 100, {"max_epochs": 30}, False),
        (30, 20 * 100, {"max_epochs": 31}, True),
        (30, 25 * 100, {"max_steps": 3000}, False),
    ],
)
def test_a_training_converged_where_its_patience_ended_it(
    epochs: int, best: int, bounds: dict[str, int], converged: bool
) -> None:
    """At a patience of 10 epochs."""
    planned = spec(**{"patience": 10, "max_epochs": 100} | bounds)
    [found] = results([record(planned, test_f1=0.5, epochs=epochs, steps_to_best=best)])
    assert found.converged is converged


def test_a_training_of_which_too_little_is_known_did_not_converge() -> None:
    [found] = results([record(spec(), test_f1=0.5, steps_to_best=400)])
    assert found.converged is False
