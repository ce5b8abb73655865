"""What is kept when runs fail, are killed or are done side by side, and what the same command then does."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from subprocess import Popen

import numpy as np
import pytest
from mlflow import MlflowClient

from benchmark.cli.arguments import parser
from benchmark.cli.command import run_command
from benchmark.cli.options import benchmark_config
from benchmark.cli.progress import RunProgress
from benchmark.core.cache import augmented_path, logits_folder, read_json, teacher_folder
from benchmark.core.errors import DONE, INTERRUPTED, SOME_FAILED
from benchmark.core.locks import run_lock
from benchmark.core.run_store import open_store
from benchmark.core.spec import RunSpec
from benchmark.distillation.encoding import POOL
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.teacher_logits import ModelLogits
from benchmark.distillation.teacher_outputs import LABELLED, TeacherOutputs
from benchmark.execution.executors.worker import reason_of_death
from benchmark.execution.outcome import Outcome
from benchmark.execution.plan import PlannedRun, plan_runs
from benchmark.execution.run_status import RunStatus, pending_runs
from benchmark.execution.runner import DELETED, Runner
from benchmark.reporting.leaderboard_entry import missing_kind
from benchmark.reporting.results import results
from benchmark.run import main
from tests.support.commands import Finished, InterruptingDestructor, enter, start_command
from tracking import Record, Store, owner

SECONDS = 300
"""Longer than any machine needs to begin a run."""


ENDLESS = ("--max-epochs", "1000000", "--max-steps", "1000000")
"""For runs that are to be ended in the middle of their work."""


def statuses(store: Store, role: str = "train") -> list[tuple[str, str]]:
    """(student.setting, status), oldest first."""
    return [
        (f"{record.tags['student']}.{record.tags['setting']}", record.status)
        for record in store.records()
        if record.tags["role"] == role
    ]


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def running(folder: Path) -> dict[str, int]:
    """Process id by name of the training runs that go on."""
    query = (
        "select runs.name, tags.value from runs join tags on tags.run_uuid = runs.run_uuid "
        "where runs.status = 'RUNNING' and tags.key = 'owner'"
    )
    with closing(sqlite3.connect(f"file:{folder / 'mlflow.db'}?mode=ro", uri=True, timeout=30)) as database:
        return {name: int(owner.rsplit("/", 2)[1]) for name, owner in database.execute(query)}


def temporary_folders() -> list[Path]:
    """Folders in TMPDIR, where this command's cache lies too."""
    return [path for path in Path(os.environ["TMPDIR"]).iterdir() if path.is_dir() and path.name != "cache"]


