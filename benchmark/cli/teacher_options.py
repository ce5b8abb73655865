"""The teacher that command line, suite file and preset name together."""

import argparse
from dataclasses import replace

from benchmark.core.errors import InputError
from benchmark.core.presets import PRESETS
from benchmark.core.spec import TASKS
from benchmark.data.entry import Suite, TeacherEntry


def read_teacher(args: argparse.Namespace, suite: Suite) -> TeacherEntry:
    """The teacher of the command line, of the suite file, or of the preset of a built-in suite, in this order.

    A command line that names the file's teacher again keeps the file's map of labels. Raises InputError if there is no
    teacher, and for options that contradict each other.
    """
    entry = suite.teacher or (TeacherEntry(name=PRESETS[args.preset].teacher) if suite.name in TASKS else None)
    if args.teacher and (entry is None or args.teacher != entry.name):
        entry = TeacherEntry(name=args.teacher)
    if entry is None:
        raise InputError(
            f"Suite {suite.name!r} names no teacher. Add a line `teacher: NAME` to {args.suite}, or give --teacher "
            "NAME: a folder, or a hub id as owner/model."
        )
    is_trained = bool(args.teacher_epochs or args.teacher_learning_rate)
    if args.as_is and is_trained:
        raise InputError("--as-is trains no teacher. Leave out --teacher-epochs and --teacher-learning-rate.")
    by_options = False if is_trained else args.as_is
    return entry if by_options is None else replace(entry, as_is=by_options)
