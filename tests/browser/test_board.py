"""The leaderboard in a browser: sorted, filtered, and what is missing in it."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from benchmark.reporting import asset
from benchmark.reporting.report import write_report
from tests.support.pages import address, choose, click, column, distrust, fetched, open_page, type_in, wait_until_drawn
from tracking import Store

pytestmark = pytest.mark.xdist_group("browser")


def test_a_click_on_a_header_sorts_and_missing_values_stay_below(page: Any) -> None:
    click(page, '[data-column="latency_onnx_ms"]')
    students = column(page, "student")
    assert "teacher" in students[0], "the measure of all stays on top"
    shown = [float(cell) for cell in column(page, "ms ONNX")[1:-1]]
    assert shown == sorted(shown)
    assert column(page, "mean F1")[-1] == "incomplete"
    click(page, '[data-column="latency_onnx_ms"]')
    shown = [float(cell) for cell in column(page, "ms ONNX")[1:-1]]
    assert shown == sorted(shown, reverse=True)
    assert column(page, "mean F1")[-1] == "incomplete", "a missing value is neither the best nor the worst"


def test_the_address_brings_another_reader_to_the_same_table(page: Any) -> None:
    click(page, '[data-column="f1"]')
    click(page, '#pick-students input[value="cnn"]')
    type_in(page, "#budget-ms", "0.3")
    seen = page.execute_script("return document.getElementById('board').innerText")
    shared = page.current_url
    assert "sort=f1" in address(page)
    page.get("about:blank")
    page.get(shared)
    wait_until_drawn(page)
    assert page.execute_script("return document.getElementById('board').innerText") == seen
    assert page.execute_script("return document.getElementById('budget-ms').value") == "0.3"
    assert all("cnn" not in student for student in column(page, "student"))


def test_one_data_set_alone_is_a_competition_of_its_own(page: Any) -> None:
    choose(page, "#pick-view", "emot")
    assert column(page, "rank")[-1] != "-", "bert_small was scored on emot"
    assert "view=emot" in address(page)


def test_milliseconds_that_cannot_be_trusted_are_marked(page: Any) -> None:
    choose(page, "#pick-view", "emot")
    assert column(page, "ms ONNX")[-1] == "invalid"
    assert "cannot be trusted" in page.execute_script("return document.getElementById('legend').textContent")


def test_a_column_of_nothing_but_distrust_is_shown(browser: Any, store: Store, add_run: Any, tmp_path: Path) -> None:
    distrust(store, add_run(store, student="cnn", test_f1=0.8))
    write_report(store, "classification", tmp_path)
    open_page(browser, tmp_path / "report.html")
    assert column(browser, "ms ONNX") == ["invalid"]
    assert browser.get_log("browser") == []


def test_every_column_that_is_offered_can_be_had(page: Any) -> None:
    choose(page, "#pick-view", "emot")
    page.execute_script(
        "for (const box of document.querySelectorAll('#pick-columns input')) if (!box.checked) box.click()"
    )
    offered = page.execute_script(
        "return [...document.querySelectorAll('#pick-columns bdi')].map((c) => c.textContent)"
    )
    shown = page.execute_script("return [...document.querySelectorAll('#board thead bdi')].map((c) => c.textContent)")
    assert sorted([*offered, "student"]) == sorted(shown)


def test_what_is_not_done_is_told_once_a_reason(page: Any) -> None:
    rows = page.execute_script(
        "return [...document.querySelectorAll('#not-done tbody tr')].map((row) => row.innerText)"
    )
    [failed] = [row for row in rows if row.startswith("failed")]
    assert "bert_small vanilla seed 0" in failed
    assert "bert_small vanilla seed 1" in failed
    assert [row for row in rows if row.startswith("skipped")] != []


def test_a_data_set_that_no_mean_is_over_is_named(page: Any) -> None:
    caption = page.execute_script("return document.getElementById('caption').textContent")
    assert caption.startswith("Mean over 3 data sets, without health (no ranked student)")


def test_a_search_shows_the_rows_of_its_words(page: Any) -> None:
    type_in(page, "#search", "cnn VANI")
    assert set(column(page, "student")) == {"teacher", "cnn"}
    assert set(column(page, "setting")) == {"fine_tuned", "vanilla"}


def test_a_header_says_what_it_means(page: Any) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By

    ActionChains(page).move_to_element(page.find_element(By.CSS_SELECTOR, '[data-column="f1_kept"]')).perform()
    tip = page.find_element(By.ID, "tip").text
    assert tip == "Mean F1 in percent of the teacher's. Unit: %. Higher is better."


def test_the_download_is_what_is_shown(page: Any, downloads: Path) -> None:
    click(page, '#pick-students input[value="cnn"]')
    click(page, '[data-column="f1"]')
    click(page, "#download-shown")
    titles, *lines = fetched(downloads / "leaderboard-classification.csv")
    heads = page.execute_script("return [...document.querySelectorAll('#board thead bdi')].map((c) => c.textContent)")
    assert [title.replace("\u202e", "") for title in titles] == heads
    shown = column(page, "mean F1")
    written = [line[titles.index("mean F1")] for line in lines]
    assert [cell if cell == "incomplete" else f"{float(cell):.2f}" for cell in written] == [
        text.split()[0] for text in shown
    ]


@pytest.mark.parametrize("text", ["=1+1", "=\nHYPERLINK(1)", "@\r\nSUM(1)", "\r=1"])
def test_a_download_holds_no_formula(page: Any, text: str) -> None:
    script = (
        f"((text, done) => (async () => {{ {asset('dom.js')}\ndone(csv([[text, '-1.5', 'a=b']])) }})())(...arguments)"
    )
    made = page.execute_async_script(script, text)  # a copy of the page's functions, which are in a module
    [line] = csv.reader(StringIO(made, newline=""))
    assert line == [f"'{text}", "-1.5", "a=b"]


def test_all_runs_can_be_taken_along(page: Any, report: Path, downloads: Path) -> None:
    click(page, "#download-runs")
    titles, *lines = fetched(downloads / "results.csv")
    with (report / "results.csv").open(newline="", encoding="utf-8") as file:
        names, *rows = csv.reader(file)
    assert titles == names
    for line, row in zip(lines, rows, strict=True):
        assert all(a == b or float(a) == float(b) for a, b in zip(line, row, strict=True))
