"""The teachers that command line, suite file and preset name together."""

import argparse
from collections.abc import Sequence
from dataclasses import replace

from benchmark.core.errors import InputError
from benchmark.core.presets import PRESETS
from benchmark.core.spec import TASKS
from benchmark.data.entry import Suite, TeacherEntry


def read_teachers(args: argparse.Namespace, suite: Suite) -> tuple[TeacherEntry, ...]:
    """The teachers of the command line, of the suite file, or of the preset of a built-in suite, in this order.

    A command line that names a teacher of the file again keeps the file's map of labels. Raises InputError if there is
    no teacher, and for options that contradict each other.
    """
    entries = (suite.teacher, *suite.others) if suite.teacher else ()
    if suite.name in TASKS:
        entries = (TeacherEntry(name=PRESETS[args.preset].teacher),)
    if args.teacher:
        of_file = {entry.name: entry for entry in entries}
        entries = tuple(of_file.get(name, TeacherEntry(name=name)) for name in args.teacher)
    if not entries:
        raise InputError(
            f"Suite {suite.name!r} names no teacher. Add a line `teacher: NAME` to {args.suite}, or give --teacher "
            "NAME: a folder, or a hub id as owner/model."
        )
    _check_several([entry.name for entry in entries], suite)
    is_trained = bool(args.teacher_epochs or args.teacher_learning_rate)
    if args.as_is and is_trained:
        raise InputError("--as-is trains no teacher. Leave out --teacher-epochs and --teacher-learning-rate.")
    by_options = False if is_trained else args.as_is
    return entries if by_options is None else tuple(replace(entry, as_is=by_options) for entry in entries)


def _check_several(names: Sequence[str], suite: Suite) -> None:
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"Teacher {twice[0]!r} is named twice. An ensemble is the mean of different teachers.")
    if len(names) > 1 and any(entry.outputs for entry in suite.entries.values()):
        raise InputError(
            f"teacher_outputs and {len(names)} teachers: the file is the teacher. Name the one teacher that gives the "
            "tokenizer, or leave teacher_outputs out."
        )
