"""A bundle as a folder that MLflow serves."""

from pathlib import Path

import mlflow
import pytest

from benchmark.export.mlflow_model import main, write_mlflow_model
from tests.support.bundles import make_bundle


def test_mlflow_predicts_what_the_bundle_does(tmp_path: Path) -> None:
    folder = write_mlflow_model(make_bundle(tmp_path / "bundle"), tmp_path / "served")
    model = mlflow.pyfunc.load_model(str(folder))
    assert model.predict(["aku sedih", "Senang"]) == ["sad", "happy"]
    assert model.predict(["sedih"], params={"min_score": 0.9}) == [None]


def test_a_damaged_bundle_and_a_folder_that_exists_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    (bundle / "labels.json").write_text("[]")
    for target, said in ((tmp_path / "served", "labels.json"), (tmp_path, "exists. Name a new folder.")):
        with pytest.raises(SystemExit):
            main([str(bundle), str(target)])
        assert said in capsys.readouterr().err
    assert not (tmp_path / "served").exists()
