"""Found first in PYTHONPATH, it hides the folder HIDDEN from a process, as if it ran on a machine that lacks it.

Python asks before it opens or lists anything: https://docs.python.org/3/library/audit_events.html
"""

import os
import sys

HIDDEN = os.environ.get("HIDDEN", "")


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("open", "os.listdir", "os.scandir") and isinstance(arguments[0], str | bytes | os.PathLike):
        path = os.path.abspath(os.fsdecode(arguments[0]))
        if os.path.commonpath([path, HIDDEN]) == HIDDEN:
            raise FileNotFoundError(2, "hidden from this process", path)


if HIDDEN:
    sys.addaudithook(_refuse)
