"""The static picture of the trade-off: what it says is inside of it, and no two settings look the same."""

from benchmark.core.settings import LADDER, SETTINGS
from benchmark.reporting.leaderboard import leaderboards
from benchmark.reporting.setting_facets import draw_facets, has_facets
from benchmark.reporting.tradeoff_plot import Styles, draw
from tests.support.rows import row


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


def test_many_settings_have_a_line_each_in_a_panel_for_each_student() -> None:
    few = [row(name, 0.5, setting=setting) for name in ("cnn", "bilstm") for setting in LADDER]
    many = [row(name, 0.5, setting=setting) for name in ("cnn", "bilstm") for setting in SETTINGS]
    [ladder], [studies] = (leaderboards([row("teacher", 0.7), *rows]) for rows in (few, many))
    assert (has_facets(ladder), has_facets(studies)) == (False, True)
    figure = draw_facets(studies)
    assert [axes.get_title().splitlines()[0] for axes in figure.axes] == ["bilstm", "cnn"]
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == list(SETTINGS)
    marks = [[line for line in axes.lines if line.get_marker() == "o"] for axes in figure.axes]
    for own in marks:
        assert len({tuple(line.get_ydata()) for line in own}) == len(SETTINGS), "none lies on another"
    assert len({line.get_color() for line in marks[0]}) == 1
    assert marks[0][0].get_color() != marks[1][0].get_color()
