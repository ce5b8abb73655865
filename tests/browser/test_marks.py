"""Marks of students in a browser: their colours, their shading, and what is marked in the leaderboard."""

from pathlib import Path
from typing import Any

import pytest
from matplotlib.colors import to_hex

from benchmark.reporting.colours import student_colour
from benchmark.reporting.report import write_report
from tests.support.big_report import write_big_page
from tests.support.pages import choose, open_page
from tracking import Store

pytestmark = pytest.mark.xdist_group("browser")

TWO_SETS = (("bilstm_small+own", "tfidf", "mine"), ("bilstm", "bilstm_small+own", "crf", "fasttext", "mine", "static"))


def dots(page: Any) -> dict[str, tuple[str, bool]]:
    """Colour by student of the leaderboard's dots, and whether they are rings."""
    found = page.execute_script(
        "return [...document.querySelectorAll('#board .dot')].map((dot) => [dot.parentNode.querySelector('bdi')"
        ".textContent, getComputedStyle(dot).borderTopColor, getComputedStyle(dot).backgroundColor])"
    )
    return {name: (hexadecimal(edge), face != edge) for name, edge, face in found if name != "teacher"}


def hexadecimal(rgb: str) -> str:
    return to_hex([int(part) / 255 for part in rgb[4:-1].split(",")]).upper()


def plotted(page: Any) -> set[tuple[str, str, bool]]:
    """Student, colour, and whether its marks are hollow, of the keys and lines of the page's plots."""
    found = page.execute_script(
        "return ['trade-off-plot', 'ladder'].flatMap((id) => document.getElementById(id).data)"
        ".filter(({ name, marker }) => name && marker?.color)"
        ".map(({ name, marker }) => [name, marker.color, String(marker.symbol ?? '').includes('-open')])"
    )
    return {(name, colour, hollow) for name, colour, hollow in found}


@pytest.mark.parametrize("students", TWO_SETS)
def test_a_student_has_one_colour_whichever_others_are_shown(
    browser: Any, tmp_path: Path, students: tuple[str, ...]
) -> None:
    open_page(browser, write_big_page(tmp_path / "report.html", 1, students, seeds=1))
    expected = {name: (student_colour(name), "+" in name) for name in students}
    assert dots(browser) == expected
    marks = {mark for mark in plotted(browser) if mark[0] in students}
    assert marks == {(name, *look) for name, look in expected.items()}


def test_no_mark_is_transparent(browser: Any, tmp_path: Path) -> None:
    """Contrast is that of the colour itself."""
    open_page(browser, write_big_page(tmp_path / "report.html", 1, TWO_SETS[1], seeds=1))
    opacities = browser.execute_script(
        "return [...document.querySelectorAll('.plot')].flatMap((plot) => plot._fullData ?? [])"
        ".filter(({ visible }) => visible).flatMap(({ opacity, marker }) => [opacity, marker?.opacity ?? 1])"
    )
    assert set(opacities) == {1}
    assert len(opacities) > 20


def test_the_best_value_of_a_column_is_shaded_most(page: Any) -> None:
    choose(page, "#pick-view", "emot")
    heat, shown = page.execute_script(
        "const at = [...document.querySelectorAll('#board thead button')].findIndex((b) => b.dataset.column === 'f1');"
        "const cells = [...document.querySelectorAll('#board tbody tr')].map((row) => row.cells[at]);"
        "return [cells.map((cell) => cell.style.getPropertyValue('--heat')),"
        "cells.map((cell) => getComputedStyle(cell).backgroundColor)]"
    )
    assert heat[0] == "", "the teacher is not shaded"
    assert heat[1] == "22%"
    assert heat[-1] == "0%"
    shares = [int(share[:-1]) for share in heat[1:]]
    assert shares == sorted(shares, reverse=True)
    assert len(set(shown)) > 3


def test_a_run_that_was_cut_short_is_marked(browser: Any, store: Store, add_run: Any, tmp_path: Path) -> None:
    add_run(store, student="teacher", test_f1=0.9)
    add_run(store, student="bilstm", test_f1=0.8, epochs=14, patience=10, max_epochs=100)
    add_run(store, student="cnn", test_f1=0.7, epochs=100, patience=10, max_epochs=100)
    text = write_report(store, "classification", tmp_path).read_text(encoding="utf-8")
    open_page(browser, tmp_path / "report.html")
    marked = browser.execute_script(
        "return [...document.querySelectorAll('#board .mark.cut_short')].map((mark) => mark.closest('tr').dataset.id)"
    )
    assert marked == ["cnn vanilla"]
    assert "cut short" in browser.execute_script("return document.getElementById('legend').textContent")
    assert "before its patience was spent: cnn vanilla." in text


def test_a_student_is_named_once_on_the_front(browser: Any, tmp_path: Path) -> None:
    open_page(browser, write_big_page(tmp_path / "report.html", 1, ("cnn", "bilstm"), seeds=1))
    front = browser.execute_script(
        "return document.getElementById('trade-off-plot').data.find((trace) => trace.meta === 'front')"
    )
    assert [text.strip() for text in front["text"] if text] == ["bilstm"]
    assert len(front["x"]) == 2
    assert "text" in front["mode"]


def test_every_table_has_a_caption_and_a_name_for_each_row(page: Any) -> None:
    captions, unnamed = page.execute_script(
        "return [[...document.querySelectorAll('main table')].map((table) => table.caption?.textContent ?? ''),"
        "[...document.querySelectorAll('main tbody tr')].filter((row) => !row.querySelector('th[scope=row]')).length]"
    )
    assert "" not in captions
    assert len(set(captions)) == len(captions) >= 4
    assert unnamed == 0
