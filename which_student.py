"""The console script `which-student`, and `python -m which_student`; names foreign packages that stand in the way."""

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

PACKAGES = ("benchmark", "students", "tracking")
BAD_INPUT = 2


def main() -> NoReturn:
    """Runs the command that the first argument names; ends with its exit code."""
    for package, place in _foreign_packages():
        print(
            f"which-student: Python finds the package `{package}` in {place}, which is another project's. Rename that "
            "folder, or start from another one, without it in PYTHONPATH.",
            file=sys.stderr,
        )
        sys.exit(BAD_INPUT)
    from benchmark.cli.which_student import run

    run()


def _foreign_packages() -> Iterator[tuple[str, Path]]:
    """Packages of the same names that do not lie beside this file, with their places."""
    for package in PACKAGES:
        spec = find_spec(package)
        locations = [*(spec.submodule_search_locations or ()), spec.origin] if spec else []
        place = Path(locations[0] or "").resolve() if locations else Path()
        if place.parent != Path(__file__).resolve().parent:
            yield package, place


if __name__ == "__main__":
    main()
