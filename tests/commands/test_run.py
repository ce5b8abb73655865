"""The main command from end to end, as a person types it: on bundled data, on anyone's own, again, and as a plan."""

import csv
import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

from benchmark.bundle import Bundle
from benchmark.core.presets import PRESETS
from benchmark.core.result import RunResult
from benchmark.core.run_store import TEACHER_MODEL
from benchmark.core.settings import LADDER
from benchmark.core.spec import RunSpec
from benchmark.reporting.bootstrap import Resampler, bounds
from benchmark.reporting.predictions import predictions_of
from benchmark.run import main
from students import PAPER
from tests.support import ROOT
from tests.support.commands import Finished
from tests.support.runs import of_role
from tracking import Record

TAGS = {"role", "key", "suite", "dataset", "student", "setting", "protocol", "git_commit", "machine", "teacher", "seed"}
LATENCIES = {"latency_torch_ms", "latency_onnx_ms", "latency_text_ms"}
TWO_SETTINGS = ("-x", "vanilla", "-x", "kd_ulb_bert")
N_PLANNED = 1 + len(PAPER) * len(LADDER) - sum(map(len, PRESETS["quickstart"].left_out.values()))
NAMES = ["cnn.kd_ulb_bert", "cnn.vanilla", "teacher.fine_tuned"]


@pytest.fixture(scope="module")
def records(finished: Finished) -> list[Record]:
    return finished.store.records("classification")


def test_a_plan_does_not_wait_for_what_trains_measures_and_draws() -> None:
    heavy = ("onnxruntime", "seqeval", "sklearn", "matplotlib", "plotly", "optuna", "mlflow", "ray")
    code = f"import sys, benchmark.run; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"


def test_the_command_does_the_whole_job(finished: Finished) -> None:
    assert finished.code == 0, finished.err
    assert finished.err == ""
    assert "3 of 3 runs are due" in finished.out
    assert re.search(r"smalltalk_demo\.cnn\.kd_ulb_bert\.seed0 +test F1", finished.out)
    assert "mlflow ui --backend-store-uri sqlite:///mlflow.db" in finished.out
    names = {"mlflow.db", "mlflow.db.lock", "mlartifacts", "results"}
    assert {path.name for path in finished.folder.iterdir()} == names


def test_a_smoke_run_is_reported_and_never_ranked(finished: Finished) -> None:
    out = finished.folder / "results" / "classification"
    rows = list(csv.DictReader((out / "results.csv").open(newline="")))
    assert sorted(f"{row['student']}.{row['setting']}" for row in rows) == NAMES
    assert {(row["status"], row["smoke"].lower()) for row in rows} == {("finished", "true")}
    latencies = {bool(row[name]) for row in rows for name in LATENCIES}
    assert latencies == {not row["invalid"] for row in rows}, (
        "none where the session's control failed, as on a busy machine"
    )
    assert len(pd.read_parquet(out / "results.parquet")) == 3
    assert "smoke" in (out / "report.md").read_text()
    assert "never ranked" in finished.out


def test_every_run_is_tracked_by_its_role(records: list[Record]) -> None:
    assert Counter(record.tags["role"] for record in records) == {"teacher": 1, "train": 2, "inference": 3, "report": 1}
    assert {record.status for record in records} == {"finished"}
    assert sorted(record.name for record in of_role(records, "train")) == [
        "smalltalk_demo.cnn.kd_ulb_bert.seed0",
        "smalltalk_demo.cnn.vanilla.seed0",
    ]
    of_specs = [record for record in records if record.tags["role"] != "report"]
    for record in of_specs:
        assert record.tags.keys() >= TAGS
        assert record.params.keys() >= {field.name for field in fields(RunSpec)}
        assert record.tags["smoke"] == "true"
    assert len({record.key for record in of_specs}) == 6


def test_finished_runs_hold_every_figure(records: list[Record]) -> None:
    figures = {field.name for field in fields(RunResult)} - {"test_f1_per_label", "label_count_std", "test_share"}
    for record in of_role(records, "teacher") + of_role(records, "train"):
        assert record.metrics.keys() >= figures | LATENCIES
        assert ("label_count_std" in record.metrics) == (record.params["unlabeled"] == "True")
        assert 0 <= record.metrics["overhead_share"] < 1
        assert record.metrics["size_checkpoint_mib"] == pytest.approx(3 * record.metrics["size_weights_mib"], rel=0.05)


def test_an_inference_run_belongs_to_the_run_it_measured(
    records: list[Record], finished: Finished, tmp_path: Path
) -> None:
    measured = {record.run_id: record for record in of_role(records, "teacher") + of_role(records, "train")}
    for record in of_role(records, "inference"):
        assert record.parent in measured
        assert {n: record.metrics[n] for n in LATENCIES} == {n: measured[record.parent].metrics[n] for n in LATENCIES}
        assert all(0 < record.metrics[name] < 10_000 for name in LATENCIES)
        samples = np.load(finished.store.download(record.run_id, "latency_samples_ms.npz", tmp_path / record.run_id))
        for scope in ("torch", "onnx"):
            assert np.median(samples[f"{record.tags['student']} {scope}"]) == pytest.approx(
                record.metrics[f"latency_{scope}_ms"]
            )
    assert {record.parent for record in of_role(records, "inference")} == set(measured)


def test_curves_are_kept(records: list[Record], finished: Finished) -> None:
    client = MlflowClient(finished.store.uri)
    for record in of_role(records, "train"):
        for name in ("train_loss", "valid_loss", "valid_f1"):
            curve = client.get_metric_history(record.run_id, f"epoch/{name}")
            assert [point.step for point in curve] == [1, 2]


