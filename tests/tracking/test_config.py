"""Where runs are kept: the argument, the environment, mlflow.yml."""

from pathlib import Path

import pytest

from tests.support import ROOT
from tracking import StoreError
from tracking.config import resolve


def test_the_argument_wins_over_the_environment_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert resolve().tracking_uri == f"sqlite:///{tmp_path}/mlflow.db"
    assert resolve().artifact_location == (tmp_path / "mlartifacts").as_uri()
    Path("mlflow.yml").write_text("tracking_uri: http://file:5000\nartifact_location: s3://bucket/runs\n")
    assert resolve().tracking_uri == "http://file:5000"
    assert resolve().artifact_location == "s3://bucket/runs"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://environment:5000")
    assert resolve().tracking_uri == "http://environment:5000"
    assert resolve("http://argument:5000/").tracking_uri == "http://argument:5000"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("traking_uri: x", "unknown key 'traking_uri'. Did you mean 'tracking_uri'?"),
        ("tracking_uri: [1]", "must be text"),
        ("- a", "must contain"),
        ("a: b: c", "is not YAML"),
        ("tracking_uri: ./mlruns", "Unknown tracking address"),
        ("tracking_uri: ftp://x", "Unknown tracking address"),
    ],
)
def test_a_wrong_file_is_named(text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    path = tmp_path / "mlflow.yml"
    path.write_text(text)
    with pytest.raises(StoreError) as wrong:
        resolve(config=path)
    assert message in str(wrong.value)


def test_the_shipped_file_is_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    assert resolve(config=ROOT / "mlflow.yml") == resolve()
