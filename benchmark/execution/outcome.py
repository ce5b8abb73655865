"""How a run ended, and who is told on the way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmark.core.spec import RunSpec

Watch = Callable[[RunSpec, int], None]
"""Told the spec and the number of the epoch that has ended."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a run ended: its final metrics, or why it failed."""

    spec: RunSpec
    run_id: str
    metrics: Mapping[str, float]
    failure: str = ""
