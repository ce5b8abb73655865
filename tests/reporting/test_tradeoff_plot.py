"""The static picture of the trade-off: what it says is inside of it, and no two settings look the same."""

from benchmark.core.settings import SETTINGS
from benchmark.reporting.leaderboard import leaderboards
from benchmark.reporting.tradeoff_plot import Styles, draw
from tests.reporting.test_leaderboard import row


def test_every_setting_has_a_mark_and_a_whole_name() -> None:
    [leaderboard] = leaderboards([row("cnn", 0.5, setting=setting) for setting in SETTINGS])
    figure = draw(leaderboard)
    figure.canvas.draw()
    names = [text for legend in figure.legends for text in legend.get_texts()]
    assert {text.get_text() for text in names} >= set(SETTINGS)
    for text in names:
        box = text.get_window_extent()
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1, text.get_text()
    marks = list(Styles(leaderboard).markers.values())
    assert len(set(marks)) == len(marks)
