"""Schema of a FILE.yml, a suite of the user's own."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from benchmark.core.spec import TASKS, Task
from benchmark.data.entry import OutputKind
from benchmark.data.rows import shorten

SAFE_NAME = re.compile(r"\w[\w.-]{0,63}")


def _safe_name(name: str) -> str:
    if not SAFE_NAME.fullmatch(name) or name.endswith("."):
        proposal = re.sub(r"[^\w.-]+", "_", name).strip("_.-")[:64] or "my_name"
        raise ValueError(
            f"{shorten(name)} cannot name a folder. Use up to 64 letters, digits, '_', '-' and '.', as in {proposal!r}."
        )
    return name


def _new_name(name: str) -> str:
    if name in TASKS:
        raise ValueError(f"{name!r} is the name of a built-in suite. Choose another, so that their runs stay apart.")
    return name


Text = Annotated[str, Field(pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
Name = Annotated[Text, AfterValidator(_safe_name)]
Texts = Annotated[
    list[Text],
    BeforeValidator(
        lambda value: value if isinstance(value, list) else [value], json_schema_input_type=list[Text] | Text
    ),
]
Column = Annotated[str, Field(min_length=1)] | Annotated[int, Field(ge=0)]


class _Section(BaseModel):
    """A mapping of the file; a key without a value is absent."""

    model_config = ConfigDict(strict=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_empty_keys(cls, value: object) -> object:
        return {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value


def _as_path(value: object) -> object:
    return value if isinstance(value, dict) else {"path": value}


def _as_paths(value: object) -> object:
    return list(map(_as_path, value if isinstance(value, list) else [value]))


class OutputsSection(_Section):
    """A file of teacher outputs; its name alone is the same as `{path: NAME}`."""

    path: Text
    kind: OutputKind = "probabilities"


OutputsOrPath = Annotated[OutputsSection, BeforeValidator(_as_path, json_schema_input_type=OutputsSection | Text)]


class DatasetSection(_Section):
    """One data set; paths are relative to the suite file. With `hub`, the splits are names and not files."""

    hub: Text | None = None
    config: Text | None = None
    revision: Text | None = None
    train: Text | None = None
    validation: Text | None = None
    test: Text
    validation_fraction: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] | None = None
    text: Column | None = None
    label: Column | None = None
    format: Literal["csv", "tsv", "jsonl", "conll"] | None = None
    licence: Text = "unknown"
    unlabeled: Texts = []
    labels: list[Text] = []
    teacher_outputs: OutputsOrPath | None = None

    @model_validator(mode="after")
    def _check_hub(self) -> Self:
        if self.hub is None and (self.config or self.revision):
            raise ValueError("`config` and `revision` belong to `hub: owner/dataset`, which is missing.")
        if self.hub is not None and (self.format or isinstance(self.text, int) or isinstance(self.label, int)):
            raise ValueError("a data set of the Hub has no `format`, and its columns have names, not positions.")
        return self

    @model_validator(mode="after")
    def _check_split_and_columns(self) -> Self:
        n_splits = (self.validation is not None) + (self.validation_fraction is not None)
        if n_splits > 1 or (self.train and not n_splits):
            raise ValueError(f"give either `validation: FILE` or `validation_fraction: 0.1`, not {n_splits} of them.")
        if twice := [name for name in self.labels if self.labels.count(name) > 1]:
            raise ValueError(f"`labels` has {shorten(twice[0])} twice; classes have different names.")
        if self.train and self.labels:
            raise ValueError("`labels` are those of train; name them where there is no train.")
        if isinstance(self.text, int) != isinstance(self.label, int):
            raise ValueError(
                f"`text` is {shorten(self.text)} and `label` is {shorten(self.label)}; give both as names of the "
                "header, or both as positions (0, 1, ...) of a file without one."
            )
        return self


class TeacherSection(_Section):
    """A teacher, the only one or one of a list; its name alone is the same as `{path: NAME}`."""

    path: Text
    as_is: bool | None = None
    labels: dict[Text, Text] = {}


TeacherOrPath = TeacherSection | Text
Teachers = Annotated[
    list[TeacherSection],
    BeforeValidator(_as_paths, json_schema_input_type=TeacherOrPath | list[TeacherOrPath]),
    Field(min_length=1),
]


class SuiteSection(_Section):
    """The file."""

    name: Annotated[Name, AfterValidator(_new_name)]
    task: Task
    teacher: Teachers | None = None
    teacher_outputs: OutputsOrPath | None = None
    unlabeled: Texts = []
    datasets: Annotated[dict[Name, DatasetSection], Field(min_length=1)]
