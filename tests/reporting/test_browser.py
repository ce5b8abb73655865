"""The page in a real browser: it sorts, filters, answers, downloads, and asks nobody for anything."""

import csv
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from benchmark.core.run_store import open_store
from benchmark.report import main
from benchmark.reporting.best import best_runs
from benchmark.reporting.error_analysis import Confusion, ErrorAnalysis, LengthBin, label
from benchmark.reporting.leaderboard import dataset_leaderboards, leaderboards
from benchmark.reporting.leaderboard_entry import Leaderboard
from benchmark.reporting.page import ReportSection, page_data, write_page
from benchmark.reporting.provenance import provenance
from benchmark.reporting.report import ranked, write_report
from benchmark.reporting.results import results
from tests.support.run_factory import LADDER, fill, many_records
from tracking import Store

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed: pip install -e .[dev]")

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next((found for name in BROWSERS if (found := shutil.which(name))), None)
DRIVER = shutil.which("chromedriver")
HOSTILE = '<script>document.title="owned"</script><img src=x onerror=alert(1)> "quoted" \u202egnp ' + "long" * 60

pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="no Chromium with chromedriver here: apt-get install chromium chromium-driver"
)


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def browser(downloads: Path) -> Iterator[Any]:
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


@pytest.fixture(scope="module")
def report(migrated_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three data sets, three students, and runs that failed, were skipped, are missing."""
    from tests.support.run_factory import add_run

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


def distrust(store: Store, run_id: str) -> None:
    """As a measuring session whose control failed."""
    tags = {"role": "inference", "key": run_id, "dataset": "emot", "invalid": "the machine was not quiet"}
    store.begin("classification", "measured", tags=tags, params={}, parent=run_id).finish({"latency_onnx_ms": 1.0})


@pytest.fixture
def page(browser: Any, report: Path) -> Iterator[Any]:
    """The report, opened anew; afterwards nothing may have been complained of or asked for."""
    browser.get_log("performance")
    browser.get("about:blank")
    browser.get((report / "report.html").as_uri())
    yield browser
    assert [entry["message"] for entry in browser.get_log("browser")] == []
    events = [entry["message"] for entry in browser.get_log("performance")]
    requests = [text for text in events if '"Network.requestWillBeSent"' in text]
    assert [text for text in requests if not re.search(r'"url":"(file|blob|data|about):', text)] == []


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
    assert page.execute_script("return document.getElementById('board').innerText") == seen
    assert page.execute_script("return document.getElementById('budget-ms').value") == "0.3"
    assert all("cnn" not in student for student in column(page, "student"))


def test_one_data_set_alone_is_a_competition_of_its_own(page: Any) -> None:
    choose(page, "#pick-view", "emot")
    assert column(page, "rank")[-1] != "-", "bert_small was scored on emot"
    assert "view=emot" in address(page)


def choose(page: Any, selector: str, value: str) -> None:
    script = """
        const select = document.querySelector(arguments[0]);
        select.value = arguments[1];
        select.dispatchEvent(new Event("change"));"""
    page.execute_script(script, selector, value)


def test_milliseconds_that_cannot_be_trusted_are_marked(page: Any) -> None:
    choose(page, "#pick-view", "emot")
    assert column(page, "ms ONNX")[-1] == "invalid"
    assert "cannot be trusted" in page.execute_script("return document.getElementById('legend').textContent")


def test_a_column_of_nothing_but_distrust_is_shown(browser: Any, store: Store, add_run: Any, tmp_path: Path) -> None:
    distrust(store, add_run(store, student="cnn", test_f1=0.8))
    write_report(store, "classification", tmp_path)
    browser.get((tmp_path / "report.html").as_uri())
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


def test_the_budget_answers_as_the_command_does(page: Any, report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    type_in(page, "#budget-ms", "0.3")
    type_in(page, "#budget-kept", "90")
    said = page.execute_script("return document.getElementById('headline').textContent")
    typed = page.execute_script("return document.getElementById('budget-command').textContent")
    assert "cnn" in said
    assert typed == "python -m benchmark.report --suite classification --preset paper --max-ms 0.3 --min-kept 90"
    uri = f"sqlite:///{report / 'mlflow.db'}"
    main([*typed.split()[3:], "--tracking-uri", uri, "--out", str(report / "again")])
    assert f"paper: {said}".replace("\u00a0", " ") in capsys.readouterr().out
    click(page, "#budget-fit")
    assert set(column(page, "student")) == {"teacher", "cnn"}
    type_in(page, "#budget-ms", "0.0001")
    assert page.execute_script("return document.getElementById('headline').textContent").startswith("No student")


def test_one_best_on_every_surface(page: Any, report: Path) -> None:
    """Headline, highlighted row, report.md and the served model; with a budget, that of the budget."""
    text = (report / "report.md").read_text(encoding="utf-8")
    headline, row = "document.getElementById('headline').textContent", "document.querySelector('tr.first').dataset.id"
    name = page.execute_script(f"return {row}")
    assert page.execute_script(f"return {headline}").startswith(f"The best student is {name}: F1")
    assert f"The best student is {name}: F1".replace("_", r"_") in text
    choose(page, "#pick-view", "smsa")
    store = open_store(f"sqlite:///{report / 'mlflow.db'}")
    served = {row.dataset: row for row in best_runs(ranked(store, store.records("classification")))}["smsa"]
    assert page.execute_script(f"return {row}") == f"{served.student} {served.setting}"
    type_in(page, "#budget-ms", "0.3")
    assert page.execute_script(f"return {row}").startswith("cnn")
    assert "the best is cnn" in page.execute_script(f"return {headline}")


def test_the_keyboard_keeps_its_place(page: Any) -> None:
    focus = (
        "return document.activeElement.closest('tr,th')?.querySelector('[data-column],.opener')?.outerHTML.slice(0, 90)"
    )
    for control in ("#board [data-column='f1']", "#board tr.first .opener"):
        page.execute_script(f'document.querySelector("{control}").focus()')
        before = page.execute_script(focus)
        page.switch_to.active_element.send_keys("\n")
        page.execute_async_script("setTimeout(arguments[0], 50)")
        assert before
        assert page.execute_script("return document.activeElement.tagName") == "BUTTON"
        assert page.execute_script(f'return document.activeElement.matches("{control}")')
    commands = page.execute_script(
        "return [...document.querySelectorAll('.behind code')].map((one) => one.textContent)"
    )
    assert [word for word in ("download", "predict", "push") if not any(word in one for one in commands)] == []


def test_a_search_shows_the_rows_of_its_words(page: Any) -> None:
    type_in(page, "#search", "cnn VANI")
    assert set(column(page, "student")) == {"teacher", "cnn"}
    assert set(column(page, "setting")) == {"fine_tuned", "vanilla"}


def test_a_student_has_one_colour(page: Any) -> None:
    """In the table, in both kinds of plots of a data set, and in every other report."""
    dots = page.execute_script(
        "return Object.fromEntries([...document.querySelectorAll('#board tr[data-id]')].map((row) =>"
        "[row.querySelector('bdi').textContent, row.querySelector('.dot').style.background]))"
    )
    plots = page.execute_script(
        "return ['trade-off-plot', 'ladder'].map((id) => document.getElementById(id).data"
        ".filter(({ name }) => name === 'cnn').map(({ marker }) => marker.color)).flat()"
    )
    assert set(plots) == {"#D55E00"}
    assert dots["cnn"] == "rgb(213, 94, 0)"


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


def test_the_front_is_of_what_is_visible(page: Any) -> None:
    script = "return document.getElementById('trade-off-plot').data.find((trace) => trace.meta === 'front').y.length"
    before = page.execute_script(script)
    click(page, '#pick-students input[value="cnn"]')
    assert page.execute_script(script) < before


def test_hovering_a_point_shows_its_figures_and_the_way_to_its_runs(page: Any) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By

    plot = page.find_element(By.ID, "trade-off-plot")
    page.execute_script("arguments[0].scrollIntoView({ block: 'center' })", plot)
    points = plot.find_elements(By.CSS_SELECTOR, ".scatterlayer .trace .point")
    point = next(p for p in points if p.is_displayed())
    label = page.find_element(By.CSS_SELECTOR, "#trade-off-plot .hoverlayer")
    shown = ""
    for _ in range(20):
        ActionChains(page).move_to_element(plot).move_to_element(point).pause(0.2).perform()
        shown = label.get_attribute("textContent")
        if shown:
            break
    assert "mean F1: " in shown
    assert "#/experiments/" in page.find_element(By.CSS_SELECTOR, "#card a").get_attribute("href")


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


def test_all_runs_can_be_taken_along(page: Any, report: Path, downloads: Path) -> None:
    click(page, "#download-runs")
    titles, *lines = fetched(downloads / "results.csv")
    with (report / "results.csv").open(newline="", encoding="utf-8") as file:
        names, *rows = csv.reader(file)
    assert titles == names
    for line, row in zip(lines, rows, strict=True):
        assert all(a == b or float(a) == float(b) for a, b in zip(line, row, strict=True))


@pytest.mark.parametrize("width", [1440, 390])
def test_hostile_names_are_shown_as_text(browser: Any, store: Store, add_run: Any, tmp_path: Path, width: int) -> None:
    named = {"dataset": HOSTILE, "teacher": HOSTILE}
    add_run(store, HOSTILE, student="teacher", test_f1=0.8, **named)
    add_run(store, HOSTILE, student=HOSTILE, setting=HOSTILE, test_f1=0.7, **named)
    add_run(store, HOSTILE, student="cnn", status="failed", reason=HOSTILE, **named)
    write_report(store, HOSTILE, tmp_path)
    sized = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", sized)
    browser.get((tmp_path / "report.html").as_uri())
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
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    background = page.execute_script("return getComputedStyle(document.documentElement).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def big_analysis(leaderboard: Leaderboard) -> ErrorAnalysis:
    names = [label(entry, leaderboard) for entry in leaderboard.entries]
    labels = tuple(f"a label of some length {number}" for number in range(30))
    return ErrorAnalysis(
        dataset=leaderboard.datasets[0],
        best=names[1],
        f1_by_class={name: dict.fromkeys(labels, 0.123456789) for name in names[:2]},
        confusion=Confusion(labels=labels, counts=tuple(tuple(range(30)) for _ in labels)),
        lengths={
            name: [LengthBin(shortest=n, longest=n, n_texts=100, error=0.1234) for n in range(5)] for name in names
        },
        curves={name: [(epoch, 0.123456789012345) for epoch in range(20)] for name in names},
    )


def test_a_big_report_stays_small_and_quick(browser: Any, tmp_path: Path) -> None:
    """10 students x 12 data sets x 5 settings x 3 seeds, each with a curve."""
    records = many_records(12, 10, LADDER, 3)
    rows = results(records)
    [leaderboard] = leaderboards(rows)
    by_dataset = dataset_leaderboards(leaderboard, rows)
    error_analyses = [big_analysis(one) for one in by_dataset]
    section = ReportSection(leaderboard=leaderboard, by_dataset=by_dataset, error_analyses=error_analyses)
    data = page_data(
        "classification",
        [section],
        rows,
        provenance(records, rows, [section.leaderboard]),
        records,
        "http://127.0.0.1:5000/",
        "ui",
    )
    path = write_page(tmp_path / "report.html", data)
    assert path.stat().st_size < 8 * 2**20
    browser.get(path.as_uri())
    script = """
        const times = [];
        for (const name of ["f1", "latency_onnx_ms", "student", "f1/set3", "f1"]) {
            const start = performance.now();
            document.querySelector(`[data-column="${name}"]`).click();
            document.getElementById("board").getBoundingClientRect();
            times.push(performance.now() - start);
        }
        return [times, document.querySelectorAll("#board tbody tr").length];"""
    times, n_rows = browser.execute_script(script)
    assert n_rows == 51
    assert sorted(times)[len(times) // 2] < 1000, times
