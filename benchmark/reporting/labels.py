"""Labels of points in a figure: each lies inside its panel, and neither on another label nor on a labelled point; where
there is room, on no point and no error bar at all."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.collections import LineCollection
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox
from numpy.typing import ArrayLike

SIDES = ((0, "center"), (-4, "right"), (4, "left"))
PLACES = (
    *((x, 10, side, "bottom") for x, side in SIDES),
    *((x, -10, side, "top") for x, side in SIDES),
    *((10, 0, "left", "center"), (-10, 0, "right", "center")),
)
"""Offsets from the point in points, and alignments, the best first."""
RADIUS = 5
"""Of a point's mark, in points."""


class Label(Annotation):
    """It takes its place when it is drawn, since only then its panel has; it is hidden where it fits nowhere."""

    def __init__(self, panel: Axes, text: str, point: tuple[float, float]) -> None:
        super().__init__(text, point, (0, 10), textcoords="offset points", fontsize=9.5)
        self.set_path_effects([withStroke(linewidth=2.5, foreground="white")])  # to be read on a line
        self.set_zorder(4)
        self.panel = panel
        self.set_in_layout(False)
        panel.add_artist(self)

    def draw(self, renderer: RendererBase) -> None:
        self.set_visible(True)
        self.set_visible(self._takes_place(renderer))
        super().draw(renderer)

    def _takes_place(self, renderer: RendererBase) -> bool:
        """Moves to the first of PLACES that is free: of everything, else of points, else of labels and labelled points;
        whether one is."""
        others, points, bars = self._others(renderer), self._points(renderer), self._bars()
        return any(self._fits(renderer, taken) for taken in ([*others, *points, *bars], [*others, *points], others))

    def _fits(self, renderer: RendererBase, taken: list[Bbox]) -> bool:
        panel = self.panel.get_window_extent(renderer)
        for x, y, side, height in PLACES:
            self.set(position=(x, y), ha=side, va=height)
            box = self.get_window_extent(renderer)
            is_inside = panel.x0 <= box.x0 and box.x1 <= panel.x1 and panel.y0 <= box.y0 and box.y1 <= panel.y1
            if is_inside and not any(box.overlaps(other) for other in taken):
                return True
        return False

    def _others(self, renderer: RendererBase) -> list[Bbox]:
        """Boxes of the panel's labelled points, and of the labels that were drawn before."""
        labels = [one for one in self.panel.texts if isinstance(one, Label)]
        before = [one for one in labels[: labels.index(self)] if one.get_visible()]
        points = [self._mark(renderer, one.xy) for one in labels]
        return [*points, *(one.get_window_extent(renderer) for one in before)]

    def _points(self, renderer: RendererBase) -> list[Bbox]:
        """Boxes of all points of the panel; caps of error bars are markers too."""
        lines = [line for line in self.panel.lines if line.get_marker() not in ("None", None, "", "_")]
        return [self._mark(renderer, point) for line in lines for point in np.asarray(line.get_xydata())]

    def _bars(self) -> list[Bbox]:
        """Boxes of all error bars of the panel."""
        bars = [bars for bars in self.panel.collections if isinstance(bars, LineCollection)]
        return [Bbox(self.panel.transData.transform(bar)) for each in bars for bar in each.get_segments()]

    def _mark(self, renderer: RendererBase, point: ArrayLike) -> Bbox:
        x, y = self.panel.transData.transform(point)
        radius = renderer.points_to_pixels(RADIUS)
        return Bbox.from_extents(x - radius, y - radius, x + radius, y + radius)
