"""A data set encoded by a teacher's tokenizer, with its labels and unlabelled text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

from benchmark.core.errors import RunError
from benchmark.core.settings import Source
from benchmark.data.corpus import Corpus
from benchmark.data.entry import SPLITS, Split
from benchmark.data.pool import Pool
from benchmark.distillation.encoding import EncodedTexts, encode_texts, encode_words

Part = Split | Source
POOL: Source = "pool"


@dataclass(kw_only=True)
class EncodedDataset:
    """One data set, read by one tokenizer. `part` names a split or a source of unlabelled text."""

    corpus: Corpus
    tokenizer: PreTrainedTokenizerBase
    max_length: int
    read_pool: Callable[[Source], Pool]

    @property
    def tags_words(self) -> bool:
        return self.corpus.task == "sequence_labeling"

    def texts(self, part: Part) -> Sequence[Any]:
        """Strings, or lists of words for tagging."""
        return self.corpus.texts(part) if part in SPLITS else self.read_pool(cast(Source, part)).texts

    def origins(self, source: Source) -> NDArray[np.int64]:
        """[n] index in train of the text that each text of `source` was made from. RunError where it was not."""
        made_from = self.read_pool(source).origins
        if made_from is None:
            raise RunError(f"The texts of {source!r} were not made from labelled ones, so none can agree with its own.")
        return np.array(made_from, dtype=np.int64)

    def encoded(self, part: Part) -> EncodedTexts:
        """The encoded text of a part, tokenised at the first call."""
        if part not in self._encoded:
            encode = encode_words if self.tags_words else encode_texts
            self._encoded[part] = encode(self.texts(part), self.tokenizer, self.max_length)
        return self._encoded[part]

    def labels(self, split: Split) -> NDArray[np.int64]:
        """[A] label ids of a split's answers."""
        column = self.corpus.splits[split][:][self.corpus.label_column]
        return np.array([tag for tags in column for tag in tags] if self.tags_words else column, dtype=np.int64)

    def gold(self, split: Split) -> list[Any]:
        """Label names as scores read them: flat, or a list of tags a sentence."""
        return self._named(self.labels(split), split)

    def decode(self, logits: NDArray[np.float32], split: Split) -> list[Any]:
        """The predicted names for logits [A, C]; a word that the model did not see gets the commonest tag."""
        seen = ~np.isnan(logits[:, 0])
        predicted = np.full(len(logits), self.commonest, dtype=np.int64)
        predicted[seen] = logits[seen].argmax(axis=1)
        return self._named(predicted, split)

    def digest(self, part: Part) -> str:
        """Digest of a part's content."""
        return self.corpus.digest if part in SPLITS else self.read_pool(cast(Source, part)).digest

    @cached_property
    def _encoded(self) -> dict[str, EncodedTexts]:
        return {}

    @cached_property
    def commonest(self) -> int:
        """Id of the label that train holds most of: the answer where the model cannot see the word."""
        return int(np.bincount(self.labels("train")).argmax())

    def _named(self, ids: NDArray[np.int64], split: Split) -> list[Any]:
        names = [self.corpus.labels[i] for i in ids.tolist()]
        if not self.tags_words:
            return names
        offsets = self.encoded(split).target_offsets.tolist()
        return [names[start:end] for start, end in pairwise(offsets)]
