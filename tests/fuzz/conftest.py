"""The folder that invented files are written to."""

from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the data files that suites name."""
    folder = tmp_path_factory.mktemp("fuzz")
    for name in ("a.csv", "b.tsv", "c.conll", "d.jsonl", "e.txt"):
        (folder / name).write_text("text,label\n")
    return folder
