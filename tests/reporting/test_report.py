"""The report as a whole: made from a store alone, equal to results.csv, safe with any name."""

import csv
import re
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from rich.console import Console

from benchmark.core.errors import UnknownNameError
from benchmark.reporting.leaderboard import leaderboards
from benchmark.reporting.rendering import show_leaderboards
from benchmark.reporting.report import ranked, write_report
from benchmark.reporting.results import results
from benchmark.reporting.selection import planned_last
from tests.support.pages import page_data
from tracking import Store

HOSTILE = '<script>alert("x")</script> | *a*\n`b` [c](http://d) $e$ \u202egnp'


def lines(markdown: str, start: str) -> list[list[str]]:
    found = [line for line in markdown.splitlines() if line.startswith(start)]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in found]


@pytest.mark.usefixtures("drawn_figures")
def test_the_report_is_written_whole(filled: Store, tmp_path: Path) -> None:
    path = write_report(filled, "classification", tmp_path / "deep" / "out")
    names = {file.name for file in path.parent.iterdir()}
    pictures = {"trade_off.png", "trade_off.svg", "trade_off_2.png", "trade_off_2.svg"}
    tables = {f"{name}.{ending}" for name in ("results", "leaderboard") for ending in ("csv", "parquet")}
    assert names == {"report.html", "report.md", "report.tex", "claims.csv"} | tables | pictures
    assert (path.parent / "trade_off.png").read_bytes().startswith(b"\x89PNG")
    text = path.read_text()
    assert (
        "The best student is bilstm kd: F1 79.0, 1.0 points below the teacher, 0.370 ms in ONNX, 188x faster, "
        "2.7 % of its size." in text
    )
    assert "- cnn kd: no F1 on smsa (failed: no memory)" in text
    assert "| failed | smsa | 1 | cnn kd | no memory |" in text
    assert "| skipped | smltk | 1 | cnn vanilla | smltk is private |" in text
    assert "1 failed, 11 finished, 1 skipped; 1 unfinished; 1 smoke runs" in text
    assert "python -m benchmark.report --suite classification" in text
    assert "Table 5, teacher indobert" in text
    assert lines(text, "| cnn | kd |")[0][6:8] == ["65.00 / 63.90 (+1.10)", "- / 87.26"]


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        (["finished"], "None."),
        (["finished", "running"], "1 run is unfinished."),
        (["failed", "running", "running"], "2 runs are unfinished."),
    ],
)
def test_unfinished_runs_are_counted(
    statuses: list[str], said: str, store: Store, add_run: Any, tmp_path: Path
) -> None:
    for seed, status in enumerate(statuses):
        add_run(store, seed=seed, status=status, reason="no memory", test_f1=0.5)
    section = (
        write_report(store, "classification", tmp_path)
        .read_text()
        .split("## Failed and skipped runs")[1]
        .split("## ")[0]
    )
    assert section.strip().startswith(said)
    assert ("None." in section) == (len(set(statuses)) == 1)
    assert ("no memory" in section) == ("failed" in statuses)


