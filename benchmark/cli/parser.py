"""Parser of a command: grouped help with examples, usage errors in two lines, and types of arguments.

Nothing that computes is imported here, nor by the modules that build parsers: `--help` answers at once.
"""

import argparse
import sys
import textwrap
from collections.abc import Sequence
from difflib import get_close_matches
from math import inf
from pathlib import Path
from typing import Any, Literal

from benchmark import __version__
from benchmark.core.errors import BAD_INPUT
from benchmark.core.spec import GRID, TUNED
from benchmark.core.streams import print_error
from tracking import without_password

PROGRAM = "which-student"
HELP_COLUMN = 30
"""Column of an option's description."""


class Parser(argparse.ArgumentParser):
    """Parser of `which-student NAME`, which is `python -m benchmark.NAME`.

    `doc` is the docstring of the command's module: what stands before its first colon is left out.
    """

    def __init__(self, name: str, doc: str | None = None, examples: Sequence[str] = ()) -> None:
        prog = program(name)
        description = (doc or "").partition(": ")[2].strip()
        super().__init__(
            prog=prog,
            description=description[:1].upper() + description[1:],
            epilog="examples:\n" + "\n".join(f"  {prog} {example}" for example in examples) if examples else None,
            formatter_class=_Help,
            allow_abbrev=False,
        )
        self.brief_usage = ""
        """The command with its required arguments."""
        self.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")

    def error(self, message: str) -> Any:
        """Prints the least that the command needs, and the error; ends with exit code 2."""
        hint = f"usage: {self.brief_usage} [options]   (all: {self.prog} --help)"
        print_error(f"{hint}\n{self.prog}: error: {message}")
        self.exit(BAD_INPUT)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """The arguments; options may stand between positional arguments. An unknown option is an error."""
        self.brief_usage = self.brief_usage or self._required()
        parsed, unknown = self.parse_known_intermixed_args(args, namespace)
        if unknown:
            option = next((word for word in unknown if word.startswith("-")), unknown[0])
            near = get_close_matches(option.partition("=")[0], self._option_string_actions, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            self.error(f"unrecognized arguments: {' '.join(map(without_password, unknown))}{hint}")
        return parsed

    def _required(self) -> str:
        usage = _Help(self.prog, width=sys.maxsize)
        usage.add_usage(None, [action for action in self._actions if action.required], (), prefix="")
        return usage.format_help().strip()


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help whose paragraphs are wrapped, but for those with indented lines."""

    def __init__(self, prog: str, width: int | None = None) -> None:
        super().__init__(prog, max_help_position=HELP_COLUMN, width=width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        paragraphs = text.split("\n\n")
        return "\n\n".join(
            part if "\n  " in part else textwrap.fill(part, width, initial_indent=indent) for part in paragraphs
        )


def program(name: str) -> str:
    """The command as it was typed: by the console script, or by its module."""
    is_script = not name or Path(sys.argv[0]).stem.replace("_", "-") == PROGRAM
    return f"{PROGRAM} {name}".rstrip() if is_script else f"python -m benchmark.{name}"


def positive(text: str) -> int:
    """A positive whole number."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)


def minutes(text: str) -> float:
    """A number above 0."""
    value = _number(text)
    if not 0 < value < inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


MAX_SEED = 2**32 - 1


def seed(text: str) -> int:
    """A seed that every random generator accepts."""
    if not text.isdecimal() or int(text) > MAX_SEED:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {MAX_SEED}")
    return int(text)


def learning_rate(text: str) -> float | Literal["grid", "tuned"]:
    """A number above 0 and at most 1, `grid`, or `tuned`."""
    return text if text in (GRID, TUNED) else rate(text, ", and neither 'grid' nor 'tuned'")  # type: ignore[return-value]


def rate(text: str, or_else: str = "") -> float:
    """A number above 0 and at most 1."""
    value = _number(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0 and at most 1{or_else}")
    return value


def _number(text: str) -> float:
    """The number; 0.0 for other text."""
    try:
        return float(text)
    except ValueError:
        return 0.0
