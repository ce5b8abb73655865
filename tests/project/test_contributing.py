"""CONTRIBUTING.md against the code."""

import re

import pytest

from tests.support import ROOT
from tools.file_tree import CONTRIBUTING, tree, written


def test_the_file_tree_is_that_of_the_code() -> None:
    assert written() == tree(), "python -m tools.file_tree --write"


@pytest.mark.parametrize("step", re.findall(r"^\d+\. `(.+?)`: `(.+?)`", CONTRIBUTING.read_text(encoding="utf-8"), re.M))
def test_the_life_of_a_run_names_functions_that_exist(step: tuple[str, str]) -> None:
    file, function = step
    name = function.rpartition(".")[2].partition("(")[0]
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_the_life_of_a_run_has_at_most_15_steps() -> None:
    assert 8 <= len(re.findall(r"^\d+\. `", CONTRIBUTING.read_text(encoding="utf-8"), re.M)) <= 15
