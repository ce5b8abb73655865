"""Standard output of a command."""

import os
import sys

from rich.console import Console


class Output(Console):
    """The terminal, or the pipe of standard output; a command whose reader has ended, such as `head`, runs on."""

    def on_broken_pipe(self) -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
