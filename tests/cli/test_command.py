"""The entry point of every command: output that nobody reads any more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.commands import Finished
from tests.support.runs import statuses
from tests.support.warm import WarmCommand

WORK = """
import sys
from pathlib import Path
from benchmark.cli.command import run_command
from benchmark.cli.output import Output

def main():
    console = Output()
    for line in range(10_000):
        console.print(f"line {line}")
    Path(sys.argv[1]).write_text("done")
    return 0

run_command(main)
"""


def test_a_command_whose_reader_has_ended_does_its_work(tmp_path: Path) -> None:
    command = subprocess.Popen(
        [sys.executable, "-c", WORK, str(tmp_path / "result")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert command.stdout is not None
    assert command.stdout.readline() == "line 0\n"
    command.stdout.close()
    assert command.stderr is not None
    assert command.stderr.read() == ""
    assert command.wait() == 0
    assert (tmp_path / "result").read_text() == "done"


FAILS = """
from benchmark.cli.command import run_command
from benchmark.cli.output import Output
from benchmark.core.streams import print_error

def main():
    console = Output()
    for line in range(10_000):
        console.print(f"line {line}")
    for run in range(10_000):
        print_error(f"Failed: run {run}")
    return 1

run_command(main)
"""


@pytest.mark.parametrize("lines", [1, 10_010], ids=["output", "errors"])
def test_a_failure_keeps_its_exit_code_where_nobody_reads_it(lines: int) -> None:
    """As in `command 2>&1 | head`."""
    command = subprocess.Popen(
        [sys.executable, "-c", FAILS], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
    )
    assert command.stdout is not None
    for _ in range(lines):
        command.stdout.readline()
    command.stdout.close()
    assert command.wait() == 1


def test_runs_of_a_command_whose_reader_has_ended_are_finished(finished_copy: Finished) -> None:
    reader, out = os.pipe()
    command = WarmCommand(finished_copy.folder, *finished_copy.unmeasured, "-x", "kd", out=out)
    os.close(reader)
    os.close(out)
    assert command.communicate() == ("", "")
    assert command.returncode == 0
    assert statuses(finished_copy.store)[-1] == ("cnn.kd", "finished")
