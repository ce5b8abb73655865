"""Numbers as text for people."""

from math import floor, log10


def significant(value: float, digits: int = 3) -> str:
    """At least `digits` significant digits, no exponent: 0.0370, 1.49, 69.6, 1425."""
    places = digits - 1 - floor(log10(abs(value))) if value else 0
    return f"{value:.{max(places, 0)}f}"


def points(value: float) -> str:
    """F1 times 100 with two decimals, as in the paper's tables."""
    return f"{value:.2f}"


def whole(value: float) -> str:
    return f"{value:.0f}"


def millions(count: float) -> str:
    return f"{significant(count / 1e6)} M"


def percent(share: float) -> str:
    return f"{significant(100 * share, 2)} %"
