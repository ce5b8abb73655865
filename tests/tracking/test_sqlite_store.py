"""An SQLite store is read from its tables, and says what MLflow says."""

from benchmark.core.run_store import GROUPS
from tests.support.run_factory import TAGS
from tracking import Record, Store


def test_records_of_an_sqlite_store_equal_those_of_mlflow(store: Store) -> None:
    parent = store.begin("emo", "whole", tags=TAGS | {"long": "x" * 9000}, params={"seed": 0, "text": "é\n\u2028"})
    parent.log_epoch(2, {"valid_f1": 0.6})
    parent.finish({"test_f1": 0.1 + 0.2, "latency_onnx_ms": 1e-300, "size_onnx_mib": float("inf")})
    store.begin("emo", "skipped", tags=TAGS, params={}, parent=parent.run_id).skip("private")
    store.begin("other", "running", tags={}, params={})
    deleted = store.begin("emo", "deleted", tags=TAGS, params={}).run_id
    store._client._mlflow.delete_run(deleted)
    suites = store._client.experiments()
    of_mlflow = [Record.of(run, suites[run.info.experiment_id], GROUPS) for run in store._client.runs(list(suites))]
    assert store.records() == of_mlflow
    assert store.records("emo") == of_mlflow[:2]
    assert store.suites() == sorted(suites.values())
    assert store.history(parent.run_id, "valid_f1") == store._client.history(parent.run_id, "epoch/valid_f1")


def test_changes_after_the_end_are_read_at_once(store: Store) -> None:
    run = store.begin("emo", "r", tags=TAGS, params={})
    run.finish({"test_f1": 0.5})
    assert store.records()[0].metrics["test_f1"] == 0.5
    store.add_metrics(run.run_id, {"test_f1": 0.25, "latency_text_ms": 1.0})
    store._client._mlflow.set_tag(run.run_id, "invalid", "noise")
    assert store.records()[0].metrics == {"test_f1": 0.25, "latency_text_ms": 1.0}
    assert store.records()[0].tags["invalid"] == "noise"
    store._client._mlflow.delete_run(run.run_id)
    assert store.records() == []
