"""Exceptions that carry a message for people, and exit codes.

    BenchmarkError
    ├── InputError            unusable input                             exit code 2
    │   ├── UnknownNameError  no such data set, student, key, ...        suggests the nearest name
    │   ├── DataError         a data file is missing, broken or unusable
    │   └── TrackingError     the tracking store cannot be used
    └── RunError              one run failed                             the others continue, exit code 1
        └── DivergedError     its training never had a finite loss       a grid continues with its other rates

Messages give the value, the allowed values, and the remedy. The command line prints them without a traceback.
"""

from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches

DONE, SOME_FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
"""Exit codes of every command."""


class BenchmarkError(Exception):
    """Base of every error raised on purpose."""


class InputError(BenchmarkError):
    """The user's input cannot be used."""


class DataError(InputError):
    """A data file is missing, unreadable or unusable for its task."""


class TrackingError(InputError):
    """The tracking store is not reachable, or refuses a request."""


class RunError(BenchmarkError):
    """One run of the plan failed."""


class DivergedError(RunError):
    """Training diverged at this learning rate."""


class UnknownNameError(InputError):
    """`name` is none of the `allowed` names; the nearest one is suggested."""

    def __init__(self, kind: str, name: object, allowed: Iterable[str]) -> None:
        names = sorted(allowed)
        near = get_close_matches(str(name), names, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        super().__init__(f"Unknown {kind} {str(name)!r}.{hint} Allowed: {', '.join(names)}.")


def require_known(kind: str, names: Sequence[str], allowed: Collection[str]) -> None:
    """Raises UnknownNameError for the first name that is not allowed."""
    for name in names:
        if name not in allowed:
            raise UnknownNameError(kind, name, allowed)
