"""What the README shows stands in the published results."""

import csv
import re

from tests.support import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
SHOWN = {
    "mean F1": "f1",
    "% kept": "f1_kept",
    "parameters": "n_parameters",
    "MiB ONNX": "size_onnx_mib",
    "ms ONNX": "latency_onnx_ms",
    "ms text": "latency_text_ms",
    "x ONNX": "speed_up_latency_onnx_ms",
    "x teacher": "speed_up_teacher_torch",
}


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def number(shown: str) -> float:
    return float(shown.removesuffix(" M")) * (1e6 if shown.endswith(" M") else 1)


def half_a_digit(shown: str) -> float:
    """By how much a rounded number may be off."""
    decimals = len(shown.removesuffix(" M").partition(".")[2])
    return 0.501 * 10**-decimals * (1e6 if shown.endswith(" M") else 1)


def test_the_leaderboard_is_the_published_one() -> None:
    title, _, *lines = re.findall(r"^\|.*\|$", README.partition("<!-- /leaderboard -->")[0], re.MULTILINE)
    with (ROOT / "docs" / "results" / "classification" / "leaderboard.csv").open(newline="") as file:
        published = {(row["student"], row["setting"]): row for row in csv.DictReader(file)}
    rows = [dict(zip(cells(title), cells(line), strict=True)) for line in lines]
    assert len(rows) > 5
    for row in rows:
        known = published[row["student"], row["setting"]]
        assert row["rank"].replace("-", "") == known["rank"]
        for name, column in SHOWN.items():
            assert abs(number(row[name]) - float(known[column])) <= half_a_digit(row[name]), (row, name)


def test_every_link_leads_to_a_file() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.joinpath("docs").rglob("*.md")]
    links = [(page, link) for page in pages for link in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))]
    lost = [(page.name, link) for page, link in links if "://" not in link and not (page.parent / link).exists()]
    assert len(links) > 20
    assert not lost
