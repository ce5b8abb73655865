"""Finished runs, and which of them this machine has not measured."""

from collections.abc import Iterable
from dataclasses import dataclass

from benchmark.core.spec import RunSpec, digest
from benchmark.measurement.machine import machine_fingerprint
from benchmark.measurement.protocol import BUDGETS, LATENCY_PROTOCOL, Budget
from tracking import Record

QUICK = BUDGETS["quick"]


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A finished run: its spec and its record."""

    spec: RunSpec
    record: Record

    @property
    def key(self) -> str:
        """Of its inference run: the same model on another machine or by another protocol is measured again."""
        return digest([self.record.key, machine_fingerprint(), LATENCY_PROTOCOL])


def unmeasured(finished: Iterable[Finished], records: Iterable[Record], budget: Budget = QUICK) -> list[Finished]:
    """Those without a finished inference run on this machine by this protocol, with this budget or the full one.

    A model trained anew is another one.
    """
    enough = {budget.name, "full"}
    known = {
        (record.key, record.parent)
        for record in records
        if record.tags.get("role") == "inference"
        and record.status == "finished"
        and record.tags.get("latency_budget") in enough
    }
    return [model for model in finished if (model.key, model.record.run_id) not in known]
