"""How often a fault was tried, and what came of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Protocol


@dataclass
class Tally:
    tries: int = 0
    survived: int = 0
    lost: list[str] = field(default_factory=list)
    """What was lost in the tries that were not survived."""
    notes: list[str] = field(default_factory=list)
    """Figures worth a line, such as how long something waited."""

    @contextmanager
    def afterwards(self, what: str) -> Iterator[None]:
        """No try: what is found here was lost by one of those before."""
        try:
            yield
        except AssertionError as error:
            self.lost.append(f"{what}: {error}")
            self.survived -= 1

    @contextmanager
    def one(self, what: str) -> Iterator[None]:
        """A try; it is survived where no assertion fails in the `with` block."""
        self.tries += 1
        try:
            yield
        except AssertionError as error:
            self.lost.append(f"{what}: {error}")
        else:
            self.survived += 1


class Fault(Protocol):
    """Makes a fault `tries` times, in an empty folder."""

    def __call__(self, folder: Path, tries: int, dice: Random) -> Tally: ...
