"""Files of finished runs for their measurement: damaged ones are refused, and the run is named."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.core.errors import RunError
from benchmark.core.run_store import BASELINE
from benchmark.measurement.footprint import load_served
from benchmark.measurement.run_files import RunFiles
from students.baselines import new_baseline, save_baseline
from tests.core.test_spec import SPEC
from tests.support.run_factory import AddRun
from tracking import Store


def test_a_damaged_baseline_of_a_shared_store_is_refused(store: Store, add_run: AddRun, tmp_path: Path) -> None:
    model = new_baseline("tfidf")
    model.fit(["aku senang", "aku sedih"], ["happy", "sad"], 0, tmp_path)
    save_baseline(model, "tfidf", tmp_path / "kept")
    weights = tmp_path / "kept" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    run_id = add_run(store, student="tfidf")
    store.add_artifacts(run_id, tmp_path / "kept", BASELINE)
    spec, folder = replace(SPEC, student="tfidf"), tmp_path / "own"
    folder.mkdir()
    [record] = store.records()
    with pytest.raises(RunError) as raised:
        RunFiles(store, spec, record, folder).served()
    assert str(raised.value).startswith(f"The stored model of {spec.name} is damaged: ")
    assert "weights.safetensors is not the file that was stored: its SHA-256 differs. Restore" in str(raised.value)


def test_missing_files_are_one_error_with_a_remedy(store: Store, add_run: AddRun, tmp_path: Path) -> None:
    add_run(store)
    [record] = store.records()
    with pytest.raises(
        RunError, match=rf"The stored files of {SPEC.name} cannot be read: .* run it again with --force"
    ):
        RunFiles(store, SPEC, record, tmp_path).served()


def test_what_serves_nothing_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is no bundle"):
        load_served(tmp_path)
    (tmp_path / "baseline.json").write_text("{")
    with pytest.raises(RunError, match="Expecting property name"):
        load_served(tmp_path)