def test_every_figure_of_the_leaderboard_follows_from_results_csv(filled: Store, tmp_path: Path) -> None:
    path = write_report(filled, "classification", tmp_path, preset="paper")
    with (tmp_path / "results.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["student"] == "bilstm" and row["status"] == "finished"]
    f1 = {d: [100 * float(r["test_f1"]) for r in rows if r["dataset"] == d] for d in ("emot", "smsa")}
    [cells] = lines(path.read_text(), "| 1 | bilstm |")
    assert cells[3].split(" ± ")[0] == f"{fmean(fmean(values) for values in f1.values()):.2f}"
    assert cells[5:7] == [f"{fmean(f1['emot']):.2f}", f"{fmean(f1['smsa']):.2f}"]
    assert cells[7] == f"{float(rows[0]['n_parameters']) / 1e6:.2f} M"
    assert cells[9] == f"{float(rows[0]['size_onnx_mib']):.1f}"
    assert cells[12] == f"{float(rows[0]['latency_onnx_ms']):.3f}"
    assert cells[-1] == "3"


def test_the_report_names_its_teachers_and_how_they_came_about(store: Store, add_run: Any, tmp_path: Path) -> None:
    add_run(store, dataset="emot", student="teacher", teacher="bert", test_f1=0.7)
    write_report(store, "classification", tmp_path)
    assert "- **teacher**: bert, fine-tuned here\n" in (tmp_path / "report.md").read_text()
    add_run(store, dataset="smsa", student="teacher", setting="as_is", teacher="owner/moods", test_f1=0.7)
    write_report(store, "classification", tmp_path)
    found = "- **teacher**: bert, fine-tuned here (emot); owner/moods, as is (smsa)\n"
    assert found in (tmp_path / "report.md").read_text()


def test_a_preset_leaves_out_the_others(filled: Store, tmp_path: Path) -> None:
    path = write_report(filled, "classification", tmp_path, preset="quickstart")
    assert "emot" not in path.read_text()
    with pytest.raises(UnknownNameError, match="Did you mean 'paper'"):
        write_report(filled, "classification", tmp_path / "other", preset="papr")
    assert not (tmp_path / "other").exists(), "nothing half-written"


def test_the_terminal_shows_the_ranking_in_any_width(filled: Store) -> None:
    for width in (40, 80, 200):
        shown = StringIO()
        show_leaderboards(ranked(filled, filled.records("classification")), Console(width=width, file=shown))
        text = shown.getvalue()
        assert all(word in text for word in ("bilstm", "teacher", "79.00", "rank"))
        assert max(map(len, text.splitlines())) <= width


def test_the_terminal_says_why_a_figure_is_not_there(filled: Store, add_run: Any) -> None:
    run_id = add_run(filled, student="cnn", setting="kd_ulb", test_f1=0.6)
    tags = {"role": "inference", "key": "k", "dataset": "emot", "invalid": "the machine was not quiet"}
    filled.begin("classification", "measured", tags=tags, params={}, parent=run_id).finish({})
    shown = StringIO()
    show_leaderboards(ranked(filled, filled.records("classification")), Console(width=200, file=shown))
    lines = [line.strip() for line in shown.getvalue().splitlines()]
    assert "cnn kd: no F1 on smsa, failed: no memory" in lines
    assert "cnn kd_ulb: no F1 on smsa, not run" in lines
    assert "cnn kd_ulb: no latencies, the machine was not quiet" in lines


def test_the_report_says_which_teacher_was_scored_on_part_of_the_test_texts(
    store: Store, add_run: Any, tmp_path: Path
) -> None:
    add_run(store, student="teacher", setting="outputs", test_f1=0.8, test_share=0.425)
    add_run(store, student="teacher", dataset="smsa", test_f1=0.8)
    add_run(store, student="cnn", test_f1=0.79)
    text = write_report(store, "classification", tmp_path).read_text()
    line = "F1 of a teacher on part of the test texts"
    assert f"- **{line}**: indobert on emot (42.5 % of them)" in text
    assert line in page_data(tmp_path)["facts"]


def test_the_report_says_whose_milliseconds_are_of_another_machine(store: Store, add_run: Any, tmp_path: Path) -> None:
    add_run(store, student="teacher", machine="laptop", test_f1=0.8)
    add_run(store, student="cnn", machine="laptop", test_f1=0.79)
    add_run(store, student="bilstm", machine="server", test_f1=0.79)
    text = write_report(store, "classification", tmp_path).read_text()
    assert "- **latencies left out**: bilstm vanilla (measured on server, most of the leaderboard on laptop)" in text
    with (tmp_path / "leaderboard.csv").open(newline="") as file:
        assert [line["latency_onnx_ms"] for line in csv.DictReader(file)] == ["69.6", "", "0.22"]
    with (tmp_path / "results.csv").open(newline="") as file:
        assert [line["latency_onnx_ms"] for line in csv.DictReader(file)] == ["69.6", "0.22", "0.37"]


class Tags(HTMLParser):
    """Collects the page's tags, and what each of them would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href")]


@pytest.mark.usefixtures("drawn_figures")
def test_hostile_names_show_as_text(store: Store, add_run: Any, tmp_path: Path) -> None:
    add_run(store, HOSTILE, student="teacher", dataset=HOSTILE, teacher=HOSTILE, test_f1=0.7)
    add_run(store, HOSTILE, student="cnn", dataset=HOSTILE, teacher=HOSTILE, setting=HOSTILE, test_f1=0.7)
    add_run(store, HOSTILE, student=HOSTILE, dataset=HOSTILE, teacher=HOSTILE, status="failed", reason=HOSTILE)
    path = write_report(store, HOSTILE, tmp_path)
    text = path.read_text().partition("```sh")[0]
    assert "<script" not in text
    table = text.split("## Leaderboard")[1].splitlines()
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table if line.startswith("|")}) == 2, (
        "two tables, no stray cells"
    )
    page = Tags()
    page.feed((tmp_path / "report.html").read_text())
    assert page.fetched == [], "nothing is fetched"
    assert page.tags.count("script") == 3, "plotly, the figures, the page's own"
    parts = {"header", "h1", "nav", "main", "noscript", "p", "section", "div"}
    assert set(page.tags) <= {"html", "meta", "title", "style", "script"} | parts
    assert "<script" not in (tmp_path / "report.tex").read_text()
    show_leaderboards(ranked(store, store.records(HOSTILE)), Console(file=StringIO()))


def test_a_store_without_finished_runs_is_reported_as_such(store: Store, add_run: Any, tmp_path: Path) -> None:
    add_run(store, status="failed", reason="no memory")
    text = write_report(store, "classification", tmp_path).read_text()
    assert "**No ranked runs yet.**" in text
    assert "no memory" in text
    assert list(tmp_path.glob("trade_off*")) == [], "no picture of nothing"
    assert (tmp_path / "leaderboard.csv").read_text() == "preset\n"


def test_costs_that_were_not_measured_have_no_panel(store: Store, add_run: Any, tmp_path: Path) -> None:
    add_run(store, test_f1=0.5, costs=False)
    text = write_report(store, "classification", tmp_path).read_text()
    assert "trade_off.png" not in text
    assert lines(text, "| 1 | bilstm |")[0][6:15] == ["-"] * 9


def test_an_edit_that_was_undone_is_undone_on_the_board(store: Store, add_run: Any) -> None:
    for digest, f1 in (("first", 0.9), ("edited", 0.1)):
        add_run(store, student="teacher", data_digest=digest, test_f1=0.95, valid_f1=0.95)
        add_run(store, student="cnn", setting="kd", data_digest=digest, test_f1=f1, valid_f1=f1)
    shown = {
        digest: leaderboards(planned_last(results(store.records()), {"emot": digest}))[0].entries
        for digest in ("first", "edited")
    }
    assert {digest: [s.f1 for s in entries if s.student == "cnn"] for digest, entries in shown.items()} == {
        "first": [pytest.approx(90)],
        "edited": [pytest.approx(10)],
    }
