"""A search for a learning rate, and its trials without training."""

import optuna
from optuna.trial import TrialState

from benchmark.core.spec import RunSpec
from benchmark.tuning.storage import open_storage
from benchmark.tuning.study import Search, join_study
from benchmark.tuning.trials import Trials

SPEC = RunSpec(
    suite="classification",
    dataset="emot",
    task="classification",
    student="cnn",
    setting="kd",
    seed=0,
    learning_rate=1e-3,
    teacher="bert",
    teacher_key="t",
    data_digest="d",
    loss="mse",
    max_epochs=5,
    patience=2,
    batch_size=32,
    max_length=128,
)
SEARCH = Search(spec=SPEC, low=5e-5, high=1e-2)


def joined(address: str, n_trials: int, search: Search = SEARCH) -> Trials:
    storage = open_storage(address)
    trials = Trials(study=join_study(storage, search), storage=storage, n_trials=n_trials)
    trials.enqueue()
    return trials


def draw_rate(trial: optuna.Trial) -> float:
    return trial.suggest_float("learning_rate", SEARCH.low, SEARCH.high, log=True)


def finish_all(trials: Trials) -> None:
    while trial := trials.take():
        trials.set_state(trial.number, TrialState.COMPLETE, draw_rate(trial))


def rates(trials: Trials) -> list[float]:
    return [trial.params["learning_rate"] for trial in trials.all()]
