"""Completion scripts of shells, written by shtab from the parsers of all commands."""

import argparse
from collections.abc import Collection, Mapping
from importlib import import_module

from benchmark.cli.parser import Parser
from benchmark.core.errors import InputError
from benchmark.core.presets import PRESETS
from benchmark.core.settings import SETTINGS
from benchmark.core.spec import TASKS
from benchmark.data.catalogue import DATASETS
from students.registry import NAMES

VALUES: Mapping[str, Collection[str]] = {
    "suite": TASKS,
    "preset": PRESETS,
    "dataset": DATASETS,
    "student": NAMES,
    "setting": SETTINGS,
}
"""Values that a shell proposes for an option, by its destination."""
PATHS = {"out": "DIRECTORY", "bundle": "DIRECTORY", "teacher": "DIRECTORY", "vectors": "FILE", "in_domain": "FILE"}
"""Attribute of shtab that completes paths, by destination."""


def completion(main: argparse.ArgumentParser, groups: Mapping[str, Mapping[str, str]], shell: str) -> str:
    """The completion script of a shell. Raises InputError where shtab is not installed."""
    try:
        import shtab
    except ModuleNotFoundError:
        raise InputError("Completion needs shtab: pip install 'which-student[completion]'.") from None
    commands = main.add_subparsers(parser_class=argparse.ArgumentParser)
    for name, text in [row for group in groups.values() for row in group.items()]:
        parser: Parser = import_module(f"benchmark.{name}").build_parser()
        commands.add_parser(name, parents=[parser], add_help=False, conflict_handler="resolve", help=text)
        for action in parser._actions:
            if action.dest in VALUES:
                action.choices = tuple(VALUES[action.dest])
            if action.dest in PATHS:
                action.complete = getattr(shtab, PATHS[action.dest])  # type: ignore[attr-defined]
    return str(shtab.complete(main, shell))
