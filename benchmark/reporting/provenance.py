"""Provenance of a report: code, machines, versions and commands of its runs, and the runs that are not in it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmark.reporting.leaderboard_entry import Leaderboard
from benchmark.reporting.results import ROLES, Row
from benchmark.reporting.selection import newest_protocol
from benchmark.reporting.table import NONE
from tracking import Record


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Each tuple holds distinct values, the most frequent first."""

    n_runs: Mapping[str, int]
    """Rows by status."""
    n_smoke: int
    n_unfinished: int
    """Running and interrupted runs, which have no row."""
    n_other_protocol: int
    """Finished rows of an older protocol, which are never ranked with newer ones."""
    protocols: tuple[str, ...]
    commits: tuple[str, ...]
    machines: tuple[str, ...]
    versions: tuple[str, ...]
    commands: tuple[str, ...]
    """Command lines that the runs are tagged with."""


def provenance(records: Sequence[Record], rows: Sequence[Row]) -> Provenance:
    done = {row.key for row in rows}
    ranked = [row for row in rows if row.counts]
    unfinished = [r for r in records if r.status in ("running", "killed") and r.tags.get("role") in ROLES]
    newest = newest_protocol(rows)
    ranked_runs = {row.run_id for row in ranked}
    tags = [record.tags for record in records if record.run_id in ranked_runs]
    return Provenance(
        n_runs=Counter(row.status for row in rows),
        n_smoke=sum(row.smoke for row in rows),
        n_unfinished=len({record.key for record in unfinished} - done),
        n_other_protocol=sum(row.protocol != newest for row in ranked),
        protocols=_distinct(row.protocol for row in ranked),
        commits=_distinct(row.git_commit for row in ranked),
        machines=_distinct(row.machine for row in ranked),
        versions=_distinct(tag.get("versions", "") for tag in tags),
        commands=_distinct(tag.get("command", "") for tag in tags),
    )


def facts(source: Provenance, leaderboards: Sequence[Leaderboard]) -> Mapping[str, str]:
    """The provenance in words, by heading."""
    counts = ", ".join(f"{count} {status}" for status, count in sorted(source.n_runs.items())) or "none"
    entries = [entry for one in leaderboards for entry in one.entries]
    n_missing = sum(missing.kind == "not_run" for entry in entries for missing in entry.missing.values())
    found = {
        "runs": f"{counts}; {source.n_unfinished} unfinished; {source.n_smoke} smoke runs; "
        f"{n_missing} results missing without a run",
        "protocol": ", ".join(source.protocols) + _older(source),
        "code": ", ".join(source.commits),
        "machine": "; ".join(source.machines),
        "versions": "; ".join(source.versions),
    }
    return {name: fact or NONE for name, fact in found.items()} | _untimed(leaderboards)


def _untimed(leaderboards: Sequence[Leaderboard]) -> dict[str, str]:
    """Entries whose latencies were measured and are left out, by reason."""
    names: dict[str, list[str]] = {}
    for entry in (entry for one in leaderboards for entry in one.entries if entry.invalid):
        names.setdefault(entry.invalid, []).append(entry.name)
    text = "; ".join(f"{', '.join(dict.fromkeys(found))} ({reason})" for reason, found in names.items())
    return {"latencies left out": text} if text else {}


def _older(source: Provenance) -> str:
    return f" ({source.n_other_protocol} of an older protocol are not ranked)" if source.n_other_protocol else ""


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(value for value, _ in Counter(value for value in values if value).most_common())
