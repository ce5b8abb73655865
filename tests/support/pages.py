"""What a reader does with a page, and sees of it."""

import csv
import gzip
import json
import re
import time
from base64 import b64decode
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tracking import Store

HOSTILE = '<script>document.title="owned"</script><img src=x onerror=alert(1)> "quoted" \u202egnp ' + "long" * 60


def page_data(folder: Path) -> dict[str, Any]:
    """What the scripts of a report.html read."""
    found = re.search(r'id="data">(.*?)</script>', (folder / "report.html").read_text(encoding="utf-8"), re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(gzip.decompress(b64decode(found[1])))
    return data


def open_page(browser: Any, path: Path) -> None:
    """Opens a report.html and waits until it is drawn: its data are decompressed after it has loaded."""
    browser.get(path.as_uri())
    wait_until_drawn(browser)


def wait_until_drawn(browser: Any) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    drawn = "return document.querySelector('#provenance h2') !== null"
    WebDriverWait(browser, 60, 0.05).until(lambda one: one.execute_script(drawn))


def distrust(store: Store, run_id: str) -> None:
    """As a measuring session whose control failed."""
    tags = {"role": "inference", "key": run_id, "dataset": "emot", "invalid": "the machine was not quiet"}
    store.begin("classification", "measured", tags=tags, params={}, parent=run_id).finish({"latency_onnx_ms": 1.0})


def column(page: Any, title: str) -> list[str]:
    """The cells of a column of the leaderboard, as shown."""
    script = """
        const titles = [...document.querySelectorAll("#board thead bdi")].map((cell) => cell.textContent);
        const at = titles.indexOf(arguments[0]);
        const rows = [...document.querySelectorAll("#board tbody tr")];
        return rows.map((row) => row.cells[at].innerText.replace("▸", "").trim());"""
    cells: list[str] = page.execute_script(script, title)
    return cells


def click(page: Any, selector: str) -> None:
    page.execute_script("document.querySelector(arguments[0]).click()", selector)


def type_in(page: Any, selector: str, text: str) -> None:
    script = """
        const field = document.querySelector(arguments[0]);
        field.value = arguments[1];
        field.dispatchEvent(new Event("input", { bubbles: true }));"""
    page.execute_script(script, selector, text)


def address(page: Any) -> str:
    return unquote(page.execute_script("return location.hash"))


def fetched(path: Path) -> list[list[str]]:
    """The lines of a file that the browser saves, once it has."""
    for _ in range(100):
        if path.exists() and path.stat().st_size:
            break
        time.sleep(0.1)
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def choose(page: Any, selector: str, value: str) -> None:
    script = """
        const select = document.querySelector(arguments[0]);
        select.value = arguments[1];
        select.dispatchEvent(new Event("change"));"""
    page.execute_script(script, selector, value)
