"""What is said of the sessions in which milliseconds were measured: where, how thoroughly, what their controls say."""

from collections.abc import Mapping, Sequence

from benchmark.reporting.columns import NONE
from tracking import Record

SESSIONS = {
    "on one thread": "latency_control_passed",
    "on all cores": "latency_control_passed_all",
    "on the GPU": "latency_control_passed_cuda",
}


def session_note(machine: str, by_student: Mapping[str, Record]) -> tuple[str, ...]:
    """Where and how the figures of a table came about."""
    budgets = ", ".join(sorted({record.tags.get("latency_budget", NONE) for record in by_student.values()}))
    controls = _controls(list(by_student.values()))
    floors = [told for record in by_student.values() if (told := record.metrics.get("latency_noise_floor"))]
    floor = f"; noise floor x{max(floors):.3f}" if floors else ""
    if controls != "passed":
        floor += ". Where the control failed, that session cannot tell models apart: its figures do not count"
    return (f"Machine: {machine}. Budget: {budgets}. A/A control: {controls}{floor}.",)


def _controls(records: Sequence[Record]) -> str:
    """One word where all sessions agree, else each session's."""
    verdicts = {
        told: {bool(record.metrics[name]) for record in records if name in record.metrics}
        for told, name in SESSIONS.items()
    }
    found = {told: "passed" if all(passed) else "failed" for told, passed in verdicts.items() if passed}
    if not found:
        return ", ".join(sorted({record.tags.get("latency_control", NONE) for record in records}))
    if len(set(found.values())) == 1:
        return next(iter(found.values()))
    return ", ".join(f"{word} {told}" for told, word in found.items())
