"""The static picture of the trade-off: what it says is inside of it, and no two settings look the same."""

from dataclasses import replace
from itertools import combinations

from matplotlib.transforms import Bbox

from benchmark.core.settings import LADDER, SETTINGS
from benchmark.reporting.labels import Label
from benchmark.reporting.leaderboard import leaderboards
from benchmark.reporting.setting_facets import draw_facets, has_facets
from benchmark.reporting.tradeoff_plot import Styles, draw, empty_figure
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


def test_labels_of_the_front_lie_inside_their_panel_and_on_no_other() -> None:
    """Points at the ends of the axes, and points close to each other."""
    points = {"static+own": (0.1, 0.5), "bilstm_small+own": (0.39, 0.699), "bilstm_small": (0.4, 0.7)}
    points |= {"a_student_of_a_long_name": (50.0, 0.7005)}
    rows = [replace(row("cnn", f1, latency_onnx_ms=ms), student=name) for name, (ms, f1) in points.items()]
    [leaderboard] = leaderboards(rows)
    figure = draw(leaderboard)
    figure.canvas.draw()
    for axes in figure.axes:
        panel = axes.get_window_extent()
        boxes = [text.get_window_extent() for text in axes.texts if text.get_visible()]
        assert boxes
        assert all(panel.x0 <= box.x0 and box.x1 <= panel.x1 and box.y1 <= panel.y1 for box in boxes)
        assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    assert [text.get_text() for text in figure.axes[0].texts if text.get_visible()] == list(points)


def test_a_label_lies_on_no_point_and_no_error_bar_where_there_is_room() -> None:
    figure = empty_figure(6.0, 4.0)
    axes = figure.subplots()
    axes.errorbar([5.1], [3.0], yerr=[4.0], marker="o")
    axes.plot([4.6], [5.5], marker="o")
    axes.set(xlim=(0, 10), ylim=(0, 10))
    label = Label(axes, "a student's name", (5.0, 5.0))
    figure.canvas.draw()
    bar, point = axes.transData.transform([(5.1, -1), (5.1, 7)]), axes.transData.transform((4.6, 5.5))
    box = label.get_window_extent()
    assert label.get_visible()
    assert not box.overlaps(Bbox(bar))
    assert not box.contains(*point)
