"""The page on screens of any width, with hostile names, and with very many runs."""

from pathlib import Path
from typing import Any

import pytest

from benchmark.reporting.report import write_report
from students.registry import NAMES
from tests.support.big_report import write_big_page
from tests.support.pages import HOSTILE, click, open_page, wait_until_drawn
from tracking import Store

pytestmark = pytest.mark.xdist_group("browser")


def test_the_f1_column_is_whole_on_a_phone(page: Any) -> None:
    page.set_window_size(390, 800)
    right = page.execute_script(
        "return Math.max(...[...document.querySelectorAll('#board td.number')].filter((td) =>"
        "td.querySelector('.interval')).map((td) => td.getBoundingClientRect().right))"
    )
    width = page.execute_script("return document.documentElement.clientWidth")
    page.set_window_size(1440, 900)
    assert 100 < right <= width


def test_the_page_is_small(report: Path) -> None:
    assert (report / "report.html").stat().st_size < 1_500_000


@pytest.mark.parametrize("width", [1440, 390])
def test_hostile_names_are_shown_as_text(browser: Any, store: Store, add_run: Any, tmp_path: Path, width: int) -> None:
    named = {"dataset": HOSTILE, "teacher": HOSTILE}
    add_run(store, HOSTILE, student="teacher", test_f1=0.8, **named)
    add_run(store, HOSTILE, student=HOSTILE, setting=HOSTILE, test_f1=0.7, **named)
    add_run(store, HOSTILE, student="cnn", status="failed", reason=HOSTILE, **named)
    write_report(store, HOSTILE, tmp_path)
    sized = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", sized)
    open_page(browser, tmp_path / "report.html")
    click(browser, ".opener")
    browser.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
    assert browser.title.startswith("Which student is best? <script>")
    assert browser.execute_script("return document.querySelectorAll('img, main script').length") == 0
    text = browser.execute_script("return document.body.innerText")
    assert text.count(HOSTILE[:40]) > 5
    assert "\u202e" not in text, "a name does not turn the numbers beside it round"
    spoken = "return [...document.querySelectorAll('[aria-label]')].map((one) => one.getAttribute('aria-label')).join()"
    assert "\u202e" not in browser.execute_script(spoken)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.get_log("browser") == []
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("width", [1440, 768, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_every_screen(page: Any, width: int, scheme: str) -> None:
    sized = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", sized)
    page.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    page.refresh()
    wait_until_drawn(page)
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    background = page.execute_script("return getComputedStyle(document.documentElement).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_big_report_stays_small_and_is_sorted(browser: Any, tmp_path: Path) -> None:
    """10 students x 12 data sets x 5 settings x 3 seeds, each with a curve."""
    path = write_big_page(tmp_path / "report.html", 12, NAMES)
    assert path.stat().st_size < 2 * 2**20
    open_page(browser, path)
    for name in ("f1", "latency_onnx_ms", "student", "f1/set3", "f1"):
        click(browser, f'[data-column="{name}"]')
    assert browser.execute_script("return document.querySelectorAll('#board tbody tr').length") == 51
    assert browser.get_log("browser") == []
