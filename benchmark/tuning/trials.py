"""Trials of a study, shared by any number of processes: enqueued first, taken one at a time, released on failure.

A process takes a waiting trial by setting it to running, which the storage lets only one process do; a process that
cannot finish its trial sets it back to waiting. So exactly the requested trials are finished, and a trial keeps its
number, and with it its learning rate, whichever process runs it. Optuna's own heartbeat is not used: journals have
none, and it takes minutes to notice a process that died on this machine.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import BaseStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState

from tracking import is_dead, owner

HEARTBEAT_SECONDS = 30.0
GRACE_SECONDS = 300.0
"""A trial of another machine without a heartbeat for longer is abandoned."""
OWNER, SEEN = "owner", "seen"


@dataclass(frozen=True, kw_only=True)
class Trials:
    """The first `n_trials` trials of a study."""

    study: Study
    storage: BaseStorage
    n_trials: int

    def all(self) -> list[FrozenTrial]:
        """Trials by number. Two machines that enqueue at once may add a few more, which are never taken."""
        return self.study.get_trials(deepcopy=False)[: self.n_trials]

    def enqueue(self) -> None:
        """Adds the waiting trials that are missing."""
        for _ in range(len(self.all()), self.n_trials):
            self.study.enqueue_trial({})

    def unfinished(self) -> list[FrozenTrial]:
        return [trial for trial in self.all() if not trial.state.is_finished()]

    def get(self, number: int) -> FrozenTrial:
        """The trial as stored."""
        return self.storage.get_trial(self._id(number))

    def take(self) -> Trial | None:
        """The next waiting trial, which now belongs to this process; None if there is none."""
        now = time.time()
        for trial in self.unfinished():
            if trial.state == TrialState.RUNNING and is_abandoned(trial, now):
                self.release(trial.number)
        for trial in self.unfinished():
            if trial.state == TrialState.WAITING and self._start(trial.number):
                taken = Trial(self.study, self._id(trial.number))
                taken.set_user_attr(OWNER, owner())
                return taken
        return None

    def release(self, number: int) -> None:
        """Sets the trial back to waiting, unless another process has finished it."""
        with suppress(UpdateFinishedTrialError):
            self.storage.set_trial_user_attr(self._id(number), OWNER, "")  # or its next owner would be taken for dead
        self.set_state(number, TrialState.WAITING)

    @contextmanager
    def heartbeat(self, number: int) -> Iterator[None]:
        """Marks the trial as alive during the block, however long its epochs are."""
        stopped, trial = threading.Event(), self._id(number)

        def beat() -> None:
            while not stopped.wait(HEARTBEAT_SECONDS):
                with suppress(Exception):  # the next one may get through
                    self.storage.set_trial_user_attr(trial, SEEN, time.time())

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()

    def _start(self, number: int) -> bool:
        """Marks the trial as alive before it runs, so that no other process finds it abandoned."""
        with suppress(UpdateFinishedTrialError):
            self.storage.set_trial_user_attr(self._id(number), SEEN, time.time())
        return self.set_state(number, TrialState.RUNNING)

    def set_state(self, number: int, state: TrialState, value: float | None = None) -> bool:
        """False if another process has finished the trial before: its result stays."""
        values = None if value is None else [value]
        try:
            return self.storage.set_trial_state_values(self._id(number), state, values)
        except UpdateFinishedTrialError:
            return False

    def _id(self, number: int) -> int:
        study = self.storage.get_study_id_from_name(self.study.study_name)
        return self.storage.get_trial_id_from_study_id_trial_number(study, number)


def is_abandoned(trial: FrozenTrial, now: float) -> bool:
    """Whether the process of a running trial died on this machine, or has sent no heartbeat for long.

    Optuna's start time is not used: it is local time, which differs between time zones.
    """
    seen = float(trial.user_attrs.get(SEEN, 0.0))
    return is_dead(trial.user_attrs.get(OWNER, "")) or now - seen > GRACE_SECONDS
