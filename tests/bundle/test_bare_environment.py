"""Where nothing is installed but onnxruntime, tokenizers and numpy, a bundle answers."""

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from benchmark.bundle import Bundle
from benchmark.export.mlflow_model import REQUIREMENTS, _pinned, bundle_code
from tests.support.bundles import make_bundle

pytestmark = [pytest.mark.nightly, pytest.mark.xdist_group("bare")]

INSTALL_SECONDS = 300


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of a new environment with a bundle's requirements alone."""
    folder = tmp_path_factory.mktemp("bare") / "venv"
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *_pinned(REQUIREMENTS)]
    done = subprocess.run(install, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    if done.returncode and any(word in done.stderr for word in ("No matching distribution", "Connection", "resolve")):
        pytest.skip(f"no package index is within reach: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    return python


def run(python: Path, code: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(code), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([python, *arguments], capture_output=True, text=True, env=variables, timeout=60, check=False)


@pytest.mark.parametrize(
    ("task", "answer"), [("classification", ["sad"]), ("sequence_labeling", [["B-PERSON", "O", "B-PLACE"]])]
)
def test_a_bundle_answers_with_its_code_alone(task: str, answer: object, bare: Path, tmp_path: Path) -> None:
    for place, source in bundle_code().items():
        (tmp_path / "code" / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, tmp_path / "code" / place)
    folder = make_bundle(tmp_path / "bundle", task)
    text = "sedih" if task == "classification" else "budi di bandung"
    line = f"from benchmark.bundle import Bundle; print(Bundle.load({str(folder)!r}).predict([{text!r}]))"
    done = run(bare, tmp_path / "code", "-c", line)
    assert (done.stdout.strip(), done.stderr) == (str(answer), "")
    scored = run(bare, tmp_path / "code", "-c", line.replace("])", "], scores=True)"))
    assert (scored.stdout.strip(), scored.stderr) == (str(Bundle.load(folder).predict([text], scores=True)), "")


def test_the_command_answers_there_too(bare: Path, tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    done = run(bare, root, "-m", "benchmark.predict", str(make_bundle(tmp_path / "bundle")), "sedih")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"text": "sedih", "label": "sad"}


def test_nothing_heavy_was_there(bare: Path, tmp_path: Path) -> None:
    names = ("torch", "transformers", "mlflow", "pandas", "onnx", "sklearn", "datasets")
    line = f"from importlib.util import find_spec; print([name for name in {names} if find_spec(name)])"
    assert run(bare, tmp_path, "-c", line).stdout.strip() == "[]"
    assert sys.executable != str(bare)
