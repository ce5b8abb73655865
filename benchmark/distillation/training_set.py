"""What a spec's student is taught with: the labelled text, and the unlabelled that its policy lets through."""

from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from benchmark.core.errors import RunError
from benchmark.core.settings import Balance, LengthFilter, Source
from benchmark.core.spec import RunSpec
from benchmark.data.entry import Split
from benchmark.distillation.encoded_dataset import Classroom, Part
from benchmark.distillation.encoding import Sentences, concatenate
from benchmark.distillation.selection import balanced, of_length
from benchmark.distillation.trainer import Exercise


@dataclass(frozen=True, kw_only=True)
class Practice:
    """An exercise with what is told of it; see RunResult for the figures."""

    exercise: Exercise
    label_count_std: float | None = None

    @property
    def n_texts(self) -> int:
        return len(self.exercise.sentences)


def practice(spec: RunSpec, room: Classroom, teacher: str) -> Practice:
    """`teacher` is the id of its run. Raises RunError where its logits are not stored yet."""
    labelled = exercise(spec, room, "train", teacher)
    if not spec.unlabeled or not len(room.sentences(_source(spec))):
        return Practice(exercise=labelled)
    more = _by_policy(labelled, exercise(spec, room, _source(spec), teacher), spec, room)
    both = Exercise(
        sentences=concatenate(labelled.sentences, more.sentences),
        targets=np.concatenate([labelled.targets, more.targets]),
    )
    return Practice(exercise=both, label_count_std=None if room.tags_words else _unevenness(more))


def exercise(spec: RunSpec, room: Classroom, part: Part, teacher: str) -> Exercise:
    """A part's sentences with the labels, or the teacher's logits, as the spec's loss asks."""
    hard = spec.loss == "hard"
    targets = room.labels(cast(Split, part)) if hard else room.teacher_logits(part, teacher, partial(_missing, part))
    return Exercise(sentences=room.sentences(part), targets=targets)


def _by_policy(labelled: Exercise, more: Exercise, spec: RunSpec, room: Classroom) -> Exercise:
    """Of the unlabelled exercise: where the teacher agrees, then balanced, then of the labelled text's length.

    Lengths are those of texts as they are read, cut at the room's `max_length`.
    """
    if spec.agreed:
        more = more.take(_agreed(more, labelled, room.origins(_source(spec))))
    if spec.balance:
        n_labels = len(room.corpus.labels)
        more = more.take(balanced(_answers(more), n_labels, cast(Balance, spec.balance), spec.seed))
    if spec.length_filter:
        kept = of_length(more.sentences.lengths, labelled.sentences.lengths, cast(LengthFilter, spec.length_filter))
        more = more.take(np.flatnonzero(kept))
    return more


def _agreed(more: Exercise, labelled: Exercise, origins: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of `more` to which the teacher gives the label that it gives the text each was made from."""
    return np.flatnonzero(_answers(more) == _answers(labelled)[origins])


def _unevenness(more: Exercise) -> float:
    """Labels that no text was given count too."""
    return float(np.std(np.bincount(_answers(more), minlength=more.targets.shape[1])))


def _answers(exercise: Exercise) -> NDArray[np.int64]:
    """[n] the label that the teacher gives each text."""
    answers: NDArray[np.int64] = np.asarray(exercise.targets).argmax(axis=1)
    return answers


def _source(spec: RunSpec) -> Source:
    return cast(Source, spec.text_source)


def _missing(part: str, _: Sentences) -> Any:
    """A student never runs the teacher: the sweep has stored the logits before."""
    raise RunError(f"The teacher's logits of {part!r} are not stored. Run the same command again to compute them.")
