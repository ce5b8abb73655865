"""What is loaded of each data set, once a process, whichever runs read it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from transformers import PreTrainedTokenizerBase

from benchmark.data.corpus import Corpus, is_available, load_corpus
from benchmark.data.pool import Pool, unlabeled_pool
from benchmark.data.suites import Suite
from benchmark.errors import BenchmarkError, DataError
from benchmark.learning.classroom import Classroom
from benchmark.learning.teacher import identify, load_tokenizer
from benchmark.presets import MAX_LENGTH
from benchmark.pretrained import require_on_hub
from benchmark.storage import file_digest


@dataclass(kw_only=True)
class Rooms:
    """Corpora, pools and classrooms of a suite by data set, read at the first call."""

    suite: Suite
    teacher: str
    vectors: str = ""
    limit: int = 0
    _corpora: dict[str, Corpus] = field(default_factory=dict)
    _pools: dict[str, Pool] = field(default_factory=dict)
    _classrooms: dict[str, Classroom] = field(default_factory=dict)

    def __reduce__(self) -> tuple[Callable[[], "Rooms"], tuple[()]]:
        """Another process loads for itself."""
        return partial(Rooms, suite=self.suite, teacher=self.teacher, vectors=self.vectors, limit=self.limit), ()

    def why_unavailable(self, dataset: str) -> str:
        """Why the data set cannot be read here; empty where it can."""
        entry = self.suite.entries[dataset]
        private = f"{dataset} is private to the paper's authors and no files of it are given"
        return "" if is_available(entry) else private

    def corpus(self, dataset: str) -> Corpus:
        if dataset not in self._corpora:
            self._corpora[dataset] = load_corpus(self.suite.entries[dataset], self.limit)
        return self._corpora[dataset]

    def pool(self, dataset: str) -> Pool:
        if dataset not in self._pools:
            self._pools[dataset] = unlabeled_pool(self.corpus(dataset), self.suite, self.limit)
        return self._pools[dataset]

    def classroom(self, dataset: str) -> Classroom:
        if dataset not in self._classrooms:
            self._classrooms[dataset] = Classroom(
                corpus=self.corpus(dataset),
                tokenizer=self.tokenizer,
                max_length=min(MAX_LENGTH[self.suite.task], self.tokenizer.model_max_length),
                read_pool=lambda: self.pool(dataset),
            )
        return self._classrooms[dataset]

    @cached_property
    def teacher_identity(self) -> str:
        return identify(self.teacher)

    @cached_property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        """The teacher's, which its students read with too. Raises InputError where it cannot be had."""
        hub_id, _, revision = self.teacher_identity.partition("@")
        if revision:
            require_on_hub(hub_id, revision, "teacher")
        try:
            return load_tokenizer(self.teacher)
        except BenchmarkError:
            raise
        except Exception as error:  # a broken file is answered with whatever its reader stumbled over
            raise DataError(
                f"The tokenizer of teacher {self.teacher!r} cannot be loaded: {' '.join(str(error).split())[:300]}. "
                "Save it again with save_pretrained(), or give another teacher."
            ) from error

    @cached_property
    def vectors_digest(self) -> str:
        """SHA-256 of the given vector file; empty where none is given."""
        return file_digest(Path(self.vectors)) if self.vectors else ""
