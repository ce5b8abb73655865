"""A study: its search space, its draws of learning rates, and its creation in a storage."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import optuna
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.storages import BaseStorage
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial

from benchmark.core.errors import InputError
from benchmark.core.spec import RunSpec, digest

Sampler = Literal["random", "tpe"]
SAMPLERS: tuple[Sampler, ...] = get_args(Sampler)
Pruner = Literal["none", "median"]
PRUNERS: Mapping[Pruner, Callable[[], BasePruner]] = {"none": NopPruner, "median": MedianPruner}

PARAMETER = "learning_rate"
"""Optuna's name of the parameter."""
SEARCH = "search"
"""User attribute of a study with its `Search.description`."""
DIRECTION = StudyDirection.MAXIMIZE


@dataclass(frozen=True, kw_only=True)
class Search:
    """A search for the learning rate, log-uniform in [low, high], with the best validation F1 of `spec`."""

    spec: RunSpec
    """The student to train; its own learning rate is ignored."""
    low: float
    high: float
    sampler: Sampler = "random"
    pruner: Pruner = "none"
    given_name: str = ""

    @property
    def description(self) -> Mapping[str, str | float]:
        """Everything that processes of one study must agree on."""
        excluded = (PARAMETER, "search_seed", "teacher")
        return {
            "data set": self.spec.dataset,
            "student": self.spec.student,
            "setting": self.spec.setting,
            "seed": self.spec.seed,
            "low": self.low,
            "high": self.high,
            "sampler": self.sampler,
            "pruner": self.pruner,
            # data, teacher and budget too
            "lesson": digest({name: x for name, x in self.spec.key_fields().items() if name not in excluded}),
        }

    @property
    def key(self) -> str:
        """Seed of the draws, which do not depend on the study's name or storage."""
        return digest(self.description)

    @property
    def name(self) -> str:
        """The study's name: the given one, or one that differs between searches."""
        return self.given_name or f"{self.spec.name}.{self.key[:8]}"

    @property
    def study_key(self) -> str:
        """Key of the study's run in the tracking store."""
        return digest([self.key, self.name])

    def trial_key(self, number: int) -> str:
        """Key of a trial's run in the tracking store."""
        return digest([self.study_key, number])

    def trial_spec(self, rate: float) -> RunSpec:
        return replace(self.spec, learning_rate=rate)


class NumberedSampler(BaseSampler):
    """Optuna's sampler of the search's name, seeded for each trial by the trial's number.

    Optuna seeds a sampler once per process: two workers with one seed, or a resumed study, would repeat its draws.
    """

    def __init__(self, search: Search) -> None:
        self._search = search

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return self._sampler(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self._sampler(trial).sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        return self._sampler(trial).sample_independent(study, trial, param_name, param_distribution)

    def _sampler(self, trial: FrozenTrial) -> BaseSampler:
        hashed = hashlib.sha256(f"{self._search.key}.{trial.number}".encode()).digest()
        seed = int.from_bytes(hashed[:4], "big")
        return RandomSampler(seed=seed) if self._search.sampler == "random" else TPESampler(seed=seed)


def join_study(storage: BaseStorage, search: Search) -> Study:
    """The study of the search's name, created if there is none. Raises InputError if it has another search."""
    study = optuna.create_study(
        storage=storage,
        study_name=search.name,
        direction=DIRECTION,
        sampler=NumberedSampler(search),
        pruner=PRUNERS[search.pruner](),
        load_if_exists=True,
    )
    if difference := _difference(study, search):
        raise InputError(
            f"The study {search.name!r} {difference}. Use the same search, or give another name with --study."
        )
    study.set_user_attr(SEARCH, dict(search.description))
    return study


def _difference(study: Study, search: Search) -> str:
    """Difference of the stored study from the search; empty if there is none."""
    if study.directions != [DIRECTION]:
        stored = ", ".join(direction.name.lower() for direction in study.directions)
        return f"exists with direction {stored}; validation F1 needs maximize"
    existing = study.user_attrs.get(SEARCH)
    if existing is None:
        return "exists and was not made by benchmark.tune" if study.get_trials(deepcopy=False) else ""
    differing = [name for name, value in search.description.items() if existing.get(name) != value]
    if differing == ["lesson"]:
        return "exists for another state of the data, the teacher or the training budget"
    differences = (f"{n} {existing.get(n)} (not {search.description[n]})" for n in differing if n != "lesson")
    return f"exists with {', '.join(differences)}" if differing else ""
