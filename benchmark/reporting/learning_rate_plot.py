"""Figure 3: validation F1 against the learning rate, and against the number of trials, of one study."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, fields
from html import escape
from itertools import accumulate
from pathlib import Path
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from plotly import graph_objects as go
from plotly.offline import get_plotlyjs
from plotly.subplots import make_subplots

from benchmark.core.presets import GRID_RATES
from benchmark.reporting.files import write_atomic, write_text
from benchmark.reporting.paper import paper_tuned_rates
from benchmark.reporting.tradeoff import COLOURS
from benchmark.reporting.tradeoff_plot import DOTS_PER_INCH

STYLE = "body{font-family:system-ui,sans-serif;margin:1.5rem auto;max-width:76rem;padding:0 1rem;color:#222}"
HEAD = '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
HEAD += '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
RATE_TITLE, NUMBER_TITLE, SCORE_TITLE = "learning rate", "trial", "validation macro-F1 x100"
BEST_COLOUR, PRUNED_COLOUR, MARK_COLOUR = COLOURS[1], COLOURS[7], "#999999"

State = Literal["complete", "pruned", "failed"]


@dataclass(frozen=True, kw_only=True)
class TrialResult:
    """One trial of a study; the fields are the columns of trials.csv."""

    number: int
    learning_rate: float
    valid_f1: float | None
    """In 0..1; of a pruned trial the last it reached, None where training diverged."""
    state: State
    run_id: str = ""

    @property
    def points(self) -> float:
        return 100 * (self.valid_f1 or 0.0)


def best(trials: Sequence[TrialResult]) -> TrialResult | None:
    """The complete trial of highest F1, the earliest of equals; None where none is complete."""
    return max((one for one in trials if one.state == "complete"), key=lambda one: one.points, default=None)


def write_rates(folder: Path, title: str, trials: Sequence[TrialResult]) -> None:
    """Writes study.html, study.png and trials.csv into `folder`."""
    write_atomic(folder / "trials.csv", lambda draft: _fill(draft, trials))
    write_atomic(folder / "study.png", lambda draft: draw(title, trials).savefig(draft, dpi=DOTS_PER_INCH))
    plots = figure(trials).to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False})
    head = f"{HEAD}<title>{escape(title)}</title>\n<style>{STYLE}</style>\n<script>{get_plotlyjs()}</script>\n"
    body = f"<h1>{escape(title)}</h1>\n<p><strong>{escape(answer(trials))}</strong></p>\n{plots}"
    write_text(folder / "study.html", f"{head}{body}\n<p>{escape(paper_answer())}</p>\n</html>\n")


def answer(trials: Sequence[TrialResult]) -> str:
    """What the study found, in a sentence."""
    found = best(trials)
    if found is None:
        return f"None of {len(trials)} trials led to a score."
    return f"Best of {len(trials)} trials: learning rate {found.learning_rate:.2g}, validation F1 {found.points:.2f}."


def paper_answer() -> str:
    """What the paper found, in a sentence."""
    found = ", ".join(
        f"{row['learning_rate']} for {row['student']} on {row['dataset']} (test F1 {row['f1']})"
        for row in paper_tuned_rates()
    )
    return f"The paper's best by random search (section 6.1): {found}. Dashed: the six rates of its grid."


def draw(title: str, trials: Sequence[TrialResult]) -> Figure:
    """Two panels, as a static picture."""
    made = Figure(figsize=(9.0, 4.2), layout="constrained")
    FigureCanvasAgg(made)
    by_rate, by_number = made.subplots(1, 2, sharey=True)
    for rate in GRID_RATES:
        by_rate.axvline(rate, color=MARK_COLOUR, linewidth=0.8, linestyle="--", zorder=0)
    by_rate.set_xscale("log")
    _scatter(by_rate, [one.learning_rate for one in _scored(trials)], trials)
    _scatter(by_number, [one.number for one in _scored(trials)], trials)
    by_number.plot(*_best_so_far(trials), color=BEST_COLOUR, drawstyle="steps-post", zorder=1)
    by_rate.set_ylabel(SCORE_TITLE)
    by_rate.set_xlabel(f"{RATE_TITLE} (dashed: the paper's six)")
    by_number.set_xlabel(f"{NUMBER_TITLE} (line: best so far)")
    made.suptitle(title.replace("$", r"\$"), fontsize=11)
    return made


def figure(trials: Sequence[TrialResult]) -> go.Figure:
    """The same two panels with exact figures under the pointer."""
    made = make_subplots(rows=1, cols=2, shared_yaxes=True, horizontal_spacing=0.03)
    made.add_trace(_marks([one.learning_rate for one in _scored(trials)], trials), row=1, col=1)
    made.add_trace(_marks([one.number for one in _scored(trials)], trials), row=1, col=2)
    numbers, values = _best_so_far(trials)
    line = {"color": BEST_COLOUR, "shape": "hv"}
    made.add_trace(go.Scatter(x=numbers, y=values, mode="lines", line=line, hoverinfo="skip"), row=1, col=2)
    for rate in GRID_RATES:
        made.add_vline(x=rate, line={"color": MARK_COLOUR, "dash": "dash", "width": 1}, row=1, col=1)
    made.update_xaxes(type="log", title_text=f"{RATE_TITLE} (dashed: the paper's six)", row=1, col=1)
    made.update_xaxes(title_text=f"{NUMBER_TITLE} (line: best so far)", row=1, col=2)
    made.update_yaxes(title_text=SCORE_TITLE, row=1, col=1)
    made.update_layout(template="plotly_white", height=480, showlegend=False)
    return made


def _marks(xs: Sequence[float], trials: Sequence[TrialResult]) -> go.Scatter:
    return go.Scatter(
        x=xs,
        y=[one.points for one in _scored(trials)],
        mode="markers",
        marker={"size": 10, "color": _colours(trials)},
        hovertext=[_hover(one) for one in _scored(trials)],
        hoverinfo="text",
    )


def _hover(one: TrialResult) -> str:
    return f"trial {one.number}: {one.learning_rate:.3g}<br>F1 {one.points:.2f} ({one.state})"


def _scatter(axes: Axes, xs: Sequence[float], trials: Sequence[TrialResult]) -> None:
    axes.scatter(xs, [one.points for one in _scored(trials)], c=_colours(trials), s=36, zorder=3)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def _colours(trials: Sequence[TrialResult]) -> list[str]:
    """The best, the pruned and the others."""
    of_state = {"complete": COLOURS[0], "pruned": PRUNED_COLOUR}
    found = best(trials)
    return [BEST_COLOUR if one == found else of_state[one.state] for one in _scored(trials)]


def _scored(trials: Sequence[TrialResult]) -> list[TrialResult]:
    return [one for one in trials if one.valid_f1 is not None]


def _best_so_far(trials: Sequence[TrialResult]) -> tuple[list[int], list[float]]:
    complete = [one for one in trials if one.state == "complete"]
    return [one.number for one in complete], list(accumulate((one.points for one in complete), max))


def _fill(path: Path, trials: Sequence[TrialResult]) -> None:
    columns = [field.name for field in fields(TrialResult)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([getattr(one, column) for column in columns] for one in trials)
