"""Packages that a command does without: each takes up to seconds to import. Seconds are measured by
docs/experiments/import_times.py."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.commands import own_environment
from tests.support.run_factory import AddRun
from tracking import Store

MODELS = {"torch", "transformers", "tokenizers", "safetensors", "datasets", "fasttext", "sentencepiece"}
EXPORT = {"onnx", "onnxscript", "onnxruntime", "sklearn", "seqeval"}
STORES = {"mlflow", "optuna", "sqlalchemy", "ray"}
TABLES = {"numpy", "pandas", "pyarrow", "scipy", "plotly", "matplotlib"}
HEAVY = MODELS | EXPORT | STORES | TABLES

COMMAND = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
except SystemExit as ended:
    assert not ended.code, ended.code
print("imported", *sys.modules)
"""


def imported(folder: Path, *command: str) -> set[str]:
    """Heavy packages that `python -m COMMAND` imports by its end."""
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *command],
        cwd=folder,
        env=os.environ | own_environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return HEAVY & set(done.stdout.splitlines()[-1].split())


HELP = """
import contextlib, io, sys
from benchmark.cli.which_student import COMMANDS, main
for command in COMMANDS:
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()) as shown:
        main([command, "--help"])
    assert "examples:" in shown.getvalue(), command
print(*sys.modules)
"""


def test_help_imports_nothing_heavy(desk_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HELP], env=os.environ | own_environment(desk_folder), capture_output=True, check=True
    )
    assert HEAVY & set(done.stdout.decode().split()) == set()


def test_list_imports_nothing_heavy(desk_folder: Path) -> None:
    assert imported(desk_folder, "benchmark.list") == set()


def test_the_runs_of_a_store_are_listed_without_mlflow(desk_folder: Path, store: Store, add_run: AddRun) -> None:
    add_run(store, test_f1=0.5)
    assert imported(desk_folder, "benchmark.list", "runs", "--tracking-uri", store.uri) == set()


def test_a_report_imports_no_model_library(desk_folder: Path, store: Store, add_run: AddRun) -> None:
    """One of a preset, which is not kept in MLflow."""
    add_run(store, student="teacher", test_f1=0.6, valid_f1=0.6)
    add_run(store, test_f1=0.5, valid_f1=0.5)
    found = imported(desk_folder, "benchmark.report", "--preset", "paper", "--tracking-uri", store.uri)
    assert found & (MODELS | EXPORT | STORES) == set()


def test_a_dry_run_imports_neither_mlflow_nor_what_exports_and_draws(desk_folder: Path) -> None:
    found = imported(desk_folder, "benchmark.run", "--suite", "classification", "--dry-run")
    assert found & (EXPORT | STORES | {"scipy", "plotly", "matplotlib"}) == set()
