"""One trial: a drawn learning rate, the student trained at it, its validation F1. The test split is never read."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, Trial, TrialState

from benchmark.core.errors import BenchmarkError, DivergedError, RunError
from benchmark.core.spec import RunSpec
from benchmark.distillation.training_run import TrainedModel
from benchmark.execution.runner import Runner
from benchmark.measurement.machine import machine_lock
from benchmark.reporting.learning_rate_plot import State, TrialResult
from benchmark.tuning.search import PARAMETER, Search
from benchmark.tuning.storage import answering
from benchmark.tuning.trials import Trials
from tracking import ActiveRun, Record, StoreError

RUN_ID = "run_id"
"""The attribute of a trial that names its run in the tracking store."""
STATES: Mapping[TrialState, State] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}


@dataclass(frozen=True, kw_only=True)
class Attempts:
    """What every trial of a study needs."""

    search: Search
    trials: Trials
    runner: Runner
    teacher: Record
    """The finished run of the student's teacher."""
    parent: str
    """Id of the study's run in the tracking store."""
    address: str

    def do(self, trial: Trial) -> None:
        """Does a trial that was taken. It is given back where this process cannot finish it.

        A rate at which training diverges is a trial that failed; any other failure is raised, as RunError.
        """
        try:
            with self.trials.kept_alive(trial.number):
                self._do(trial)
        except BaseException:
            self._give_back(trial.number)
            raise

    def _do(self, trial: Trial) -> None:
        with answering(self.address):
            rate = trial.suggest_float(PARAMETER, self.search.low, self.search.high, log=True)
        spec = self.search.trial_spec(rate)
        run = self._begin(spec, trial.number)
        try:
            with answering(self.address):
                trial.set_user_attr(RUN_ID, run.run_id)
            trained = self._train(spec, trial, run)
        except DivergedError as error:
            run.fail(str(error))
            self._end(trial, TrialState.FAIL)
        except optuna.TrialPruned:
            reached = list(self.trials.stored(trial.number).intermediate_values.values())[-1]
            run.finish({"learning_rate": rate, "valid_f1": reached}, tags={"pruned": "true"})
            self._end(trial, TrialState.PRUNED, reached)
        except UpdateFinishedTrialError:  # this process was taken for dead, and another was faster
            run.kill()
        except Exception as error:
            run.fail(f"{type(error).__name__}: {error}")
            raise self._failure(error, trial.number) from error
        except BaseException:
            run.kill()
            raise
        else:
            run.finish(_metrics(trained))
            self._end(trial, TrialState.COMPLETE, trained.valid_f1)

    def _begin(self, spec: RunSpec, number: int) -> ActiveRun:
        key = self.search.trial_key(number)
        self.runner.store.kill_stale({key})  # of a process that died over this trial
        tags = self.runner.tags(spec, "trial") | {"key": key, "study": self.search.name, "trial": str(number)}
        name = f"{spec.name}.trial{number}"
        return self.runner.store.begin(spec.suite, name, tags=tags, params=asdict(spec), parent=self.parent)

    def _train(self, spec: RunSpec, trial: Trial, run: ActiveRun) -> TrainedModel:
        training_run = self.runner.training_run(spec, self.teacher)
        known = set(self.trials.stored(trial.number).intermediate_values)  # of a process that died over it

        def on_epoch(epoch: int, metrics: Mapping[str, float]) -> None:
            run.log_epoch(epoch, metrics)
            with answering(self.address):
                if epoch not in known:
                    trial.report(metrics["valid_f1"], epoch)
                if trial.should_prune():
                    raise optuna.TrialPruned

        with machine_lock("shared"):
            return training_run.train(float(spec.learning_rate), on_epoch)

    def _end(self, trial: Trial, state: TrialState, value: float | None = None) -> None:
        with answering(self.address):
            self.trials.end(trial, state, value)

    def _give_back(self, number: int) -> None:
        """Where the storage does not answer, the trial is found to be abandoned later."""
        try:
            with answering(self.address):
                self.trials.give_back(number)
        except BenchmarkError:
            pass

    def _failure(self, error: Exception, number: int) -> Exception:
        if isinstance(error, BenchmarkError | StoreError):
            return error
        return RunError(
            f"Trial {number} of study {self.search.name!r} failed: {type(error).__name__}: {error}. It was given back: "
            "the same command does it again."
        )


def tried(trial: FrozenTrial) -> TrialResult:
    """A finished trial as the plots and the table show it."""
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
