"""The expected time of a run: from runs like it, else from its sentences and its budget of steps."""

from collections.abc import Mapping
from dataclasses import asdict, replace

import pytest

from benchmark.core.presets import SEARCH_COST
from benchmark.core.spec import GRID
from benchmark.execution.estimate import LIKELY_EPOCHS, OVERHEAD_SECONDS, Estimator, measuring_seconds
from students import STUDENTS
from tests.core.test_spec import SPEC
from tracking import Record

UNKNOWN = Estimator(seconds={})
LONG = replace(SPEC, max_epochs=100)


def record(
    seconds: float,
    *,
    smoke: str = "false",
    status: str = "finished",
    role: str = "train",
    params: Mapping[str, str] = {},
) -> Record:
    tags = {"role": role, "dataset": "emot", "student": "bilstm", "setting": "kd_ulb", "smoke": smoke}
    return Record(
        run_id="r",
        suite="s",
        name="n",
        status=status,  # type: ignore[arg-type]
        tags=tags,
        params=params,
        metrics={},
        start_time=1_000,
        end_time=1_000 + round(seconds * 1000),
    )


def texts(n: int) -> list[str]:
    """Of ten pieces each."""
    return ["x" * 40] * n


def test_runs_like_it_tell_best() -> None:
    records = [record(60), record(80), record(300), record(1, smoke="true"), record(2, status="failed")]
    estimate = Estimator.from_records([*records, record(3, role="inference")])
    assert estimate(SPEC, texts(10)) == 80
    assert estimate(replace(SPEC, setting="kd"), texts(10)) == UNKNOWN(SPEC, texts(10))
    assert estimate(replace(SPEC, limit=8), texts(8)) == UNKNOWN(SPEC, texts(8)), "a smoke run takes less"


def test_a_search_takes_as_long_as_all_its_trials() -> None:
    one, first, second = (
        replace(LONG, learning_rate=rate, seed=seed, search_seed=0) for rate, seed in ((1e-3, 0), (GRID, 0), (GRID, 1))
    )
    seconds = [UNKNOWN(spec, texts(1000)) - OVERHEAD_SECONDS for spec in (one, first, second)]
    assert seconds == pytest.approx([seconds[0], SEARCH_COST * seconds[0], seconds[0]])


def test_runs_with_and_without_a_search_tell_of_each_other() -> None:
    spec = replace(SPEC, learning_rate=GRID, search_seed=0)
    searched = record(100, params={name: str(value) for name, value in asdict(spec).items()})
    estimate = Estimator.from_records([searched])
    assert estimate(spec, texts(10)) == pytest.approx(100)
    assert estimate(replace(spec, seed=1), texts(10)) == pytest.approx(100 / SEARCH_COST)


def test_early_stopping_and_budgets_bound_what_is_seen() -> None:
    of_sentence = 10 * STUDENTS["bilstm"].microseconds_per_token * 1e-6
    assert UNKNOWN(LONG, texts(1000)) == pytest.approx(OVERHEAD_SECONDS + of_sentence * 1000 * LIKELY_EPOCHS[LONG.loss])
    few_epochs, few_steps = replace(LONG, max_epochs=2), replace(LONG, max_steps=50)
    assert UNKNOWN(few_epochs, texts(1000)) == pytest.approx(OVERHEAD_SECONDS + of_sentence * 2000)
    assert UNKNOWN(few_steps, texts(1000)) == pytest.approx(OVERHEAD_SECONDS + of_sentence * 50 * 32)
    assert UNKNOWN(replace(LONG, max_steps=10**9), texts(1000)) == UNKNOWN(LONG, texts(1000))


def test_soft_targets_train_for_longer_than_labels() -> None:
    assert UNKNOWN(replace(LONG, loss="mse"), texts(1000)) > UNKNOWN(replace(LONG, loss="hard"), texts(1000))


def test_measuring_takes_time_by_data_set_and_by_run() -> None:
    one = measuring_seconds([LONG])
    assert measuring_seconds([]) == 0
    assert one < measuring_seconds([LONG, LONG]) < measuring_seconds([LONG, replace(LONG, dataset="b")]) == 2 * one


def test_words_weigh_as_their_text_does() -> None:
    assert UNKNOWN(LONG, [("satu", "dua")]) == UNKNOWN(LONG, ["satu dua"])
