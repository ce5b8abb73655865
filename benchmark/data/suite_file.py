"""A suite of one's own: FILE.yml to data set entries, every value checked, every path relative to the file."""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import yaml

from benchmark.core.errors import DataError, InputError, UnknownNameError
from benchmark.core.spec import TASKS, Task
from benchmark.data.entry import SPLITS, Column, DataFile, DatasetEntry, Format, Split
from benchmark.data.rows import shorten

FORMATS: dict[str, Format] = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".conll": "conll"}
SUITE_KEYS = ("name", "task", "teacher", "unlabeled", "datasets")
DATASET_KEYS = ("train", "validation", "test", "validation_fraction", "text", "label", "format", "licence")

_SAFE_NAME = re.compile(r"\w[\w.-]{0,63}")


class SuiteFile(NamedTuple):
    """What a FILE.yml says, checked."""

    name: str
    task: Task
    entries: dict[str, DatasetEntry]
    unlabeled: tuple[Path, ...]
    teacher: str | None


def read_suite_file(path: Path) -> SuiteFile:
    """Read and check `path`; the data files must exist, their content is read later.

    Raises:
        UnknownNameError: an unknown key, task or format; the nearest known one is offered.
        InputError: broken YAML, a missing key, a value of another type, a name that is no file name.
        DataError: a file that does not exist.
    """
    content = _load(path)
    _check_keys(content, SUITE_KEYS, str(path))
    task = _task(_required(content, "task", str(path)), str(path))
    datasets = _required(content, "datasets", str(path))
    if not isinstance(datasets, dict) or not datasets:
        raise InputError(f"{path}: `datasets` is {shorten(datasets)}; give at least one, as `name: {{train: ...}}`.")
    return SuiteFile(
        name=_suite_name(content.get("name", path.stem), str(path)),
        task=task,
        entries={str(name): _entry(name, value, task, path) for name, value in datasets.items()},
        unlabeled=_unlabeled(content.get("unlabeled"), path),
        teacher=_teacher(content.get("teacher"), path),
    )


class _UniqueKeys(yaml.SafeLoader):
    """YAML says that a key stands once; the plain loader silently keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        counts = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        if twice := [key for key, count in counts.items() if count > 1]:
            raise yaml.MarkedYAMLError(problem=f"key {shorten(twice[0])} stands twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


def _load(path: Path) -> dict[object, object]:
    try:
        content = yaml.load(path.read_bytes(), _UniqueKeys)  # noqa: S506  (a SafeLoader)
    except FileNotFoundError:
        raise DataError(f"Suite file {str(path)!r} does not exist. Check the path.") from None
    except OSError as error:
        raise DataError(f"Suite file {str(path)!r} cannot be read: {error}.") from None
    except Exception as error:  # the loader answers odd bytes with a dozen builtin errors besides YAMLError
        detail = " ".join(str(error).split())[:300]
        raise InputError(f"{path} is no valid YAML: {detail}. See the README for the shape of a suite file.") from None
    if not isinstance(content, dict):
        raise InputError(f"{path} holds {shorten(content)}; a suite file is a mapping with {', '.join(SUITE_KEYS)}.")
    return content


def _check_keys(given: Iterable[object], known: Sequence[str], where: str) -> None:
    for key in given:
        if key not in known:
            raise UnknownNameError(f"key in {where}:", _short_name(key), known)


def _short_name(value: object) -> str:
    return value[:40] if isinstance(value, str) else shorten(value)


def _required(given: Mapping[Any, object], key: str, where: str) -> object:
    if given.get(key) is None:
        raise InputError(f"{where}: `{key}` is missing. Add a line `{key}: ...`.")
    return given[key]


def _text(value: object, key: str, where: str) -> str:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise InputError(
            f"{where}: `{key}` is {shorten(value)}; a text is needed (put it in quotes if it looks like a number)."
        )
    return value


def _task(value: object, where: str) -> Task:
    if value not in TASKS:
        raise UnknownNameError(f"task in {where}:", _short_name(value), TASKS)
    return value


def _suite_name(value: object, where: str) -> str:
    name = _name(value, "name", where)
    if name in TASKS:
        raise InputError(
            f"{where}: the name {name!r} is that of a built-in suite. Choose another, so that their runs stay apart."
        )
    return name


def _name(value: object, key: str, where: str) -> str:
    """A name that is safe as a part of a path."""
    name = _text(value, key, where)
    if not _SAFE_NAME.fullmatch(name) or name.endswith("."):
        proposal = re.sub(r"[^\w.-]+", "_", name).strip("_.-")[:64] or "my_name"
        raise InputError(
            f"{where}: {shorten(name)} cannot name a folder. Use up to 64 letters, digits, '_', '-' and '.', "
            f"as in {proposal!r}."
        )
    return name


def _unlabeled(value: object, suite_path: Path) -> tuple[Path, ...]:
    names = value if isinstance(value, list) else [] if value is None else [value]
    return tuple(_existing(_text(name, "unlabeled", str(suite_path)), suite_path) for name in names)


def _existing(name: str, suite_path: Path) -> Path:
    path = suite_path.parent / Path(name).expanduser()
    try:
        found = path.is_file()
    except (OSError, ValueError):  # such as a name too long
        found = False
    if not found:
        raise DataError(f"{suite_path}: no file {str(path)!r}. Paths are relative to the folder of {suite_path.name}.")
    return path


def _teacher(value: object, suite_path: Path) -> str | None:
    """A folder beside the file wins; anything else is a hub id, or a path that the teacher's loader will miss."""
    if value is None:
        return None
    name = _text(value, "teacher", str(suite_path))
    folder = suite_path.parent / Path(name).expanduser()
    return str(folder) if folder.is_dir() or name.startswith((".", "~")) else name


