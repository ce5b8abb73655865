"""Use of a teacher's checkpoint on a data set: as it is, or fine-tuned here; and the reason."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmark.core.errors import InputError
from benchmark.core.spec import Task
from benchmark.data.corpus import Corpus
from benchmark.data.entry import TeacherEntry
from benchmark.distillation.teacher_labels import NEW, LabelMatch, match_labels

HEADS: Mapping[Task, str] = {
    "classification": "ForSequenceClassification",
    "sequence_labeling": "ForTokenClassification",
}
"""End of the names of transformers' classes by task."""
MULTI_LABEL = "multi_label_classification"
"""`problem_type` of a head whose labels do not exclude each other: a sigmoid each, where students learn a softmax."""
UNNAMED = re.compile(r"LABEL_\d+")
MOST_LABELS = 30
"""Labels of a message."""


@dataclass(frozen=True, kw_only=True)
class TeacherUse:
    """How a data set's teacher comes of its checkpoint."""

    as_is: bool = False
    head: str = ""
    """Its rows, as `RunSpec.head`."""
    reason: str

    def __str__(self) -> str:
        return f"{'as is' if self.as_is else 'fine-tuned here'}, since {self.reason}"


def teacher_use(entry: TeacherEntry, config: Mapping[str, Any], corpus: Corpus) -> TeacherUse:
    """The use of a checkpoint with this config.json: as the user says, else as it is where its labels are the data's.

    Raises InputError if it is to be used as it is and has no head of the task, or other labels.
    """
    wanted = True if entry.labels and entry.as_is is None else entry.as_is
    architecture, theirs = _architecture(config), _labels(config)
    if not architecture.endswith(HEADS[corpus.task]):
        if wanted:
            raise InputError(_other_head(entry, architecture, corpus.task))
        is_alike = architecture.endswith(tuple(HEADS.values())) and len(theirs) == len(corpus.labels)
        reason = f"{architecture or 'a config.json without architectures'} has no head for {corpus.task}"
        return TeacherUse(head=NEW if is_alike else "", reason=reason)
    match = match_labels(theirs, corpus.labels, corpus.metric, entry.labels)
    fits = match is not None and (match.same_classes or (bool(wanted) and corpus.task == "sequence_labeling"))
    if wanted and not fits:
        raise InputError(_other_labels(entry, theirs, corpus))
    is_multi_label = corpus.task == "classification" and config.get("problem_type") == MULTI_LABEL
    if wanted and is_multi_label:
        raise InputError(_multi_label(entry))
    if match and fits and wanted is not False and not is_multi_label:
        return TeacherUse(as_is=True, head=match.head, reason=_described(match, corpus.labels))
    reason = _why_trained(wanted, theirs, corpus, is_multi_label)
    return TeacherUse(head=_head_to_train(match, theirs, corpus), reason=reason)


def _architecture(config: Mapping[str, Any]) -> str:
    """Name of transformers' class; empty if there is none."""
    names = config.get("architectures")
    return str(names[0]) if isinstance(names, list) and names else ""


def _labels(config: Mapping[str, Any]) -> list[str]:
    """Labels in the order of the head's rows; a config without them has transformers' two."""
    names, size = config.get("id2label"), config.get("num_labels")
    if isinstance(names, dict):
        return [str(names[row]) for row in sorted(names, key=lambda row: int(row) if row.isdecimal() else -1)]
    return [f"LABEL_{row}" for row in range(size if isinstance(size, int) else 2)]


def _head_to_train(match: LabelMatch | None, theirs: Sequence[str], corpus: Corpus) -> str:
    """A head of another size is initialised by its size alone."""
    if len(theirs) != len(corpus.labels):
        return ""
    return match.head if match and match.is_permutation else NEW


def _described(match: LabelMatch, labels: Sequence[str]) -> str:
    lacking = [label for label, rows in zip(labels, match.rows, strict=True) if not rows]
    text = "its labels are the data's" if match.same_classes else "its labels are in part the data's"
    if match.head:
        text += ", in another order" if match.is_permutation else ", in another scheme or number"
    text += f"; it never predicts {_listed(lacking)}" if lacking else ""
    return text + (f"; it has {_listed(match.unused)} besides" if match.unused else "")


def _why_trained(wanted: bool | None, theirs: Sequence[str], corpus: Corpus, is_multi_label: bool) -> str:
    if wanted is False:
        return "the command line or the suite file says so"
    if is_multi_label:
        return f"its config.json says {MULTI_LABEL}, whose labels do not exclude each other"
    if all(map(UNNAMED.fullmatch, theirs)):
        return f"its labels have no names but {_listed(theirs)}"
    return f"its labels ({_listed(theirs)}) are not the data's ({_listed(corpus.labels)})"


def _other_head(entry: TeacherEntry, architecture: str, task: Task) -> str:
    what = f"is a {architecture}" if architecture else "has no config.json that names its architecture"
    return (
        f"The teacher {entry.name!r} {what}, and {task} as it is takes a ...{HEADS[task]}. Give such a checkpoint, "
        "or have it fine-tuned here: --fine-tune."
    )


def _multi_label(entry: TeacherEntry) -> str:
    return (
        f"The teacher {entry.name!r} cannot be used as it is: `problem_type` of its config.json is {MULTI_LABEL}, "
        "whose labels do not exclude each other, and a text has one class. Have it fine-tuned here (--fine-tune), or "
        "give probabilities that sum to 1 as teacher_outputs."
    )


def _other_labels(entry: TeacherEntry, theirs: Sequence[str], corpus: Corpus) -> str:
    mapped = [f"{label} (mapped to {entry.labels[label]})" if label in entry.labels else label for label in theirs]
    return (
        f"The teacher {entry.name!r} cannot be used as it is on {corpus.name!r}: its labels are {_listed(mapped)}, and "
        f"the data's are {_listed(corpus.labels)}. Map them in the suite file, as `teacher: {{path: ..., labels: "
        f"{{{theirs[0]}: {corpus.labels[0]}}}}}`, or have it fine-tuned here: --fine-tune."
    )


def _listed(labels: Sequence[str]) -> str:
    more = f" and {len(labels) - MOST_LABELS} more" if len(labels) > MOST_LABELS else ""
    return ", ".join(labels[:MOST_LABELS]) + more
