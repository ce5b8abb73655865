"""JSON Schema of suite files, from the model that reads them: `python -m tools.suite_schema [--write]`."""

import json
import sys
from pathlib import Path
from typing import Any

from benchmark.data.suite_schema import SuiteSection

FILE = Path(__file__).resolve().parents[1] / "docs" / "suite.schema.json"


def schema() -> dict[str, Any]:
    """The schema; a file without `name` takes its own."""
    described = SuiteSection.model_json_schema(mode="validation")
    described["required"].remove("name")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **described, "title": "Suite of which-student"}


def text() -> str:
    """The schema as the file holds it."""
    return json.dumps(schema(), indent=2) + "\n"


def main() -> None:
    """Prints the schema, or with --write writes the file."""
    if "--write" in sys.argv:
        FILE.write_text(text(), encoding="utf-8")
    else:
        print(text(), end="")


if __name__ == "__main__":
    main()