def _entry(name: object, value: object, task: Task, suite_path: Path) -> DatasetEntry:
    where = f"{suite_path}, data set {shorten(name)}"
    dataset_name = _name(name, "name of a data set", str(suite_path))
    if not isinstance(value, dict):
        raise InputError(f"{where} is {shorten(value)}; give its files, as {{train: ..., validation: ..., test: ...}}.")
    _check_keys(value, DATASET_KEYS, where)
    text, label = _columns(value, where)
    return DatasetEntry(
        name=dataset_name,
        task=task,
        origin="own",
        files={split: _file(value, split, task, where, suite_path) for split in _file_splits(value, where)},
        text=text,
        label=label,
        licence=_text(value.get("licence", "unknown"), "licence", where),
        validation_fraction=_fraction(value, where),
    )


def _file_splits(value: Mapping[Any, object], where: str) -> list[Split]:
    """The splits that have a file: all, or all but a validation split that is cut off train."""
    given = [key for key in ("validation", "validation_fraction") if value.get(key) is not None]
    if len(given) != 1:
        raise InputError(
            f"{where}: give either `validation: FILE` or `validation_fraction: 0.1`, not {len(given)} of them."
        )
    return [split for split in SPLITS if split != "validation" or "validation" in given]


def _fraction(value: Mapping[Any, object], where: str) -> float:
    fraction = value.get("validation_fraction")
    if fraction is None:
        return 0.0
    if isinstance(fraction, bool) or not isinstance(fraction, int | float) or not 0 < fraction < 1:
        raise InputError(
            f"{where}: `validation_fraction` is {shorten(fraction)}; a number between 0 and 1 is needed, as 0.1."
        )
    return float(fraction)


def _file(value: Mapping[Any, object], split: Split, task: Task, where: str, suite_path: Path) -> DataFile:
    path = _existing(_text(_required(value, split, where), split, where), suite_path)
    return DataFile(path=str(path), format=_format(value, path, task, where))


def _format(value: Mapping[Any, object], path: Path, task: Task, where: str) -> Format:
    named, ending = value.get("format"), path.suffix.lower()
    if named is not None and named not in FORMATS.values():
        raise UnknownNameError(f"format in {where}:", _short_name(named), FORMATS.values())
    if named is None and ending not in FORMATS:
        raise InputError(
            f"{where}: the ending of {path.name!r} does not tell its format. Add `format:` csv, tsv, jsonl or conll."
        )
    chosen = FORMATS[ending] if named is None else cast(Format, named)
    if chosen == "conll" and task == "classification":
        raise InputError(
            f"{where}: {path.name!r} is conll, which holds tags of words; classification reads csv, tsv, jsonl."
        )
    if task == "sequence_labeling" and named is None and chosen == "tsv" and not isinstance(value.get("text"), str):
        return "conll"  # tagged text is commonly published as .tsv: token TAB tag
    return chosen


def _columns(value: Mapping[Any, object], where: str) -> tuple[Column | None, Column | None]:
    """Both by name, both by position, or left to the format's usual ones."""
    text, label = (_column(value, key, where) for key in ("text", "label"))
    if isinstance(text, int) != isinstance(label, int):
        raise InputError(
            f"{where}: `text` is {shorten(text)} and `label` is {shorten(label)}; give both as names of the header, or "
            "both as positions (0, 1, ...) of a file without one."
        )
    return text, label


def _column(value: Mapping[Any, object], key: str, where: str) -> Column | None:
    column = value.get(key)
    if column is None:
        return None
    if (
        isinstance(column, bool)
        or not isinstance(column, str | int)
        or column == ""
        or (isinstance(column, int) and column < 0)
    ):
        raise InputError(
            f"{where}: `{key}` is {shorten(column)}; a column name (in quotes if it is yes, no or a number) or a "
            "position (0, 1, ...) is needed."
        )
    return column
