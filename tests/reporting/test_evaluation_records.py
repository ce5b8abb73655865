"""Results as records of Every Eval Ever, valid by its own validator."""

import json
from pathlib import Path

import pytest

from benchmark.report import main
from tests.support.run_factory import AddRun
from tracking import Store

HOSTILE = 'a<b>/../c" d'


def records(store: Store, folder: Path) -> dict[str, Path]:
    """Paths of the records that a site holds, by the name of their model's folder."""
    assert main(["--tracking-uri", store.uri, "--site", str(folder)]) == 0
    return {path.parent.name: path for path in (folder / "evaluation_records").rglob("*.json")}


@pytest.mark.parametrize("suite", ["classification", HOSTILE])
def test_records_are_valid_by_their_own_validator(store: Store, add_run: AddRun, tmp_path: Path, suite: str) -> None:
    validator = pytest.importorskip("every_eval_ever.validator.validate")
    add_run(store, suite, student="teacher", test_f1=0.6, valid_f1=0.6)
    add_run(store, suite, student="cnn", setting="kd", test_f1=0.5, valid_f1=0.5)
    found = records(store, tmp_path / "site")
    assert len(found) == 2
    assert validator.main([str(path) for path in found.values()]) == 0


def test_a_record_holds_f1_and_costs_of_its_run(store: Store, add_run: AddRun, tmp_path: Path) -> None:
    add_run(store, "classification", student="cnn", setting="kd", test_f1=0.5, valid_f1=0.5)
    [path] = records(store, tmp_path / "site").values()
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["model_info"]["additional_details"]["setting"] == "kd"
    scores = {
        one["metric_config"]["metric_id"]: (one["score_details"]["score"], one["metric_config"]["lower_is_better"])
        for one in record["evaluation_results"]
    }
    assert scores["f1_macro"] == (0.5, False)
    assert scores["which-student.latency_onnx_ms"] == (0.22, True)


def test_a_site_written_again_has_each_run_once(store: Store, add_run: AddRun, tmp_path: Path) -> None:
    add_run(store, "classification", student="cnn", setting="kd", test_f1=0.5, valid_f1=0.5)
    assert records(store, tmp_path / "site") == records(store, tmp_path / "site")
