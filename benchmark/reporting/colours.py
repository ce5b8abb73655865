"""Colours of students: each has one, on every page and plot. Settings are told apart by marker and line style."""

from collections.abc import Iterable

from students.registry import STUDENTS

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#C2619A", "#A67C00", "#3D94C9", "#9454A3", "#808080")
"""At least 3:1 against the light and the dark page; near those of Okabe and Ito, for colour-blind readers too."""


def student_colours(students: Iterable[str]) -> dict[str, str]:
    """Colours by student: the built-in students have the first, in the order of their table, and others the next."""
    names = list(STUDENTS) + sorted(set(students) - set(STUDENTS))
    return {name: COLOURS[at % len(COLOURS)] for at, name in enumerate(names)}
