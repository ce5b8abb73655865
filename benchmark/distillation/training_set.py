"""A student's training set: labelled text, and the unlabelled text that the setting's policy selects."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from benchmark.core.settings import Balance, LengthFilter, Source
from benchmark.core.spec import RunSpec
from benchmark.data.entry import Split
from benchmark.distillation.batching import Examples
from benchmark.distillation.encoding import EncodedDataset, Part, concatenate
from benchmark.distillation.teacher_outputs import TeacherOutputs

QUANTILES: Mapping[LengthFilter, tuple[float, float]] = {"min_max": (0.0, 1.0), "q1_q3": (0.25, 0.75)}


@dataclass(frozen=True, kw_only=True)
class TrainingSet:
    """Examples with the metrics of RunResult that describe them."""

    examples: Examples
    label_count_std: float | None = None

    @property
    def n_texts(self) -> int:
        return len(self.examples.encoded)


def training_set(spec: RunSpec, data: EncodedDataset, teacher: TeacherOutputs | None) -> TrainingSet:
    """The training set of `spec`; `teacher` is None for teachers. Raises RunError if its logits are not stored."""
    labelled, source = _read_by_teacher(examples(spec, data, "train", teacher)), cast(Source, spec.text_source)
    if not spec.unlabeled or not len(data.encoded(source)):
        return TrainingSet(examples=labelled)
    unlabelled = _selected(labelled, _read_by_teacher(examples(spec, data, source, teacher)), spec, data)
    both = Examples(
        encoded=concatenate(labelled.encoded, unlabelled.encoded),
        targets=np.concatenate([labelled.targets, unlabelled.targets]),
    )
    return TrainingSet(examples=both, label_count_std=None if data.tags_words else _label_count_std(unlabelled))


def examples(spec: RunSpec, data: EncodedDataset, part: Part, teacher: TeacherOutputs | None) -> Examples:
    """A part's texts with their labels, or with the teacher's logits if the spec's loss is on soft targets."""
    if spec.loss == "hard" or teacher is None:
        return Examples(encoded=data.encoded(part), targets=data.labels(cast(Split, part)))
    return Examples(encoded=data.encoded(part), targets=teacher.logits(part))


def _read_by_teacher(examples: Examples) -> Examples:
    """The examples without targets that lack logits: a student's own tokens may reach further than the teacher's."""
    return Examples(encoded=examples.encoded.without(examples.unread), targets=examples.targets)


def _selected(labelled: Examples, unlabelled: Examples, spec: RunSpec, data: EncodedDataset) -> Examples:
    """The unlabelled examples where the teacher agrees, then balanced, then filtered by the labelled text's lengths."""
    if spec.agreed:
        origins = data.source_rows(cast(Source, spec.text_source))
        agrees = _teacher_labels(unlabelled) == _teacher_labels(labelled)[origins]
        unlabelled = unlabelled.take(np.flatnonzero(agrees))
    if spec.balance:
        labels, n_labels = _teacher_labels(unlabelled), len(data.corpus.labels)
        unlabelled = unlabelled.take(balanced(labels, n_labels, cast(Balance, spec.balance), spec.seed))
    if spec.length_filter:
        lengths, how = (unlabelled.encoded.lengths, labelled.encoded.lengths), cast(LengthFilter, spec.length_filter)
        unlabelled = unlabelled.take(np.flatnonzero(of_length(*lengths, how)))
    return unlabelled


def _label_count_std(unlabelled: Examples) -> float:
    """Standard deviation of the teacher's label counts, labels with count 0 included."""
    return float(np.std(np.bincount(_teacher_labels(unlabelled), minlength=unlabelled.targets.shape[1])))


def _teacher_labels(examples: Examples) -> NDArray[np.int64]:
    """[n] the label that the teacher predicts for each text."""
    return np.asarray(np.asarray(examples.targets).argmax(axis=1))


def balanced(labels: NDArray[np.int64], n_labels: int, how: Balance, seed: int) -> NDArray[np.int64]:
    """Rows of texts of `labels` [n], balanced over `n_labels` (section 6.3).

    `median` samples at most the median count of each label; `mean_oversampled` exactly the mean count, with repetitions
    of labels that have fewer. A label without texts gets none.
    """
    counts = np.bincount(labels, minlength=n_labels)
    n_each = int(np.median(counts)) if how == "median" else len(labels) // n_labels
    random = np.random.default_rng(seed)
    drawn = [random.permutation(np.flatnonzero(labels == label)) for label in range(n_labels)]
    if how == "mean_oversampled":
        drawn = [np.resize(rows, n_each) if len(rows) else rows for rows in drawn]
    return np.sort(np.concatenate([rows[:n_each] for rows in drawn]))


def of_length(lengths: NDArray[np.int64], labelled: NDArray[np.int64], how: LengthFilter) -> NDArray[np.bool_]:
    """[n] whether each text's length in tokens lies between two quantiles of the labelled texts' (section 6.4).

    Lengths are those of truncated texts: if a labelled text is truncated, `min_max` accepts every truncated one.
    """
    low, high = np.quantile(labelled, QUANTILES[how])
    return np.asarray((lengths >= low) & (lengths <= high))


def lengths_by_filter(
    labelled: NDArray[np.int64], unlabelled: NDArray[np.int64], longest: int
) -> dict[str, NDArray[np.int64]]:
    """Lengths [n] of the labelled and the unlabelled texts, and of both together under each filter (Table 11).

    Lengths are those of untruncated texts; filters see them truncated to `longest`, as students do.
    """
    if not len(unlabelled):
        return {"labelled": labelled}
    truncated = np.minimum(unlabelled, longest), np.minimum(labelled, longest)
    rows = {how: of_length(*truncated, how) for how in QUANTILES}
    both = {f"labelled + ulb_{how}": np.concatenate([labelled, unlabelled[rows[how]]]) for how in rows}
    return {"labelled": labelled, "ulb": unlabelled} | both
