"""Learning-rate studies (Figure 3): trials from the store, their plot, and the section of a report."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from html import escape
from itertools import accumulate
from math import inf
from pathlib import Path
from string import Template
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmark.core.cache import write_text
from benchmark.core.presets import GRID_RATES
from benchmark.reporting import asset
from benchmark.reporting.colours import is_hollow, student_colour
from benchmark.reporting.paper import paper_tuned_rates
from benchmark.reporting.table import Json, Table, field_columns, markdown_section, markdown_text, write_csv
from benchmark.reporting.tradeoff_plot import add_grid, empty_figure, write_figure
from tracking import Record

HEADING = "Learning rates by random search (Figure 3)"
PRUNED_COLOUR, GRID_COLOUR = "#808080", "#999999"
AREA, AREA_OF_BEST = 36, 130
"""Of a trial's mark, in square points."""

State = Literal["complete", "pruned", "failed"]
STATES: dict[str, State] = {"finished": "complete", "failed": "failed"}


@dataclass(frozen=True, kw_only=True)
class TrialResult:
    """One trial of a study; the fields are the columns of trials.csv."""

    number: int
    learning_rate: float
    valid_f1: float | None
    """In 0..1; of a pruned trial the last value, None if training diverged."""
    state: State
    run_id: str = ""

    @property
    def points(self) -> float:
        """Validation F1 x100."""
        return 100 * (self.valid_f1 or 0.0)


@dataclass(frozen=True, kw_only=True)
class TuningStudy:
    """A study with its ended trials, by number."""

    name: str
    student: str
    run_id: str
    trials: Sequence[TrialResult]


def tuning_studies(records: Sequence[Record]) -> list[TuningStudy]:
    """Oldest first; a trial that was repeated after a kill counts with its last run."""
    found = sorted((r for r in records if r.tags.get("role") == "study"), key=lambda r: (r.start_time, r.run_id))
    return [study for record in found if (study := _study(record, records)).trials]


def best(trials: Sequence[TrialResult]) -> TrialResult | None:
    """The complete trial of highest F1, the earliest of equals; None if none is complete."""
    return max((trial for trial in trials if trial.state == "complete"), key=lambda trial: trial.points, default=None)


def summary(trials: Sequence[TrialResult]) -> str:
    found = best(trials)
    if found is None:
        return f"None of {len(trials)} trials led to a score."
    return f"Best of {len(trials)} trials: learning rate {found.learning_rate:.2g}, validation F1 {found.points:.2f}."


def paper_summary() -> str:
    found = ", ".join(
        f"{row['learning_rate']} for {row['student']} on {row['dataset']} (test F1 {row['f1']})"
        for row in paper_tuned_rates()
    )
    return f"The paper's best by random search (section 6.1): {found}. Dashed: the six rates of its grid."


def write_rates(folder: Path, title: str, student: str, trials: Sequence[TrialResult]) -> None:
    """Writes study.html, study.png and trials.csv into `folder`."""
    picture = folder / "study.png"
    write_figure(draw(title, student, trials), picture)
    write_csv(folder / "trials.csv", Table(columns=field_columns(TrialResult), rows=trials))
    texts = {"title": title, "summary": summary(trials), "paper": paper_summary()}
    encoded = base64.b64encode(picture.read_bytes()).decode()
    shown = {name: escape(text) for name, text in texts.items()} | {"picture": encoded}
    write_text(folder / "study.html", Template(asset("study.html")).substitute(shown))


def tuning_page(studies: Sequence[TuningStudy]) -> Json:
    """Data of the page's section."""
    return {
        "title": HEADING,
        "note": paper_summary(),
        "grid": list(GRID_RATES),
        "studies": [
            {
                "name": study.name,
                "student": study.student,
                "colour": student_colour(study.student),
                "run": study.run_id,
                "summary": summary(study.trials),
                "best": getattr(best(study.trials), "number", None),
                "trials": [asdict(trial) for trial in study.trials],
            }
            for study in studies
        ],
    }


def write_tuning(folder: Path, studies: Sequence[TuningStudy]) -> str:
    """Draws a plot of each study into `folder`; returns the section of report.md, empty without studies."""
    parts = [_section(folder / f"learning_rates_{at}.png", study) for at, study in enumerate(studies)]
    return markdown_section(HEADING, *parts, *([markdown_text(paper_summary())] if parts else []))


def _section(path: Path, study: TuningStudy) -> str:
    write_figure(draw(f"Study {study.name}", study.student, study.trials), path)
    text = f"**{markdown_text(study.name)}**: {markdown_text(summary(study.trials))}"
    return f"{text}\n\n![F1 against learning rate]({path.name})"


def draw(title: str, student: str, trials: Sequence[TrialResult]) -> Figure:
    """Validation F1 by learning rate, and by number of trials."""
    figure = empty_figure(9.0, 4.2)
    scored = [trial for trial in trials if trial.valid_f1 is not None]
    by_rate, by_number = figure.subplots(1, 2, sharey=True)
    for rate in GRID_RATES:
        by_rate.axvline(rate, color=GRID_COLOUR, linewidth=0.8, linestyle="--", zorder=0)
    by_rate.set_xscale("log")
    _scatter(by_rate, [trial.learning_rate for trial in scored], scored, student)
    _scatter(by_number, [trial.number for trial in scored], scored, student)
    complete = [trial for trial in trials if trial.state == "complete"]
    best_so_far = list(accumulate((trial.points for trial in complete), max))
    numbers = [trial.number for trial in complete]
    by_number.plot(numbers, best_so_far, color=student_colour(student), drawstyle="steps-post", zorder=1)
    by_rate.set_ylabel("validation macro-F1 x100")
    by_rate.set_xlabel("learning rate (dashed: the paper's six)")
    by_number.set_xlabel("trial (line: best so far)")
    figure.suptitle(title.replace("$", r"\$"), fontsize=11)
    return figure


def _scatter(axes: Axes, xs: Sequence[float], trials: Sequence[TrialResult], student: str) -> None:
    """The best trial is the largest mark, pruned ones are grey."""
    found = best(trials)
    areas = [AREA_OF_BEST if trial == found else AREA for trial in trials]
    colours = [PRUNED_COLOUR if trial.state == "pruned" else student_colour(student) for trial in trials]
    faces = "white" if is_hollow(student) else colours
    axes.scatter(xs, [trial.points for trial in trials], s=areas, facecolors=faces, edgecolors=colours, zorder=3)
    add_grid(axes)


def _study(record: Record, records: Sequence[Record]) -> TuningStudy:
    name, student = record.tags.get("study", record.name), record.tags.get("student", "")
    return TuningStudy(name=name, student=student, run_id=record.run_id, trials=_trials(record, records))


def _trials(study: Record, records: Iterable[Record]) -> list[TrialResult]:
    ended = (r for r in records if r.parent == study.run_id and r.status in STATES)
    found = (trial for record in sorted(ended, key=lambda r: r.start_time) if (trial := _trial(record)))
    latest = {trial.number: trial for trial in found}
    return [latest[number] for number in sorted(latest)]


def _trial(record: Record) -> TrialResult | None:
    """The trial of a run; None if the run lacks a number or a rate: it failed early, or is another program's."""
    try:
        number, rate = int(record.tags["trial"]), float(record.params["learning_rate"])
    except (KeyError, ValueError):
        return None
    if not 0 < rate < inf:
        return None
    return TrialResult(
        number=number,
        learning_rate=rate,
        valid_f1=record.metrics.get("valid_f1") if record.status == "finished" else None,
        state="pruned" if record.tags.get("pruned") == "true" else STATES[record.status],
        run_id=record.run_id,
    )
