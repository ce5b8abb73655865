"""Figure 3: validation F1 by learning rate and by trial, of one tuning study."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from io import StringIO
from itertools import accumulate
from pathlib import Path
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmark.core.presets import GRID_RATES
from benchmark.reporting.files import write_atomic, write_text
from benchmark.reporting.paper import paper_tuned_rates
from benchmark.reporting.table import Table, field_columns, write_csv
from benchmark.reporting.tradeoff import COLOURS
from benchmark.reporting.tradeoff_plot import DOTS_PER_INCH

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>body{{font-family:system-ui,sans-serif;margin:1.5rem auto;max-width:60rem;padding:0 1rem;color:#222}}</style>
<style>svg{{width:100%;height:auto}}</style>
<p><strong>{answer}</strong></p>
{plot}
<p>{paper}</p>
</html>
"""
BEST_COLOUR, GRID_COLOUR = COLOURS[1], "#999999"

State = Literal["complete", "pruned", "failed"]


@dataclass(frozen=True, kw_only=True)
class TrialResult:
    """One trial of a study; the fields are the columns of trials.csv."""

    number: int
    learning_rate: float
    valid_f1: float | None
    """In 0..1; the last value of a pruned trial, None if training diverged."""
    state: State
    run_id: str = ""

    @property
    def points(self) -> float:
        """Validation F1 x100."""
        return 100 * (self.valid_f1 or 0.0)

    @property
    def colour(self) -> str:
        return COLOURS[7] if self.state == "pruned" else COLOURS[0]


def best(trials: Sequence[TrialResult]) -> TrialResult | None:
    """The complete trial of highest F1, the earliest of equals; None if none is complete."""
    return max((one for one in trials if one.state == "complete"), key=lambda one: one.points, default=None)


def write_rates(folder: Path, title: str, trials: Sequence[TrialResult]) -> None:
    """Writes study.html, study.png and trials.csv into `folder`."""
    plot, svg = draw(title, trials), StringIO()
    plot.savefig(svg, format="svg")
    _, start, rest = svg.getvalue().partition("<svg")
    texts = {"title": escape(title), "answer": escape(answer(trials)), "paper": escape(paper_answer())}
    write_csv(folder / "trials.csv", Table(columns=field_columns(TrialResult), rows=trials))
    write_atomic(folder / "study.png", lambda draft: plot.savefig(draft, dpi=DOTS_PER_INCH))
    write_text(folder / "study.html", PAGE.format(plot=start + rest, **texts))


def answer(trials: Sequence[TrialResult]) -> str:
    """The best rate, in a sentence."""
    found = best(trials)
    if found is None:
        return f"None of {len(trials)} trials led to a score."
    return f"Best of {len(trials)} trials: learning rate {found.learning_rate:.2g}, validation F1 {found.points:.2f}."


def paper_answer() -> str:
    """The paper's best rates, in a sentence."""
    found = ", ".join(
        f"{row['learning_rate']} for {row['student']} on {row['dataset']} (test F1 {row['f1']})"
        for row in paper_tuned_rates()
    )
    return f"The paper's best by random search (section 6.1): {found}. Dashed: the six rates of its grid."


def draw(title: str, trials: Sequence[TrialResult]) -> Figure:
    """Two panels: F1 by learning rate, with the grid's rates, and by trial, with the best so far."""
    figure = Figure(figsize=(9.0, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    by_rate, by_number = figure.subplots(1, 2, sharey=True)
    scored = [one for one in trials if one.valid_f1 is not None]
    found = best(trials)
    colours = [BEST_COLOUR if one == found else one.colour for one in scored]
    for rate in GRID_RATES:
        by_rate.axvline(rate, color=GRID_COLOUR, linewidth=0.8, linestyle="--", zorder=0)
    by_rate.set_xscale("log")
    _scatter(by_rate, [one.learning_rate for one in scored], scored, colours)
    _scatter(by_number, [one.number for one in scored], scored, colours)
    complete = [one for one in trials if one.state == "complete"]
    best_so_far = list(accumulate((one.points for one in complete), max))
    by_number.plot([one.number for one in complete], best_so_far, color=BEST_COLOUR, drawstyle="steps-post", zorder=1)
    by_rate.set_ylabel("validation macro-F1 x100")
    by_rate.set_xlabel("learning rate (dashed: the paper's six)")
    by_number.set_xlabel("trial (line: best so far)")
    figure.suptitle(title.replace("$", r"\$"), fontsize=11)
    return figure


def _scatter(axes: Axes, xs: Sequence[float], scored: Sequence[TrialResult], colours: Sequence[str]) -> None:
    axes.scatter(xs, [one.points for one in scored], c=colours, s=36, zorder=3)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
