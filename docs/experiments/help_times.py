"""Seconds until `--help` of each command is printed, each time in a fresh process; the table goes to docs/lab-log.md.

    python docs/experiments/help_times.py [REPEATS]

Prints the median of five by default, and CPU seconds, which hardly depend on what else is running.
"""

import statistics
import sys
import tempfile

from import_times import seconds

from benchmark.cli.which_student import COMMANDS


def main(repeats: int) -> None:
    print("| command | wall s, median | CPU s, median |\n| --- | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("", *COMMANDS):
            command = ["-m", "which_student", *name.split(), "--help"]
            seconds(command, folder)  # compiles
            wall, cpu = zip(*(seconds(command, folder) for _ in range(repeats)), strict=True)
            title = f"which-student {name}".rstrip()
            print(f"| `{title} --help` | {statistics.median(wall):.2f} | {statistics.median(cpu):.2f} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
