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
from benchmark.reporting.error_analysis import Insight, label
from benchmark.reporting.leaderboard_entry import Board, Hole, Standing
from benchmark.reporting.missing_results import kind_of
from benchmark.reporting.paper_comparison import Beside, beside_paper
from benchmark.reporting.paper_points import paper_points
from benchmark.reporting.provenance import Origin, commands
from benchmark.reporting.report_notes import NOTES, facts
from benchmark.reporting.repro_command import Known, repeat
from benchmark.reporting.results import COLUMNS, Row
from benchmark.reporting.summary import answer
from benchmark.reporting.tradeoff import AXES, settings, students
from tracking import Record

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """A board, its competition on each data set alone, and what lies behind each of those."""

    board: Board
    alone: Sequence[Board]
    insights: Sequence[Insight]


def page_data(
    suite: str,
    chapters: Sequence[Chapter],
    rows: Sequence[Row],
    origin: Origin,
    records: Sequence[Record],
    address: str,
    ui: str,
) -> Json:
    """`address` is the start of the web address of a run, `ui` the command line that serves it."""
    known = Known.of(records)
    numbers = {row.run_id: number for number, row in enumerate(rows)}
    boards = [chapter.board for chapter in chapters]
    return {
        "suite": suite,
        "address": address,
        "ui": ui,
        "axes": {name: {"title": title, "factor": factor} for name, (title, factor) in AXES.items()},
        "budget": {"ms": list(RUNTIMES), "mib": list(SIZES)},
        "ladder": list(LADDER),
        "chapters": [_chapter(chapter, numbers, known) for chapter in chapters],
        "runs": {column: [getattr(row, column) for row in rows] for column in COLUMNS},
        "kinds": ["" if row.counts else kind_of(row) for row in rows],
        "facts": dict(facts(origin, boards)),
        "notes": list(NOTES),
        "commands": [*(origin.commands or [line for board in boards for line in commands(board)])],
    }


def embedded(data: Json) -> str:
    """JSON that is safe inside a script element: it can neither end it nor begin a comment."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for mark in "<>&\u2028\u2029":  # several times as fast as translate() over megabytes
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def _chapter(chapter: Chapter, numbers: Mapping[str, int], known: Known) -> Json:
    board = chapter.board
    views = [board] if len(board.datasets) == 1 else [board, *chapter.alone]
    others = [standing.student for standing in board.standings if not standing.is_teacher]
    names = list(dict.fromkeys([*students(board), *others]))
    papers = [point["student"] for view in views for point in paper_points(view) if point["student"] != TEACHER]
    return {
        "preset": board.preset,
        "task": board.task,
        "students": names,
        "palette": list(dict.fromkeys([*names, *papers])),
        "settings": settings(board),
        "command": join(report_words(board.suite, board.preset)),
        "views": [_view(view, numbers, known) for view in views],
        "insights": [asdict(insight) for insight in chapter.insights],
        "beside": [_beside(table) for table in beside_paper(board)],
    }


def _view(board: Board, numbers: Mapping[str, int], known: Known) -> Json:
    shown = all_columns(board)
    return {
        "datasets": list(board.datasets),
        "answer": answer(board),
        "columns": [_column(column) for column in shown],
        "standings": [_standing(standing, board, shown, numbers, known) for standing in board.standings],
        "paper": paper_points(board),
    }


def _column(column: Column) -> Json:
    names = ("name", "title", "meaning", "unit", "better", "note", "number")
    return {name: getattr(column, name) for name in names} | {"initial": column.usual and column.weight > 0}


def _standing(
    standing: Standing, board: Board, shown: Sequence[Column], numbers: Mapping[str, int], known: Known
) -> Json:
    return {
        "id": label(standing, board),
        "teacher": standing.teacher,
        "student": standing.student,
        "setting": standing.setting,
        "isTeacher": standing.is_teacher,
        "told": told(standing) if standing.f1 is not None else "",
        "interval": standing.interval if standing.margin is not None else None,
        "ranges": standing.cost_ranges,
        "values": [column.value(standing) for column in shown],
        "texts": [column.show(standing) for column in shown],
        "holes": {name: _hole(hole) for name, hole in standing.missing.items()},
        "invalid": standing.invalid,
        "runs": [numbers[run_id] for run_id in standing.runs],
        "command": repeat(standing, board, known),
    }


def _hole(hole: Hole) -> Json:
    return {"kind": hole.kind, "reason": hole.reason, "run": hole.run_id}


def _beside(table: Beside) -> Json:
    return {
        "title": table.title,
        "note": table.note,
        "heads": table.heads,
        "columns": table.columns,
        "lines": [{"keys": keys, "cells": [table.texts(cell) for cell in cells]} for keys, cells in table.lines],
    }
