"""Provenance of a report: code, machines and versions of its runs, and the commands that they were begun by."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmark.core.spec import TEACHER_SETTINGS
from benchmark.reporting.leaderboard_entry import Leaderboard
from benchmark.reporting.predictions import UNREADABLE
from benchmark.reporting.results import ROLES, Row
from benchmark.reporting.selection import newest_protocol
from benchmark.reporting.table import NONE
from tracking import Record


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Origin of a report's values."""

    facts: Mapping[str, str]
    """Runs, protocol, code, machines and versions in words, by heading; the most frequent value first."""
    commands: tuple[str, ...]
    """Command lines that the runs are tagged with."""
    n_unfinished: int
    """Running and interrupted runs, which have no row."""


def provenance(records: Sequence[Record], rows: Sequence[Row], leaderboards: Sequence[Leaderboard]) -> Provenance:
    """Provenance of the rows that may be ranked; smoke runs and runs of older protocols are counted."""
    ranked = [row for row in rows if row.counts]
    n_older = len(ranked) - sum(row.protocol == newest_protocol(rows) for row in ranked)
    older = f" ({n_older} of an older protocol are not ranked)" if n_older else ""
    ranked_runs = {row.run_id for row in ranked}
    tags = [record.tags for record in records if record.run_id in ranked_runs]
    shares = {record.run_id: record.metrics.get("test_share") for record in records}
    unfinished = {r.key for r in records if r.status in ("running", "killed") and r.tags.get("role") in ROLES}
    n_unfinished = len(unfinished - {row.key for row in rows})
    facts = {
        "teacher": _teachers(ranked),
        "runs": _counts(rows, n_unfinished, leaderboards),
        "protocol": ", ".join(_distinct(row.protocol for row in ranked)) + older,
        "code": ", ".join(_distinct(row.git_commit for row in ranked)),
        "machine": "; ".join(_distinct(row.machine for row in ranked)),
        "versions": "; ".join(_distinct(tag.get("versions", "") for tag in tags)),
    }
    exceptions = {
        "F1 of a teacher on part of the test texts": _partly_scored(ranked, shares),
        "latencies left out": _untimed(leaderboards),
        "intervals left out": _unread(leaderboards),
    }
    return Provenance(
        facts={name: fact or NONE for name, fact in facts.items()}
        | {name: fact for name, fact in exceptions.items() if fact},
        commands=_distinct(tag.get("command", "") for tag in tags),
        n_unfinished=n_unfinished,
    )


def _teachers(rows: Sequence[Row]) -> str:
    """Each teacher with how it came about; its data sets where there are several teachers."""
    datasets: dict[str, list[str]] = {}
    for row in rows:
        if row.is_teacher:
            name = f"{row.teacher}, {TEACHER_SETTINGS.get(row.setting, row.setting)}"
            datasets.setdefault(name, []).append(row.dataset)
    named = [f"{name} ({', '.join(dict.fromkeys(found))})" for name, found in datasets.items()]
    return "; ".join(named if len(named) > 1 else datasets)


def _counts(rows: Sequence[Row], n_unfinished: int, leaderboards: Sequence[Leaderboard]) -> str:
    by_status = Counter(row.status for row in rows)
    counts = ", ".join(f"{count} {status}" for status, count in sorted(by_status.items())) or "none"
    missing = [missing for one in leaderboards for entry in one.entries for missing in entry.missing.values()]
    n_missing = sum(one.kind == "not_run" for one in missing)
    n_smoke = sum(row.smoke for row in rows)
    return f"{counts}; {n_unfinished} unfinished; {n_smoke} smoke runs; {n_missing} results missing without a run"


def _partly_scored(rows: Sequence[Row], shares: Mapping[str, float | None]) -> str:
    """Teachers whose outputs lack some of the test texts, over which students are scored all the same."""
    found = ((row, share) for row in rows if (share := shares.get(row.run_id)))
    return "; ".join(f"{row.teacher} on {row.dataset} ({100 * share:.3g} % of them)" for row, share in found)


def _untimed(leaderboards: Sequence[Leaderboard]) -> str:
    """Entries whose latencies were measured and are left out, by reason."""
    names: dict[str, list[str]] = {}
    for entry in (entry for one in leaderboards for entry in one.entries if entry.invalid):
        names.setdefault(entry.invalid, []).append(entry.name)
    return "; ".join(f"{', '.join(dict.fromkeys(found))} ({reason})" for reason, found in names.items())


def _unread(leaderboards: Sequence[Leaderboard]) -> str:
    """Entries without an interval over test items."""
    entries = (entry for one in leaderboards for entry in one.entries)
    names = dict.fromkeys(entry.name for entry in entries if entry.f1 is not None and entry.interval is None)
    return f"{', '.join(names)} ({UNREADABLE})" if names else ""


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(value for value, _ in Counter(filter(None, values)).most_common())
