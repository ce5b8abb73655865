"""What a study searches, and what tells it from every other study."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from benchmark.core.spec import RunSpec, digest

Sampler = Literal["random", "tpe"]
SAMPLERS: tuple[Sampler, ...] = get_args(Sampler)
Pruner = Literal["none", "median"]
PRUNERS: tuple[Pruner, ...] = get_args(Pruner)

PARAMETER = "learning_rate"
"""What a trial's learning rate is called in the study."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """A search for the learning rate, log-uniform in [low, high], at which `spec` validates best."""

    spec: RunSpec
    """What is trained; its own learning rate plays no part."""
    low: float
    high: float
    sampler: Sampler = "random"
    pruner: Pruner = "none"
    given_name: str = ""

    @property
    def description(self) -> Mapping[str, str | float]:
        """What every process that joins the study has to agree on."""
        training_run = digest(
            {k: v for k, v in self.spec.key_fields().items() if k not in (PARAMETER, "search_seed", "teacher")}
        )
        return {
            "data set": self.spec.dataset,
            "student": self.spec.student,
            "setting": self.spec.setting,
            "seed": self.spec.seed,
            "low": self.low,
            "high": self.high,
            "sampler": self.sampler,
            "pruner": self.pruner,
            "lesson": training_run,  # data, teacher and budget too
        }

    @property
    def key(self) -> str:
        """The draws follow from it, whatever the study is called and wherever it is kept."""
        return digest(self.description)

    @property
    def name(self) -> str:
        """The study's: as given, else for people, and another one for another search."""
        return self.given_name or f"{self.spec.name}.{self.key[:8]}"

    @property
    def study_key(self) -> str:
        """Of the study's run in the tracking store."""
        return digest([self.key, self.name])

    def trial_key(self, number: int) -> str:
        """Of a trial's run in the tracking store."""
        return digest([self.study_key, number])

    def trial_spec(self, rate: float) -> RunSpec:
        return replace(self.spec, learning_rate=rate)
