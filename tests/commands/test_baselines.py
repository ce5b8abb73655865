"""Baselines by the real command: trained, scored, measured and ranked beside students."""

import csv
import json
from pathlib import Path

import pytest

from benchmark import run
from benchmark.core.run_store import BASELINE
from students.baselines import load_baseline
from tests.support.commands import Finished


@pytest.mark.usefixtures("brief_measuring", "warm_workers")
def test_baselines_stand_in_the_same_table(finished_copy: Finished, tmp_path: Path) -> None:
    names = ("-s", "tfidf", "-s", "fasttext", "-x", "vanilla", "-x", "kd_ulb")
    assert run.main([*finished_copy.arguments, *names]) == 0
    found = {
        (record.tags["student"], record.tags["setting"]): record
        for record in finished_copy.store.records()
        if record.tags["role"] == "train" and record.tags["student"] != "cnn"
    }
    assert len(found) == 4
    for record in found.values():
        metrics = record.metrics
        assert 0 <= metrics["test_f1"] <= 1
        assert metrics["latency_text_ms"] > 0
        assert metrics["cost_memory_mib"] > 0
        assert not {"learning_rate", "epochs", "size_onnx_mib", "latency_onnx_ms", "onnx_int8_won"} & metrics.keys()
        folder = finished_copy.store.download(record.run_id, BASELINE, tmp_path / record.run_id)
        n_bytes = sum(file.stat().st_size for file in folder.iterdir())
        assert metrics["size_bundle_mib"] == pytest.approx(n_bytes / 2**20)
        lines = finished_copy.store.text(record.run_id, "predictions.jsonl").splitlines()
        predicted = [json.loads(line) for line in lines]
        assert load_baseline(folder).predict([row["text"] for row in predicted]) == [
            row["predicted"] for row in predicted
        ]
    assert found["tfidf", "kd_ulb"].metrics["n_texts"] > found["tfidf", "vanilla"].metrics["n_texts"]
    with (finished_copy.folder / "results" / "classification" / "results.csv").open(newline="") as file:
        rows = {(row["student"], row["setting"]): row for row in csv.DictReader(file)}
    assert rows["tfidf", "vanilla"]["learning_rate"] == ""
    assert rows["fasttext", "kd_ulb"]["size_bundle_mib"] != ""
