"""The outcome of a run, and the callback for its epochs. Cheap to import."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmark.core.spec import RunSpec

OnRunEpoch = Callable[[RunSpec, int], None]
"""Called with the spec and the number of each epoch that has ended."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Final metrics of a run, or the reason of its failure."""

    spec: RunSpec
    run_id: str
    metrics: Mapping[str, float]
    failure: str = ""
