"""One process of a study: trials until all are finished, then the conclusion."""

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from filelock import FileLock

from benchmark.core.cache import lock_path, write_atomic
from benchmark.execution.runner import Runner
from benchmark.reporting.learning_rate_plot import TrialResult, best, write_rates
from benchmark.reporting.related_runs import BEST_RATE, TRAINING_KEY, training_key
from benchmark.tuning.search import Search
from benchmark.tuning.storage import answering, open_storage, shown
from benchmark.tuning.study import join_study
from benchmark.tuning.trial_run import Attempts, tried
from benchmark.tuning.trials import Trials
from tracking import Record, Store

POLL_SECONDS = 1.0
"""Between looks at trials that other processes still do."""

OnTrial = Callable[[TrialResult], None]
Waits = Callable[[int], None]
"""Told how many trials other processes still do."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """A study that this process has joined."""

    search: Search
    trials: Trials
    address: str

    @classmethod
    def join(cls, address: str, search: Search, n_trials: int) -> "Session":
        """Opens the storage, joins the study and lays out its trials, while no other process here does the same.

        Raises InputError where the study is another search's or the address is none, TrackingError where the storage
        does not answer.
        """
        with FileLock(lock_path("studies")):
            storage = open_storage(address)
            with answering(address):
                trials = Trials(study=join_study(storage, search), storage=storage, n_trials=n_trials)
                trials.lay_out()
        return cls(search=search, trials=trials, address=address)

    def n_left(self) -> int:
        """Trials that are not finished."""
        with answering(self.address):
            return len(self.trials.unfinished())

    def work(self, runner: Runner, teacher: Record, parent: str, on_trial: OnTrial, waits: Waits) -> None:
        """Does trials until none is left, those included that other processes give back; waits for the last ones."""
        attempts = Attempts(
            search=self.search, trials=self.trials, runner=runner, teacher=teacher, parent=parent, address=self.address
        )
        while left := self.n_left():
            with answering(self.address):
                trial = self.trials.take()
            if trial is None:
                waits(left)
                time.sleep(POLL_SECONDS)
                continue
            attempts.do(trial)
            with answering(self.address):
                ended = self.trials.stored(trial.number)
            if ended.state.is_finished():
                on_trial(tried(ended))

    def tried(self) -> list[TrialResult]:
        """Every finished trial of the study by number."""
        with answering(self.address):
            return [tried(trial) for trial in self.trials.study.get_trials() if trial.state.is_finished()]

    def begin_run(self, runner: Runner) -> str:
        """Id of the study's run in the tracking store; begun where none of the processes has begun it."""
        key, spec = self.search.study_key, self.search.spec
        known = (r for r in runner.store.records(spec.suite) if r.key == key and r.tags.get("role") == "study")
        record = next(known, None)
        if record:
            return record.run_id
        tags = {"key": key, "study": self.search.name, TRAINING_KEY: training_key(spec)}
        params = asdict(spec) | dict(self.search.description) | {"storage": shown(self.address)}
        params = {name.replace(" ", "_"): value for name, value in params.items()}
        name = f"{self.search.name}.study"
        return runner.store.begin(spec.suite, name, tags=runner.tags(spec, "study") | tags, params=params).run_id

    def conclude(self, store: Store, parent: str, folder: Path) -> TrialResult | None:
        """Writes plots and table, keeps them with the study's run, and the best rate where `tuned` finds it.

        None where training diverged at every rate.
        """
        rows = self.tried()
        run, found = store.resume(parent), best(rows)
        with tempfile.TemporaryDirectory() as scratch:  # another process of the study may be writing into `folder` now
            write_rates(Path(scratch), f"Study {self.search.name}", rows)
            run.log_artifacts(Path(scratch))
            for made in Path(scratch).iterdir():
                write_atomic(folder / made.name, partial(shutil.copyfile, made))
        if found is None:
            run.fail("training diverged at every learning rate")
            return None
        counts = {f"n_{state}": float(sum(one.state == state for one in rows)) for state in ("pruned", "failed")}
        figures = {BEST_RATE: found.learning_rate, "valid_f1": found.valid_f1, "n_trials": float(len(rows))}
        run.finish(figures | counts, tags={"best_trial": found.run_id})
        return found
