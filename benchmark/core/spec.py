"""Specification of a run."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Literal, get_args

from benchmark.core.settings import TEACHERS
from students.registry import BASELINES

PROTOCOL = "1"
"""Version of everything that shapes a result and is no field of a RunSpec: architectures, losses, scores.

Raise it when such code changes; runs of another protocol are never reused nor ranked together.
"""

Task = Literal["classification", "sequence_labeling"]
TASKS: tuple[Task, ...] = get_args(Task)

TEACHER = "teacher"
FINE_TUNED = "fine_tuned"
AS_IS = "as_is"
"""Setting of a teacher that is used without training."""
FROM_FILE, ENSEMBLE = "outputs", "ensemble"
"""Settings of teachers without a model of their own: outputs of a file, and the mean of several teachers."""
TEACHER_SETTINGS = {
    FINE_TUNED: "fine-tuned here",
    AS_IS: "as is",
    FROM_FILE: "outputs of a file",
    ENSEMBLE: "mean of several",
}
"""Settings of teachers in words."""
GRID = "grid"
TUNED = "tuned"
WITH = " with the tokenizer of "
"""Between file and encoder in the name of a teacher that is a file of outputs."""
AND = " + "
"""Between the names of an ensemble's teachers."""
POLICY = ("text_source", "agreed", "balance", "length_filter")
LATER = (*POLICY, "head", "vocabulary", "vocabulary_text", "embedding_scale")
"""Fields that older runs lack; a run of today with their default values is the same run."""


def digest(value: object) -> str:
    """Hex SHA-256 of a JSON-able value; the same for equal values on every machine."""
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def encoders(teacher: str) -> tuple[str, ...]:
    """Hub ids or folders in a teacher's name; the first gives the tokenizer."""
    return tuple(teacher.rpartition(WITH)[2].split(AND))


