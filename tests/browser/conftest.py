"""A browser, and a report in it. Tests of this folder are of one xdist group: the browser is started once."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmark.core.run_store import open_store
from benchmark.reporting.report import write_report
from tests.support.pages import HOSTILE, distrust, open_page
from tests.support.run_factory import add_run, fill

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next((found for name in BROWSERS if (found := shutil.which(name))), None)
DRIVER = shutil.which("chromedriver")


@pytest.fixture(scope="session")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="session")
def browser(downloads: Path) -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed: pip install -e .[dev]")
    if not (BROWSER and DRIVER):
        pytest.skip("no Chromium with chromedriver here: apt-get install chromium chromium-driver")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(BROWSER)
    for word in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--window-size=1440,900",
    ):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="session")
def report(migrated_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three data sets, three students, and runs that failed, were skipped, are missing."""
    folder = tmp_path_factory.mktemp("report")
    shutil.copy(migrated_db, folder / "mlflow.db")
    store = open_store(f"sqlite:///{folder / 'mlflow.db'}")
    datasets = ("emot", "smsa", HOSTILE)
    fill(store, add_run, students=["bilstm", "cnn"], datasets=datasets, settings=["vanilla", "kd"], seeds=2)
    run_id = add_run(store, student="bert_small", test_f1=0.8)
    distrust(store, run_id)
    for seed in range(2):
        add_run(store, student="bert_small", dataset="smsa", seed=seed, status="failed", reason=HOSTILE)
    add_run(store, student="cnn", dataset="health", status="skipped", reason="health is private")
    write_report(store, "classification", folder)
    return folder


@pytest.fixture
def page(browser: Any, report: Path) -> Iterator[Any]:
    """The report, opened anew; afterwards there are no errors in the console and no requests."""
    browser.get_log("performance")
    browser.get("about:blank")
    open_page(browser, report / "report.html")
    yield browser
    assert [entry["message"] for entry in browser.get_log("browser")] == []
    events = [entry["message"] for entry in browser.get_log("performance")]
    requests = [text for text in events if '"Network.requestWillBeSent"' in text]
    assert [text for text in requests if not re.search(r'"url":"(file|blob|data|about):', text)] == []
