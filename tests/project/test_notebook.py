"""docs/quickstart.ipynb, run cell by cell as Jupyter does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.commands import own_environment

CELLS = json.loads((ROOT / "docs" / "quickstart.ipynb").read_text(encoding="utf-8"))["cells"]
CODE = ["".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "code"]
END = """
server.wait()
assert labels == ["billing", "delivery"], labels
assert served["predictions"] == labels, served
"""


def program() -> str:
    """The cells as one program; a line of the shell is run as one that has to succeed."""
    lines = [line for cell in CODE for line in cell.splitlines()]
    shell = "import subprocess; subprocess.run({!r}, shell=True, check=True)"
    commands = (line.replace("!which-student", f"{sys.executable} -m which_student") for line in lines)
    return "\n".join(
        shell.format(new) if old.startswith("!") else old for old, new in zip(lines, commands, strict=True)
    )


def test_the_notebook_has_ten_cells_without_outputs() -> None:
    assert len(CELLS) == 10
    assert not any(cell.get("outputs") for cell in CELLS)
    compile(program(), "quickstart.ipynb", "exec")


@pytest.mark.nightly
def test_the_notebook_leads_from_data_to_a_served_student(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    variables = os.environ | own_environment(folder) | {"PATH": path}
    variables.pop("MLFLOW_TRACKING_URI", None)
    done = subprocess.run(
        [sys.executable, "-c", program() + END], cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
