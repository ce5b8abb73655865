"""The report's command: on every suite, in any store, without model libraries."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmark.core.errors import InputError, UnknownNameError
from benchmark.report import main
from benchmark.reporting import folder_name
from tests.support import ROOT
from tests.support.run_factory import AddRun
from tracking import NoStoreError, Store


def test_the_command_reports_on_every_suite(
    filled: Store, add_run: AddRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    add_run(filled, "../my suite", dataset="own", test_f1=0.5)
    assert main(["--tracking-uri", filled.uri]) == 0
    assert {p.parent.name for p in (tmp_path / "results").rglob("report.md")} == {"classification", "_my suite"}
    assert main(["--tracking-uri", filled.uri, "--suite", "../my suite", "--out", "here"]) == 0
    assert Path("here/report.md").exists()
    said = capsys.readouterr().out
    assert "Report: here/report.md" in said
    assert "Page: here/report.html" in said


def test_a_long_name_of_a_suite_becomes_a_folder_of_its_own() -> None:
    assert folder_name("classification") == "classification"
    assert len(folder_name("long" * 100)) < 100
    assert folder_name("long" * 100) != folder_name("long" * 101)


def test_bad_input_is_told(filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'classification'"):
        main(["--tracking-uri", filled.uri, "--suite", "clasification"])
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        main(["--tracking-uri", filled.uri, "--suite", "classification", "--out", str(tmp_path / "file" / "out")])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoStoreError, match="no runs yet"):
        main(["--tracking-uri", "sqlite:///none.db"])
    assert not Path("none.db").exists()


def test_an_empty_store_is_told(store_uri: str) -> None:
    with pytest.raises(InputError, match="There are no runs yet"):
        main(["--tracking-uri", store_uri])


def run_python(code: str, folder: Path) -> str:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=True).stdout


def test_importing_the_report_imports_no_torch(tmp_path: Path) -> None:
    heavy = ("torch", "transformers", "datasets", "mlflow")
    code = f"import sys, benchmark.report; print([name for name in {heavy} if name in sys.modules])"
    assert run_python(code, tmp_path) == "[]\n"


def test_making_a_report_imports_no_torch(store: Store, add_run: AddRun, tmp_path: Path) -> None:
    add_run(store, student="teacher", test_f1=0.6, valid_f1=0.6)
    add_run(store, test_f1=0.5, valid_f1=0.5)
    code = f"import sys; from benchmark.report import main; main(['--tracking-uri', {store.uri!r}])"
    assert run_python(f"{code}; print('torch' in sys.modules)", tmp_path).endswith("False\n")
