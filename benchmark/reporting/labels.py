"""Labels of points in a figure: each lies inside its panel, and neither on another label nor on a labelled point."""

from collections.abc import Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

PLACES = (
    *((0, 10, side, "bottom") for side in ("center", "right", "left")),
    *((0, -10, side, "top") for side in ("center", "right", "left")),
    *((10, 0, "left", "center"), (-10, 0, "right", "center")),
)
"""Offsets from the point in points, and alignments, the best first."""
RADIUS = 7
"""Of a point's mark, in pixels."""


def add_label(axes: Axes, text: str, point: tuple[float, float]) -> Annotation:
    label = axes.annotate(text, point, (0, 10), textcoords="offset points", ha="center", fontsize=9.5)
    label.set_in_layout(False)
    return label


def place_labels(figure: Figure, panels: Iterable[Sequence[Annotation]]) -> None:
    """Places the labels of each panel, and hides those that fit nowhere; the figure is complete but for them."""
    figure.draw_without_rendering()  # only now are the panels where they will be
    for labels in panels:
        placed = [_mark(label) for label in labels]
        for label in labels:
            if box := _place(label, placed):
                placed.append(box)
            else:
                label.set_visible(False)


def _mark(label: Annotation) -> Bbox:
    x, y = label.axes.transData.transform(label.xy) if label.axes else label.xy
    return Bbox.from_extents(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS)


def _place(label: Annotation, others: Sequence[Bbox]) -> Bbox | None:
    """Moves the label to the first of PLACES that is free; None if none is."""
    panel = label.axes.get_window_extent() if label.axes else Bbox.null()
    for x, y, side, height in PLACES:
        label.set(position=(x, y), ha=side, va=height)
        box = label.get_window_extent()
        is_inside = panel.x0 <= box.x0 and box.x1 <= panel.x1 and panel.y0 <= box.y0 and box.y1 <= panel.y1
        if is_inside and not any(box.overlaps(other) for other in others):
            return box
    return None
