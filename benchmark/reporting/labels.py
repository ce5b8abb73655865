"""Labels of points in a figure: each lies inside its panel, and neither on another label nor on a labelled point."""

from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

PLACES = (
    *((0, 10, side, "bottom") for side in ("center", "right", "left")),
    *((0, -10, side, "top") for side in ("center", "right", "left")),
    *((10, 0, "left", "center"), (-10, 0, "right", "center")),
)
"""Offsets from the point in points, and alignments, the best first."""
RADIUS = 5
"""Of a point's mark, in points."""


class Label(Annotation):
    """It takes its place when it is drawn, since only then its panel has; it is hidden where it fits nowhere."""

    def __init__(self, panel: Axes, text: str, point: tuple[float, float]) -> None:
        super().__init__(text, point, (0, 10), textcoords="offset points", fontsize=9.5)
        self.panel = panel
        self.set_in_layout(False)
        panel.add_artist(self)

    def draw(self, renderer: RendererBase) -> None:
        self.set_visible(True)
        self.set_visible(self._takes_place(renderer))
        super().draw(renderer)

    def _takes_place(self, renderer: RendererBase) -> bool:
        """Moves to the first of PLACES that is free; whether one is."""
        panel, others = self.panel.get_window_extent(renderer), self._others(renderer)
        for x, y, side, height in PLACES:
            self.set(position=(x, y), ha=side, va=height)
            box = self.get_window_extent(renderer)
            is_inside = panel.x0 <= box.x0 and box.x1 <= panel.x1 and panel.y0 <= box.y0 and box.y1 <= panel.y1
            if is_inside and not any(box.overlaps(other) for other in others):
                return True
        return False

    def _others(self, renderer: RendererBase) -> list[Bbox]:
        """Boxes of the panel's labelled points, and of the labels that were drawn before."""
        labels = [one for one in self.panel.texts if isinstance(one, Label)]
        before = [one for one in labels[: labels.index(self)] if one.get_visible()]
        return [*(one._mark(renderer) for one in labels), *(one.get_window_extent(renderer) for one in before)]

    def _mark(self, renderer: RendererBase) -> Bbox:
        x, y = self.panel.transData.transform(self.xy)
        radius = renderer.points_to_pixels(RADIUS)
        return Bbox.from_extents(x - radius, y - radius, x + radius, y + radius)
