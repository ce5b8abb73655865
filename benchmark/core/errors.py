"""Exceptions that carry a message for people, and exit codes.

    BenchmarkError
    ├── InputError            what the user gave cannot be used        exit code 2
    │   ├── UnknownNameError  no such data set, student, key, ...      offers the nearest name
    │   ├── DataError         a data file is missing, broken or unfit
    │   └── TrackingError     the tracking store cannot be used
    └── RunError              one run could not be done                the sweep goes on, exit code 1
        └── DivergedError     its training never reached a finite loss a grid goes on with its other rates

A message says what came, what is allowed, and what to do. The command line prints it without a traceback.
"""

from collections.abc import Iterable
from difflib import get_close_matches

DONE, SOME_FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
"""Exit codes of every command."""


class BenchmarkError(Exception):
    """Base of every error raised on purpose."""


class InputError(BenchmarkError):
    """The user's input cannot be used as given."""


class DataError(InputError):
    """A data file is missing, unreadable or unfit for its task."""


class TrackingError(InputError):
    """The tracking store does not answer or refuses what is asked."""


class RunError(BenchmarkError):
    """One run of the plan could not be done."""


class DivergedError(RunError):
    """Training at this learning rate led nowhere."""


class UnknownNameError(InputError):
    """`name` is none of the `allowed` names; the nearest one is offered."""

    def __init__(self, kind: str, name: object, allowed: Iterable[str]) -> None:
        known = sorted(allowed)
        near = get_close_matches(str(name), known, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        super().__init__(f"Unknown {kind} {str(name)!r}.{hint} Known: {', '.join(known)}.")
