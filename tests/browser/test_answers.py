"""The answer to a budget, and the plots beside it, in a browser."""

from pathlib import Path
from typing import Any

import pytest

from benchmark.core.run_store import open_store
from benchmark.report import main
from benchmark.reporting.best import best_runs
from benchmark.reporting.report import ranked
from tests.support.big_report import write_big_page
from tests.support.pages import choose, click, column, open_page, type_in

pytestmark = pytest.mark.xdist_group("browser")


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


def test_every_row_says_how_to_use_its_student(browser: Any, tmp_path: Path) -> None:
    """Baselines have no bundle, and teachers are not for use."""
    open_page(browser, write_big_page(tmp_path / "report.html", 1, ("cnn", "tfidf"), seeds=1))
    n_rows = browser.execute_script("return document.querySelectorAll('#board .opener').length")
    for place in range(n_rows):
        browser.execute_script(f"document.querySelectorAll('#board .opener')[{place}].click()")
    said = browser.execute_script(
        "return [...document.querySelectorAll('#board .behind')].map((row) =>"
        "[row.previousElementSibling.querySelector('bdi').textContent, row.textContent])"
    )
    used = {name: [text for other, text in said if other == name] for name in ("teacher", "cnn", "tfidf")}
    assert [len(texts) for texts in used.values()] == [1, 5, 5]
    for text in used["cnn"]:
        for command in ("mlflow artifacts download", "benchmark.predict", "mlflow models serve", "benchmark.push"):
            assert command in text
    assert all("A baseline has no bundle" in text and "mlflow" not in text for text in used["tfidf"])
    assert "mlflow models serve" not in used["teacher"][0]


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
