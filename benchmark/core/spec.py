"""Specification of a run (RunSpec) and its result (RunResult)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Literal, get_args

from benchmark.core.metrics import METRICS

PROTOCOL = "1"
"""Version of everything that shapes a result and is no field of a RunSpec: architectures, losses, scores.

Raise it when such code changes; runs of another protocol are never reused nor ranked together.
"""

Task = Literal["classification", "sequence_labeling"]
TASKS: tuple[Task, ...] = get_args(Task)

TEACHER = "teacher"
FINE_TUNED = "fine_tuned"
GRID = "grid"
TUNED = "tuned"
POLICY = ("text_source", "agreed", "balance", "length_filter")


def digest(value: object) -> str:
    """Hex SHA-256 of a JSON-able value; the same for equal values on every machine."""
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


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
    """Where the rate is the grid's best: the seed of the run that searches it for all seeds; -1 in runs of older
    versions, which searched it on every seed."""
    teacher: str
    """Hub id or folder, as the user named it."""
    teacher_key: str
    """Key of the teacher's run; for the teacher itself the digest of the pretrained encoder's files."""
    data_digest: str
    pool_digest: str = ""
    """Digest of the unlabelled pool; empty where the setting reads none."""
    loss: str
    temperature: float = 1.0
    unlabeled: bool = False
    text_source: str = "pool"
    """Where unlabelled text comes from."""
    agreed: bool = False
    """Whether a text made from a labelled one is kept only where the teacher gives both the same label."""
    balance: str = ""
    length_filter: str = ""
    embeddings: str = "random"
    embedding_source: str = ""
    """Digest of a given vector file; empty where vectors are trained on the pool or are the teacher's."""
    max_epochs: int
    max_steps: int = 0
    """Optimiser steps at most, so that all settings have one budget however much text they read; 0 sets no bound."""
    patience: int
    batch_size: int
    """Mean sentences of a batch; the token budget is this times the mean length."""
    max_length: int
    """Tokens of a text that are read, where the teacher can take as many; how many it was, the bundle says."""
    weight_decay: float = 0.0
    decay: bool = False
    """Whether the learning rate falls linearly to 0 over max_epochs or max_steps, whichever ends first, rather than
    staying where warm-up led. A step budget always has it: Li et al., 2020 (https://arxiv.org/abs/1905.04753)."""
    limit: int = 0
    """Rows kept of each split in a smoke run; 0 keeps all."""
    protocol: str = PROTOCOL

    @cached_property
    def key(self) -> str:
        """Covers `teacher_key` and not the name `teacher`: the same encoder in another folder is the same teacher."""
        return digest({name: value for name, value in self.key_fields().items() if name != "teacher"})

    def key_fields(self) -> dict[str, Any]:
        """The fields; those of a policy for unlabelled text and of a search only where there is one: older runs keep
        their keys."""
        key_fields = {f.name: getattr(self, f.name) for f in fields(self)}
        left_out = {
            f.name for f in fields(self) if f.name in (*POLICY, "search_seed") and key_fields[f.name] == f.default
        }
        if self.learning_rate != GRID:
            left_out.add("search_seed")
        return {name: value for name, value in key_fields.items() if name not in left_out}

    @property
    def name(self) -> str:
        """For people, as `emot.bilstm.kd_ulb.seed0`."""
        return f"{self.dataset}.{self.student}.{self.setting}.seed{self.seed}"

    @classmethod
    def is_readable(cls, params: Mapping[str, str]) -> bool:
        """Whether a store's params can be read: those of another version may lack a field that has no default, and
        those of another program may hold anything."""
        try:
            cls.read(params)
        except (TypeError, ValueError):
            return False
        return True

    @classmethod
    def read(cls, params: Mapping[str, str]) -> "RunSpec":
        """From a store, which keeps every value as text. Raises TypeError for a lacking field, ValueError for a text
        of another type."""
        kept = {f.name: params[f.name] for f in fields(cls) if f.name in params}
        return cls(**{name: _typed(cls.__annotations__[name], text) for name, text in kept.items()})

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
    def smoke(self) -> bool:
        return self.limit > 0


def _typed(kind: object, text: str) -> Any:
    if kind is bool:
        return text == "True"
    if kind is int:
        return int(text)
    return text if kind in (str, Task) or text == GRID else float(text)


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """Results of a run; METRICS tells units and meanings. None means not measured, never 0."""

    learning_rate: float
    valid_f1: float
    test_f1: float
    teacher_test_f1: float
    n_parameters: int
    n_parameters_non_embedding: int
    size_checkpoint_mib: float
    size_weights_mib: float
    size_onnx_mib: float
    train_seconds: float
    steps_to_best: int
    epochs: int
    sentences_per_second: float
    overhead_share: float
    onnx_max_logit_gap: float
    onnx_test_f1: float | None = None
    size_onnx_int8_mib: float | None = None
    onnx_int8_test_f1: float | None = None
    onnx_int8_valid_f1_lost: float | None = None
    onnx_int8_f1_lost: float | None = None
    n_texts: int | None = None
    label_count_std: float | None = None
    test_f1_per_label: dict[str, float] = field(default_factory=dict)

    @property
    def f1_kept(self) -> float | None:
        """Share of the teacher's test F1 that the student keeps."""
        return self.test_f1 / self.teacher_test_f1 if self.teacher_test_f1 else None

    def metrics(self) -> dict[str, float]:
        """The values of METRICS that were measured, by name."""
        values = {metric.name: getattr(self, metric.name, None) for metric in METRICS}
        return {name: value for name, value in values.items() if value is not None}
