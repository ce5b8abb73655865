"""Files that make the repository a package: metadata, schema of suites, workflow, image, and the wheel itself."""

import json
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from benchmark import __version__
from benchmark.data.suite_schema import SuiteSection
from tests.support import ROOT
from tools.suite_schema import FILE, schema, text

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SUITE: dict[str, Any] = {
    "task": "classification",
    "teacher": "my-bert",
    "unlabeled": "more.txt",
    "datasets": {"one": {"train": "a.csv", "test": "b.csv", "validation_fraction": 0.1, "text": 0, "label": 1}},
}


def errors(suite: dict[str, Any]) -> list[str]:
    return [error.message for error in Draft202012Validator(schema()).iter_errors(suite)]


DESK = """
name: desk
task: classification
teacher: package:benchmark
datasets:
  words: {train: train.csv, validation: validation.csv, test: test.csv, text: text, label: label}
"""


def test_the_schema_of_suites_is_that_of_the_model() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "python -m tools.suite_schema --write"


def test_the_schema_takes_what_the_model_takes() -> None:
    assert SuiteSection.model_validate({"name": "own", **SUITE})
    assert errors(SUITE) == []
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    example = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)[0])
    assert errors(example) == []


def test_the_schema_refuses_what_the_model_refuses() -> None:
    assert "'taks' was unexpected" in str(errors({**SUITE, "taks": "classification"}))
    assert "'task' is a required property" in str(errors({"datasets": SUITE["datasets"]}))


def test_every_file_of_the_packages_is_in_the_wheel() -> None:
    patterns = PYPROJECT["tool"]["setuptools"]["package-data"]["*"]
    listed = subprocess.run(
        ["git", "ls-files", "benchmark", "students", "tracking"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = [Path(line) for line in listed.stdout.splitlines() if not line.endswith(".py")]
    assert len(files) > 20
    assert [file for file in files if not any(fnmatch(file.name, pattern) for pattern in patterns)] == []
    assert {f"{package}/py.typed" for package in ("benchmark", "students", "tracking")} <= set(map(str, files))


def test_the_workflow_is_one_and_runs_both_commands() -> None:
    file = ROOT / ".github" / "workflows" / "test.yml"
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(file)]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    job = yaml.safe_load(file.read_text())["jobs"]["commands"]
    assert {step.get("run") for step in job["steps"]} >= {"make test", "make run"}
    classified = [line.rpartition(" ")[2] for line in PYPROJECT["project"]["classifiers"] if ":: 3." in line]
    assert job["strategy"]["matrix"]["python"] == classified


def test_the_citation_is_of_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == __version__


def test_the_image_copies_files_that_exist() -> None:
    copied = re.findall(r"^COPY (.*) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    files = [name for line in copied for name in line.split()]
    assert len(files) > 5
    assert all((ROOT / name).exists() for name in files)


def test_hooks_of_pre_commit_run_the_projects_own_tools() -> None:
    [repo] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert all(hook["entry"].startswith(".venv/bin/") for hook in repo["hooks"])


@pytest.mark.nightly
def test_the_wheel_works_alone_in_any_folder(tmp_path: Path) -> None:
    """In an environment without the repository; a package named `benchmark` in the folder is not in the way."""
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, ROOT], check=True)
    venv.create(tmp_path / "env", with_pip=True)
    program, [wheel] = tmp_path / "env" / "bin", tmp_path.glob("*.whl")
    subprocess.run([program / "pip", "install", "-q", "--no-deps", "--no-index", wheel], check=True)
    site = next((tmp_path / "env" / "lib").glob("python3*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    folder = tmp_path / "work"
    (folder / "benchmark").mkdir(parents=True)
    (folder / "benchmark" / "__init__.py").touch()
    variables = {"PATH": f"{program}:/usr/bin:/bin", "BENCHMARK_CACHE": str(tmp_path / "cache"), "HOME": str(tmp_path)}

    def which_student(*arguments: str) -> str:
        done = subprocess.run(
            [program / "which-student", *arguments], cwd=folder, env=variables, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    rows = "".join(f"{text} {at},{label}\n" for at in range(20) for text, label in [("halo", "greet"), ("dah", "part")])
    for split in ("train", "validation", "test"):
        (folder / f"{split}.csv").write_text("text,label\n" + rows.replace(" ", f" {split} "))
    (folder / "desk.yml").write_text(DESK)
    which_student("run", "--suite", "desk.yml", "-s", "cnn", "-x", "kd", "--max-steps", "20", "--jobs", "1")
    assert "Page:" in which_student("report", "--suite", "desk.yml")
    [bundle] = [path.parent for path in folder.rglob("manifest.json") if '"cnn"' in path.read_text()][:1]
    assert json.loads(which_student("predict", str(bundle), "halo"))["label"] in ("greet", "part")
