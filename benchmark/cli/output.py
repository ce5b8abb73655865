"""Standard output of a command. It imports rich, which `predict` does without."""

import sys

from rich.console import Console

from benchmark.core.streams import discard


class Output(Console):
    """The terminal, or the pipe of standard output; a command whose reader has ended, such as `head`, runs on."""

    def on_broken_pipe(self) -> None:
        discard(sys.stdout)

    def say(self, *lines: str) -> None:
        """Prints lines as they are: no markup, no colours, no line breaks of its own."""
        for line in lines:
            self.print(line, markup=False, highlight=False, soft_wrap=True)
