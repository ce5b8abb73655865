"""docker-compose.yml as Compose reads it: its variables put in, its services as plain values."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.support import ROOT

FILE = ROOT / "docker-compose.yml"
_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>\w+)(?P<kind>:[-?])?(?P<rest>[^}]*)\})")


class MissingVariableError(Exception):
    """A variable that the file demands is not set."""


def compose(variables: Mapping[str, str]) -> dict[str, Any]:
    """The whole file, with `${NAME}`, `${NAME:-default}`, `${NAME:?message}` and `$$` replaced."""
    return put_in(yaml.safe_load(FILE.read_text(encoding="utf-8")), variables)


def put_in(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: put_in(part, variables) for name, part in value.items()}
    if isinstance(value, list):
        return [put_in(part, variables) for part in value]
    return _VARIABLE.sub(lambda found: _of(found, variables), value) if isinstance(value, str) else value


def demanded() -> set[str]:
    """Names that must be set: `${NAME:?message}`."""
    found = _VARIABLE.finditer(FILE.read_text(encoding="utf-8"))
    return {match["name"] for match in found if match["kind"] == ":?"}


def _of(found: re.Match[str], variables: Mapping[str, str]) -> str:
    if found[0] == "$$":
        return "$"
    value = variables.get(found["name"], "")
    if not value and found["kind"] == ":?":
        raise MissingVariableError(f"{found['name']}: {found['rest']}")
    return value or (found["rest"] if found["kind"] == ":-" else "")
