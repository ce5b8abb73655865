"""The functions that a student's spec passes from the command to its leaderboard row, as they are called.

`python docs/experiments/spec_walk.py TEACHER_FOLDER` runs a smoke benchmark of one student in this process and records
each first call whose arguments hold the student's spec, or something that carries it (a task, a record, a row). Prints
the calls, `^` before those into a higher package, and their number.
"""

import sys
import tempfile
from pathlib import Path
from types import FrameType

from benchmark.core.spec import RunSpec
from benchmark.run import main
from tracking import Record

ROOT = Path(__file__).resolve().parents[2]
STUDENT, SETTING = "cnn", "kd"
LEVELS = ("core", "data bundle", "distillation reporting", "export", "measurement", "execution", "cli tuning")
"""Packages of `benchmark/` from the lowest level up; its commands are above them, other packages below."""
OPTIONS = ("--suite", "classification", "--limit", "40", "--jobs", "1", "--no-latency")
EPOCHS = ("--teacher-epochs", "1", "--max-epochs", "2")

Function = tuple[str, str]


def carries(value: object, depth: int = 0) -> bool:
    """Whether `value` is the student's spec or holds it."""
    if isinstance(value, RunSpec):
        return (value.student, value.setting) == (STUDENT, SETTING)
    if isinstance(value, Record):
        return (value.params.get("student"), value.params.get("setting")) == (STUDENT, SETTING)
    if isinstance(value, list | tuple):
        return depth < 2 and any(carries(each, depth + 1) for each in value)
    held = getattr(value, "__dict__", {})
    return ("spec" in held and carries(held["spec"])) or (held.get("student"), held.get("setting")) == (
        STUDENT,
        SETTING,
    )


class Walk:
    """Calls in the order of their first occurrence."""

    def __init__(self) -> None:
        self.calls: dict[tuple[Function, Function], None] = {}
        self.types: set[str] = set()

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event != "call" or not is_ours(frame):
            return
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        carriers = [value for value in map(frame.f_locals.get, names) if carries(value)]
        if carriers and code.co_name not in PROPERTIES:
            self.types |= {type(value).__name__ for value in carriers if not isinstance(value, list | tuple)}
            self.calls[function(caller(frame)), function(frame)] = None


PACKAGES = tuple(str(ROOT / name) for name in ("benchmark", "students", "tracking"))
PROPERTIES = {"is_teacher", "name", "key", "smoke", "searches", "searched", "counts"}


def is_ours(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(PACKAGES) and not frame.f_code.co_name.startswith("<")


def caller(frame: FrameType) -> FrameType:
    """The nearest frame of ours below `frame`."""
    back = frame.f_back
    while back and not is_ours(back):
        back = back.f_back
    return back or frame


def function(frame: FrameType) -> Function:
    return str(Path(frame.f_code.co_filename).relative_to(ROOT)), frame.f_code.co_qualname


def level(file: str) -> int:
    first, second = Path(file).parts[:2]
    if first != "benchmark":
        return -1
    return next((number for number, names in enumerate(LEVELS) if second in names.split()), len(LEVELS))


def to_leaderboard(calls: list[tuple[Function, Function]]) -> list[tuple[Function, Function]]:
    last = next(number for number, (_, (_, name)) in enumerate(calls) if name == "leaderboards")
    return calls[: last + 1]


if __name__ == "__main__":
    walk = Walk()
    with tempfile.TemporaryDirectory() as folder:
        places = ["--tracking-uri", f"sqlite:///{folder}/runs.db", "--out", f"{folder}/results"]
        sys.setprofile(walk)
        code = main([*OPTIONS, *EPOCHS, "-s", STUDENT, "-x", SETTING, "--teacher", sys.argv[1], *places])
        sys.setprofile(None)
    calls = to_leaderboard(list(walk.calls))
    for (from_file, from_name), (file, name) in calls:
        print(f"{'^' if level(file) > level(from_file) else ' '} {from_file}:{from_name} -> {file}:{name}")
    between = [call for call in calls if call[0][0] != call[1][0]]
    upwards = [call for call in calls if level(call[1][0]) > level(call[0][0])]
    print(f"{len(calls)} calls, {len(between)} between files, {len(upwards)} upwards; types: {sorted(walk.types)}")
    sys.exit(code)