def is_alive(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


@contextmanager
def going_on(finished: Finished, *arguments: str, n_runs: int) -> Iterator[tuple[Popen[str], dict[str, int]]]:
    """The command with `n_runs` runs in the middle of their work, and these runs' processes."""
    command = start_command(finished.folder, *finished.arguments, *arguments)
    try:
        wait_until(lambda: len(running(finished.folder)) == n_runs or command.poll() is not None)
        assert command.poll() is None, command.communicate()
        yield command, running(finished.folder)
    finally:
        command.kill()
        command.communicate()


def test_a_killed_command_goes_on_where_it_was(finished_copy: Finished) -> None:
    arguments = ("-x", "vanilla", "-x", "kd")
    with going_on(finished_copy, *arguments, n_runs=1) as (command, runs):
        wait_until(lambda: temporary_folders() != [])
        command.send_signal(signal.SIGKILL)
        command.wait()
    assert list(runs) == ["smalltalk_demo.cnn.kd.seed0"]
    assert statuses(finished_copy.store)[-1] == ("cnn.kd", "running")
    assert temporary_folders() != []
    with pytest.raises(SystemExit) as ended:
        run_command(partial(main, [*finished_copy.unmeasured, *arguments]))
    assert ended.value.code == DONE
    assert temporary_folders() == []
    assert statuses(finished_copy.store) == [
        ("cnn.vanilla", "finished"),
        ("cnn.kd_ulb_bert", "finished"),
        ("cnn.kd", "killed"),
        ("cnn.kd", "finished"),
    ]
    assert statuses(finished_copy.store, "teacher") == [("teacher.fine_tuned", "finished")]


def test_an_interrupt_that_python_drops_ends_the_run(
    finished_copy: Finished, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the background of a shell ignores it
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    monkeypatch.setattr(RunProgress, "epoch", lambda *_: InterruptingDestructor() and None)
    with pytest.raises(SystemExit) as ended:
        run_command(partial(main, [*finished_copy.unmeasured, "-x", "kd", "-x", "kd_ulb", *ENDLESS]))
    assert ended.value.code == INTERRUPTED
    assert capfd.readouterr().err == "Interrupted. Finished runs are kept; the same command continues from there.\n"
    assert statuses(finished_copy.store)[-1] == ("cnn.kd", "killed")


def test_workers_of_a_killed_command_end_too(finished_copy: Finished) -> None:
    """Else they would go on beside the next command, which does the same runs."""
    with going_on(finished_copy, "-x", "kd", "-x", "kd_ulb", "--jobs", "2", *ENDLESS, n_runs=2) as (command, runs):
        assert command.pid not in runs.values()
        command.send_signal(signal.SIGKILL)
        command.wait()
        wait_until(lambda: not any(map(is_alive, runs.values())))
    assert len(finished_copy.store.kill_stale()) == 2
    assert Counter(statuses(finished_copy.store))["cnn.kd", "killed"] == 1


def test_a_terminated_command_ends_its_runs_as_killed(finished_copy: Finished) -> None:
    with going_on(finished_copy, "-x", "kd", "-x", "kd_ulb", "--jobs", "2", *ENDLESS, n_runs=2) as (command, runs):
        command.terminate()
        _, err = command.communicate(timeout=SECONDS)
        assert command.returncode == INTERRUPTED
        assert err == "Interrupted. Finished runs are kept; the same command continues from there.\n"
        wait_until(lambda: not any(map(is_alive, runs.values())))
    finished_copy.store.kill_stale()  # a run that had only just begun is ended by the next command
    assert statuses(finished_copy.store)[-2:] in (
        [("cnn.kd", "killed"), ("cnn.kd_ulb", "killed")],
        [("cnn.kd_ulb", "killed"), ("cnn.kd", "killed")],
    )


def test_a_worker_that_dies_loses_its_run_alone(finished_copy: Finished) -> None:
    three = ("-x", "kd", "-x", "kd_ulb", "-x", "kd_ulb_fasttext")
    with going_on(finished_copy, *three, "--jobs", "2", *ENDLESS, n_runs=2) as (command, runs):
        os.kill(runs["smalltalk_demo.cnn.kd.seed0"], signal.SIGKILL)
        wait_until(lambda: "smalltalk_demo.cnn.kd_ulb_fasttext.seed0" in running(finished_copy.folder))
        command.terminate()
        _, err = command.communicate(timeout=SECONDS)
        assert "Traceback" not in err
    finished_copy.store.kill_stale()  # a run that had only just begun
    assert Counter(statuses(finished_copy.store))["cnn.kd", "failed"] == 1
    assert {status for name, status in statuses(finished_copy.store)[2:] if name != "cnn.kd"} == {"killed"}
    failed = next(record for record in finished_copy.store.records() if record.status == "failed")
    assert failed.tags["reason"].startswith("Its process was ended from outside or by a crash (SIGKILL).")


def test_why_a_process_died_is_told_from_what_the_system_says() -> None:
    assert reason_of_death(-signal.SIGKILL, oom_kills=1).startswith("Out of memory: ")
    assert "(SIGKILL)" in reason_of_death(-signal.SIGKILL, oom_kills=0)
    assert "(SIGSEGV)" in reason_of_death(-signal.SIGSEGV, oom_kills=1)
    assert "(exit code 3)" in reason_of_death(3, oom_kills=0)


@pytest.mark.parametrize(
    ("limit", "reason", "kind"),
    [
        (("--max-memory", "64"), "Out of memory: its process held ", "out_of_memory"),
        (("--max-minutes", "0.005"), "Out of time: it took longer than the 0.005 minutes that --max-minutes", "failed"),
    ],
)
def test_a_run_over_its_limit_fails_alone_and_says_so(
    finished_copy: Finished, capfd: pytest.CaptureFixture[str], limit: tuple[str, str], reason: str, kind: str
) -> None:
    arguments = [*finished_copy.unmeasured, "-x", "vanilla", "-x", "kd"]
    assert main([*arguments, *ENDLESS, "-x", "kd_ulb_bert", *limit]) == SOME_FAILED
    names = [line.partition(": ")[2].partition(": ")[0] for line in capfd.readouterr().err.splitlines()]
    assert sorted(names) == [f"smalltalk_demo.cnn.{setting}.seed0" for setting in ("kd", "kd_ulb_bert", "vanilla")]
    records = finished_copy.store.records()
    failed = [record for record in records if record.status == "failed"]
    assert len(failed) == 3
    assert all(record.tags["reason"].startswith(reason) for record in failed)
    assert [missing_kind(replace(row, smoke=False)) for row in results(failed)] == [kind] * 3
    assert not running(finished_copy.folder)
    assert main(arguments) == DONE


def outputs_of(teacher: Record, finished: Finished, suite_data: SuiteData) -> TeacherOutputs:
    data = suite_data.encoded_dataset("smalltalk_demo")
    source = ModelLogits(store=finished.store, teacher=teacher, data=data)
    return TeacherOutputs(store=finished.store, teacher=teacher, data=data, source=source)


def test_students_without_their_logits_fail_and_the_others_go_on(
    finished_copy: Finished, capfd: pytest.CaptureFixture[str]
) -> None:
    """The place of the pool's logits is taken by a folder."""
    [teacher] = (record for record in finished_copy.store.records() if record.tags["role"] == "teacher")
    wanted = benchmark_config(parser("run").parse_args(list(finished_copy.arguments)))
    suite_data = SuiteData(suite=wanted.suite, teacher=wanted.teacher.name, limit=wanted.limit)
    pool = outputs_of(teacher, finished_copy, suite_data)._path(POOL)
    pool.unlink()
    (pool / "in_the_way").mkdir(parents=True)
    assert main([*finished_copy.unmeasured, "-x", "kd_ulb", "-x", "kd"]) == SOME_FAILED
    [said] = capfd.readouterr().err.splitlines()
    why = "The teacher's outputs could not be prepared: IsADirectoryError: "
    assert said.startswith(f"Failed: smalltalk_demo.cnn.kd_ulb.seed0: {why}")
    assert statuses(finished_copy.store)[-2:] == [("cnn.kd_ulb", "failed"), ("cnn.kd", "finished")]


def test_a_machine_without_the_teachers_logits_takes_them_from_its_run(finished_copy: Finished) -> None:
    """Not from the teacher: on another machine it would answer a little differently."""
    [teacher] = (record for record in finished_copy.store.records() if record.tags["role"] == "teacher")
    kept = finished_copy.store.download(teacher.run_id, "logits", finished_copy.folder / "kept")
    wanted = benchmark_config(parser("run").parse_args(list(finished_copy.arguments)))
    suite_data = SuiteData(suite=wanted.suite, teacher=wanted.teacher.name, limit=wanted.limit)
    outputs = outputs_of(teacher, finished_copy, suite_data)
    names = {outputs._path(part).name for part in (*LABELLED, POOL)}
    logits = {name: np.load(kept / name) + 1 for name in names}
    for name, array in logits.items():
        np.save(kept / name, array)
    finished_copy.store.add_artifacts(teacher.run_id, kept, "logits")
    shutil.rmtree(logits_folder(teacher.run_id))
    shutil.rmtree(teacher_folder(teacher.run_id))
    assert main([*finished_copy.unmeasured, "-x", "kd_ulb"]) == DONE
    for path in logits_folder(teacher.run_id).glob("*.npy"):
        np.testing.assert_array_equal(np.load(path), logits.pop(path.name))
    assert not logits


def test_a_machine_without_the_made_texts_takes_them_from_the_teachers_run(finished_copy: Finished) -> None:
    """A model need not make the same ones there."""
    augmenting = (*finished_copy.unmeasured, "--augmented", "10")
    [teacher] = (record for record in finished_copy.store.records() if record.tags["role"] == "teacher")
    assert main([*augmenting, "-x", "kd_subs"]) == DONE
    kept = finished_copy.store.download(teacher.run_id, "texts", finished_copy.folder / "kept")
    [path] = kept.iterdir()
    made = augmented_path(path.stem)
    assert json.loads(path.read_text()) == read_json(made)
    path.write_text(json.dumps({name: value[::-1] for name, value in json.loads(path.read_text()).items()}))
    finished_copy.store.add_artifacts(teacher.run_id, kept, "texts")
    made.unlink()
    assert main([*augmenting, "-x", "kd_subs_min_max"]) == DONE
    assert read_json(made) == json.loads(path.read_text())


def test_a_run_whose_data_changed_after_its_plan_fails(finished_copy: Finished) -> None:
    wanted = benchmark_config(parser("run").parse_args([*finished_copy.arguments, "-x", "vanilla"]))
    suite_data = wanted.suite_data()
    spec = replace(plan_runs(wanted, suite_data)[0].spec, data_digest="of the file before")
    runner = Runner(suite_data=suite_data, store_uri=finished_copy.store.uri, preset=wanted.preset_name)
    outcome = runner.run(spec, None, lambda *_: None)
    assert outcome
    assert "data set 'smalltalk_demo' has changed since the plan was made" in outcome.failure
    assert statuses(finished_copy.store, "teacher")[-1] == ("teacher.fine_tuned", "failed")


def handed_over(finished: Finished) -> dict[Path, int]:
    """When each of the files that students read of their teachers was written, by where they lie in the cache."""
    cache = finished.folder.parent / "own" / "cache"
    found = (path for kind in ("logits", "teachers") for path in (cache / kind).rglob("*") if path.is_file())
    return {path: path.stat().st_mtime_ns for path in found}


def test_two_stores_that_share_a_cache_leave_each_other_s_teacher_alone(
    finished_copy: Finished, store_uri: str
) -> None:
    """Each has a run of the same key; the weights of the two need not be the same."""
    mine = handed_over(finished_copy)
    assert main([*finished_copy.unmeasured, "-x", "kd", "--tracking-uri", store_uri]) == DONE
    both = handed_over(finished_copy)
    assert mine.items() < both.items()
    assert main([*finished_copy.unmeasured, "-x", "kd"]) == DONE
    assert handed_over(finished_copy) == both


@pytest.mark.nightly
def test_two_sweeps_at_once_do_no_run_twice(finished_copy: Finished) -> None:
    arguments = (*finished_copy.arguments, "-x", "kd", "-x", "vanilla", "--seed", "1")
    both = [start_command(finished_copy.folder, *arguments, "--out", f"out{i}") for i in range(2)]
    said = [command.communicate(timeout=SECONDS) for command in both]
    assert [command.returncode for command in both] == [DONE, DONE], said
    new = [record for record in finished_copy.store.records() if record.tags.get("seed") == "1"]
    assert Counter(r.tags["role"] for r in new) == {"train": 2, "inference": 2}
    assert {record.status for record in new} == {"finished"}
    for out, _ in said:
        assert all(re.search(rf"cnn\.{name}\.seed1 +test F1", out) for name in ("kd", "vanilla"))


@pytest.mark.usefixtures("desk_folder")
def test_a_claim_is_one_process_s_at_a_time() -> None:
    code = "from benchmark.core.locks import run_lock\nwith run_lock('s', 'k') as is_ours: print(is_ours)"

    def other() -> str:
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    with run_lock("s", "k") as is_ours:
        assert is_ours
        assert other() == "False"
    with run_lock("s", "another"):
        assert other() == "True"


@pytest.mark.parametrize("scheme", ["sqlite:///{}/mlflow.db", "sqlite:///{}/mlflow.db?mode=rw", "http://host:5000"])
def test_a_claim_on_an_sqlite_store_holds_for_every_cache(scheme: str, desk_folder: Path, tmp_path: Path) -> None:
    """A server's runs are claimed by their heartbeat instead."""
    code = (
        "import sys\nfrom benchmark.core.locks import run_lock\nwith run_lock(*sys.argv[1:]) as is_ours: print(is_ours)"
    )

    def other(*name: str) -> str:
        address = f"sqlite:///{desk_folder}/mlflow.db" if scheme.startswith("sqlite") else scheme
        command = [sys.executable, "-c", code, address, *name]
        cache = os.environ | {"BENCHMARK_CACHE": str(tmp_path / "another")}
        return subprocess.run(command, capture_output=True, text=True, check=True, env=cache).stdout.strip()

    with run_lock(scheme.format(desk_folder), "k") as is_ours:
        assert is_ours
        assert other("k") == str(not scheme.startswith("sqlite"))
        assert other("l") == "True"
    assert other("k") == "True"


def test_two_caches_on_one_store_do_no_run_twice(finished_copy: Finished, tmp_path: Path) -> None:
    arguments = (*finished_copy.unmeasured, "-x", "kd", "-x", "vanilla", "--seed", "1")
    both = [
        start_command(finished_copy.folder, *arguments, "--out", f"out{i}", variables={"BENCHMARK_CACHE": str(cache)})
        for i, cache in enumerate((tmp_path / "first", tmp_path / "second"))
    ]
    said = [command.communicate(timeout=SECONDS) for command in both]
    assert [command.returncode for command in both] == [DONE, DONE], said
    new = [record for record in finished_copy.store.records() if record.tags.get("seed") == "1"]
    assert Counter(record.tags["role"] for record in new) == {"train": 2}


def test_runs_side_by_side_come_to_the_same(finished_copy: Finished) -> None:
    before = finished_copy.store.records()
    assert main([*finished_copy.unmeasured, "-x", "vanilla", "-x", "kd_ulb_bert", "--force", "--jobs", "2"]) == DONE
    known = {record.key: record.metrics for record in before}
    new = [
        record for record in finished_copy.store.records() if record not in before and record.tags["role"] == "train"
    ]
    assert len(new) == 2
    assert owner() not in {record.tags["owner"] for record in new}, "in processes of their own"
    for record in new:
        for name in ("valid_f1", "test_f1", "epochs", "steps_to_best"):
            assert record.metrics[name] == known[record.key][name]
        for name in ("epoch/train_loss", "epoch/valid_loss"):
            assert record.metrics[name] == pytest.approx(known[record.key][name], rel=1e-4)


def test_a_run_that_fails_is_kept_and_the_others_go_on(
    finished_copy: Finished, capfd: pytest.CaptureFixture[str]
) -> None:
    """The place of fastText's vectors is taken by a file, until it is not."""
    in_the_way = finished_copy.folder.parent / "own" / "cache" / "vectors"
    in_the_way.write_text("")
    arguments = [*finished_copy.unmeasured, "-x", "kd_ulb_fasttext", "-x", "kd"]
    assert main(arguments) == SOME_FAILED
    said = capfd.readouterr().err.splitlines()
    assert [line.partition(": FileExistsError: ")[0] for line in said] == [
        "Failed: smalltalk_demo.cnn.kd_ulb_fasttext.seed0"
    ]
    assert statuses(finished_copy.store)[-2:] == [("cnn.kd_ulb_fasttext", "failed"), ("cnn.kd", "finished")]
    failed = next(record for record in finished_copy.store.records() if record.status == "failed")
    assert failed.tags["reason"].startswith("FileExistsError: ")
    traceback = finished_copy.store.download(failed.run_id, "long_values/traceback.txt", finished_copy.folder / "t")
    assert "_fasttext" in traceback.read_text()

    before = finished_copy.store.records()
    assert main(arguments) == SOME_FAILED, "a failure stays one until it is done again"
    assert capfd.readouterr().err.splitlines() == said
    assert finished_copy.store.records() == before

    in_the_way.unlink()
    assert main([*arguments, "--retry-failed"]) == DONE
    assert capfd.readouterr().err == ""
    assert statuses(finished_copy.store)[-1] == ("cnn.kd_ulb_fasttext", "finished")


def test_students_of_a_failed_teacher_wait_for_it(
    finished_copy: Finished, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "new" / "work"
    folder.mkdir(parents=True)
    enter(folder, monkeypatch)
    arguments = [*finished_copy.arguments, "-x", "vanilla", "--max-memory", "64"]
    assert main(arguments) == SOME_FAILED
    out, err = capfd.readouterr()
    assert [line.partition(": ")[2][:60] for line in err.splitlines()] == [
        "smalltalk_demo.teacher.fine_tuned.seed0: Out of memory: its ",
        "smalltalk_demo.cnn.vanilla.seed0: not begun, since its teach",
    ]
    assert "2 of 2 runs are due" in out
    assert main(arguments) == SOME_FAILED
    assert "0 of 2 runs are due" in capfd.readouterr().out
    assert statuses(open_store()) == []


def delete(store: Store, run_id: str) -> None:
    """As MLflow's UI does."""
    MlflowClient(store.uri).delete_run(run_id)


def test_a_run_that_is_deleted_while_it_runs_fails_alone(
    finished_copy: Finished, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def delete_kd(_: RunProgress, spec: RunSpec, epoch: int) -> None:
        if (spec.setting, epoch) == ("kd", 1):
            delete(finished_copy.store, finished_copy.store.running_records()[0].run_id)

    with monkeypatch.context() as deleting:
        deleting.setattr(RunProgress, "epoch", delete_kd)
        assert main([*finished_copy.unmeasured, "-x", "kd", "-x", "kd_ulb"]) == SOME_FAILED
    assert capfd.readouterr().err == f"Failed: smalltalk_demo.cnn.kd.seed0: {DELETED}\n"
    assert statuses(finished_copy.store)[-1] == ("cnn.kd_ulb", "finished")
    assert main([*finished_copy.unmeasured, "-x", "kd", "-x", "kd_ulb"]) == DONE


def test_students_of_a_deleted_teacher_are_not_begun(
    finished_copy: Finished, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def delete_teacher(_: RunProgress, outcome: Outcome) -> None:
        delete(open_store(), outcome.run_id)

    (tmp_path / "new" / "work").mkdir(parents=True)
    enter(tmp_path / "new" / "work", monkeypatch)
    monkeypatch.setattr(RunProgress, "done", delete_teacher)
    assert main([*finished_copy.arguments, "-x", "vanilla"]) == SOME_FAILED
    teacher, student = capfd.readouterr().err.splitlines()
    assert teacher.startswith("Failed: smalltalk_demo.teacher.fine_tuned.seed0: ")
    assert student == (
        "Failed: smalltalk_demo.cnn.vanilla.seed0: not begun, since its teacher has no finished run; was it deleted?"
    )


SPEC = RunSpec(
    suite="s",
    dataset="d",
    task="classification",
    student="cnn",
    setting="kd",
    seed=0,
    learning_rate=1e-3,
    teacher="t",
    teacher_key="",
    data_digest="",
    loss="mse",
    max_epochs=1,
    patience=1,
    batch_size=1,
    max_length=1,
)
TEACHER = PlannedRun(spec=replace(SPEC, student="teacher", setting="fine_tuned", loss="hard"))
KD = PlannedRun(spec=replace(SPEC, teacher_key=TEACHER.spec.key))
VANILLA = PlannedRun(spec=replace(KD.spec, setting="vanilla"))
PRIVATE = PlannedRun(spec=replace(KD.spec, dataset="smltk"), skip_reason="private")
NAMES = {TEACHER.spec.key: "teacher", KD.spec.key: "kd", VANILLA.spec.key: "vanilla", PRIVATE.spec.key: "private"}


def record(item: PlannedRun, status: str, role: str = "train") -> Record:
    return Record(
        run_id="r",
        suite="s",
        name="n",
        status=status,  # type: ignore[arg-type]
        tags={"key": item.spec.key, "role": role},
        params={},
        metrics={},
        start_time=0,
        end_time=None,
    )


@pytest.mark.parametrize(
    ("known", "options", "expected"),
    [
        ([], {}, "teacher kd vanilla"),
        ([record(TEACHER, "finished")], {}, "kd vanilla"),
        ([record(TEACHER, "finished"), record(KD, "running"), record(VANILLA, "killed")], {}, "kd vanilla"),
        ([record(TEACHER, "finished"), record(KD, "finished", "trial")], {}, "kd vanilla"),
        ([record(TEACHER, "finished"), record(KD, "failed")], {}, "vanilla"),
        ([record(TEACHER, "finished"), record(KD, "failed")], {"retry_failed": True}, "kd vanilla"),
        ([record(TEACHER, "finished"), record(KD, "failed"), record(KD, "finished")], {}, "vanilla"),
        (
            [record(TEACHER, "finished"), record(KD, "finished"), record(KD, "failed")],
            {"retry_failed": True},
            "vanilla",
        ),
        ([record(TEACHER, "failed")], {}, ""),
        ([record(TEACHER, "failed")], {"retry_failed": True}, "teacher kd vanilla"),
        ([record(TEACHER, "failed"), record(KD, "failed")], {"force": True}, "teacher kd vanilla"),
        ([record(each, "finished") for each in (TEACHER, KD, VANILLA)], {}, ""),
        ([record(each, "finished") for each in (TEACHER, KD, VANILLA)], {"force": True}, "teacher kd vanilla"),
        ([record(PRIVATE, "skipped")], {"force": True, "retry_failed": True}, "teacher kd vanilla"),
    ],
)
def test_what_is_due(known: list[Record], options: dict[str, bool], expected: str) -> None:
    items = [TEACHER, KD, VANILLA, PRIVATE]
    due = pending_runs(items, RunStatus.read(known), **({"force": False, "retry_failed": False} | options))
    assert " ".join(NAMES[item.spec.key] for item in due) == expected
