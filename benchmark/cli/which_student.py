"""The console script: `which-student COMMAND ...` is `python -m benchmark.COMMAND ...`."""

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import NoReturn, cast

import benchmark
from benchmark.cli.command import run_command
from benchmark.cli.parser import PROGRAM, Parser
from benchmark.core.errors import DONE, require_known

GROUPS: Mapping[str, Mapping[str, str]] = {
    "experiments": {
        "run": "plan, run what is missing, measure, track, report",
        "tune": "search the learning rate of one student (Optuna)",
        "study": "run an experiment of the paper's discussion",
        "latency": "measure milliseconds by the whole protocol",
    },
    "results": {
        "report": "write the report of finished runs",
        "list": "list suites, data sets, students, settings and runs",
        "merge": "copy runs from one store to another",
    },
    "models": {
        "predict": "predict labels of texts with an exported bundle",
        "push": "upload a bundle to the Hugging Face Hub",
    },
}
SHELLS = ("bash", "zsh", "tcsh", "fish")
COMMANDS = tuple(name for group in GROUPS.values() for name in group)
EXAMPLES = (
    "run --suite classification",
    "run --suite FILE.yml --teacher ../my-bert",
    "report --suite classification --max-ms 0.5",
    'predict bundle "senang sekali"',
)


def run() -> NoReturn:
    """Runs the command of this process's command line; ends with its exit code."""
    run_command(partial(main, sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Runs the command that the first argument names; returns its exit code."""
    if arguments and not arguments[0].startswith("-"):
        name, *rest = arguments
        require_known("command", [name], COMMANDS)
        return cast(int, import_module(f"benchmark.{name}").main(rest))
    parser = build_parser()
    args = parser.parse_args(arguments)
    if not args.print_completion:
        parser.error("the following arguments are required: COMMAND")
    from benchmark.cli.completion import completion

    print(completion(parser, GROUPS, args.print_completion))
    return DONE


def build_parser() -> Parser:
    """Parser of what stands before a command, or in its place."""
    parser = Parser("", f": {_description()}", EXAMPLES)
    parser.usage = parser.brief_usage = f"{PROGRAM} COMMAND"
    shells = f"print a shell's completion script: {', '.join(SHELLS)} (needs shtab)"
    parser.add_argument("--print-completion", metavar="SHELL", choices=SHELLS, help=shells)
    return parser


def _description() -> str:
    groups = [
        f"{title}:\n" + "".join(f"  {name:<9}{text}\n" for name, text in GROUPS[title].items()) for title in GROUPS
    ]
    return "\n".join([f"{benchmark.__doc__}\n\n{PROGRAM} COMMAND --help shows the options of a command.\n", *groups])
