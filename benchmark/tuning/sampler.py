"""Draws that depend on a trial's number, not on which process draws: no two alike, and the same after a restart."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from benchmark.tuning.search import Pruner, Sampler, Search

Space = dict[str, BaseDistribution]
MAKERS: Mapping[Sampler, Callable[[int], BaseSampler]] = {
    "random": lambda seed: RandomSampler(seed=seed),
    "tpe": lambda seed: TPESampler(seed=seed),
}
PRUNERS: Mapping[Pruner, Callable[[], BasePruner]] = {"none": NopPruner, "median": MedianPruner}


class NumberedSampler(BaseSampler):
    """Optuna's sampler of that name, seeded anew for each trial.

    Optuna seeds a sampler once a process: two workers with one seed would draw the same rates, and so would a study
    that is resumed.
    """

    def __init__(self, search: Search) -> None:
        self._make = MAKERS[search.sampler]
        self._key = search.key

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> Space:
        return self._of(trial).infer_relative_search_space(study, trial)

    def sample_relative(self, study: Study, trial: FrozenTrial, search_space: Space) -> dict[str, Any]:
        return self._of(trial).sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        return self._of(trial).sample_independent(study, trial, param_name, param_distribution)

    def _of(self, trial: FrozenTrial) -> BaseSampler:
        hashed = hashlib.sha256(f"{self._key}.{trial.number}".encode()).digest()
        return self._make(int.from_bytes(hashed[:4], "big"))
