"""The parsers of all commands, and the console script."""

import os
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from benchmark import __version__
from benchmark.cli.arguments import STUDIES
from benchmark.cli.which_student import COMMANDS, build_parser, main
from benchmark.core.errors import UnknownNameError
from benchmark.reporting.studies.experiments import EXPERIMENTS
from tests.support import ROOT


def exits(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int | str | None, str, str]:
    """Exit code and output of a command line that ends in the parser."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capsys.readouterr()
    return ended.value.code, out, err


def test_the_console_script_has_every_command() -> None:
    assert set(COMMANDS) == {path.stem for path in (ROOT / "benchmark").glob("*.py")} - {"__init__"}


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_of_the_help_are_accepted(command: str) -> None:
    module = import_module(f"benchmark.{command}")
    assert module.EXAMPLES
    for example in module.EXAMPLES:
        module.build_parser().parse_args(shlex.split(example.partition(" <")[0]))


def test_examples_name_commands(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = exits(capsys, "--help")
    assert code == 0
    examples = [shlex.split(line) for line in out.partition("examples:\n")[2].splitlines()]
    assert len(examples) > 2
    for program, command, *rest in examples:
        assert program == "which-student"
        import_module(f"benchmark.{command}").build_parser().parse_args(rest)


@pytest.mark.parametrize(
    ("arguments", "usage", "error"),
    [
        (["run"], "--suite SUITE [options]", "the following arguments are required: --suite"),
        (["run", "--suite", "x", "--sedes", "2"], "--suite SUITE [options]", "--sedes 2 (did you mean --seeds?)"),
        (["study"], "NAME [options]", "the following arguments are required: NAME"),
        (["predict", "b", "--threads", "0"], "bundle [text ...] [options]", "'0' is not a positive whole number"),
        ([], "COMMAND [options]", "the following arguments are required: COMMAND"),
    ],
)
def test_usage_errors_are_two_lines(
    arguments: list[str], usage: str, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = exits(capsys, *arguments)
    first, second = err.splitlines()
    assert (code, out) == (2, "")
    assert first.startswith("usage: ")
    assert usage in first
    assert "--help" in first
    assert second.endswith(error)


def test_an_unknown_command_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'report'"):
        main(["reprot"])


@pytest.mark.parametrize("arguments", [["--version"], ["list", "--version"]])
def test_version(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert exits(capsys, *arguments)[:2] == (0, f"which-student {__version__}\n")


def test_studies_of_the_help_are_the_experiments() -> None:
    assert set(STUDIES) == set(EXPERIMENTS)


def test_the_completion_of_bash_proposes_students() -> None:
    pytest.importorskip("shtab")
    from benchmark.cli.completion import completion
    from benchmark.cli.which_student import GROUPS

    script = completion(build_parser(), GROUPS, "bash")
    request = "COMP_WORDS=(which-student run --student bil); COMP_CWORD=3; _shtab_which_student; echo ${COMPREPLY[@]}"
    done = subprocess.run(["bash", "-c", f"{script}\n{request}"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["bilstm", "bilstm_small"]


def test_a_package_of_another_project_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "benchmark").mkdir()
    (tmp_path / "benchmark" / "__init__.py").touch()
    search = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-P", "-m", "which_student", "list"],
        env=os.environ | {"PYTHONPATH": search},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert f"`benchmark` in {tmp_path / 'benchmark'}" in done.stderr
