"""A study's trials, shared by any number of processes: laid out ahead, taken one at a time, given back.

The study holds as many waiting trials as were asked for. A process takes one by turning it from waiting to running,
which the storage lets only one process do; a process that cannot finish its trial turns it back. So exactly the
trials asked for are finished, and a trial keeps its number and with it its learning rate, whoever does it.
Optuna's own heartbeat is not used: journals have none, and it needs minutes where the process has died on this very
machine.
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

BEAT_SECONDS = 30.0
"""How often a running trial is marked as alive."""
GRACE_SECONDS = 300.0
"""After how long without a mark a trial of another machine counts as abandoned."""
OWNER, SEEN = "owner", "seen"


@dataclass(frozen=True, kw_only=True)
class Trials:
    """The first `asked` trials of a study."""

    study: Study
    storage: BaseStorage
    n_trials: int

    def all(self) -> list[FrozenTrial]:
        """By number. Two machines that lay out a new study at once may leave a few more: nobody takes those."""
        return self.study.get_trials(deepcopy=False)[: self.n_trials]

    def lay_out(self) -> None:
        """Adds the waiting trials that are missing."""
        for _ in range(len(self.all()), self.n_trials):
            self.study.enqueue_trial({})

    def unfinished(self) -> list[FrozenTrial]:
        return [trial for trial in self.all() if not trial.state.is_finished()]

    def stored(self, number: int) -> FrozenTrial:
        """One trial as the storage has it."""
        return self.storage.get_trial(self._id(number))

    def take(self) -> Trial | None:
        """The next trial that waits, now this process's own; None where none waits."""
        self._free_abandoned()
        for trial in self.unfinished():
            if trial.state == TrialState.WAITING and self._begin(trial.number):
                session_result = Trial(self.study, self._id(trial.number))
                session_result.set_user_attr(OWNER, owner())
                return session_result
        return None

    def give_back(self, number: int) -> None:
        """Lets the trial wait for whoever takes it next; one that has been finished meanwhile stays finished."""
        with suppress(UpdateFinishedTrialError):
            self.storage.set_trial_user_attr(self._id(number), OWNER, "")  # or its next owner would be taken for dead
        self._turn(number, TrialState.WAITING)

    @contextmanager
    def kept_alive(self, number: int) -> Iterator[None]:
        """Marks the trial as alive while it goes on, however long its epochs are."""
        ended, trial = threading.Event(), self._id(number)

        def beat() -> None:
            while not ended.wait(BEAT_SECONDS):
                with suppress(Exception):  # the next beat may get through
                    self.storage.set_trial_user_attr(trial, SEEN, time.time())

        beating = threading.Thread(target=beat, daemon=True)
        beating.start()
        try:
            yield
        finally:
            ended.set()
            beating.join()

    def end(self, trial: Trial, state: TrialState, value: float | None = None) -> None:
        """Finishes a trial of this process's. Where another has finished it meanwhile, that one's result stands."""
        self._turn(trial.number, state, value)

    def _free_abandoned(self) -> None:
        now = time.time()
        for trial in self.unfinished():
            if trial.state == TrialState.RUNNING and is_abandoned(trial, now):
                self.give_back(trial.number)

    def _begin(self, number: int) -> bool:
        """Marks the trial as alive before it turns: whoever looks in between is not to find it abandoned."""
        with suppress(UpdateFinishedTrialError):
            self.storage.set_trial_user_attr(self._id(number), SEEN, time.time())
        return self._turn(number, TrialState.RUNNING)

    def _turn(self, number: int, state: TrialState, value: float | None = None) -> bool:
        values = None if value is None else [value]
        try:
            return self.storage.set_trial_state_values(self._id(number), state, values)
        except UpdateFinishedTrialError:
            return False

    def _id(self, number: int) -> int:
        study = self.storage.get_study_id_from_name(self.study.study_name)
        return self.storage.get_trial_id_from_study_id_trial_number(study, number)


def is_abandoned(trial: FrozenTrial, now: float) -> bool:
    """Whether the process of a running trial is gone: it has died on this machine, or has long given no sign.

    Optuna's own note of the start is no sign: it is the time on the wall, which differs between time zones.
    """
    seen = float(trial.user_attrs.get(SEEN, 0.0))
    return is_dead(trial.user_attrs.get(OWNER, "")) or now - seen > GRACE_SECONDS
