"""What the README shows stands in the published results."""

import re
from pathlib import Path

import pytest

from benchmark.reporting.claims.claims_table import write_claims
from tests.support import ROOT
from tools import advice
from tools.readme_table import best, cells, table, written


def test_the_table_is_that_of_the_published_leaderboards() -> None:
    assert written() == table(), "python -m tools.readme_table --write"


def test_the_table_holds_a_students_best_setting_and_its_interval() -> None:
    rows = [
        {"student": "cnn", "setting": "kd", "f1": "60.24", "test_f1_low": "57.31", "test_f1_high": "63.06",
         "size_onnx_mib": "16.41", "latency_onnx_ms": "0.18990", "speed_up_latency_onnx_ms": "78.7"},
        {"student": "cnn", "setting": "vanilla"},
    ]  # fmt: skip
    [row] = best(rows)
    assert cells(row) == ["cnn", "`kd`", "60.2 (57.3 to 63.1)", "16.4", "0.190", "79x"]


def test_the_advice_is_that_of_the_published_results() -> None:
    assert advice.written() == advice.advice(), "python -m tools.advice --write"


@pytest.mark.parametrize("folder", ["classification", *advice.FOLDERS])
def test_published_claims_are_judged_by_todays_rules(folder: str, tmp_path: Path) -> None:
    published = advice.RESULTS / folder
    judged = write_claims(tmp_path / "claims.csv", advice.judged(published))
    assert (published / "claims.csv").read_bytes() == judged.read_bytes(), "python -m tools.advice --write"


def test_every_link_leads_to_a_file() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.joinpath("docs").rglob("*.md")]
    links = [(page, link) for page in pages for link in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))]
    lost = [(page.name, link) for page, link in links if "://" not in link and not (page.parent / link).exists()]
    assert len(links) > 20
    assert not lost
