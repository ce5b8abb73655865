"""`benchmark.tune` from end to end: a tiny random teacher, bundled data, real stores, real processes."""

import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from optuna.trial import TrialState

from benchmark import run, tune
from benchmark.cli import tuning_run
from benchmark.core.cache import write_array
from benchmark.core.errors import RunError
from benchmark.core.run_store import open_store
from benchmark.distillation.suite_data import SuiteData
from benchmark.execution.runner import Runner
from benchmark.tuning.session import Session
from tests.support.runs import delete
from tests.support.tuning import join, options, records, shared_options, study, tracking_uri
from tests.support.warm import WarmCommand

pytestmark = pytest.mark.xdist_group("tune")


def test_a_study_from_end_to_end(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tune.main(options(home, "--study whole")) == 0
    made = study(home, "whole")
    parent, trials = records(home, "whole")
    assert [trial.state for trial in made.trials] == [TrialState.COMPLETE] * 3
    assert parent.status == "finished"
    assert parent.metrics["best_learning_rate"] == made.best_params["learning_rate"]
    assert parent.metrics["valid_f1"] == made.best_value
    for trial, record in zip(made.trials, trials, strict=True):
        assert (record.parent, record.status) == (parent.run_id, "finished")
        assert record.metrics["valid_f1"] == trial.value
        assert record.params["learning_rate"] == str(trial.params["learning_rate"])
        assert record.tags["smoke"] == "true"
        assert "epoch/valid_loss" in record.metrics
        assert "test_f1" not in record.metrics
        assert list(trial.intermediate_values) == [1, 2]
    folder = home / "out" / "tuning" / "whole"
    assert sorted(path.name for path in folder.iterdir()) == ["study.html", "study.png", "trials.csv"]
    assert open_store(tracking_uri(home)).download(parent.run_id, "study.png", home / "got").exists()
    assert "Best of 3 trials" in capsys.readouterr().out


def test_teacher_and_trials_take_the_threads_that_were_given(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migrated_db: Path
) -> None:
    """As many processes as there are cores, each on one thread, would wait for one another if the teacher took all."""
    shutil.copy(migrated_db, tmp_path / "mlflow.db")
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "cache"))
    given: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", given.append)
    monkeypatch.setattr("os.cpu_count", lambda: 7)
    where = ["--tracking-uri", f"sqlite:///{tmp_path / 'mlflow.db'}"]
    assert tune.main([*options(home, "-x kd_ulb --trials 1 --max-epochs 1 --threads 2"), *where]) == 0
    assert set(given) == {2}


def test_more_trials_resume_the_study(home: Path) -> None:
    assert tune.main(options(home, "--study grown")) == 0
    before = study(home, "grown").trials
    assert tune.main([*options(home, "--study grown"), "--trials", "4"]) == 0
    after = study(home, "grown").trials
    assert [trial.params for trial in after[:3]] == [trial.params for trial in before]
    assert len(after) == 4
    parent, trials = records(home, "grown")
    assert parent.metrics["n_trials"] == 4
    assert len(trials) == 4


