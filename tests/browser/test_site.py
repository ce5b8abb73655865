"""The static site in a browser, as a web server serves it."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from benchmark.report import main
from tests.support.pages import wait_until_drawn
from tests.support.run_factory import add_run
from tracking import Store

pytestmark = pytest.mark.xdist_group("browser")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def address(store: Store, tmp_path: Path) -> Iterator[str]:
    """Of a site of two suites."""
    for suite, f1 in (("classification", 0.5), ("support & sales", 0.4)):
        add_run(store, suite, student="teacher", test_f1=0.6, valid_f1=0.6)
        add_run(store, suite, student="cnn", setting="kd", test_f1=f1, valid_f1=f1)
    assert main(["--tracking-uri", store.uri, "--site", str(tmp_path / "site")]) == 0
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "site"))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.parametrize("width", [1440, 390])
def test_the_index_leads_to_the_answer_of_each_suite(browser: Any, address: str, width: int) -> None:
    browser.get_log("browser")
    sized = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", sized)
    browser.get(address)
    leads = texts(browser, ".lead")
    assert [lead[:33] for lead in leads] == ["The best student is cnn kd: F1 50", "The best student is cnn kd: F1 40"]
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    links = browser.execute_script("return [...document.links].map((link) => link.href)")
    assert len(links) == 14
    for link in links:
        with urlopen(link, timeout=30) as answer:
            assert answer.read(), link
    for place, lead in enumerate(leads):
        browser.get(address)
        browser.execute_script(f"document.querySelectorAll('h2 a')[{place}].click()")
        wait_until_drawn(browser)
        assert texts(browser, "#headline") == [lead]
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    complaints = [entry["message"] for entry in browser.get_log("browser") if "favicon" not in entry["message"]]
    assert complaints == []


def texts(browser: Any, selector: str) -> list[str]:
    """Text of the elements, with plain spaces."""
    found = browser.execute_script(f"return [...document.querySelectorAll('{selector}')].map((one) => one.textContent)")
    return [" ".join(text.split()) for text in found]
