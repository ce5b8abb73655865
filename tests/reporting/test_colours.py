"""A student has one colour, whichever others are shown: on the page (tests/browser) and in every figure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from benchmark.reporting import asset
from benchmark.reporting.colours import COLOURS, OTHERS, student_colour
from benchmark.reporting.leaderboard import leaderboards
from benchmark.reporting.learning_rate_plot import AREA, AREA_OF_BEST, PRUNED_COLOUR
from benchmark.reporting.learning_rate_plot import draw as draw_rates
from benchmark.reporting.setting_facets import draw_facets
from benchmark.reporting.studies.experiments import EXPERIMENTS
from benchmark.reporting.studies.sections import Curve
from benchmark.reporting.studies.sections import draw as draw_curves
from benchmark.reporting.tradeoff_plot import draw
from students.registry import NAMES
from tests.reporting.test_learning_rate_plot import TRIED
from tests.support.rows import row

TWO_SETS = (("bilstm_small+own", "tfidf", "mine"), ("bilstm", "bilstm_small+own", "crf", "fasttext", "mine", "static"))


def test_every_student_of_the_registry_has_a_colour_of_its_own() -> None:
    assert tuple(COLOURS) == NAMES
    assert len(set(COLOURS.values())) == len(NAMES)
    assert student_colour("mine") not in COLOURS.values()
    assert student_colour("cnn+own4000") == student_colour("cnn+own") == COLOURS["cnn"]


def trade_off(students: Sequence[str]) -> Figure:
    [leaderboard] = leaderboards([replace(row("cnn", 0.5), student=name) for name in students])
    return draw(leaderboard)


def facets(students: Sequence[str]) -> Figure:
    [leaderboard] = leaderboards([replace(row("cnn", 0.5), student=name) for name in students])
    return draw_facets(leaderboard)


def curves(students: Sequence[str]) -> Figure:
    experiment = EXPERIMENTS["losses"]
    curve = Curve(
        dataset="emot",
        student="",
        condition=next(iter(experiment.conditions)),
        f1={1: 50.0, 2: 60.0},
        steps_per_epoch=1.0,
        max_steps=0,
    )
    return draw_curves(experiment, [replace(curve, student=name) for name in students])


def marks(figure: Figure) -> set[tuple[str, bool]]:
    """Colours of marks, and whether they are hollow."""
    lines = [line for axes in figure.axes for line in axes.lines if line.get_marker() not in ("None", "|", "_", "")]
    return {(to_hex(line.get_color()).upper(), line.get_markerfacecolor() == "white") for line in lines}


@pytest.mark.parametrize("drawn", [trade_off, facets, curves])
@pytest.mark.parametrize("students", TWO_SETS)
def test_figures_have_a_students_colour(drawn: Callable[[Sequence[str]], Figure], students: Sequence[str]) -> None:
    assert marks(drawn(students)) == {(student_colour(name), "+" in name) for name in students}


@pytest.mark.parametrize("student", ["cnn", "bilstm_small+own", "mine"])
def test_a_learning_rate_study_has_its_students_colour(student: str) -> None:
    [by_rate, by_number] = draw_rates("x", student, TRIED).axes
    colour = student_colour(student)
    for axes in (by_rate, by_number):
        [points] = axes.collections
        edges = [to_hex(edge).upper() for edge in points.get_edgecolors()]
        faces = {to_hex(face).upper() for face in points.get_facecolors()}
        assert edges == [colour, PRUNED_COLOUR, colour, colour]
        assert faces == ({"#FFFFFF"} if "+" in student else {colour, PRUNED_COLOUR})
        assert points.get_sizes().tolist() == [AREA, AREA, AREA_OF_BEST, AREA]
    assert by_number.lines[0].get_color() == colour


def test_marks_stand_out_from_every_background_of_the_page() -> None:
    """At 3:1 in both schemes: plain, of the best row, and of a row below the pointer."""
    style = asset("page.css")
    backgrounds = re.findall(r"--(?:page|raised|good): (#[0-9a-f]{6});", style)
    assert len(backgrounds) == 2 * 3
    low = {
        (colour, background): round(contrast(colour, background), 2)
        for colour in (*COLOURS.values(), *OTHERS)
        for background in backgrounds
        if contrast(colour, background) < 3
    }
    assert low == {}


def contrast(one: str, other: str) -> float:
    """Of WCAG 2.2."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