def test_run_takes_the_tuned_rate(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tune.main(options(home)) == 0
    found = [r for r in open_store(tracking_uri(home)).records() if r.tags["role"] == "study"][-1]
    capsys.readouterr()
    arguments = "--suite classification -x kd --max-epochs 2 --learning-rate tuned --no-latency"
    assert run.main([*shared_options(home), *arguments.split()]) == 0
    assert f"of study {found.tags['study']} (run {found.run_id})" in capsys.readouterr().out
    (trained,) = [r for r in open_store(tracking_uri(home)).records() if r.tags["role"] == "train"]
    assert trained.params["learning_rate"] == str(found.metrics["best_learning_rate"])
    assert trained.metrics["valid_f1"] == found.metrics["valid_f1"]


@pytest.mark.parametrize("sampler", ["random", pytest.param("tpe", marks=pytest.mark.nightly)])
def test_pruned_trials_count(home: Path, sampler: str) -> None:
    name = f"pruned_{sampler}"
    arguments = options(
        home, f"--study {name} --sampler {sampler} --pruner median -s cnn -x vanilla --max-epochs 15 --trials 9"
    )
    assert tune.main(arguments) == 0
    states = [trial.state for trial in study(home, name).trials]
    assert set(states) == {TrialState.COMPLETE, TrialState.PRUNED}
    parent, trials = records(home, name)
    assert parent.metrics["n_pruned"] == states.count(TrialState.PRUNED)
    assert sum(record.tags.get("pruned") == "true" for record in trials) == states.count(TrialState.PRUNED)


def begin(home: Path, arguments: list[str]) -> WarmCommand:
    return WarmCommand(home, *arguments, command="tune", variables={"BENCHMARK_CACHE": str(home / "cache")})


def wait_for_owners(home: Path, name: str, wanted: int) -> None:
    """Until as many processes work on the study's trials."""
    until = time.monotonic() + 300
    while time.monotonic() < until:
        time.sleep(0.1)
        owners = {t.user_attrs.get("owner") for t in study(home, name).get_trials(states=(TrialState.RUNNING,))}
        if len(owners - {None, ""}) == wanted:
            return
    pytest.fail(f"{wanted} processes never worked at once")


def wait_for_runs(home: Path, name: str, wanted: int) -> None:
    """Until as many trials have ended an epoch."""
    until = time.monotonic() + 300
    while time.monotonic() < until:
        if sum("epoch/valid_f1" in trial.metrics for trial in records(home, name)[1]) >= wanted:
            return
        time.sleep(0.1)
    pytest.fail(f"{wanted} trials never had a run")


@pytest.mark.nightly
def test_two_processes_one_of_which_is_killed_and_restarted(home: Path) -> None:
    long = ["--max-epochs", "40", "--trials", "4"]
    assert tune.main([*options(home, "--study alone"), *long]) == 0
    arguments = [*options(home, "--study shared"), *long]
    join(home, arguments, 4)
    first, second = begin(home, arguments), begin(home, arguments)
    wait_for_owners(home, "shared", 2)
    wait_for_runs(home, "shared", 2)
    second.send_signal(signal.SIGKILL)
    second.communicate()
    again = begin(home, arguments)
    for process in (first, again):
        said = process.communicate()
        assert process.returncode == 0, said
    made = study(home, "shared")
    assert [trial.state for trial in made.trials] == [TrialState.COMPLETE] * 4
    assert [(t.params, t.value) for t in made.trials] == [(t.params, t.value) for t in study(home, "alone").trials]
    parent, trials = records(home, "shared")
    assert parent.status == "finished"
    assert sorted(record.status for record in trials) == ["finished"] * 4 + ["killed"]


def test_an_interrupted_process_gives_its_trial_back(home: Path) -> None:
    arguments = [*options(home, "--study interrupted"), "--max-epochs", "1000", "--trials", "1"]
    join(home, arguments, 1)
    process = begin(home, arguments)
    wait_for_owners(home, "interrupted", 1)
    wait_for_runs(home, "interrupted", 1)
    process.send_signal(signal.SIGTERM)
    said = process.communicate()
    assert process.returncode == 130, said
    assert [trial.state for trial in study(home, "interrupted").trials] == [TrialState.WAITING]
    open_store(tracking_uri(home)).kill_stale()  # a run whose end could not be written, as the next command does
    assert [record.status for record in records(home, "interrupted")[1]] == ["killed"]


def test_what_another_process_is_writing_is_not_kept_with_the_study(home: Path) -> None:
    folder = home / "out" / "tuning" / "beside"
    folder.mkdir(parents=True)
    (folder / ".trials.csv.draft").write_text("half a table")
    assert tune.main([*options(home, "--study beside"), "--trials", "1"]) == 0
    parent, _ = records(home, "beside")
    kept = open_store(tracking_uri(home)).files(parent.run_id, "")
    made = {path.name for path in folder.iterdir()} - {".trials.csv.draft"}
    assert {Path(name).name for name in kept} == made
    assert "trials.csv" in made


def begun(home: Path, name: str) -> tuple[Session, Runner, str]:
    """A study of two trials, what runs them, and the id of the study's run."""
    session = join(home, options(home, f"--study {name}"), 2)
    wanted = tuning_run._benchmark_config(tune.build_parser().parse_args(options(home)))
    suite_data = SuiteData(suite=wanted.suite, teacher=wanted.teacher.name, limit=wanted.limit)
    runner = Runner(suite_data=suite_data, store_uri=tracking_uri(home), preset="quickstart")
    return session, runner, session.begin_run(runner)


def test_a_failure_is_not_hidden_by_the_deletion_of_its_trial(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(runner: Runner, *_: object) -> None:
        (trial,) = (record for record in runner.store.running_records() if record.tags["role"] == "trial")
        delete(runner.store, trial.run_id)
        raise ValueError("the cause")

    monkeypatch.setattr(Runner, "training_run", fail)
    session, runner, parent = begun(home, "deleted")
    with pytest.raises(RunError, match=r"ValueError: the cause\. It was released"):
        session.run_trials(runner, runner.store.records()[0], parent, print, print)
    assert [trial.state for trial in study(home, "deleted").trials] == [TrialState.WAITING] * 2


def test_a_trial_that_fails_is_given_back(home: Path) -> None:
    session, runner, parent = begun(home, "broken")
    without_logits = next(r for r in runner.store.records() if r.tags["role"] != "teacher")
    with pytest.raises(RunError, match="logits"):
        session.run_trials(runner, without_logits, parent, print, print)
    assert [trial.state for trial in study(home, "broken").trials] == [TrialState.WAITING] * 2
    (failed,) = records(home, "broken")[1]
    assert failed.status == "failed"


def test_trials_that_diverge_are_done(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune.main(options(home, "--study converges --trials 1")) == 0
    shutil.copytree(home / "cache", tmp_path / "cache")
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "cache"))
    for path in (tmp_path / "cache" / "logits").rglob("*.npy"):
        write_array(path, np.full_like(np.load(path), np.nan))
    assert tune.main(options(home, "--study diverges")) == 1
    assert [trial.state for trial in study(home, "diverges").trials] == [TrialState.FAIL] * 3
    parent, trials = records(home, "diverges")
    assert [record.status for record in (parent, *trials)] == ["failed"] * 4
    assert "None of 3 trials led to a score" in capsys.readouterr().out
