"""Colours of students: each has one, on every page and plot. Settings are told apart by marker and line style."""

from collections.abc import Iterable

from students.registry import STUDENTS

COLOURS = (
    *("#0072B2", "#D55E00", "#009E73", "#C2619A", "#A67C00"),
    *("#3D94C9", "#9454A3", "#808080", "#4D7C0F", "#A0785A"),
)
"""At least 3:1 against the light and the dark page; near those of Okabe and Ito, for colour-blind readers too."""


def student_colours(students: Iterable[str]) -> dict[str, str]:
    """Colours by student: the built-in students have the first, in the order of their table, and others (baselines,
    students with a vocabulary of their own) those that none of `students` has."""
    shown = set(students)
    built_in = dict(zip(STUDENTS, COLOURS, strict=False))
    free = [colour for colour in COLOURS if colour not in {built_in.get(name) for name in shown}]
    free.sort(key=lambda colour: colour in built_in.values())  # last those that another report may give a student
    others = sorted(shown - set(STUDENTS))
    return built_in | {name: (free or COLOURS)[at % len(free or COLOURS)] for at, name in enumerate(others)}
