"""Inputs, sources and descriptions of runs and registered models, as MLflow's UI shows them."""

import json
from pathlib import Path

import pytest
from mlflow import MlflowClient

from benchmark.execution.run_description import note
from benchmark.export.registered_model import describe
from tests.core.test_spec import SPEC
from tests.support.claim_factory import row
from tracking import NOTE, RunInput, Store, StoreError
from tracking.provenance import again_if_taken


def test_inputs_of_a_run_are_data_sets_of_mlflow(store: Store) -> None:
    run = store.begin("moods", "cnn", tags={"role": "train"}, params={})
    run.log_inputs(
        [RunInput(name="emot", digest="d" * 64, context="training", source="owner/emot", profile={"labels": 5})]
    )
    run.finish({})
    stored = MlflowClient(store.uri).get_run(run.run_id)
    [one] = stored.inputs.dataset_inputs
    assert (one.dataset.name, one.dataset.digest) == ("emot", "d" * 36)
    assert json.loads(one.dataset.profile) == {"labels": 5}
    assert json.loads(one.dataset.source) == {"uri": "owner/emot"}
    assert [(tag.key, tag.value) for tag in one.tags] == [("mlflow.data.context", "training")]


def test_a_run_has_a_source(store: Store) -> None:
    run = store.begin("moods", "cnn", tags={}, params={})
    tags = MlflowClient(store.uri).get_run(run.run_id).data.tags
    assert Path(tags["mlflow.source.name"]).name
    assert tags["mlflow.source.type"] == "LOCAL"


def test_the_description_of_a_run_begins_with_its_figures() -> None:
    metrics = {"test_f1": 0.664, "latency_onnx_ms": 0.2819, "size_onnx_mib": 13.82, "n_parameters": 3.6e6}
    titles, _, figures, *_ = note(SPEC, "train", metrics).splitlines()
    assert titles == "| F1 on test | ms per sentence (ONNX) | MiB (ONNX) | million parameters |"
    assert figures == "| 66.40 | 0.282 | 13.8 | 3.60 |"
    assert note(SPEC, "train", {"test_f1": 0.5}).startswith("| F1 on test |\n")
    assert NOTE == "mlflow.note.content"
    assert not note(SPEC, "train").startswith("|")


def test_the_description_of_a_registered_model_gives_its_figures_and_interval() -> None:
    measured = {"test_f1_low": 0.62, "test_f1_high": 0.7057, "latency_onnx_ms": 0.2819, "size_onnx_mib": 13.82}
    text = describe(row("cnn", "kd", 0.664, **measured))
    assert text.startswith("**cnn**, setting `kd`, for emot: F1 on test 66.4 (95 % interval 62.0 to 70.6), 0.282 ms")
    assert "13.8 MiB" in text
    assert "interval" not in describe(row("cnn", "kd", 0.664))


def test_the_description_of_a_registered_model_is_of_the_form_that_serves() -> None:
    measured = {"latency_onnx_ms": 0.2819, "latency_onnx_int8_ms": 0.21, "size_onnx_mib": 13.82}
    int8 = {"onnx_int8_won": 1.0, "onnx_int8_test_f1": 0.651}
    text = describe(row("cnn", "kd", 0.664, **measured, size_onnx_int8_mib=3.45, more=int8))
    assert (
        "F1 on test 65.1 in INT8, which serves, F1 on test 66.4 in fp32, 0.21 ms per sentence in ONNX, 3.45 MiB" in text
    )
    older = describe(row("cnn", "kd", 0.664, **measured, more={"onnx_int8_won": 1.0}))
    assert "emot: F1 on test 66.4 in fp32, " in older


def test_inputs_are_logged_again_only_where_another_process_was_quicker() -> None:
    answers = ["(sqlite3.IntegrityError) UNIQUE constraint failed: datasets.name", "the store is read-only"]

    def log() -> None:
        raise StoreError(answers.pop(0))

    with pytest.raises(StoreError, match="read-only"):
        again_if_taken(log)
    assert answers == []
