"""Suites of one's own: the schema of a FILE.yml, and one clear message for a file that does not fit it."""

import re
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from benchmark.core.errors import DataError, InputError, UnknownNameError
from benchmark.core.spec import TASKS, Task
from benchmark.data.entry import SPLITS, DataFile, DatasetEntry, Format, Suite
from benchmark.data.rows import shorten

FORMATS: dict[str, Format] = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".conll": "conll"}
NAME = re.compile(r"\w[\w.-]{0,63}")
NEEDED = {
    "text": "a column name (in quotes if it is yes, no or a number) or a position (0, 1, ...) is needed",
    "label": "a column name (in quotes if it is yes, no or a number) or a position (0, 1, ...) is needed",
    "validation_fraction": "a number between 0 and 1 is needed, as 0.1",
    "datasets": "give at least one, as `name: {train: ...}`",
    "data set": "give its files, as {train: ..., validation: ..., test: ...}",
}
A_TEXT = "a text is needed (put it in quotes if it looks like a number)"


def _safe_name(name: str) -> str:
    """A name that can be a part of a path."""
    if not NAME.fullmatch(name) or name.endswith("."):
        proposal = re.sub(r"[^\w.-]+", "_", name).strip("_.-")[:64] or "my_name"
        raise ValueError(
            f"{shorten(name)} cannot name a folder. Use up to 64 letters, digits, '_', '-' and '.', as in {proposal!r}."
        )
    return name


def _suite_name(name: str) -> str:
    if name in TASKS:
        raise ValueError(
            f"the name {name!r} is that of a built-in suite. Choose another, so that their runs stay apart."
        )
    return name


