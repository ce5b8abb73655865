"""The command line that makes the runs behind a standing again, from what the store knows of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from shlex import join, split

from benchmark.core.spec import GRID
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry
from benchmark.reporting.provenance import named, suite_name
from tracking import Record

PARAMETERS = {"learning_rate": "--learning-rate", "max_epochs": "--max-epochs", "max_steps": "--max-steps"}
"""What a student's run was asked, and the option that asks it again."""
OF_TEACHER = {"max_epochs": "--teacher-epochs", "learning_rate": "--teacher-learning-rate"}
"""The same of its teacher's run."""
Params = Mapping[str, str]
TYPED: Mapping[str, tuple[int, Callable[[Params], bool]]] = {
    "--vectors": (1, lambda params: params.get("embedding_source", "") != ""),
    "--in-domain": (1, lambda params: params.get("text_source") == "in_domain"),
    "--translate": (2, lambda params: params.get("text_source") == "bt_subs"),
    "--fill-mask": (1, lambda params: params.get("text_source") == "bt_subs"),
    "--augmented": (1, lambda params: params.get("text_source") in ("subs", "bt_subs")),
}
"""Of what a run keeps a digest alone, so that only its command tells: how many values follow, and who needs them."""


@dataclass(frozen=True)
class Known:
    """The records of a suite."""

    by_id: Mapping[str, Record]
    by_key: Mapping[str, Record]

    @classmethod
    def of(cls, records: Sequence[Record]) -> "Known":
        return cls({record.run_id: record for record in records}, {record.key: record for record in records})

    def behind(self, entry: LeaderboardEntry) -> list[Record]:
        return [self.by_id[run_id] for run_id in entry.runs if run_id in self.by_id]

    def teachers(self, entry: LeaderboardEntry, leaderboard: Leaderboard) -> list[Record]:
        """The teacher's run of each data set: of those that have no run, the one that the board shows."""
        shown = [r for s in leaderboard.entries if s.is_teacher and s.teacher == entry.teacher for r in self.behind(s)]
        keys = [record.params.get("teacher_key", "") for record in self.behind(entry)]
        own = [self.by_key[key] for key in keys if key in self.by_key]
        return list({record.tags.get("dataset", ""): record for record in [*shown, *own]}.values())


def repro_command(entry: LeaderboardEntry, leaderboard: Leaderboard, known: Known) -> str:
    """A teacher is made by any of its students."""
    return join(_words(entry, leaderboard, known))


def _words(entry: LeaderboardEntry, leaderboard: Leaderboard, known: Known) -> list[str]:
    runs = known.behind(entry)
    return [
        *("python", "-m", "benchmark.run", "--suite", suite_name(leaderboard)),
        *named("--preset", [leaderboard.preset]),
        *named("--teacher", [runs[0].params.get("teacher", entry.teacher) if runs else entry.teacher]),
        *_shared(OF_TEACHER, known.teachers(entry, leaderboard)),
        *named("-d", leaderboard.datasets),
        *(["--seeds", "1"] if entry.is_teacher else _of_student(entry, runs)),
    ]


def _of_student(entry: LeaderboardEntry, runs: Sequence[Record]) -> list[str]:
    first = runs[:1]
    return [
        *("-s", entry.student, "-x", entry.setting),
        *_shared(PARAMETERS, first),
        *(word for record in first for word in _typed(record)),
        *("--agreed" for record in first if record.params.get("agreed") == "True"),
        *_seeds([int(seed) for record in runs for seed in _read_by(record.params) if seed.isdecimal()]),
    ]


def _read_by(params: Params) -> list[str]:
    """Seeds without which the run is another one: its own, and that on which its learning rate was searched."""
    searched = [params.get("search_seed", "")] if params.get("learning_rate") == GRID else []
    return [params.get("seed", ""), *searched]


def _shared(options: Mapping[str, str], records: Iterable[Record]) -> list[str]:
    """What all of them were asked: of two values neither can be asked of both."""
    asked = {option: {record.params.get(name, "") for record in records} for name, option in options.items()}
    return [word for option, values in asked.items() if len(values) == 1 for word in _given(option, *values)]


def _given(option: str, value: str) -> list[str]:
    return [] if value in ("", "0") else [option, value]


def _typed(record: Record) -> Iterator[str]:
    try:
        words = split(record.tags.get("command", ""))
    except ValueError:  # another program's tag
        words = []
    for place, word in enumerate(words):
        n_values, is_needed = TYPED.get(word.partition("=")[0], (0, lambda _: False))
        if is_needed(record.params):
            yield from [word] if "=" in word else words[place : place + 1 + n_values]


def _seeds(seeds: Sequence[int]) -> list[str]:
    """One that is not the first is asked for alone; of several, all up to the last."""
    if len(set(seeds)) == 1 and seeds[0] > 0:
        return ["--seed", str(seeds[0])]
    return ["--seeds", str(max(seeds, default=0) + 1)]
