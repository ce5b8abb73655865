"""The file tree of CONTRIBUTING.md, from the first lines of the modules: `python -m tools.file_tree [--write]`."""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
START, END = "<!-- file tree -->\n", "<!-- /file tree -->"
PACKAGES = ("benchmark", "students", "tracking")


def tree() -> str:
    """A Markdown list of packages and modules, each with the first line of its docstring."""
    return "".join(f"{line}\n" for package in PACKAGES for line in _lines(ROOT / package))


def written() -> str:
    """The tree that CONTRIBUTING.md holds."""
    return CONTRIBUTING.read_text(encoding="utf-8").partition(START)[2].partition(END)[0]


def _lines(folder: Path, depth: int = 0) -> list[str]:
    indent = "  " * depth
    lines = [f"{indent}- `{folder.name}/` {_phrase(folder / '__init__.py')}"]
    for module in sorted(folder.glob("*.py")):
        if module.name != "__init__.py":
            lines.append(f"{indent}  - `{module.name}` {_phrase(module)}")
    for package in sorted(path.parent for path in folder.glob("*/__init__.py")):
        lines += _lines(package, depth + 1)
    return lines


def _phrase(module: Path) -> str:
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0].rstrip(".:")


def main() -> None:
    """Prints the tree, or with --write puts it into CONTRIBUTING.md."""
    if "--write" not in sys.argv:
        print(tree(), end="")
        return
    text = CONTRIBUTING.read_text(encoding="utf-8")
    head, _, rest = text.partition(START)
    CONTRIBUTING.write_text(head + START + tree() + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
