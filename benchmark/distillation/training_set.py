"""A student's training set: labelled text, and the unlabelled text that the setting's policy selects."""

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from benchmark.core.settings import Balance, LengthFilter, Source
from benchmark.core.spec import RunSpec
from benchmark.data.entry import Split
from benchmark.distillation.encoded_dataset import EncodedDataset, Part
from benchmark.distillation.encoding import concatenate
from benchmark.distillation.selection import balanced, of_length
from benchmark.distillation.teacher_outputs import TeacherOutputs
from benchmark.distillation.trainer import Examples


@dataclass(frozen=True, kw_only=True)
class TrainingSet:
    """Examples with the metrics of RunResult that describe them."""

    examples: Examples
    label_count_std: float | None = None

    @property
    def n_texts(self) -> int:
        return len(self.examples.encoded)


def training_set(spec: RunSpec, data: EncodedDataset, teacher: TeacherOutputs | None) -> TrainingSet:
    """The training set of `spec`; `teacher` is None for teachers. Raises RunError where its logits are not stored."""
    labelled = examples(spec, data, "train", teacher)
    if not spec.unlabeled or not len(data.encoded(_source(spec))):
        return TrainingSet(examples=labelled)
    more = _by_policy(labelled, examples(spec, data, _source(spec), teacher), spec, data)
    both = Examples(
        encoded=concatenate(labelled.encoded, more.encoded),
        targets=np.concatenate([labelled.targets, more.targets]),
    )
    return TrainingSet(examples=both, label_count_std=None if data.tags_words else _unevenness(more))


def examples(spec: RunSpec, data: EncodedDataset, part: Part, teacher: TeacherOutputs | None) -> Examples:
    """A part's texts with their labels, or with the teacher's logits where the spec's loss is on them."""
    if spec.loss == "hard" or teacher is None:
        return Examples(encoded=data.encoded(part), targets=data.labels(cast(Split, part)))
    return Examples(encoded=data.encoded(part), targets=teacher.logits(part))


def _by_policy(labelled: Examples, more: Examples, spec: RunSpec, data: EncodedDataset) -> Examples:
    """The unlabelled examples where the teacher agrees, then balanced, then of the labelled text's length.

    Lengths are those of truncated texts.
    """
    if spec.agreed:
        more = more.take(_agreed(more, labelled, data.origins(_source(spec))))
    if spec.balance:
        n_labels = len(data.corpus.labels)
        more = more.take(balanced(_answers(more), n_labels, cast(Balance, spec.balance), spec.seed))
    if spec.length_filter:
        kept = of_length(more.encoded.lengths, labelled.encoded.lengths, cast(LengthFilter, spec.length_filter))
        more = more.take(np.flatnonzero(kept))
    return more


def _agreed(more: Examples, labelled: Examples, origins: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of `more` to which the teacher gives the label that it gives the text each was made from."""
    return np.flatnonzero(_answers(more) == _answers(labelled)[origins])


def _unevenness(more: Examples) -> float:
    """Labels that no text was given count too."""
    return float(np.std(np.bincount(_answers(more), minlength=more.targets.shape[1])))


def _answers(examples: Examples) -> NDArray[np.int64]:
    """[n] the label that the teacher gives each text."""
    answers: NDArray[np.int64] = np.asarray(examples.targets).argmax(axis=1)
    return answers


def _source(spec: RunSpec) -> Source:
    return cast(Source, spec.text_source)
