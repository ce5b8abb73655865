"""What a report is made of: the code, the machines, the commands, and what is not in it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from shlex import join

from benchmark.core.settings import SETTINGS
from benchmark.core.spec import TASKS
from benchmark.reporting.leaderboard_entry import Leaderboard
from benchmark.reporting.results import ROLES, Row
from benchmark.reporting.selection import newest_protocol
from tracking import Record


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Each tuple holds distinct values, the most frequent first."""

    n_runs: Mapping[str, int]
    """Rows by status."""
    n_smoke: int
    n_unfinished: int
    """Runs that go on or were interrupted, and have no row."""
    n_other_protocol: int
    """Finished rows of an older protocol: kept, never ranked with the newer."""
    protocols: tuple[str, ...]
    commits: tuple[str, ...]
    machines: tuple[str, ...]
    versions: tuple[str, ...]
    commands: tuple[str, ...]
    """What was typed, where runs are tagged with it."""


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


def commands(leaderboard: Leaderboard) -> list[str]:
    """One command line a teacher that makes its runs again; what decides which runs are done is spelled out."""
    return [join(_words(leaderboard, teacher)) for teacher in leaderboard.teachers]


def _words(leaderboard: Leaderboard, teacher: str) -> list[str]:
    own = [entry for entry in leaderboard.entries if entry.teacher == teacher]
    students = [entry for entry in own if not entry.is_teacher]
    return [
        *("python", "-m", "benchmark.run", "--suite", suite_name(leaderboard)),
        *named("--preset", [leaderboard.preset]),
        *named("--teacher", [teacher]),
        *named("-d", leaderboard.datasets),
        *named("-s", sorted(entry.student for entry in students)),
        *named("-x", sorted((s.setting for s in students), key=_rung)),
        *("--seeds", str(max(1, *(entry.seeds[1] for entry in own)))),
    ]


def _rung(setting: str) -> tuple[int, str]:
    known = list(SETTINGS)
    return (known.index(setting) if setting in known else len(known), setting)


def suite_name(leaderboard: Leaderboard) -> str:
    """What --suite takes."""
    return leaderboard.suite if leaderboard.suite in TASKS else f"{leaderboard.suite}.yml"


def named(option: str, names: Iterable[str]) -> list[str]:
    """Each name with the option before it."""
    return [part for name in dict.fromkeys(names) if name for part in (option, name)]


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(value for value, _ in Counter(value for value in values if value).most_common())
