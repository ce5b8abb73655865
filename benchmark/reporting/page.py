"""report.html: one page that opens from disk, with its styles, scripts, plotly and data; it fetches nothing.

assets/plotly-basic.min.js is plotly.js 4.1.1 with scatter and bar traces alone (npm plotly.js-basic-dist-min, MIT).
All values come with their texts in one JSON value, so that the scripts compute no metric. It and plotly are compressed.
"""

import gzip
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from string import Template

from benchmark.core.cache import write_text
from benchmark.core.settings import LADDER
from benchmark.reporting import asset
from benchmark.reporting.best import POINTS, RULE, RUNTIMES, SAME_LATENCY, SIZES, beaten_by
from benchmark.reporting.colours import student_colour
from benchmark.reporting.columns import NOTES, full_table
from benchmark.reporting.error_analysis import ErrorAnalysis, label
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry, missing_kind
from benchmark.reporting.paper_comparison import PaperComparison, paper_comparisons, paper_points
from benchmark.reporting.provenance import Provenance
from benchmark.reporting.reproduction import RecordIndex, entry_command, report_command
from benchmark.reporting.results import Row, results_table
from benchmark.reporting.summary import described, summary
from benchmark.reporting.table import Json, json_columns, json_rows
from benchmark.reporting.tradeoff_plot import AXES, settings, students
from benchmark.reporting.use_commands import use_commands, used_run
from students.registry import STUDENTS
from tracking import Record

SCRIPTS = (
    *("dom", "state", "budget", "table", "row", "leaderboard", "downloads", "charts", "costs", "paper_points"),
    *("trade_off", "error_analysis", "dataset", "sections", "claims", "tuning", "main"),
)
"""Names of scripts in order of dependence."""


@dataclass(frozen=True, kw_only=True)
class ReportSection:
    """A leaderboard, a leaderboard for each of its data sets, and their error analyses."""

    leaderboard: Leaderboard
    by_dataset: Sequence[Leaderboard]
    error_analyses: Sequence[ErrorAnalysis]


def write_page(path: Path, data: Json) -> Path:
    """Names of runs are in the page's title, escaped, and in its data, and nowhere else."""
    page = Template(asset("page.html")).substitute(
        title=f"Which student is best? {escape(str(data['suite']))}",
        style=asset("page.css") + asset("claims.css"),
        plotly=compressed(asset("plotly-basic.min.js")),
        data=compressed(json.dumps(data, allow_nan=False, separators=(",", ":"))),
        script="\n".join(asset(f"{name}.js") for name in SCRIPTS),
    )
    return write_text(path, page)


def compressed(text: str) -> str:
    """Text for a script element, which base64 can neither end nor turn into a comment; equal texts give equal pages."""
    return b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def page_data(
    suite: str,
    sections: Sequence[ReportSection],
    rows: Sequence[Row],
    source: Provenance,
    records: Sequence[Record],
    address: str,
    ui: str,
) -> Json:
    """`address` is the start of the web address of a run, `ui` the command line that serves it."""
    index = RecordIndex.of(records)
    places = {row.run_id: place for place, row in enumerate(rows)}
    return {
        "suite": suite,
        "address": address,
        "ui": ui,
        "axes": {name: {"title": title, "factor": factor} for name, (title, factor) in AXES.items()},
        "budget": {"ms": list(RUNTIMES), "mib": list(SIZES)},
        "best": {"rule": RULE, "points": POINTS, "sameLatency": SAME_LATENCY},
        "ladder": list(LADDER),
        "sections": [_section(section, places, index) for section in sections],
        "runs": {column.name: [column.value(row) for row in rows] for column in results_table(rows).columns},
        "kinds": ["" if row.counts else missing_kind(row) for row in rows],
        "facts": dict(source.facts),
        "notes": list(NOTES),
        "commands": list(source.commands),
    }


def _section(section: ReportSection, places: Mapping[str, int], index: RecordIndex) -> Json:
    leaderboard = section.leaderboard
    views = [leaderboard] if len(leaderboard.datasets) == 1 else [leaderboard, *section.by_dataset]
    others = [entry.student for entry in leaderboard.entries if not entry.is_teacher]
    names = list(dict.fromkeys([*students(leaderboard), *others]))
    return {
        "preset": leaderboard.preset,
        "task": leaderboard.task,
        "students": names,
        "colours": {name: student_colour(name) for name in (*STUDENTS, *names)},
        "settings": settings(leaderboard),
        "command": report_command(leaderboard.suite, *(["--preset", leaderboard.preset] if leaderboard.preset else [])),
        "views": [_view(view, places, index) for view in views],
        "analyses": [asdict(analysis) for analysis in section.error_analyses],
        "comparisons": [_comparison(one) for one in paper_comparisons(leaderboard)],
    }


def _view(leaderboard: Leaderboard, places: Mapping[str, int], index: RecordIndex) -> Json:
    table = full_table(leaderboard)
    columns = zip(json_columns(table), table.columns, strict=True)
    entries = zip(json_rows(table), table.rows, strict=True)
    return {
        "datasets": list(leaderboard.datasets),
        "summary": summary(leaderboard),
        # "initial": whether the column is shown until a reader chooses others
        "columns": [described | {"initial": column.usual and column.priority > 0} for described, column in columns],
        "entries": [cells | _entry(entry, leaderboard, places, index) for cells, entry in entries],
        "paper": paper_points(leaderboard),
    }


def _entry(entry: LeaderboardEntry, leaderboard: Leaderboard, places: Mapping[str, int], index: RecordIndex) -> Json:
    return {
        "id": label(entry, leaderboard),
        "teacher": entry.teacher,
        "student": entry.student,
        "setting": entry.setting,
        "isTeacher": entry.is_teacher,
        "isBaseline": entry.is_baseline,
        "description": described(entry) if entry.f1 is not None else "",
        "interval": entry.bounds,
        "ranges": entry.cost_ranges,
        "beatenBy": [label(other, leaderboard) for other in beaten_by(entry, leaderboard.ranked)] if entry.rank else [],
        "missing": {name: asdict(missing) for name, missing in entry.missing.items()},
        "invalid": entry.invalid,
        "runs": [places[run_id] for run_id in entry.runs],
        "command": entry_command(entry, leaderboard, index),
        "use": use_commands(entry, leaderboard),
        "useOf": f"{row.dataset} seed {row.seed}" if (row := used_run(entry, leaderboard)) else "",
        "cutShort": entry.is_cut_short,
    }


def _comparison(comparison: PaperComparison) -> Json:
    return {
        "title": comparison.title,
        "note": comparison.note,
        "keys": comparison.keys,
        "columns": comparison.columns,
        "lines": [
            {"keys": line.keys, "cells": [comparison.texts(pair) for pair in line.pairs]} for line in comparison.lines
        ],
    }
