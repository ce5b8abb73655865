"""The measuring stage on real runs: what is kept of it, and when it is done again."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark import latency
from benchmark.bundle import Bundle, slim
from benchmark.bundle.files import INT8, MANIFEST
from benchmark.core.errors import SOME_FAILED, InputError, RunError
from benchmark.core.run_store import BUNDLE
from benchmark.core.spec import RunSpec
from benchmark.export.bundle_writer import upload_bundle
from benchmark.measurement import stage
from benchmark.measurement.footprint import footprint
from benchmark.measurement.protocol import BUDGETS
from benchmark.measurement.session import execution_modes
from benchmark.measurement.stage import FinishedRun, unmeasured
from benchmark.reporting.results import results
from tests.core.test_spec import SPEC
from tests.support.commands import Finished as FinishedCommand
from tests.support.measuring import BRIEF
from tests.support.runs import delete
from tracking import Record, Store, StoreError


@pytest.fixture
def measured(finished: FinishedCommand) -> Store:
    """A store in which a teacher and a CNN in two settings are trained and measured by the real command; read only."""
    return finished.store


def inferences(store: Store) -> dict[str, Record]:
    return {record.parent or "": record for record in store.records() if record.tags["role"] == "inference"}


def students(store: Store) -> list[Record]:
    return [record for record in store.records() if record.tags["role"] in ("teacher", "train")]


@pytest.mark.slow
def test_every_run_has_its_inference_run_and_its_figures(measured: Store) -> None:
    kept = inferences(measured)
    assert {record.run_id for record in students(measured)} == kept.keys()
    for record in students(measured):
        inference = kept[record.run_id]
        for name in ("latency_torch_ms", "latency_onnx_ms", "latency_onnx_int8_ms", "latency_text_ms"):
            assert record.metrics[name] == inference.metrics[name] > 0
        for name in ("cost_memory_mib", "cost_load_ms", "cost_first_answer_ms", "cost_sentences_per_second_per_core"):
            assert record.metrics[name] > 0
        assert record.metrics["speedup_onnx_over_teacher_torch_low"] > 0
        assert record.metrics["size_onnx_int8_mib"] < record.metrics["size_onnx_mib"]
        assert abs(record.metrics["onnx_test_f1"] - record.metrics["test_f1"]) < 1e-9
        assert inference.tags["latency_budget"] == "quick"


@pytest.mark.slow
def test_runs_of_one_shape_share_their_figures(measured: Store) -> None:
    cnns = [record for record in students(measured) if record.tags["student"] == "cnn"]
    assert len(cnns) == 2
    assert len({record.metrics["latency_onnx_ms"] for record in cnns}) == 1


@pytest.mark.slow
def test_raw_samples_and_the_session_are_kept(measured: Store, tmp_path: Path) -> None:
    inference = next(iter(inferences(measured).values()))
    folder = measured.download(inference.run_id, "", tmp_path)
    samples = np.load(folder / "latency_samples_ms.npz")
    assert np.median(samples[f"{inference.tags['student']} onnx"]) == inference.metrics["latency_onnx_ms"]
    assert len(samples["cnn text"]) == len(samples["cnn text rounds"])
    about = json.loads((folder / "latency_session.json").read_text())
    assert {"machine", "sample_sha256", "pieces_quantiles", "dtype", "budget"} <= about.keys()
    assert all({"control", "tries", "load_before", "load_after"} <= session.keys() for session in about["sessions"])
    assert [session["n_threads"] for session in about["sessions"]] == [mode.n_threads for mode in execution_modes()]


@pytest.mark.slow
def test_the_bundle_knows_its_milliseconds_and_serves_what_won(measured: Store, tmp_path: Path) -> None:
    for record in students(measured):
        folder = measured.download(record.run_id, "bundle", tmp_path / record.run_id)
        bundle = Bundle.load(folder)
        assert bundle.manifest["latency"]["latency_onnx_ms"] == record.metrics["latency_onnx_ms"]
        assert ("model.int8.onnx" in bundle.manifest["files"]) == bool(record.metrics["onnx_int8_won"])
        scores = {name: bundle.manifest["scores"].get(name) for name in ("onnx_int8_test_f1", "onnx_int8_test_ece")}
        assert scores == {name: record.metrics[name] if record.metrics["onnx_int8_won"] else None for name in scores}
        deployed = slim(folder, tmp_path / "deployed" / record.run_id)
        n_bytes = sum(file.stat().st_size for file in deployed.iterdir())
        assert record.metrics["size_bundle_mib"] == pytest.approx(n_bytes / 2**20, abs=1e-9)
        assert bundle.predict(["aku senang"])[0] in bundle.labels


@pytest.mark.slow
def test_what_is_measured_is_not_measured_again_but_for_more(measured: Store) -> None:
    models = [FinishedRun(spec=RunSpec.read(r.params), record=r) for r in students(measured)]
    assert [model.spec.key for model in models] == [model.record.key for model in models]
    assert unmeasured(models, measured.records()) == []
    assert unmeasured(models, measured.records(), BUDGETS["full"]) == models
    assert unmeasured(models, students(measured)) == models


@pytest.mark.slow
@pytest.mark.usefixtures("warm_workers")
def test_the_command_measures_anew_and_adds_the_price(
    finished_copy: FinishedCommand, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = finished_copy.store
    before = len(measured.records())
    where = ["--suite", "classification"]
    monkeypatch.setitem(BUDGETS, "quick", BRIEF)
    assert latency.main([*where, "--budget", "quick", "--price-per-core-hour", "0.36"]) in (0, 1)
    assert len(measured.records()) == before
    record = students(measured)[-1]
    rate = record.metrics["cost_sentences_per_second_per_core"]
    assert record.metrics["cost_per_million_sentences"] == pytest.approx(100 / rate)
    assert latency.main([*where, "--budget", "quick", "--again"]) in (0, 1)
    assert len(measured.records()) == before + len(students(measured))
    assert "Serve the best" not in capsys.readouterr().out, "smoke runs are not served"


@pytest.mark.slow
@pytest.mark.usefixtures("warm_workers")
def test_a_run_that_is_deleted_while_it_is_measured_is_left_out(
    finished_copy: FinishedCommand, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store, write = finished_copy.store, stage.write_samples
    doomed = students(store)[0]

    def delete_and_write(*arguments: Any) -> None:
        delete(store, doomed.run_id)
        write(*arguments)

    monkeypatch.setattr(stage, "write_samples", delete_and_write)
    monkeypatch.setitem(BUDGETS, "quick", BRIEF)
    before = inferences(store)
    assert latency.main(["--suite", "classification", "--budget", "quick", "--again"]) == SOME_FAILED
    assert f"Left out: {doomed.name}. {stage.DELETED}" in capsys.readouterr().out
    after = inferences(store)
    assert after[doomed.run_id].status == "killed"
    anew = [record for run_id, record in after.items() if record.run_id != before[run_id].run_id]
    assert sorted(record.status for record in anew) == ["finished", "finished", "killed"]


@pytest.mark.slow
def test_memory_is_of_the_bundle_and_not_of_who_asks(measured: Store, tmp_path: Path) -> None:
    ballast = np.ones(2**27 // 8)  # 128 MiB in this process
    folder = measured.download(students(measured)[0].run_id, "bundle", tmp_path)
    measured_footprint = footprint(folder, "aku senang", starts=1)
    assert 20 < measured_footprint.memory_mib < 200 < ballast.nbytes / 2**20 + 200
    assert measured_footprint.load_ms > 0
    assert measured_footprint.first_answer_ms > 0


def test_a_process_that_cannot_load_a_bundle_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"ended with code 1: .*no bundle"):
        footprint(tmp_path / "none", "aku senang", starts=1)


def test_what_is_imported_by_the_users_path_is_there_when_a_bundle_is_weighed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(f"open({str(tmp_path / 'seen')!r}, 'w')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(RunError):
        footprint(tmp_path / "none", "aku senang", starts=1)
    assert (tmp_path / "seen").exists()


def test_a_manifest_is_kept_after_the_files_that_it_names(store: Store, tmp_path: Path) -> None:
    """A folder stands where the model is to go, so that the upload breaks off."""
    old, new = tmp_path / "old", tmp_path / "new"
    (old / INT8).mkdir(parents=True)
    (old / INT8 / "in_the_way").touch()
    (old / MANIFEST).write_text("old")
    run_id = store.begin("s", "n", tags={}, params={}).run_id
    store.add_artifacts(run_id, old, BUNDLE)
    new.mkdir()
    for name in (INT8, MANIFEST):
        (new / name).write_text("new")
    with pytest.raises(StoreError):
        upload_bundle(store, run_id, new)
    assert store.download(run_id, f"{BUNDLE}/{MANIFEST}", tmp_path).read_text() == "old"


@pytest.mark.nightly
@pytest.mark.usefixtures("warm_workers")
def test_figures_of_an_invalid_session_are_in_no_table(
    finished_copy: FinishedCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One round alone has an interval of no width, which 1 is never in."""
    once = replace(BUDGETS["quick"], rounds=1, tries=1, min_samples=4, min_seconds=0, n_sentences=4)
    monkeypatch.setitem(BUDGETS, "quick", once)
    where = ["--suite", "classification"]
    assert latency.main([*where, "--budget", "quick", "--again"]) == 1
    rows = results(finished_copy.store.records())
    assert {row.latency_onnx_ms for row in rows} == {None}
    assert all("the machine was not quiet" in row.invalid for row in rows)