Text = Annotated[str, Field(pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
Name = Annotated[Text, AfterValidator(_safe_name)]
Position = Annotated[int, Field(ge=0)]
ColumnName = Annotated[str, Field(min_length=1)]


class _Section(BaseModel):
    """A mapping of the file; a key without a value counts as absent."""

    model_config = ConfigDict(strict=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_empty_keys(cls, value: object) -> object:
        return {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value


class DatasetSection(_Section):
    """One data set. Paths are relative to the suite file."""

    train: Text
    validation: Text | None = None
    test: Text
    validation_fraction: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] | None = None
    text: ColumnName | Position | None = None
    label: ColumnName | Position | None = None
    format: Literal["csv", "tsv", "jsonl", "conll"] | None = None
    licence: Text = "unknown"

    @model_validator(mode="after")
    def _one_validation_split(self) -> Self:
        n_given = (self.validation is not None) + (self.validation_fraction is not None)
        if n_given != 1:
            raise ValueError(f"give either `validation: FILE` or `validation_fraction: 0.1`, not {n_given} of them.")
        return self

    @model_validator(mode="after")
    def _columns_of_one_kind(self) -> Self:
        if isinstance(self.text, int) != isinstance(self.label, int):
            raise ValueError(
                f"`text` is {shorten(self.text)} and `label` is {shorten(self.label)}; give both as names of the "
                "header, or both as positions (0, 1, ...) of a file without one."
            )
        return self


class SuiteSection(_Section):
    """A whole suite file."""

    name: Annotated[Name, AfterValidator(_suite_name)]
    task: Task
    teacher: Text | None = None
    unlabeled: Annotated[list[Text], BeforeValidator(lambda value: value if isinstance(value, list) else [value])] = []
    datasets: Annotated[dict[Name, DatasetSection], Field(min_length=1)]


def read_suite_file(path: Path) -> Suite:
    """Reads and checks `path`; the data files must exist, their content is read later.

    Raises:
        UnknownNameError: an unknown key, task or format; the nearest known one is offered.
        InputError: broken YAML, a missing key, a value of another type, a name that is no file name.
        DataError: a file that does not exist.
    """
    document = _Document(path)
    try:
        section = SuiteSection.model_validate({"name": path.stem, **document.content})
    except ValidationError as error:
        raise document.explain(error) from None
    return Suite(
        name=section.name,
        task=section.task,
        datasets=tuple(section.datasets),
        entries={
            name: _entry(name, dataset, section.task, path, document.where(("datasets", name)))
            for name, dataset in section.datasets.items()
        },
        unlabeled=tuple(_existing(name, path) for name in section.unlabeled),
        teacher=section.teacher and _teacher(section.teacher, path),
    )


class _UniqueKeys(yaml.SafeLoader):
    """The plain loader silently keeps the last of two equal keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        counts = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        if twice := [key for key, count in counts.items() if count > 1]:
            raise yaml.MarkedYAMLError(problem=f"key {shorten(twice[0])} stands twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


class _Document:
    """A YAML file's content, and the line of each of its keys."""

    def __init__(self, path: Path) -> None:
        """Raises DataError for a file that cannot be read, InputError for one that is no YAML mapping."""
        self.path = path
        try:
            loader = _UniqueKeys(path.read_bytes())
            self.node = loader.get_single_node()
            content = loader.construct_document(self.node) if self.node else None
        except FileNotFoundError:
            raise DataError(f"Suite file {str(path)!r} does not exist. Check the path.") from None
        except OSError as error:
            raise DataError(f"Suite file {str(path)!r} cannot be read: {error}.") from None
        except Exception as error:  # the loader raises a dozen builtin errors besides YAMLError
            detail = " ".join(str(error).split())[:300]
            raise InputError(
                f"{path} is no valid YAML: {detail}. See the README for the shape of a suite file."
            ) from None
        if not isinstance(content, dict):
            keys = ", ".join(SuiteSection.model_fields)
            raise InputError(f"{path} holds {shorten(content)}; a suite file is a mapping with {keys}.")
        self.content: dict[object, object] = content

    def where(self, keys: Sequence[object]) -> str:
        """File, line and data set, as messages name them."""
        node, line = self.node, 0
        for key in keys:
            pairs = node.value if isinstance(node, yaml.MappingNode) else []
            found = next(((k, v) for k, v in pairs if k.value == str(key)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        dataset = f", data set {shorten(keys[1])}" if keys[:1] == ("datasets",) and len(keys) > 1 else ""
        return f"{self.path}{f', line {line}' if line else ''}{dataset}"

    def explain(self, error: ValidationError) -> InputError:
        """The message for one of the errors: an unknown key before all others, since it may be a missing one."""
        errors = error.errors(include_url=False)
        first = min(errors, key=lambda each: each["type"] not in ("extra_forbidden", "invalid_key"))
        return self._explain(first["type"], first["loc"], first["input"], first.get("ctx", {}))

    def _explain(self, kind: str, loc: Sequence[int | str], value: object, context: Mapping[str, Any]) -> InputError:
        where, field = self.where(loc), _field(loc)
        if kind in ("extra_forbidden", "invalid_key"):
            section = DatasetSection if len(loc) > 2 else SuiteSection
            return UnknownNameError(f"key in {self.where(loc[:-1])}:", _short(loc[-1]), section.model_fields)
        if kind == "missing":
            return InputError(f"{self.where(loc[:-1])}: `{field}` is missing. Add a line `{field}: ...`.")
        if kind == "literal_error":
            allowed = TASKS if field == "task" else FORMATS.values()
            return UnknownNameError(f"{field} in {where}:", _short(value), allowed)
        if kind == "value_error":
            return InputError(f"{where}: {context['error']}")
        if field == "data set":
            return InputError(f"{where} is {shorten(value)}; {NEEDED[field]}.")
        return InputError(f"{where}: `{field}` is {shorten(value)}; {NEEDED.get(field, A_TEXT)}.")


def _field(loc: Sequence[int | str]) -> str:
    """Name of the field that an error is about, for messages."""
    if loc[-1] == "[key]":
        return "name of a data set"
    if loc[0] != "datasets":
        return str(loc[0])
    return str(loc[2]) if len(loc) > 2 else "data set" if len(loc) > 1 else "datasets"


def _short(value: object) -> str:
    return value[:40] if isinstance(value, str) else shorten(value)


def _existing(name: str, suite_path: Path) -> Path:
    path = suite_path.parent / Path(name).expanduser()
    try:
        found = path.is_file()
    except (OSError, ValueError):  # such as a name too long
        found = False
    if not found:
        raise DataError(f"{suite_path}: no file {str(path)!r}. Paths are relative to the folder of {suite_path.name}.")
    return path


def _teacher(name: str, suite_path: Path) -> str:
    """A folder beside the file, or else the name as it is: a hub id, or a path that the teacher's loader will miss."""
    folder = suite_path.parent / Path(name).expanduser()
    return str(folder) if folder.is_dir() or name.startswith((".", "~")) else name


def _entry(name: str, section: DatasetSection, task: Task, suite_path: Path, where: str) -> DatasetEntry:
    files = {split: getattr(section, split) for split in SPLITS}
    return DatasetEntry(
        name=name,
        task=task,
        origin="own",
        files={split: _file(path, section, task, suite_path, where) for split, path in files.items() if path},
        text=section.text,
        label=section.label,
        licence=section.licence,
        validation_fraction=section.validation_fraction or 0.0,
    )


def _file(name: str, section: DatasetSection, task: Task, suite_path: Path, where: str) -> DataFile:
    path = _existing(name, suite_path)
    return DataFile(path=str(path), format=_format(section, path, task, where))


def _format(section: DatasetSection, path: Path, task: Task, where: str) -> Format:
    chosen = section.format or FORMATS.get(path.suffix.lower())
    if chosen is None:
        raise InputError(
            f"{where}: the ending of {path.name!r} does not tell its format. Add `format:` csv, tsv, jsonl or conll."
        )
    if chosen == "conll" and task == "classification":
        raise InputError(
            f"{where}: {path.name!r} is conll, which holds tags of words; classification reads csv, tsv, jsonl."
        )
    if task == "sequence_labeling" and section.format is None and chosen == "tsv" and not isinstance(section.text, str):
        return "conll"  # tagged text is commonly published as .tsv: token TAB tag
    return chosen
