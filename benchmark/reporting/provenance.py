"""Provenance of a report: code, machines and versions of its runs, and the commands that reproduce them."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from shlex import join, split
from typing import Any

from benchmark.core.settings import TEACHERS
from benchmark.core.spec import GRID, TASKS, TEACHER_SETTINGS, encoders
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry
from benchmark.reporting.predictions import UNREADABLE
from benchmark.reporting.results import ROLES, Row
from benchmark.reporting.selection import newest_protocol
from benchmark.reporting.table import NONE
from tracking import Record

STUDENT_OPTIONS = {
    "vocabulary": "--vocabulary",
    "learning_rate": "--learning-rate",
    "max_epochs": "--max-epochs",
    "max_steps": "--max-steps",
}
"""Option of `run` by the param of a student's run."""
TEACHER_OPTIONS = {"max_epochs": "--teacher-epochs", "learning_rate": "--teacher-learning-rate"}
"""Option of `run` by the param of a teacher's run."""
SEED = re.compile(r"[0-9]{1,10}")
"""Seeds are below 2³²; a longer number was written by another program."""
Params = Mapping[str, str]
TYPED: Mapping[str, tuple[int, Callable[[Params], bool]]] = {
    "--vectors": (1, lambda params: params.get("embedding_source", "") != ""),
    "--in-domain": (1, lambda params: params.get("text_source") == "in_domain"),
    "--translate": (2, lambda params: params.get("text_source") == "bt_subs"),
    "--fill-mask": (1, lambda params: params.get("text_source") == "bt_subs"),
    "--augmented": (1, lambda params: params.get("text_source") in ("subs", "bt_subs")),
}
"""Options whose values are stored as digests, so that only the command has them: number of values, and who needs it."""


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


@dataclass(frozen=True)
class RecordIndex:
    """Records of a suite by id and by key."""

    by_id: Mapping[str, Record]
    by_key: Mapping[str, Record]

    @classmethod
    def of(cls, records: Sequence[Record]) -> "RecordIndex":
        return cls({record.run_id: record for record in records}, {record.key: record for record in records})

    def behind(self, entry: LeaderboardEntry) -> list[Record]:
        return [self.by_id[run_id] for run_id in entry.runs if run_id in self.by_id]

    def teachers(self, entry: LeaderboardEntry, leaderboard: Leaderboard) -> list[Record]:
        """The teacher's run of each data set; of data sets without a run, the one that the leaderboard shows."""
        shown = [
            record
            for other in leaderboard.entries
            if other.is_teacher and other.teacher == entry.teacher
            for record in self.behind(other)
        ]
        keys = [record.params.get("teacher_key", "") for record in self.behind(entry)]
        own = [self.by_key[key] for key in keys if key in self.by_key]
        return list({record.tags.get("dataset", ""): record for record in [*shown, *own]}.values())


def report_command(suite: str, *options: str) -> str:
    """Writes the suite's report."""
    return join(["python", "-m", "benchmark.report", "--suite", suite, *options])


def run_command(suite: str, *options: str) -> str:
    """Runs a suite; one of the user's own is its file."""
    return join(["python", "-m", "benchmark.run", "--suite", suite if suite in TASKS else f"{suite}.yml", *options])


def set_options(options: Mapping[str, object]) -> list[str]:
    """The options that are set, each before its value."""
    return [
        word
        for option, value in options.items()
        if value not in (None, 0, "", "0", "0.0", TEACHERS)
        for word in (option, str(value))
    ]


def entry_command(entry: LeaderboardEntry, leaderboard: Leaderboard, index: RecordIndex) -> str:
    """Reproduces the runs of one entry. A teacher's command trains all students too, since a plan has some."""
    runs = index.behind(entry)
    return run_command(
        leaderboard.suite,
        *_repeated("--preset", [leaderboard.preset]),
        *_repeated("--teacher", encoders(runs[0].params.get("teacher", entry.teacher) if runs else entry.teacher)),
        *_shared(TEACHER_OPTIONS, index.teachers(entry, leaderboard)),
        *_repeated("-d", leaderboard.datasets),
        *(["--seeds", "1"] if entry.is_teacher else _student_options(entry, runs)),
    )


def _student_options(entry: LeaderboardEntry, runs: Sequence[Record]) -> list[str]:
    first = runs[:1]
    return [
        *("-s", entry.student.partition("+")[0], "-x", entry.setting),
        *_shared(STUDENT_OPTIONS, first),
        *(word for record in first for word in _typed(record)),
        *("--agreed" for record in first if record.params.get("agreed") == "True"),
        *seed_options([record.params for record in runs]),
    ]


def _shared(options: Mapping[str, str], records: Iterable[Record]) -> list[str]:
    """The options on which all records agree and that are set."""
    values = {option: {record.params.get(name, "") for record in records} for name, option in options.items()}
    return set_options({option: next(iter(found)) for option, found in values.items() if len(found) == 1})


def _typed(record: Record) -> Iterator[str]:
    """The options of TYPED that the run needs, as its command has them."""
    try:
        words = split(record.tags.get("command", ""))
    except ValueError:  # another program's tag
        words = []
    for place, word in enumerate(words):
        n_values, is_needed = TYPED.get(word.partition("=")[0], (0, lambda _: False))
        if is_needed(record.params):
            yield from [word] if "=" in word else words[place : place + 1 + n_values]


def seed_options(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """`--seed` for a single one that is not the first and whose learning rate no other searched; else `--seeds` up to
    the last."""
    seeds = {int(seed) for run in runs if SEED.fullmatch(seed := str(run.get("seed", "")))}
    last = max(seeds, default=0)
    if len(seeds) == 1 and last > 0 and not any(map(_is_searched_by_another, runs)):
        return ["--seed", str(last)]
    return ["--seeds", str(last + 1)]


def _is_searched_by_another(run: Mapping[str, Any]) -> bool:
    """Runs of older versions, which searched on every seed, have a seed of -1 or none."""
    searched = str(run.get("search_seed", -1))
    return run.get("learning_rate") == GRID and searched not in ("-1", str(run.get("seed")))


def _repeated(option: str, values: Iterable[str]) -> list[str]:
    """Each value with the option before it."""
    return [part for value in dict.fromkeys(values) if value for part in (option, value)]
