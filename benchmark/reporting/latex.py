"""report.tex: the leaderboard and the tables beside the paper, to be \\input into a paper (package booktabs)."""

import re
from collections.abc import Sequence

from benchmark.reporting.columns import columns
from benchmark.reporting.leaderboard_entry import Leaderboard
from benchmark.reporting.paper_comparison import PaperComparison, paper_comparisons
from benchmark.reporting.summary import summary

SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "±": r"$\pm$",
} | {mark: f"\\{mark}" for mark in "&%$#_{}"}
HEAD = "% Needs \\usepackage{booktabs} and, for wide tables, \\usepackage{graphicx}.\n"
CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def latex(leaderboards: Sequence[Leaderboard]) -> str:
    """One table float for each table of the report."""
    tables = [
        text
        for leaderboard in leaderboards
        for text in (_leaderboard(leaderboard), *map(_beside, paper_comparisons(leaderboard)))
    ]
    return HEAD + "\n".join(tables)


def escaped(text: str) -> str:
    """Text that LaTeX prints as it is, on one line."""
    plain = " ".join(CONTROL.sub(" ", text).split())
    return "".join(SPECIAL.get(character, character) for character in plain)


def _leaderboard(leaderboard: Leaderboard) -> str:
    shown = columns(leaderboard)
    rows = [[column.show(entry) for column in shown] for entry in leaderboard.entries]
    titles = [f"{column.title} ({column.note})" if column.note else column.title for column in shown]
    return _table(
        f"{leaderboard.suite}, preset {leaderboard.preset}. {summary(leaderboard)}",
        titles,
        rows,
        [c.number for c in shown],
    )


def _beside(paper: PaperComparison) -> str:
    rows = [[*keys, *(" / ".join(paper.texts(cell)) for cell in cells)] for keys, cells in paper.lines]
    numbers = [*(False for _ in paper.heads), *(True for _ in paper.columns)]
    caption = f"Beside the paper's {paper.title}: ours / the paper's / the difference. {paper.note}"
    return _table(caption, [*paper.heads, *paper.columns], rows, numbers)


def _table(caption: str, titles: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[bool]) -> str:
    layout = "".join("r" if number else "l" for number in numbers)
    body = "\n".join(_line(row) for row in rows)
    return (
        f"\\begin{{table}}\n\\centering\n\\caption{{{escaped(caption)}}}\n"
        f"\\resizebox{{\\linewidth}}{{!}}{{%\n\\begin{{tabular}}{{{layout}}}\n\\toprule\n{_line(titles)}\n\\midrule\n"
        f"{body}\n\\bottomrule\n\\end{{tabular}}}}\n\\end{{table}}\n"
    )


def _line(cells: Sequence[str]) -> str:
    return " & ".join(map(escaped, cells)) + r" \\"
