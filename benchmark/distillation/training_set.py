"""A student's training set: labelled text, and the unlabelled text that the setting's policy selects."""

from dataclasses import dataclass
from typing import cast, get_args

import numpy as np
from numpy.typing import NDArray

from benchmark.core.settings import Balance, LengthFilter, Source
from benchmark.core.spec import RunSpec
from benchmark.data.entry import Split
from benchmark.distillation.batching import Examples
from benchmark.distillation.encoding import EncodedDataset, Part, concatenate
from benchmark.distillation.teacher_outputs import TeacherOutputs


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


Rows = NDArray[np.int64]


def balanced(labels: NDArray[np.int64], n_labels: int, how: Balance, seed: int) -> Rows:
    """Rows of texts whose labels are `labels` [n], evened out over `n_labels` (section 6.3); all rows for "".

    `median` draws at most the median count of each label; `mean_oversampled` exactly the mean count, with repetitions
    where there are fewer. A label that the teacher never gives stays empty.
    """
    if not how:
        return np.arange(len(labels))
    counts = np.bincount(labels, minlength=n_labels)
    n_each = int(np.median(counts)) if how == "median" else len(labels) // n_labels
    random = np.random.default_rng(seed)
    drawn = [random.permutation(np.flatnonzero(labels == label)) for label in range(n_labels)]
    if how == "mean_oversampled":
        drawn = [np.resize(rows, n_each) if len(rows) else rows for rows in drawn]
    return np.sort(np.concatenate([rows[:n_each] for rows in drawn]))


def length_bounds(labelled: NDArray[np.int64], how: LengthFilter) -> tuple[float, float]:
    """The shortest and longest length let through, from the labelled texts' [n] (section 6.4)."""
    low, high = {"": (0.0, 1.0), "min_max": (0.0, 1.0), "q1_q3": (0.25, 0.75)}[how]
    return float(np.quantile(labelled, low)), float(np.quantile(labelled, high))


def of_length(lengths: NDArray[np.int64], labelled: NDArray[np.int64], how: LengthFilter) -> NDArray[np.bool_]:
    """[n] whether each text's length in tokens lies within the bounds; all do for "".

    A caller that cuts texts at a number of tokens gives lengths as cut, and then all longer texts are of that length:
    where a labelled text reaches it, `min_max` lets every long text through.
    """
    if not how:
        return np.ones(len(lengths), dtype=bool)
    low, high = length_bounds(labelled, how)
    return (lengths >= low) & (lengths <= high)


def lengths_by_filter(
    labelled: NDArray[np.int64], unlabelled: NDArray[np.int64], longest: int
) -> dict[str, NDArray[np.int64]]:
    """Lengths [n] of the labelled and the unlabelled texts, and of both together under each filter (Table 11).

    The given lengths are those of whole texts; filters see them cut at `longest`, as students do.
    """
    if not len(unlabelled):
        return {"labelled": labelled}
    cut = np.minimum(labelled, longest), np.minimum(unlabelled, longest)
    kept = {how: of_length(cut[1], cut[0], how) for how in get_args(LengthFilter) if how}
    both = {f"labelled + ulb_{how}": np.concatenate([labelled, unlabelled[rows]]) for how, rows in kept.items()}
    return {"labelled": labelled, "ulb": unlabelled} | both
