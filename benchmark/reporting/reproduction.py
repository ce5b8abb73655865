"""Commands that reproduce runs, in the rows of a page and in model cards."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from shlex import join, split
from typing import Any

from benchmark.core.settings import TEACHERS
from benchmark.core.spec import ENSEMBLE, GRID, TASKS, encoders
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry
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
Params = Mapping[str, Any]
TYPED: Mapping[str, tuple[int, Callable[[Params], bool]]] = {
    "--vectors": (1, lambda params: params.get("embedding_source", "") != ""),
    "--in-domain": (1, lambda params: params.get("text_source") == "in_domain"),
    "--translate": (2, lambda params: params.get("text_source") == "bt_subs"),
    "--fill-mask": (1, lambda params: params.get("text_source") == "bt_subs"),
    "--augmented": (1, lambda params: params.get("text_source") in ("subs", "bt_subs")),
}
"""Options whose values are stored as digests, so that only the command has them: number of values, and who needs it."""


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
        by_dataset = {record.tags.get("dataset", ""): record for record in [*shown, *own]}
        return [member for record in by_dataset.values() for member in self._members(record)]

    def _members(self, teacher: Record) -> list[Record]:
        """The teachers of an ensemble; any other teacher itself."""
        keys = teacher.params.get("teacher_key", "").split() if teacher.tags.get("setting") == ENSEMBLE else []
        return [self.by_key[key] for key in keys if key in self.by_key] or [teacher]


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
    typed = [word for record in runs[:1] for word in _typed(record)]
    params = [record.params for record in runs]
    student = student_options(entry.student.partition("+")[0], entry.setting, params, typed)
    return training_command(
        leaderboard.suite,
        presets=[leaderboard.preset],
        teacher=str(params[0].get("teacher", entry.teacher)) if params else entry.teacher,
        trained=[record.params for record in index.teachers(entry, leaderboard)],
        datasets=leaderboard.datasets,
        student=["--seeds", "1"] if entry.is_teacher else student,
    )


def training_command(
    suite: str,
    *,
    presets: Iterable[str],
    teacher: str,
    trained: Iterable[Params],
    datasets: Iterable[str],
    student: Iterable[str],
) -> str:
    """The command of `run` in a page's row and in a model card.

    `trained` are the params of the teacher's runs, of an ensemble those of its teachers' runs; `student` are the
    options of the student.
    """
    return run_command(
        suite,
        *_repeated("--preset", presets),
        *_repeated("--teacher", encoders(teacher)),
        *_shared(TEACHER_OPTIONS, trained),
        *_repeated("-d", datasets),
        *student,
    )


def student_options(student: str, setting: str, runs: Sequence[Params], typed: Iterable[str] = ()) -> list[str]:
    """`runs` are params of runs that differ in their seeds, `typed` further options of their command."""
    agreed = ["--agreed" for params in runs[:1] if str(params.get("agreed")) == "True"]
    shared = _shared(STUDENT_OPTIONS, runs[:1])
    return ["-s", student, "-x", setting, *shared, *typed, *agreed, *seed_options(runs)]


def _shared(options: Mapping[str, str], runs: Iterable[Params]) -> list[str]:
    """The options on which the params of all runs agree and that are set."""
    runs = list(runs)
    values = {option: {str(params.get(name) or "") for params in runs} for name, option in options.items()}
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
