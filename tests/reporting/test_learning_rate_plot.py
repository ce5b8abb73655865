"""The plot and the table of a study's trials."""

from pathlib import Path

import pytest

from benchmark.core.presets import GRID_RATES
from benchmark.reporting.learning_rate_plot import TrialResult, best, draw, write_rates

TRIED = [
    TrialResult(number=0, learning_rate=1e-3, valid_f1=0.5, state="complete"),
    TrialResult(number=1, learning_rate=1e-2, valid_f1=None, state="failed"),
    TrialResult(number=2, learning_rate=3e-3, valid_f1=0.9, state="pruned"),
    TrialResult(number=3, learning_rate=2e-4, valid_f1=0.7, state="complete"),
    TrialResult(number=4, learning_rate=5e-4, valid_f1=0.6, state="complete"),
]


def test_the_best_is_a_complete_trial() -> None:
    assert best(TRIED) == TRIED[3]
    assert best(TRIED[1:3]) is None


def test_plots_mark_the_papers_rates_and_the_best_so_far() -> None:
    by_rate, by_number = draw("x", "cnn", TRIED).axes
    verticals = {line.get_xdata()[0] for line in by_rate.lines}  # type: ignore[index]
    assert verticals == set(GRID_RATES)
    assert list(by_number.lines[0].get_ydata()) == [50.0, 70.0, 70.0]
    points = [axes.collections[0].get_offsets()[:, 0].tolist() for axes in (by_rate, by_number)]
    assert points == [[1e-3, 3e-3, 2e-4, 5e-4], [0, 2, 3, 4]]


@pytest.mark.usefixtures("drawn_figures")
@pytest.mark.parametrize("rows", [TRIED, TRIED[1:2], []])
def test_files_of_a_study(rows: list[TrialResult], tmp_path: Path) -> None:
    write_rates(tmp_path, "emot <b>", "cnn", rows)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study.html", "study.png", "trials.csv"]
    assert (tmp_path / "study.png").read_bytes().startswith(b"\x89PNG")
    page = (tmp_path / "study.html").read_text()
    assert "emot &lt;b&gt;" in page
    assert "8e-4 for cnn on health (test F1 74.68)" in page
    assert 'src="data:image/png;base64,' in page, "the page opens without the folder"
    assert len((tmp_path / "trials.csv").read_text().splitlines()) == 1 + len(rows)