@dataclass(frozen=True, kw_only=True)
class RunSpec:
    """Everything that changes a run's result, and nothing else.

    `key` identifies the run: it covers the values behind names (the setting's loss, the data's and the pool's
    content, the teacher's own key), so that an edited setting or file can never reuse an old result.
    """

    suite: str
    dataset: str
    task: Task
    student: str
    setting: str
    seed: int
    learning_rate: float | Literal["grid"]
    search_seed: int = -1
    """Seed of the run whose grid search sets the rate of all seeds; -1 for runs of older versions, which searched on
    every seed."""
    teacher: str
    """Hub id or folder, as the user named it."""
    teacher_key: str
    """Key of the teacher's run; for the teacher itself the digest of the files that it is made of, for an ensemble the
    keys of its teachers' runs."""
    head: str = ""
    """Rows of the checkpoint's head in the order of the data's labels, as `2 0+3 -` (see LabelMatch), or `new` for one
    that is initialised although it has the right size. Empty: as they stand, or no head of that size."""
    data_digest: str
    pool_digest: str = ""
    """Digest of the unlabelled pool; empty if the setting reads none."""
    loss: str
    temperature: float = 1.0
    unlabeled: bool = False
    text_source: str = "pool"
    """Source of the unlabelled text."""
    agreed: bool = False
    """Whether a generated text is used only if the teacher gives it the label of the text it was generated from."""
    balance: str = ""
    length_filter: str = ""
    embeddings: str = "random"
    vocabulary: str = TEACHERS
    """The student's vocabulary: the teacher's, or one of VOCABULARIES."""
    vocabulary_text: str = ""
    """Digest of the unlabelled pool, on which VOCABULARIES are trained besides the labelled text, and of the version of
    this training; empty for the teacher's."""
    embedding_scale: float = 1.0
    """Factor of the student's random initial embeddings, and so of the deviation of those that replace them."""
    embedding_source: str = ""
    """Digest of the user's vector file; empty if vectors are trained on the pool or are the teacher's."""
    max_epochs: int
    max_steps: int = 0
    """Maximum optimiser steps, so that all settings have one budget however much text they read; 0 for no maximum."""
    patience: int
    batch_size: int
    """Mean sentences per batch; the token budget is this times the mean length."""
    max_length: int
    """Maximum tokens of a text, unless the teacher has fewer positions; the bundle has the actual maximum."""
    weight_decay: float = 0.0
    decay: bool = False
    """Whether the learning rate decays linearly to 0 over max_epochs or max_steps, whichever ends first, rather than
    staying constant after warm-up. Always with a step budget: Li et al., 2020 (https://arxiv.org/abs/1905.04753)."""
    limit: int = 0
    """Rows of each split in a smoke run; 0 for all."""
    protocol: str = PROTOCOL

    @cached_property
    def key(self) -> str:
        """Covers `teacher_key` and not the name `teacher`: the same encoder in another folder is the same teacher."""
        return digest({name: value for name, value in self.key_fields().items() if name != "teacher"})

    def key_fields(self) -> dict[str, Any]:
        """The fields; those that came LATER and that of a grid search only if they say something, so that older runs
        keep their keys."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        omitted = {f.name for f in fields(self) if f.name in (*LATER, "search_seed") and values[f.name] == f.default}
        if self.learning_rate != GRID:
            omitted.add("search_seed")
        return {name: value for name, value in values.items() if name not in omitted}

    @property
    def name(self) -> str:
        """Readable name, as `emot.bilstm.kd_ulb.seed0`."""
        return f"{self.dataset}.{self.model}.{self.setting}.seed{self.seed}"

    @property
    def model(self) -> str:
        """The student's name, with that of its vocabulary unless it is the teacher's, as `bilstm+own`: a student of
        its own in reports."""
        return self.student if self.vocabulary == TEACHERS else f"{self.student}+{self.vocabulary}"

    @property
    def reads_pool(self) -> bool:
        """Whether the suite's pool is read, in training or for the vocabulary."""
        return self.unlabeled or self.vocabulary != TEACHERS

    @classmethod
    def is_readable(cls, params: Mapping[str, str]) -> bool:
        """Whether `params` are those of a RunSpec; other versions and other programs may store other ones."""
        try:
            cls.read(params)
        except (TypeError, ValueError):
            return False
        return True

    @classmethod
    def read(cls, params: Mapping[str, str]) -> "RunSpec":
        """The spec of a store's params (strings). Raises TypeError for a missing field, ValueError for a wrong type."""
        stored = {f.name: params[f.name] for f in fields(cls) if f.name in params}
        return cls(**{name: _typed(cls.__annotations__[name], text) for name, text in stored.items()})

    @property
    def searched(self) -> "RunSpec":
        """The run that searches the learning rate for this one."""
        return replace(self, seed=self.search_seed)

    @property
    def searches(self) -> bool:
        return self.learning_rate == GRID and self.seed == self.search_seed

    @property
    def is_teacher(self) -> bool:
        return self.student == TEACHER

    @property
    def is_baseline(self) -> bool:
        return self.student in BASELINES

    @property
    def is_as_is(self) -> bool:
        """Whether it is a teacher that is used without training."""
        return self.setting == AS_IS

    @property
    def has_model(self) -> bool:
        """False for a teacher whose logits come from a file or from other teachers."""
        return self.setting not in (FROM_FILE, ENSEMBLE)

    @property
    def has_bundle(self) -> bool:
        """Whether it has a network's files: weights, ONNX, and a bundle that serves."""
        return self.has_model and not self.is_baseline

    @property
    def required_keys(self) -> tuple[str, ...]:
        """Keys of the runs that it begins from: a student's teacher, the teachers of an ensemble."""
        return tuple(self.teacher_key.split()) if not self.is_teacher or self.setting == ENSEMBLE else ()

    @property
    def smoke(self) -> bool:
        return self.limit > 0


def _typed(kind: object, text: str) -> Any:
    if kind is bool:
        return text == "True"
    if kind is int:
        return int(text)
    return text if kind in (str, Task) or text == GRID else float(text)
