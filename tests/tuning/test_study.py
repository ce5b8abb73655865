"""Studies: what is drawn, and which search may join. Nothing is trained here."""

import math
from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from optuna.distributions import FloatDistribution

from benchmark.core.errors import InputError
from benchmark.tuning.storage import open_storage
from tests.support.studies import SEARCH, SPEC, finish_all, joined, rates


def test_draws_are_log_uniform_within_the_bounds(tmp_path: Path) -> None:
    trials = joined(str(tmp_path / "journal.log"), 60)
    finish_all(trials)
    drawn = rates(trials)
    middle = math.sqrt(SEARCH.low * SEARCH.high)
    assert all(SEARCH.low <= rate <= SEARCH.high for rate in drawn)
    assert len(set(drawn)) == 60
    assert 20 <= sum(rate < middle for rate in drawn) <= 40


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_a_resumed_study_draws_what_an_uninterrupted_one_does(sampler: str, tmp_path: Path) -> None:
    search = replace(SEARCH, sampler=sampler)  # type: ignore[arg-type]
    whole = joined(str(tmp_path / "whole.log"), 14, search)
    finish_all(whole)
    for n_trials in (5, 14):
        parts = joined(str(tmp_path / "parts.log"), n_trials, search)
        finish_all(parts)
    assert rates(parts) == rates(whole)
    assert len(set(rates(whole))) == 14


def test_another_seed_draws_other_rates(tmp_path: Path) -> None:
    drawn = []
    for seed in (0, 1):
        trials = joined(str(tmp_path / "journal.log"), 4, replace(SEARCH, spec=replace(SPEC, seed=seed)))
        finish_all(trials)
        drawn.append(rates(trials))
    assert not set(drawn[0]) & set(drawn[1])


OTHERS = {
    "low": replace(SEARCH, low=1e-4),
    "high": replace(SEARCH, high=1e-3),
    "sampler": replace(SEARCH, sampler="tpe"),
    "pruner": replace(SEARCH, pruner="median"),
    "seed": replace(SEARCH, spec=replace(SPEC, seed=1)),
    "setting": replace(SEARCH, spec=replace(SPEC, setting="vanilla")),
    "teacher": replace(SEARCH, spec=replace(SPEC, teacher_key="u")),
}


@pytest.mark.parametrize("difference", OTHERS)
def test_another_search_of_that_name_is_refused(difference: str, address: str) -> None:
    finish_all(joined(address, 2, replace(SEARCH, given_name="mine")))
    with pytest.raises(InputError, match=rf"'mine' exists (with .*{difference} |for another state.*{difference})"):
        joined(address, 4, replace(OTHERS[difference], given_name="mine"))
    assert len(joined(address, 2, replace(SEARCH, given_name="mine")).study.get_trials()) == 2


def test_a_study_that_minimises_is_refused(database: str) -> None:
    optuna.create_study(storage=database, study_name="mine", direction="minimize")
    with pytest.raises(InputError, match="direction minimize"):
        joined(database, 4, replace(SEARCH, given_name="mine"))
    assert optuna.load_study(storage=database, study_name="mine").get_trials() == []


def test_a_strange_study_is_refused(database: str) -> None:
    study = optuna.create_study(storage=database, study_name="mine", direction="maximize")
    study.enqueue_trial({"dropout": 0.5})
    with pytest.raises(InputError, match=r"not made by benchmark\.tune"):
        joined(database, 4, replace(SEARCH, given_name="mine"))


def test_names_of_studies_differ_with_what_they_search() -> None:
    names = {search.name for search in OTHERS.values()} | {SEARCH.name}
    assert len(names) == 1 + len(OTHERS)
    assert SEARCH.name.startswith("emot.cnn.kd.seed0.")


def test_the_study_is_plain_optuna(address: str) -> None:
    finish_all(joined(address, 3))
    storage = open_storage(address)
    study = optuna.load_study(storage=storage, study_name=SEARCH.name)
    assert study.best_params["learning_rate"] == study.best_value
    assert study.best_trial.distributions == {"learning_rate": FloatDistribution(5e-5, 1e-2, log=True)}
