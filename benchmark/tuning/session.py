"""One process of a study: it runs trials until all are finished, then stores the result. The test split is not read."""

import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import optuna
from filelock import FileLock
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, Trial, TrialState

from benchmark.core.cache import write_atomic
from benchmark.core.errors import BenchmarkError, DivergedError, RunError
from benchmark.core.interrupts import check_interrupt, is_interrupted
from benchmark.core.locks import lock_path
from benchmark.core.spec import RunSpec
from benchmark.distillation.training_run import TrainedModel
from benchmark.execution.runner import Runner
from benchmark.measurement.machine import machine_lock
from benchmark.reporting.learning_rate_plot import State, TrialResult, best, write_rates
from benchmark.reporting.related_runs import BEST_RATE, TRAINING_KEY, training_key
from benchmark.tuning.storage import open_storage, storage_errors
from benchmark.tuning.study import PARAMETER, Search, join_study
from benchmark.tuning.trials import Trials
from tracking import ActiveRun, Record, Store, StoreError, scratch_folder, without_password

POLL_SECONDS = 1.0
"""Interval of looks at trials that other processes are running."""
RUN_ID = "run_id"
"""User attribute of a trial with its run in the tracking store."""
STATES: Mapping[TrialState, State] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}

OnTrial = Callable[[TrialResult], None]
OnWait = Callable[[int], None]
"""Called once, with the number of trials that other processes are running."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """A study that this process has joined."""

    search: Search
    trials: Trials
    address: str

    @classmethod
    def join(cls, address: str, search: Search, n_trials: int) -> "Session":
        """Opens the storage, joins the study and enqueues its trials, one process of this machine at a time.

        Raises InputError if the address is invalid or the study has another search, TrackingError if the storage does
        not answer.
        """
        with FileLock(lock_path("studies")):
            storage = open_storage(address)
            with storage_errors(address):
                trials = Trials(study=join_study(storage, search), storage=storage, n_trials=n_trials)
                trials.enqueue()
        return cls(search=search, trials=trials, address=address)

    def n_left(self) -> int:
        """Number of unfinished trials."""
        with storage_errors(self.address):
            return len(self.trials.unfinished())

    def results(self) -> list[TrialResult]:
        """Results of all finished trials by number."""
        with storage_errors(self.address):
            return [_result(trial) for trial in self.trials.study.get_trials() if trial.state.is_finished()]

    def begin_run(self, runner: Runner) -> str:
        """Id of the study's run in the tracking store, which the first process begins."""
        key, spec = self.search.study_key, self.search.spec
        for record in runner.store.records_of_key(spec.suite, key):
            if record.tags.get("role") == "study":
                return record.run_id
        tags = {"key": key, "study": self.search.name, TRAINING_KEY: training_key(spec)}
        params = asdict(spec) | dict(self.search.description) | {"storage": without_password(self.address)}
        params = {name.replace(" ", "_"): value for name, value in params.items()}
        name = f"{self.search.name}.study"
        return runner.store.begin(spec.suite, name, tags=runner.tags(spec, "study") | tags, params=params).run_id

    def run_trials(self, runner: Runner, teacher: Record, parent: str, on_trial: OnTrial, on_wait: OnWait) -> None:
        """Runs trials until all are finished, including those that other processes release.

        `teacher` is the finished run of the student's teacher, `parent` the id of the study's run. A trial that this
        process cannot finish is released. Divergence fails the trial; any other failure is raised as RunError.
        """
        waiting = False
        with storage_errors(self.address):
            while n_left := self.n_left():
                check_interrupt()
                if trial := self.trials.take():
                    self._run_or_release(trial, runner, teacher, parent)
                    ended = self.trials.get(trial.number)
                    if ended.state.is_finished():
                        on_trial(_result(ended))
                    continue
                if not waiting:
                    on_wait(n_left)
                waiting = True
                time.sleep(POLL_SECONDS)

    def conclude(self, store: Store, parent: str, folder: Path) -> TrialResult | None:
        """Writes plots and table into `folder` and the study's run, and ends that with the best rate.

        None if training diverged at every rate.
        """
        results = self.results()
        run, winner = store.resume(parent), best(results)
        with scratch_folder() as scratch:  # another process of the study may be writing into `folder` now
            write_rates(scratch, f"Study {self.search.name}", self.search.spec.model, results)
            run.log_artifacts(scratch)
            for path in scratch.iterdir():
                write_atomic(folder / path.name, partial(shutil.copyfile, path))
        if winner is None:
            run.fail("training diverged at every learning rate")
            return None
        metrics = {BEST_RATE: winner.learning_rate, "valid_f1": winner.valid_f1, "n_trials": float(len(results))}
        counts = {f"n_{state}": float(sum(r.state == state for r in results)) for state in ("pruned", "failed")}
        run.finish(metrics | counts, tags={"best_trial": winner.run_id})
        return winner

    def _run_or_release(self, trial: Trial, runner: Runner, teacher: Record, parent: str) -> None:
        try:
            with self.trials.heartbeat(trial.number):
                self._run(trial, runner, teacher, parent)
        except BaseException:
            with suppress(BenchmarkError), storage_errors(self.address):  # else it is found abandoned later
                self.trials.release(trial.number)
            raise

    def _run(self, trial: Trial, runner: Runner, teacher: Record, parent: str) -> None:
        rate = trial.suggest_float(PARAMETER, self.search.low, self.search.high, log=True)
        spec = self.search.trial_spec(rate)
        run = self._begin(spec, trial.number, runner, parent)
        try:
            with storage_errors(self.address):
                trial.set_user_attr(RUN_ID, run.run_id)
                trained = self._train(spec, trial, run, runner, teacher)
        except DivergedError as error:
            run.fail(str(error))
            self.trials.set_state(trial.number, TrialState.FAIL)
        except optuna.TrialPruned:
            *_, reached = self.trials.get(trial.number).intermediate_values.values()
            run.finish({"learning_rate": rate, "valid_f1": reached}, tags={"pruned": "true"})
            self.trials.set_state(trial.number, TrialState.PRUNED, reached)
        except UpdateFinishedTrialError:  # this process was taken for dead, and another one was faster
            run.kill()
        except BaseException as error:
            if not isinstance(error, Exception) or is_interrupted():
                run.kill()
                raise
            run.fail(f"{type(error).__name__}: {error}")
            raise self._failure(error, trial.number, run) from error
        else:
            run.finish(_metrics(trained))
            self.trials.set_state(trial.number, TrialState.COMPLETE, trained.valid_f1)

    def _begin(self, spec: RunSpec, number: int, runner: Runner, parent: str) -> ActiveRun:
        key = self.search.trial_key(number)
        runner.store.kill_stale({key})  # of a process that died during this trial
        tags = runner.tags(spec, "trial") | {"key": key, "study": self.search.name, "trial": str(number)}
        name = f"{spec.name}.trial{number}"
        return runner.store.begin(spec.suite, name, tags=tags, params=asdict(spec), parent=parent)

    def _train(self, spec: RunSpec, trial: Trial, run: ActiveRun, runner: Runner, teacher: Record) -> TrainedModel:
        training_run = runner.training_run(spec, teacher)
        reported = set(self.trials.get(trial.number).intermediate_values)  # by a process that died during this trial

        def on_epoch(epoch: int, metrics: Mapping[str, float]) -> None:
            run.log_epoch(epoch, metrics)
            if epoch not in reported:
                trial.report(metrics["valid_f1"], epoch)
            if trial.should_prune():
                raise optuna.TrialPruned

        with machine_lock("shared"):
            return training_run.train(float(spec.learning_rate), on_epoch)

    def _failure(self, error: Exception, number: int, run: ActiveRun) -> Exception:
        if isinstance(error, BenchmarkError) or (isinstance(error, StoreError) and not run.is_deleted()):
            return error
        return RunError(
            f"Trial {number} of study {self.search.name!r} failed: {type(error).__name__}: {error}. It was released: "
            "the same command repeats it."
        )


def _result(trial: FrozenTrial) -> TrialResult:
    return TrialResult(
        number=trial.number,
        learning_rate=trial.params[PARAMETER],
        valid_f1=trial.value,
        state=STATES[trial.state],
        run_id=trial.user_attrs.get(RUN_ID, ""),
    )


def _metrics(trained: TrainedModel) -> dict[str, float]:
    history = trained.history
    return {
        "learning_rate": trained.learning_rate,
        "valid_f1": trained.valid_f1,
        "train_seconds": history.train_seconds,
        "steps_to_best": history.steps_to_best,
        "epochs": history.epochs,
    }
