"""Colours of students: each has one, on every page and plot. Settings are told apart by marker and line style."""

from typing import Any
from zlib import crc32

COLOURS = {
    "bilstm": "#0072B2",
    "cnn": "#D55E00",
    "bert_tiny": "#009E73",
    "bert_mini": "#C2619A",
    "bert_small": "#A67C00",
    "bilstm_small": "#3D94C9",
    "static": "#9454A3",
    "tfidf": "#808080",
    "fasttext": "#4D7C0F",
    "crf": "#A0785A",
}
"""Near those of Okabe and Ito, for colour-blind readers too; at least 3:1 against every background of page.css."""
OTHERS = ("#D63384", "#6C6FE0", "#12929A", "#DC3545")
"""Colours of students that are not in the table."""


def student_colour(student: str) -> str:
    """A vocabulary of its own leaves a student its colour, and makes its marks hollow."""
    name, _, _ = student.partition("+")
    return COLOURS.get(name) or OTHERS[crc32(name.encode()) % len(OTHERS)]


def is_hollow(student: str) -> bool:
    return "+" in student


def mark_style(student: str) -> dict[str, Any]:
    """The marks of a student, as matplotlib's lines take them."""
    colour = student_colour(student)
    face, edge, width = ("white", colour, 1.4) if is_hollow(student) else (colour, "white", 0.6)
    return {"color": colour, "markerfacecolor": face, "markeredgecolor": edge, "markeredgewidth": width}
