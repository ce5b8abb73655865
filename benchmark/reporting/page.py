"""The trade-off as one page that opens from disk: plotly stands in it once, nothing is fetched."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from plotly import graph_objects as go
from plotly.offline import get_plotlyjs
from plotly.subplots import make_subplots

from benchmark.reporting.answer import answer
from benchmark.reporting.columns import columns
from benchmark.reporting.files import write_text
from benchmark.reporting.standing import Board, Standing
from benchmark.reporting.trade_off import AXES, COLOURS, TEACHER_COLOUR, cost_axes, front, scored, settings, students
from benchmark.spec import TEACHER

SYMBOLS = ("circle", "square", "triangle-up", "diamond", "cross", "x", "triangle-down", "pentagon")
STYLE = "body{font-family:system-ui,sans-serif;margin:1.5rem auto;max-width:76rem;padding:0 1rem;color:#222}"
HEAD = '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
HEAD += '<meta name="viewport" content="width=device-width, initial-scale=1">\n'


def write_page(path: Path, suite: str, boards: Sequence[Board]) -> Path:
    """Writes trade_off.html: each board's answer and its plots, with exact figures under the pointer."""
    drawn = [board for board in boards if cost_axes(board)]
    title = f"Which student is best? {escape(suite)}"
    sections = "\n".join(_section(board) for board in drawn)
    script = f"<script>{get_plotlyjs()}</script>\n" if drawn else ""
    style = f"<title>{title}</title>\n<style>{STYLE}</style>\n"
    return write_text(
        path, f"{HEAD}{style}{script}<h1>{title}</h1>\n{sections or '<p>No run counts yet.</p>'}\n</html>\n"
    )


def _section(board: Board) -> str:
    plots = figure(board).to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False})
    return f"<h2>{escape(board.preset)}</h2>\n<p><strong>{escape(answer(board))}</strong></p>\n{plots}"


def figure(board: Board) -> go.Figure:
    """F1 against each cost that was measured, side by side; a click in the legend hides a student everywhere."""
    names = cost_axes(board)
    made = make_subplots(rows=1, cols=len(names), shared_yaxes=True, horizontal_spacing=0.03)
    for column, name in enumerate(names, start=1):
        traces = [_front(board, name), *_marks(board, name, legend=column == 1)]
        made.add_traces(traces, rows=1, cols=column)
        made.update_xaxes(type="log", title_text=AXES[name][0], row=1, col=column)
    made.update_yaxes(title_text="macro-F1 x100", row=1, col=1)
    made.update_layout(template="plotly_white", height=520, legend={"orientation": "h", "y": -0.2})
    return made


def _marks(board: Board, name: str, *, legend: bool) -> list[go.Scatter]:
    """One trace a student, the teacher's first."""
    colours = {TEACHER: TEACHER_COLOUR} | {n: COLOURS[i % len(COLOURS)] for i, n in enumerate(students(board))}
    symbols = {n: SYMBOLS[i % len(SYMBOLS)] for i, n in enumerate(settings(board))}
    groups = {student: [s for s in scored(board) if s.student == student and name in s.costs] for student in colours}
    return [
        go.Scatter(
            x=[AXES[name][1] * standing.costs[name] for standing in points],
            y=[standing.f1 for standing in points],
            error_y={"array": [standing.spread or 0.0 for standing in points], "thickness": 1},
            mode="markers",
            name=escape(student),
            legendgroup=escape(student),
            showlegend=legend,
            marker={"color": colours[student], "size": 11, "symbol": [symbols.get(s.setting, "star") for s in points]},
            hovertext=[_hover(standing, board) for standing in points],
            hoverinfo="text",
        )
        for student, points in groups.items()
        if points
    ]


def _front(board: Board, name: str) -> go.Scatter:
    best = front([standing for standing in scored(board) if name in standing.costs], name)
    return go.Scatter(
        x=[AXES[name][1] * standing.costs[name] for standing in best],
        y=[standing.f1 for standing in best],
        mode="lines",
        line={"color": "#999999", "dash": "dash", "width": 1},
        hoverinfo="skip",
        showlegend=False,
    )


def _hover(standing: Standing, board: Board) -> str:
    head = f"<b>{escape(standing.name)}</b> ({escape(standing.teacher)})"
    figures = [f"{escape(column.title)}: {escape(column.show(standing))}" for column in columns(board) if column.number]
    return "<br>".join([head, *figures])
