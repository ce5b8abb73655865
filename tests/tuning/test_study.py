"""Studies: who draws what, who does which trial, what is refused, what the plots show. Nothing is trained here."""

import json
import math
import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState

from benchmark.core.errors import InputError, TrackingError
from benchmark.core.presets import GRID_RATES, PRESETS
from benchmark.core.run_store import open_store
from benchmark.core.spec import RunSpec
from benchmark.data.suites import load_suite
from benchmark.execution.best_rates import tuned_lines, with_tuned_rates
from benchmark.execution.plan import BenchmarkConfig, PlannedRun
from benchmark.reporting.learning_rate_plot import TrialResult, best, draw, write_rates
from benchmark.reporting.related_runs import training_key
from benchmark.tuning import trials as trials_module
from benchmark.tuning.session import Session
from benchmark.tuning.storage import default_address, open_storage
from benchmark.tuning.study import Search, join_study
from benchmark.tuning.trials import OWNER, SEEN, Trials, is_abandoned
from tests.support import ROOT
from tracking import Store, without_password

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

WORKER = """
import json, os, sys
from optuna.trial import TrialState
from benchmark.core.spec import RunSpec
from benchmark.tuning.storage import open_storage
from benchmark.tuning.study import Search, join_study
from benchmark.tuning.trials import Trials

address, n_trials, spec, low, high = sys.argv[1:]
search = Search(spec=RunSpec(**json.loads(spec)), low=float(low), high=float(high))
storage = open_storage(address)
trials = Trials(study=join_study(storage, search), storage=storage, n_trials=int(n_trials))
print("ready", flush=True)
for line in sys.stdin:
    if trial := trials.take():
        rate = trial.suggest_float("learning_rate", search.low, search.high, log=True)
        print(trial.number, flush=True)
        if line == "finish\\n":
            trial.set_user_attr("pid", os.getpid())
            trials.finish(trial.number, TrialState.COMPLETE, rate)
"""
"""Takes a trial for each line that it reads, and finishes it where the line says so."""


def joined(address: str, n_trials: int, search: Search = SEARCH) -> Trials:
    storage = open_storage(address)
    trials = Trials(study=join_study(storage, search), storage=storage, n_trials=n_trials)
    trials.enqueue()
    return trials


def draw_rate(trial: optuna.Trial) -> float:
    return trial.suggest_float("learning_rate", SEARCH.low, SEARCH.high, log=True)


def finish_all(trials: Trials) -> None:
    while trial := trials.take():
        trials.finish(trial.number, TrialState.COMPLETE, draw_rate(trial))


def rates(trials: Trials) -> list[float]:
    return [trial.params["learning_rate"] for trial in trials.all()]


def worker(address: str, n_trials: int) -> subprocess.Popen[str]:
    """Another process that has joined the study."""
    search = [json.dumps(asdict(SPEC)), str(SEARCH.low), str(SEARCH.high)]
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, address, str(n_trials), *search],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert answer(process) == "ready\n"
    return process


def answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def tell(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdin
    process.stdin.write(words)
    process.stdin.flush()


@pytest.fixture(params=["database", "journal"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'optuna.db'}" if request.param == "database" else str(tmp_path / "journal.log")


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'optuna.db'}"


def test_draws_are_log_uniform_within_the_bounds(tmp_path: Path) -> None:
    trials = joined(str(tmp_path / "journal.log"), 60)
    finish_all(trials)
    drawn = rates(trials)
    middle = math.sqrt(SEARCH.low * SEARCH.high)
    assert all(SEARCH.low <= rate <= SEARCH.high for rate in drawn)
    assert len(set(drawn)) == 60
    assert 20 <= sum(rate < middle for rate in drawn) <= 40


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_a_resumed_study_draws_what_an_uninterrupted_one_does(sampler: str, tmp_path: Path) -> None:
    search = replace(SEARCH, sampler=sampler)  # type: ignore[arg-type]
    whole = joined(str(tmp_path / "whole.log"), 14, search)
    finish_all(whole)
    for n_trials in (5, 14):
        parts = joined(str(tmp_path / "parts.log"), n_trials, search)
        finish_all(parts)
    assert rates(parts) == rates(whole)
    assert len(set(rates(whole))) == 14


def test_another_seed_draws_other_rates(tmp_path: Path) -> None:
    drawn = []
    for seed in (0, 1):
        trials = joined(str(tmp_path / "journal.log"), 4, replace(SEARCH, spec=replace(SPEC, seed=seed)))
        finish_all(trials)
        drawn.append(rates(trials))
    assert not set(drawn[0]) & set(drawn[1])


def test_processes_share_a_study(address: str, tmp_path: Path) -> None:
    alone = joined(str(tmp_path / "alone.log"), 24)
    finish_all(alone)
    shared = joined(address, 24)
    workers = [worker(address, 24) for _ in range(3)]
    for process in workers:
        tell(process, "finish\n")
    done = [int(answer(process)) for process in workers]  # each has one before any may take the rest
    for process in workers:
        tell(process, "finish\n" * 24)
    done += [int(line) for process in workers for line in process.communicate()[0].split()]
    assert sorted(done) == list(range(24))
    assert [trial.state for trial in shared.study.get_trials()] == [TrialState.COMPLETE] * 24
    assert len({trial.user_attrs["pid"] for trial in shared.all()}) == 3
    assert rates(shared) == rates(alone)


def test_a_dead_process_gives_its_trial_back_at_once(address: str) -> None:
    trials = joined(address, 3)
    process = worker(address, 3)
    tell(process, "hold\n")
    number = int(answer(process))
    rate = trials.get(number).params["learning_rate"]
    assert trials.get(number).state == TrialState.RUNNING
    process.send_signal(signal.SIGKILL)
    process.communicate()
    finish_all(trials)
    assert [trial.state for trial in trials.study.get_trials()] == [TrialState.COMPLETE] * 3
    assert rates(trials)[number] == rate


def test_a_living_process_keeps_its_trial(address: str) -> None:
    trials = joined(address, 1)
    process = worker(address, 1)
    tell(process, "hold\n")
    assert answer(process) == "0\n"
    assert trials.take() is None
    process.communicate()
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

    def _set_state(self, number: int, state: TrialState, value: float | None = None) -> bool:
        done = super()._set_state(number, state, value)
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
    trials.finish(trial.number, TrialState.COMPLETE, 0.5)
    trials.finish(trial.number, TrialState.COMPLETE, 0.7)
    trials.release(0)
    assert trials.get(0).value == 0.5
    assert trials.take() is None


def test_a_smaller_number_of_trials_takes_nothing_away(database: str) -> None:
    joined(database, 3)
    trials = joined(database, 2)
    finish_all(trials)
    states = [trial.state for trial in trials.study.get_trials()]
    assert states == [TrialState.COMPLETE, TrialState.COMPLETE, TrialState.WAITING]


OTHERS = {
    "low": replace(SEARCH, low=1e-4),
    "high": replace(SEARCH, high=1e-3),
    "sampler": replace(SEARCH, sampler="tpe"),
    "pruner": replace(SEARCH, pruner="median"),
    "seed": replace(SEARCH, spec=replace(SPEC, seed=1)),
    "setting": replace(SEARCH, spec=replace(SPEC, setting="vanilla")),
    "teacher": replace(SEARCH, spec=replace(SPEC, teacher_key="u")),
}


@pytest.mark.parametrize("difference", OTHERS)
def test_another_search_of_that_name_is_refused(difference: str, address: str) -> None:
    finish_all(joined(address, 2, replace(SEARCH, given_name="mine")))
    with pytest.raises(InputError, match=rf"'mine' exists (with .*{difference} |for another state.*{difference})"):
        joined(address, 4, replace(OTHERS[difference], given_name="mine"))
    assert len(joined(address, 2, replace(SEARCH, given_name="mine")).study.get_trials()) == 2


def test_a_study_that_minimises_is_refused(database: str) -> None:
    optuna.create_study(storage=database, study_name="mine", direction="minimize")
    with pytest.raises(InputError, match="direction minimize"):
        joined(database, 4, replace(SEARCH, given_name="mine"))
    assert optuna.load_study(storage=database, study_name="mine").get_trials() == []


def test_a_strange_study_is_refused(database: str) -> None:
    study = optuna.create_study(storage=database, study_name="mine", direction="maximize")
    study.enqueue_trial({"dropout": 0.5})
    with pytest.raises(InputError, match=r"not made by benchmark\.tune"):
        joined(database, 4, replace(SEARCH, given_name="mine"))


def test_names_of_studies_differ_with_what_they_search() -> None:
    names = {search.name for search in OTHERS.values()} | {SEARCH.name}
    assert len(names) == 1 + len(OTHERS)
    assert SEARCH.name.startswith("emot.cnn.kd.seed0.")


def test_the_study_is_plain_optuna(address: str) -> None:
    finish_all(joined(address, 3))
    storage = open_storage(address)
    study = optuna.load_study(storage=storage, study_name=SEARCH.name)
    assert study.best_params["learning_rate"] == study.best_value
    assert study.best_trial.distributions == {"learning_rate": FloatDistribution(5e-5, 1e-2, log=True)}


def test_the_tracking_store_is_no_storage(store_uri: str) -> None:
    with pytest.raises(InputError, match="tables of another program"):
        open_storage(store_uri)
    assert open_store(store_uri).suites() == []


@pytest.mark.parametrize("name", ["nothing://x", "sqlite", "postgresql+nodriver://h/d", "://"])
def test_an_address_that_is_none_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if "://" in name:
        with pytest.raises(InputError, match="Give an SQLite file"):
            open_storage(name)
    else:
        open_storage(name)  # a journal of that name


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    joined(f"sqlite:///{tmp_path / 'optuna.db'}", 1)
    before = (tmp_path / "optuna.db").read_bytes()
    with pytest.raises(InputError, match="no journal file"):
        open_storage(str(tmp_path / "optuna.db"))
    assert (tmp_path / "optuna.db").read_bytes() == before


def test_a_storage_that_does_not_answer(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database" * 100)
    for address in (f"sqlite:///{tmp_path / 'missing' / 'a.db'}", f"sqlite:///{tmp_path / 'text.db'}"):
        with pytest.raises(TrackingError, match=r"does not answer: .*(unable to open|not a database)"):
            open_storage(address)
    with pytest.raises(TrackingError, match="cannot be written"):
        open_storage(str(tmp_path / "text.db" / "journal.log"))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("optuna.db", b"data set", b"\xff\xfeta set"),
        ("optuna.db", b'"cnn"', b'"cnn_'),
        ("optuna.db", b"CREATE TABLE", b"CRE\x81TE TABLE"),
        ("optuna.log", b"emot", b"\xff\xfemo"),
        ("optuna.log", b'"op_code"', b'"op_c\\de"'),
        ("optuna.log", b'"study_name"', b'"studi_name"'),
    ],
    ids=["text", "JSON", "schema", "journal's text", "journal's JSON", "journal's names"],
)
def test_a_damaged_storage_is_one_line_with_a_remedy(name: str, old: bytes, new: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    address = f"sqlite:///{path}" if name.endswith(".db") else str(path)
    finish_all(joined(address, 2))
    assert old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(TrackingError, match=r"is damaged: .*\. Restore a copy of it") as refused:
        Session.join(address, SEARCH, 2)
    assert len(str(refused.value).splitlines()) == 1


def test_the_default_storage_lies_beside_the_tracking_store() -> None:
    assert default_address("sqlite:////data/runs/mlflow.db?mode=rw") == "sqlite:////data/runs/optuna.db"
    assert default_address("http://host:5000") == "sqlite:///optuna.db"


def test_passwords_are_not_shown() -> None:
    assert without_password("postgresql://me:secret@host/studies") == "postgresql://me:***@host/studies"
    assert without_password("journal.log") == "journal.log"
    assert without_password("http://me@host:80/a:b") == "http://me@host:80/a:b"


@pytest.mark.parametrize("address", ["postgresql+nodriver://me:secret@host/d", "postgresql://me:secret@host:port/d"])
def test_passwords_are_not_shown_in_errors(address: str) -> None:
    with pytest.raises(InputError) as refused:
        open_storage(address)
    assert "secret" not in str(refused.value)


TRIED = [
    TrialResult(number=0, learning_rate=1e-3, valid_f1=0.5, state="complete"),
    TrialResult(number=1, learning_rate=1e-2, valid_f1=None, state="failed"),
    TrialResult(number=2, learning_rate=3e-3, valid_f1=0.9, state="pruned"),
    TrialResult(number=3, learning_rate=2e-4, valid_f1=0.7, state="complete"),
    TrialResult(number=4, learning_rate=5e-4, valid_f1=0.6, state="complete"),
]


def test_the_best_is_a_complete_trial() -> None:
    assert best(TRIED) == TRIED[3]
    assert best(TRIED[1:3]) is None


def test_plots_mark_the_papers_rates_and_the_best_so_far() -> None:
    by_rate, by_number = draw("x", TRIED).axes
    verticals = {line.get_xdata()[0] for line in by_rate.lines}  # type: ignore[index]
    assert verticals == set(GRID_RATES)
    assert list(by_number.lines[0].get_ydata()) == [50.0, 70.0, 70.0]
    points = [axes.collections[0].get_offsets()[:, 0].tolist() for axes in (by_rate, by_number)]
    assert points == [[1e-3, 3e-3, 2e-4, 5e-4], [0, 2, 3, 4]]


@pytest.mark.parametrize("rows", [TRIED, TRIED[1:2], []])
def test_files_of_a_study(rows: list[TrialResult], tmp_path: Path) -> None:
    write_rates(tmp_path, "emot <b>", rows)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study.html", "study.png", "trials.csv"]
    assert (tmp_path / "study.png").read_bytes().startswith(b"\x89PNG")
    page = (tmp_path / "study.html").read_text()
    assert "emot &lt;b&gt;" in page
    assert "8e-4 for cnn on health (test F1 74.68)" in page
    assert 'src="data:image/png;base64,' in page, "the page opens without the folder"
    assert len((tmp_path / "trials.csv").read_text().splitlines()) == 1 + len(rows)


def add_study(store: Store, spec: RunSpec, rate: float | None, name: str = "s") -> None:
    tags = {"role": "study", "study": name, "lesson": training_key(spec)}
    run = store.begin(spec.suite, name, tags=tags, params={})
    if rate is not None:
        run.finish({"best_learning_rate": rate})


@pytest.fixture
def items() -> list[PlannedRun]:
    teacher = replace(SPEC, student="teacher", setting="fine_tuned")
    return [
        PlannedRun(spec=teacher),
        PlannedRun(spec=SPEC),
        PlannedRun(spec=replace(SPEC, seed=1)),
        PlannedRun(spec=replace(SPEC, seed=2)),
    ]


CONFIG = BenchmarkConfig(
    suite=load_suite("classification", "paper"),
    suite_argument="classification",
    preset_name="paper",
    preset=PRESETS["paper"],
    datasets=(),
    students=(),
    settings=(),
    seeds=(0,),
    learning_rate=None,
    teacher="t",
)


def test_tuned_takes_the_latest_finished_study_whatever_seed_and_budget(store: Store, items: list[PlannedRun]) -> None:
    add_study(store, replace(SPEC, seed=7, max_epochs=50, max_steps=9), 2e-3, "early")
    add_study(store, SPEC, 3e-3, "late")
    add_study(store, SPEC, None, "unfinished")
    records = store.records()
    tuned = with_tuned_rates(items, records, CONFIG)
    assert [item.spec.learning_rate for item in tuned] == [1e-3, 3e-3, 3e-3, 3e-3]
    assert [item.spec.seed for item in tuned] == [0, 0, 1, 2]
    (line,) = tuned_lines(tuned, records)
    assert "learning rate 0.003 of study late (run " in line


@pytest.mark.parametrize(
    "other", [{"teacher_key": "u"}, {"data_digest": "e"}, {"setting": "kd_kld"}, {"student": "bilstm"}, {"limit": 9}]
)
def test_tuned_names_the_command_where_there_is_no_study(
    store: Store, items: list[PlannedRun], other: dict[str, str]
) -> None:
    add_study(store, replace(SPEC, **other), 2e-3)  # type: ignore[arg-type]
    with pytest.raises(
        InputError, match=r"No finished study for emot\.cnn\.kd\. .*benchmark\.tune .*-d emot -s cnn -x kd"
    ):
        with_tuned_rates(items, store.records(), CONFIG)


def test_tuned_leaves_out_what_cannot_be_run(store: Store) -> None:
    skipped = PlannedRun(spec=SPEC, skip_reason="private")
    assert with_tuned_rates([skipped], store.records(), CONFIG) == [skipped]