def test_a_suite_without_finished_runs_is_named(store: Store) -> None:
    with pytest.raises(InputError, match="no finished runs"):
        latency.main(["--suite", "classification", "--tracking-uri", store.uri])


def test_a_cache_that_cannot_be_written(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "taken").write_text("a file in the way")
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "taken" / "cache"))
    with pytest.raises(InputError, match=r"The cache folder .* cannot be written: Not a directory"):
        latency.main(["--suite", "classification", "--tracking-uri", store.uri])


def test_runs_of_data_that_was_edited_since_are_named_and_left_out(
    tiny_teacher: Path, store: Store, desk_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Their networks may have other labels than today's data."""
    (desk_folder / "a.csv").write_text("text,label\n" + "".join(f"kata {i},{'ab'[i % 2]}\n" for i in range(9)))
    (desk_folder / "moods.yml").write_text(
        "task: classification\ndatasets: {mood: {train: a.csv, validation: a.csv, test: a.csv}}\n"
    )
    spec = replace(SPEC, suite="moods", dataset="mood", teacher=str(tiny_teacher), data_digest="of older files")
    tags = {"key": spec.key, "role": "train", "preset": "paper"}
    store.begin(spec.suite, spec.name, tags=tags, params=asdict(spec)).finish({})
    assert latency.main(["--suite", "moods.yml", "--tracking-uri", store.uri]) == 0
    printed = capsys.readouterr().out
    assert f"Left out: {spec.name}. The data of mood changed since it was trained" in " ".join(printed.split())


@pytest.mark.parametrize("price", ["0", "-1", "cheap", "inf", "nan"])
def test_a_price_is_above_0(price: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        latency.main(["--suite", "classification", "--price-per-core-hour", price])
    assert "is not a price above 0" in capsys.readouterr().err
