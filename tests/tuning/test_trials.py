"""Trials of a study: which process does which, and what becomes of those of a process that ended."""

import os
import sqlite3
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from optuna.trial import TrialState

from benchmark.tuning import trials as trials_module
from benchmark.tuning.storage import open_storage
from benchmark.tuning.study import join_study
from benchmark.tuning.trials import OWNER, SEEN, Trials, is_abandoned
from tests.support.studies import SEARCH, draw_rate, finish_all, joined, rates
from tests.support.warm import FORKS, WarmProcess


def serve(address: str, n_trials: int, pipe: Connection) -> None:
    """Takes a trial for each word, and finishes it where the word is `finish`."""
    storage = open_storage(address)
    trials = Trials(study=join_study(storage, SEARCH), storage=storage, n_trials=n_trials)
    pipe.send("ready")
    while (word := pipe.recv()) != "end":
        if trial := trials.take():
            rate = draw_rate(trial)
            pipe.send(trial.number)
            if word == "finish":
                trial.set_user_attr("pid", os.getpid())
                trials.set_state(trial.number, TrialState.COMPLETE, rate)


class Worker:
    """Another process that has joined the study."""

    def __init__(self, address: str, n_trials: int) -> None:
        self._pipe, theirs = FORKS.Pipe()
        self.process = WarmProcess(serve, address, n_trials, theirs)
        theirs.close()
        assert self._pipe.recv() == "ready"

    def take(self, *words: str) -> None:
        for word in words:
            self._pipe.send(word)

    def taken(self) -> int:
        """Number of its next trial."""
        return int(self._pipe.recv())

    def end(self) -> list[int]:
        """Numbers of the trials that it took besides."""
        self.take("end")
        numbers = []
        with suppress(EOFError):
            while True:
                numbers.append(self.taken())
        self.process.wait()
        return numbers


def test_processes_share_a_study(address: str, tmp_path: Path) -> None:
    alone = joined(str(tmp_path / "alone.log"), 24)
    finish_all(alone)
    shared = joined(address, 24)
    workers = [Worker(address, 24) for _ in range(3)]
    for worker in workers:
        worker.take("finish")
    done = [worker.taken() for worker in workers]  # each has one before any may take the rest
    for worker in workers:
        worker.take(*["finish"] * 24)
    done += [number for worker in workers for number in worker.end()]
    assert sorted(done) == list(range(24))
    assert [trial.state for trial in shared.study.get_trials()] == [TrialState.COMPLETE] * 24
    assert len({trial.user_attrs["pid"] for trial in shared.all()}) == 3
    assert rates(shared) == rates(alone)


def test_a_dead_process_gives_its_trial_back_at_once(address: str) -> None:
    trials = joined(address, 3)
    worker = Worker(address, 3)
    worker.take("hold")
    number = worker.taken()
    rate = trials.get(number).params["learning_rate"]
    assert trials.get(number).state == TrialState.RUNNING
    worker.process.kill()
    worker.process.wait()
    finish_all(trials)
    assert [trial.state for trial in trials.study.get_trials()] == [TrialState.COMPLETE] * 3
    assert rates(trials)[number] == rate


def test_a_living_process_keeps_its_trial(address: str) -> None:
    trials = joined(address, 1)
    worker = Worker(address, 1)
    worker.take("hold")
    assert worker.taken() == 0
    assert trials.take() is None
    worker.end()
    assert trials.take()


def test_a_silent_process_of_another_machine_loses_its_trial(database: str) -> None:
    trials = joined(database, 1)
    trial = trials.take()
    assert trial
    trial.set_user_attr(OWNER, "elsewhere/boot/1/1")
    assert trials.take() is None
    trial.storage.set_trial_state_values(trial._trial_id, TrialState.WAITING)
    trial.storage.set_trial_user_attr(trial._trial_id, OWNER, "elsewhere/boot/1/1")
    trial.storage.set_trial_user_attr(trial._trial_id, SEEN, time.time() - 1000)
    with sqlite3.connect(database.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE trials SET state = 'RUNNING'")
    assert trials.take()


def test_clocks_of_other_time_zones_do_not_keep_a_trial(database: str) -> None:
    """Optuna notes the start by the clock on the wall, hours ahead of where it is read."""
    trials = joined(database, 1)
    trial = trials.take()
    assert trial
    trial.set_user_attr(OWNER, "elsewhere/boot/1/1")
    trial.set_user_attr(SEEN, time.time() - 1000)
    with sqlite3.connect(database.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE trials SET datetime_start = '2999-01-01 00:00:00'")
    assert trials.take()


class Watched(Trials):
    """Looks at each trial as another process may, at the moment that it is taken."""

    def set_state(self, number: int, state: TrialState, value: float | None = None) -> bool:
        done = super().set_state(number, state, value)
        if state == TrialState.RUNNING:
            assert not is_abandoned(self.get(number), time.time())
        return done


def test_a_trial_that_was_just_taken_is_not_abandoned(address: str) -> None:
    """Though it waited long, and its first owner was heard of long ago."""
    trials = joined(address, 1)
    trial = trials.take()
    assert trial
    trial.set_user_attr(SEEN, time.time() - 1000)
    trials.release(0)
    assert Watched(study=trials.study, storage=trials.storage, n_trials=1).take()


def test_a_trial_is_marked_as_alive(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials_module, "HEARTBEAT_SECONDS", 0.01)
    trials = joined(database, 1)
    trial = trials.take()
    assert trial
    before = trials.get(0).user_attrs[SEEN]
    with trials.heartbeat(0):
        until = time.monotonic() + 20
        while trials.get(0).user_attrs[SEEN] == before:
            assert time.monotonic() < until


def test_a_trial_that_was_given_back_keeps_its_rate(address: str) -> None:
    trials = joined(address, 2)
    trial = trials.take()
    assert trial
    rate = draw_rate(trial)
    trials.release(trial.number)
    again = trials.take()
    assert again
    assert (again.number, draw_rate(again)) == (trial.number, rate)


def test_the_first_result_of_a_trial_stands(address: str) -> None:
    trials = joined(address, 1)
    trial = trials.take()
    assert trial
    trials.set_state(trial.number, TrialState.COMPLETE, 0.5)
    trials.set_state(trial.number, TrialState.COMPLETE, 0.7)
    trials.release(0)
    assert trials.get(0).value == 0.5
    assert trials.take() is None


def test_a_smaller_number_of_trials_takes_nothing_away(database: str) -> None:
    joined(database, 3)
    trials = joined(database, 2)
    finish_all(trials)
    states = [trial.state for trial in trials.study.get_trials()]
    assert states == [TrialState.COMPLETE, TrialState.COMPLETE, TrialState.WAITING]
