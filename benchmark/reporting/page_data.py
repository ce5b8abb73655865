"""What report.html holds, as one JSON value: every figure with its text, so that the page itself computes none."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from shlex import join
from typing import Any

from benchmark.core.settings import LADDER
from benchmark.core.spec import TEACHER
from benchmark.reporting.budget import RUNTIMES, SIZES, report_words, told
from benchmark.reporting.columns import Column, all_columns
from benchmark.reporting.error_analysis import ErrorAnalysis, label
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry, MissingResult
from benchmark.reporting.missing_results import kind_of
from benchmark.reporting.paper_comparison import PaperComparison, paper_comparisons
from benchmark.reporting.paper_points import paper_points
from benchmark.reporting.provenance import Provenance, commands
from benchmark.reporting.report_notes import NOTES, facts
from benchmark.reporting.repro_command import Known, repro_command
from benchmark.reporting.results import COLUMNS, Row
from benchmark.reporting.summary import summary
from benchmark.reporting.tradeoff import AXES, settings, students
from tracking import Record

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ReportSection:
    """A board, its competition on each data set alone, and what lies behind each of those."""

    leaderboard: Leaderboard
    alone: Sequence[Leaderboard]
    error_analyses: Sequence[ErrorAnalysis]


def page_data(
    suite: str,
    sections: Sequence[ReportSection],
    rows: Sequence[Row],
    provenance: Provenance,
    records: Sequence[Record],
    address: str,
    ui: str,
) -> Json:
    """`address` is the start of the web address of a run, `ui` the command line that serves it."""
    known = Known.of(records)
    numbers = {row.run_id: number for number, row in enumerate(rows)}
    leaderboards = [section.leaderboard for section in sections]
    return {
        "suite": suite,
        "address": address,
        "ui": ui,
        "axes": {name: {"title": title, "factor": factor} for name, (title, factor) in AXES.items()},
        "budget": {"ms": list(RUNTIMES), "mib": list(SIZES)},
        "ladder": list(LADDER),
        "chapters": [_section(section, numbers, known) for section in sections],
        "runs": {column: [getattr(row, column) for row in rows] for column in COLUMNS},
        "kinds": ["" if row.counts else kind_of(row) for row in rows],
        "facts": dict(facts(provenance, leaderboards)),
        "notes": list(NOTES),
        "commands": [
            *(provenance.commands or [line for leaderboard in leaderboards for line in commands(leaderboard)])
        ],
    }


def embedded(data: Json) -> str:
    """JSON that is safe inside a script element: it can neither end it nor begin a comment."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for mark in "<>&\u2028\u2029":  # several times as fast as translate() over megabytes
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def _section(section: ReportSection, numbers: Mapping[str, int], known: Known) -> Json:
    leaderboard = section.leaderboard
    views = [leaderboard] if len(leaderboard.datasets) == 1 else [leaderboard, *section.alone]
    others = [entry.student for entry in leaderboard.entries if not entry.is_teacher]
    names = list(dict.fromkeys([*students(leaderboard), *others]))
    papers = [point["student"] for view in views for point in paper_points(view) if point["student"] != TEACHER]
    return {
        "preset": leaderboard.preset,
        "task": leaderboard.task,
        "students": names,
        "palette": list(dict.fromkeys([*names, *papers])),
        "settings": settings(leaderboard),
        "command": join(report_words(leaderboard.suite, leaderboard.preset)),
        "views": [_view(view, numbers, known) for view in views],
        "insights": [asdict(error_analysis) for error_analysis in section.error_analyses],
        "beside": [_beside(table) for table in paper_comparisons(leaderboard)],
    }


def _view(leaderboard: Leaderboard, numbers: Mapping[str, int], known: Known) -> Json:
    shown = all_columns(leaderboard)
    return {
        "datasets": list(leaderboard.datasets),
        "answer": summary(leaderboard),
        "columns": [_column(column) for column in shown],
        "standings": [_entry(entry, leaderboard, shown, numbers, known) for entry in leaderboard.entries],
        "paper": paper_points(leaderboard),
    }


def _column(column: Column) -> Json:
    names = ("name", "title", "meaning", "unit", "better", "note", "number")
    return {name: getattr(column, name) for name in names} | {"initial": column.usual and column.weight > 0}


def _entry(
    entry: LeaderboardEntry, leaderboard: Leaderboard, shown: Sequence[Column], numbers: Mapping[str, int], known: Known
) -> Json:
    return {
        "id": label(entry, leaderboard),
        "teacher": entry.teacher,
        "student": entry.student,
        "setting": entry.setting,
        "isTeacher": entry.is_teacher,
        "told": told(entry) if entry.f1 is not None else "",
        "interval": entry.interval if entry.margin is not None else None,
        "ranges": entry.cost_ranges,
        "values": [column.value(entry) for column in shown],
        "texts": [column.show(entry) for column in shown],
        "holes": {name: _missing(missing) for name, missing in entry.missing.items()},
        "invalid": entry.invalid,
        "runs": [numbers[run_id] for run_id in entry.runs],
        "command": repro_command(entry, leaderboard, known),
    }


def _missing(missing: MissingResult) -> Json:
    return {"kind": missing.kind, "reason": missing.reason, "run": missing.run_id}


def _beside(table: PaperComparison) -> Json:
    return {
        "title": table.title,
        "note": table.note,
        "heads": table.heads,
        "columns": table.columns,
        "lines": [{"keys": keys, "cells": [table.texts(cell) for cell in cells]} for keys, cells in table.lines],
    }
