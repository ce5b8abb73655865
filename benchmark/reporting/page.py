"""report.html: one page that opens from disk; styles, scripts, plotly and figures stand in it, nothing is fetched."""

from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from plotly.offline import get_plotlyjs

from benchmark.reporting.files import write_text
from benchmark.reporting.page_data import Json, embedded

SCRIPTS = (
    *("dom", "state", "budget", "table", "leaderboard", "downloads"),
    *("charts", "costs", "paper_points", "trade_off", "answers", "dataset", "sections", "claims", "searches", "main"),
)
"""In the order in which they build on each other."""


def write_page(path: Path, data: Json) -> Path:
    return write_text(path, page(data))


def page(data: Json) -> str:
    """The whole document. Names from runs are in the title, escaped, and in the JSON, and nowhere else."""
    return Template(_asset("page.html")).substitute(
        title=f"Which student is best? {escape(str(data['suite']))}",
        style=_asset("page.css") + _asset("claims.css"),
        plotly=get_plotlyjs(),
        data=embedded(data),
        script="\n".join(_asset(f"{name}.js") for name in SCRIPTS),
    )


def _asset(name: str) -> str:
    return (files("benchmark.reporting") / "assets" / name).read_text(encoding="utf-8")
