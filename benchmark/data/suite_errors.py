"""One clear message for a suite file that does not match its schema."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from benchmark.core.errors import InputError, UnknownNameError
from benchmark.core.spec import TASKS
from benchmark.data.entry import OutputKind
from benchmark.data.rows import shorten
from benchmark.data.suite_document import Document
from benchmark.data.suite_schema import DatasetSection, OutputsSection, SuiteSection, TeacherSection

_TEXT = "a text is needed, in quotes if it is yes, no or a number"
_COLUMN = "a column name (in quotes if it is yes, no or a number) or a position (0, 1, ...) is needed"
_NEEDED = {
    "text": _COLUMN,
    "label": _COLUMN,
    "validation_fraction": "a number between 0 and 1 is needed, as 0.1",
    "datasets": "give at least one, as `name: {train: ...}`",
    "as_is": "true or false is needed",
    "datasets.labels": "a list of class names is needed, in quotes if they are yes, no or numbers",
    "labels": "the data's label for each of the checkpoint's is needed, as {LABEL_0: negative}, in quotes if it looks "
    "like a number or is yes or no",
}
SECTIONS: Mapping[str, type[BaseModel]] = {
    "datasets": DatasetSection,
    "teacher": TeacherSection,
    "teacher_outputs": OutputsSection,
}
ALLOWED = {"task": TASKS, "kind": get_args(OutputKind), "format": ("csv", "tsv", "jsonl", "conll")}
"""Values of the keys that take one of a few."""


def explain(error: ValidationError, document: Document) -> InputError:
    """Explains one of the errors; an unknown key before all others, since it may be a missing one misspelt."""
    unknown_key = ("extra_forbidden", "invalid_key")
    first = min(error.errors(include_url=False), key=lambda each: each["type"] not in unknown_key)
    kind, value = first["type"], first["input"]
    loc = tuple(
        key for key in first["loc"] if first["loc"][0] != "teacher" or isinstance(key, str)
    )  # of one or of a list
    if kind in unknown_key:
        nested = len(loc) > (2 if loc[0] == "datasets" else 1)
        holder = loc[2] if loc[0] == "datasets" and len(loc) > 3 else loc[0]
        section = SECTIONS.get(str(holder), SuiteSection) if nested else SuiteSection
        return UnknownNameError(f"key in {document.where(loc)}:", _short(loc[-1]), section.model_fields)
    field = str(loc[-1]) if kind in ("missing", "literal_error") else _field(loc)
    needed = _NEEDED.get(f"{loc[0]}.{field}") or _NEEDED.get(field, _TEXT)
    return _explain_value(kind, field, value, document.where(loc), needed, first.get("ctx", {}))


def _explain_value(
    kind: str, field: str, value: object, where: str, needed: str, context: Mapping[str, Any]
) -> InputError:
    if kind == "missing":
        return InputError(f"{where}: `{field}` is missing. Add a line `{field}: ...`.")
    if kind == "literal_error":
        return UnknownNameError(f"{field} in {where}:", _short(value), ALLOWED[field])
    if kind == "value_error":
        return InputError(f"{where}: {context['error']}")
    if not field:
        return InputError(
            f"{where} is {shorten(value)}; give its files, as {{train: ..., validation: ..., test: ...}}."
        )
    return InputError(f"{where}: `{field}` is {shorten(value)}; {needed}.")


def _field(loc: Sequence[int | str]) -> str:
    """Key of the invalid value; empty for a whole data set."""
    if loc[0] in ("teacher", "teacher_outputs") and len(loc) > 1:
        return str(loc[0] if loc[1] == "path" else loc[1])
    if loc[-1] == "[key]":
        return "name of a data set"
    return str(loc[0] if loc[0] != "datasets" or len(loc) == 1 else loc[2] if len(loc) > 2 else "")


def _short(value: object) -> str:
    return value[:40] if isinstance(value, str) else shorten(value)
