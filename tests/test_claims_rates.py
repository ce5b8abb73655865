"""What a training's learning rate and its bounds mean for the claims: which runs make a pair, which have converged."""

from dataclasses import asdict
from math import exp, log

import pytest
from made_claims import cell, judged, ours, record, row, spec

from benchmark.reporting.results import results
from benchmark.reporting.tuned_rates import BEST_RATE, LESSON, lesson_key
from tracking import Record

THREE = [*cell("cnn", "vanilla", [50, 50, 50]), *cell("cnn", "kd", [51, 52, 53])]


def test_two_rates_of_one_seed_are_one_value() -> None:
    rows = [*THREE, *cell("cnn", "vanilla", [40], learning_rate=3e-3), *cell("cnn", "kd", [45], learning_rate=3e-3)]
    found = ours("kd_helps_cnn", rows)
    assert (found.n_pairs, found.mean) == (3, pytest.approx(((1 + 5) / 2 + 2 + 3) / 3))


def test_runs_of_the_grid_are_paired_whatever_rate_each_chose() -> None:
    rows = [
        *cell("cnn", "vanilla", [50, 50], rate_from="grid", learning_rate=5e-3),
        *cell("cnn", "kd", [53, 53], rate_from="grid", learning_rate=1e-4),
    ]
    assert ours("kd_helps_cnn", rows).mean == pytest.approx(3)


def test_converging_faster_is_a_ratio_of_steps() -> None:
    rows = [
        *(row("cnn", "kd_ulb", 0.5, seed, steps_to_best=steps) for seed, steps in enumerate([400, 900])),
        *(row("cnn", "kd_ulb_bert", 0.5, seed, steps_to_best=steps) for seed, steps in enumerate([200, 100])),
    ]
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
    known = record(spec(), role="study", **{BEST_RATE: 2e-3})
    tags = dict(known.tags) | {LESSON: lesson_key(spec())}
    older = Record(**asdict(known) | {"params": {}, "tags": tags})
    [found] = results([older, record(spec(learning_rate=2e-3), test_f1=0.65, learning_rate=2e-3)])
    assert found.rate_from == "tuned"


def test_a_row_says_what_bounds_its_training_whatever_its_setting() -> None:
    asked = [spec(), spec(setting="kd", pool_digest="p", unlabeled=True), spec(max_steps=5), spec(learning_rate="grid")]
    first, setting, budget, grid = results([record(one, test_f1=0.5, learning_rate=3e-3) for one in asked])
    assert first.budget == setting.budget != budget.budget
    assert (setting.pool, first.teacher_key, grid.rate_from) == ("p", "t", "grid")
    older = record(spec(), test_f1=0.5)
    params = {name: value for name, value in older.params.items() if name not in ("decay", "max_steps")}
    assert results([Record(**asdict(older) | {"params": params})])[0].budget == first.budget