def test_the_bundle_of_a_run_predicts(records: list[Record], finished: Finished, tmp_path: Path) -> None:
    for record in of_role(records, "teacher") + of_role(records, "train"):
        folder = finished.store.download(record.run_id, "bundle", tmp_path / record.run_id)
        bundle = Bundle.load(folder)
        lines = finished.store.download(record.run_id, "predictions.jsonl", tmp_path / record.run_id).read_text()
        rows = [json.loads(line) for line in lines.splitlines()]
        assert len(rows) == 40
        answers = zip(bundle.predict([row["text"] for row in rows]), rows, strict=True)
        n_alike = sum(answer == row["predicted"] for answer, row in answers)
        int8_serves = (folder / "model.int8.onnx").exists()  # of models near chance, it answers otherwise as well
        assert n_alike == 40 or int8_serves
        assert bundle.manifest["spec"]["setting"] == record.tags["setting"]
        if record.tags["role"] == "teacher":
            config = json.loads(finished.store.text(record.run_id, f"{TEACHER_MODEL}/config.json"))
            assert config["id2label"] == {str(row): name for row, name in enumerate(bundle.labels)}
        assert bundle.manifest["scores"]["test_f1"] == record.metrics["test_f1"]


def test_a_manifest_has_the_interval_that_reports_compute(records: list[Record], finished: Finished) -> None:
    for record in of_role(records, "teacher") + of_role(records, "train"):
        scores = json.loads(finished.store.text(record.run_id, "bundle/manifest.json"))["scores"]
        predictions = predictions_of(finished.store, record.run_id)
        resampler = Resampler("macro_f1", [one.gold for one in predictions], "classification/smalltalk_demo")
        draws = resampler.f1([one.predicted for one in predictions])[1:]
        assert (scores["test_f1_low"], scores["test_f1_high"]) == pytest.approx(bounds(draws))


def test_a_copy_of_what_was_done_writes_nothing_back(finished: Finished, finished_copy: Finished) -> None:
    """Else tests would see one another's files."""
    [teacher] = (record for record in finished.store.records() if record.tags["role"] == "teacher")
    finished_copy.store.add_artifacts(teacher.run_id, finished_copy.folder / "results", "added")
    assert finished_copy.store.files(teacher.run_id, "added")
    assert not finished.store.files(teacher.run_id, "added")


def test_the_same_command_again_does_nothing_new(finished_copy: Finished, capfd: pytest.CaptureFixture[str]) -> None:
    before = finished_copy.store.records()
    assert main([*finished_copy.arguments, *TWO_SETTINGS]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert "0 of 3 runs are due; expected time 0:00:00." in out
    assert "Measuring" not in out
    assert finished_copy.store.records() == before


def test_a_plan_makes_nothing(
    desk_folder: Path, tiny_teacher: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["--suite", "classification", "--teacher", str(tiny_teacher), "--dry-run"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert f"{N_PLANNED} of {N_PLANNED} runs are due; expected time " in out
    assert list(desk_folder.iterdir()) == []
    cached = {path.name for path in (tmp_path / "own" / "cache").iterdir()}
    assert cached == {"arrow", "checked_teachers", "scratch", "unread"}, (
        "parsed and counted data, teachers that passed their check, and the list of temporary folders"
    )


def test_a_plan_tells_what_is_done_and_changes_nothing(
    finished_copy: Finished, capfd: pytest.CaptureFixture[str]
) -> None:
    before = (finished_copy.folder / "mlflow.db").read_bytes()
    assert main([*finished_copy.arguments, *TWO_SETTINGS, "-x", "kd", "--dry-run"]) == 0
    out = capfd.readouterr().out
    assert "1 of 4 runs are due" in out
    assert re.search(r" done +due +time", out), "nothing failed, nothing was skipped: no columns of it"
    assert re.search(r"vanilla, kd_ulb_bert, kd +2 +1 +0:", out)
    assert (finished_copy.folder / "mlflow.db").read_bytes() == before


def test_force_does_it_again_teacher_and_logits_included(finished_copy: Finished) -> None:
    before = finished_copy.store.records()
    logits = list((finished_copy.folder.parent / "own/cache/logits").rglob("*.npy"))
    assert len(logits) == 3, "train, validation and the pool"
    assert main([*finished_copy.unmeasured, "-x", "kd_ulb_bert", "--force"]) == 0
    new = [record for record in finished_copy.store.records() if record not in before]
    assert sorted(record.name.removeprefix("smalltalk_demo.") for record in new) == [
        "cnn.kd_ulb_bert.seed0",
        "teacher.fine_tuned.seed0",
    ]
    teacher_id = next(record.run_id for record in new if record.tags["role"] == "teacher")
    assert all((path.parents[1] / teacher_id / path.name).exists() for path in logits)
    old = {record.key: record.metrics for record in before}
    assert all(record.metrics["test_f1"] == old[record.key]["test_f1"] for record in new)


def test_a_student_of_an_own_vocabulary_stands_beside_that_of_the_teachers(finished_copy: Finished) -> None:
    assert main([*finished_copy.unmeasured, "-x", "kd_ulb_bert", "--vocabulary", "own"]) == 0
    with (finished_copy.folder / "results" / "classification" / "results.csv").open(encoding="utf-8") as file:
        rows = {(row["student"], row["setting"]): row for row in csv.DictReader(file)}
    assert {("cnn", "kd_ulb_bert"), ("cnn+own", "kd_ulb_bert")} <= rows.keys()
    run_id = rows["cnn+own", "kd_ulb_bert"]["run_id"]
    folder = finished_copy.store.download(run_id, "bundle", finished_copy.folder / "own")
    assert Bundle.load(folder).predict(["apa kabar"])
    assert "▁" in (folder / "tokenizer.json").read_text(encoding="utf-8"), "which the teacher's WordPiece lacks"
