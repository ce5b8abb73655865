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
from benchmark.distillation.encoded_dataset import EncodedDataset, Part
from benchmark.distillation.encoding import EncodedTexts, concatenate
from benchmark.distillation.selection import balanced, of_length
from benchmark.distillation.trainer import Examples


@dataclass(frozen=True, kw_only=True)
class TrainingSet:
    """An exercise with what is told of it; see RunResult for the figures."""

    examples: Examples
    label_count_std: float | None = None

    @property
    def n_texts(self) -> int:
        return len(self.examples.encoded)


def training_set(spec: RunSpec, data: EncodedDataset, teacher: str) -> TrainingSet:
    """`teacher` is the id of its run. Raises RunError where its logits are not stored yet."""
    labelled = examples(spec, data, "train", teacher)
    if not spec.unlabeled or not len(data.encoded(_source(spec))):
        return TrainingSet(examples=labelled)
    more = _by_policy(labelled, examples(spec, data, _source(spec), teacher), spec, data)
    both = Examples(
        encoded=concatenate(labelled.encoded, more.encoded),
        targets=np.concatenate([labelled.targets, more.targets]),
    )
    return TrainingSet(examples=both, label_count_std=None if data.tags_words else _unevenness(more))


def examples(spec: RunSpec, data: EncodedDataset, part: Part, teacher: str) -> Examples:
    """A part's sentences with the labels, or the teacher's logits, as the spec's loss asks."""
    hard = spec.loss == "hard"
    targets = data.labels(cast(Split, part)) if hard else data.teacher_logits(part, teacher, partial(_missing, part))
    return Examples(encoded=data.encoded(part), targets=targets)


def _by_policy(labelled: Examples, more: Examples, spec: RunSpec, data: EncodedDataset) -> Examples:
    """Of the unlabelled exercise: where the teacher agrees, then balanced, then of the labelled text's length.

    Lengths are those of texts as they are read, cut at the room's `max_length`.
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


def _missing(part: str, _: EncodedTexts) -> Any:
    """A student never runs the teacher: the sweep has stored the logits before."""
    raise RunError(f"The teacher's logits of {part!r} are not stored. Run the same command again to compute them.")
