"""Standard output and error of a command, whose reader may have ended, as behind `head`: the command then runs on."""

import os
import sys
from typing import TextIO

from tracking import without_password


def print_error(message: str) -> None:
    """Prints a message without passwords to standard error; where nobody reads it, the exit code says enough."""
    try:
        print(without_password(message), file=sys.stderr, flush=True)
    except BrokenPipeError:
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """From now on, what is written to the stream is dropped; so is what it has not passed on."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
