"""Runs that fail or are deleted: the others go on, and the same command does what is still missing."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.cli.arguments import parser
from benchmark.cli.options import benchmark_config
from benchmark.cli.progress import RunProgress
from benchmark.core.errors import DONE, SOME_FAILED
from benchmark.core.run_store import open_store
from benchmark.core.spec import RunSpec
from benchmark.execution.plan import plan_runs
from benchmark.execution.run_status import Outcome
from benchmark.execution.runner import DELETED, Runner
from benchmark.run import main
from tests.support.commands import Finished, enter
from tests.support.runs import delete, statuses


def test_a_run_whose_data_changed_after_its_plan_fails(finished_copy: Finished) -> None:
    wanted = benchmark_config(parser("run").parse_args([*finished_copy.arguments, "-x", "vanilla"]))
    suite_data = wanted.suite_data()
    spec = replace(plan_runs(wanted, suite_data)[0].spec, data_digest="of the file before")
    runner = Runner(suite_data=suite_data, store_uri=finished_copy.store.uri, preset=wanted.preset_name)
    outcome = runner.run(spec, None, lambda *_: None)
    assert outcome
    assert "data set 'smalltalk_demo' has changed since the plan was made" in outcome.failure
    assert statuses(finished_copy.store, "teacher")[-1] == ("teacher.fine_tuned", "failed")


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
