"""The learning-rate studies of a suite in its report: Figure 3, from the trials that the tracking store holds."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path
from typing import Any

from benchmark.core.presets import GRID_RATES
from benchmark.reporting.files import write_atomic
from benchmark.reporting.learning_rate_plot import State, TrialResult, answer, best, draw, paper_answer
from benchmark.reporting.markdown import escaped
from benchmark.reporting.tradeoff_plot import DOTS_PER_INCH
from tracking import Record

HEAD = "Learning rates by random search (Figure 3)"
STATES: dict[str, State] = {"finished": "complete", "failed": "failed"}
Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class TuningStudy:
    """A study with its ended trials, by number."""

    name: str
    run_id: str
    trials: Sequence[TrialResult]


def tuning_studies(records: Sequence[Record]) -> list[TuningStudy]:
    """Oldest first; of a trial that was done again after a kill, the last run counts."""
    found = sorted((r for r in records if r.tags.get("role") == "study"), key=lambda r: (r.start_time, r.run_id))
    made = (TuningStudy(name=r.tags.get("study", r.name), run_id=r.run_id, trials=_trials(r, records)) for r in found)
    return [one for one in made if one.trials]


def _trials(study: Record, records: Iterable[Record]) -> list[TrialResult]:
    ended = (r for r in records if r.parent == study.run_id and r.status in STATES)
    told = (one for record in sorted(ended, key=lambda r: r.start_time) if (one := _one(record)))
    latest = {one.number: one for one in told}
    return [latest[number] for number in sorted(latest)]


def _one(record: Record) -> TrialResult | None:
    """None where the run does not say which trial it is, at which rate: it failed before, or is not ours."""
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


def tuning_page(found: Sequence[TuningStudy]) -> Json:
    """What the page draws."""
    return {
        "title": HEAD,
        "note": paper_answer(),
        "grid": list(GRID_RATES),
        "studies": [
            {
                "name": one.name,
                "run": one.run_id,
                "answer": answer(one.trials),
                "best": getattr(best(one.trials), "number", None),
                "trials": [asdict(trial) for trial in one.trials],
            }
            for one in found
        ],
    }


def write_tuning(folder: Path, found: Sequence[TuningStudy]) -> str:
    """Draws a picture of each study into `folder`; returns the chapter of report.md, empty where there is none."""
    parts = [_section(folder, number, one) for number, one in enumerate(found)]
    return "\n\n".join(["", f"## {HEAD}", *parts, escaped(paper_answer())]) + "\n" if parts else ""


def _section(folder: Path, number: int, one: TuningStudy) -> str:
    name = f"learning_rates_{number}.png"
    write_atomic(folder / name, lambda draft: draw(f"Study {one.name}", one.trials).savefig(draft, dpi=DOTS_PER_INCH))
    return f"**{escaped(one.name)}**: {escaped(answer(one.trials))}\n\n![F1 against learning rate]({name})"
