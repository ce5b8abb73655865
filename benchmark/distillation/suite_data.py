"""The data of a suite, read once per process for all runs, and what plans and reports tell of it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import cast

from transformers import PreTrainedTokenizerBase

from benchmark.core.cache import cache_path, cached_json, file_digest
from benchmark.core.errors import RunError
from benchmark.core.settings import TEACHERS, VOCABULARIES, Source
from benchmark.core.spec import RunSpec, digest, encoders
from benchmark.data.augmentation.augment import Augmented, augment, cached_augmented
from benchmark.data.augmentation.config import METHODS, MODELS, AugmentationConfig, generation_parameters
from benchmark.data.corpus import Corpus, Texts, load_corpus
from benchmark.data.entry import SPLITS, OutputsFile, Suite
from benchmark.data.outputs_file import TextOutputs, read_outputs
from benchmark.data.pool import Pool, excluded_keys, in_domain_pool, unlabeled_pool
from benchmark.data.sources import is_available
from benchmark.data.summary import DataSummary, Unread
from benchmark.distillation.data_summary import count_unread, summarize
from benchmark.distillation.encoding import EncodedDataset, Part
from benchmark.distillation.tokenizer import Encoder
from benchmark.distillation.vocabulary import VERSION, own_tokenizer


@dataclass(kw_only=True)
class SuiteData:
    """Corpora, pools and encoded data sets of a suite, read at first use."""

    suite: Suite
    teacher: str
    """Hub id or folder of the teacher, or the first of several, which gives the students their tokenizer."""
    others: tuple[str, ...] = ()
    """Further teachers of an ensemble."""
    vectors: str = ""
    limit: int = 0
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    resolve_path: Callable[[str], str] = str
    """Local path of a file or folder by its name on the command's machine; hub ids stay as they are."""
    _corpora: dict[str, Corpus] = field(default_factory=dict)
    _pools: dict[tuple[str, Source], Pool] = field(default_factory=dict)
    _outputs: dict[str, TextOutputs | None] = field(default_factory=dict)
    _encoded_datasets: dict[tuple[str, str, str], EncodedDataset] = field(default_factory=dict)

    def __reduce__(self) -> tuple[Callable[[], "SuiteData"], tuple[()]]:
        """Other processes get the arguments and read the data themselves."""
        names = ("suite", "teacher", "others", "vectors", "limit", "augmentation", "resolve_path")
        return partial(SuiteData, **{name: getattr(self, name) for name in names}), ()

    def why_unavailable(self, dataset: str) -> str:
        """The reason why a data set is not available here; empty if it is."""
        if is_available(self.suite.entries[dataset]):
            return ""
        return f"{dataset} is private to the paper's authors and no files of it are given"

    def corpus(self, dataset: str) -> Corpus:
        if dataset not in self._corpora:
            self._corpora[dataset] = load_corpus(self.suite.entries[dataset].moved(self.resolve_path), self.limit)
        return self._corpora[dataset]

    def pool(self, dataset: str, source: Source = "pool") -> Pool:
        """A data set's unlabelled text from a source, read or generated at the first call."""
        if (dataset, source) not in self._pools:
            self._pools[dataset, source] = self._read_pool(dataset, source)
        return self._pools[dataset, source]

    def pool_digest(self, dataset: str, source: Source) -> str:
        """Digest of the texts; of generated texts, which may not exist yet, that of their sources and parameters."""
        if source not in METHODS:
            return self.pool(dataset, source).digest
        return digest(
            [self.corpus(dataset).digest, self.pool(dataset).digest, generation_parameters(source, self._augmentation)]
        )

    def vocabulary_digest(self, dataset: str) -> str:
        """Digest of what a vocabulary of the students' own is made of besides the labelled text, and of its version."""
        return digest([self.pool(dataset).digest, VERSION])

    def texts(self, dataset: str, part: Part) -> Texts:
        """Texts of a split or of a source of unlabelled text."""
        return self.corpus(dataset).texts(part) if part in SPLITS else self.pool(dataset, cast("Source", part)).texts

    def training_texts(self, spec: RunSpec) -> list[str | Sequence[str]]:
        """Training texts, or words per sentence, of a run."""
        labelled = self.corpus(spec.dataset).texts("train")
        return [*labelled, *(self.pool(spec.dataset).texts if spec.unlabeled else ())]

    def require_unchanged(self, spec: RunSpec) -> None:
        """Raises RunError if an input of the run has changed since its plan, whose digests its key covers."""
        source = cast("Source", spec.text_source)
        inputs = {f"The data set {spec.dataset!r}": (spec.data_digest, self.corpus(spec.dataset).digest)}
        if spec.unlabeled:
            inputs["The unlabelled text"] = (spec.pool_digest, self.pool_digest(spec.dataset, source))
        if spec.vocabulary_text:
            inputs["The text of the vocabulary"] = (spec.vocabulary_text, self.vocabulary_digest(spec.dataset))
        if spec.embedding_source:
            inputs[f"The file {self.vectors!r}"] = (spec.embedding_source, self.vectors_digest)
        if spec.is_teacher and not spec.required_keys:
            inputs[f"The teacher {spec.teacher!r}"] = (spec.teacher_key, self.identity(spec.dataset, spec.teacher))
        if changed := [name for name, (planned, now) in inputs.items() if planned != now]:
            raise RunError(f"{changed[0]} has changed since the plan was made. Run the same command again.")

    def outputs(self, dataset: str) -> TextOutputs | None:
        """Outputs that are the data set's teacher; None if its teacher is a model."""
        if dataset not in self._outputs:
            file, corpus = self._outputs_file(dataset), self.corpus(dataset)
            self._outputs[dataset] = read_outputs(file, corpus.labels, corpus.task) if file else None
        return self._outputs[dataset]

    def identity(self, dataset: str, teacher: str = "") -> str:
        """Identity of a teacher of the data set in keys: a digest of its files, or a hub id with its revision."""
        file, encoder = self._outputs_file(dataset), self.encoder_of(teacher)
        return digest([file_digest(Path(file.path)), file.kind, encoder.key]) if file else encoder.key

    def encoded_dataset(self, dataset: str, teacher: str = "", vocabulary: str = TEACHERS) -> EncodedDataset:
        """The data set, encoded by the tokenizer of a teacher, by default of the students', or by one of their own."""
        encoder = self.encoder_of(teacher)
        key = dataset, encoder.name, vocabulary
        if key not in self._encoded_datasets:
            own = vocabulary != TEACHERS
            self._encoded_datasets[key] = EncodedDataset(
                corpus=self.corpus(dataset),
                tokenizer=self._own_tokenizer(dataset, encoder, vocabulary) if own else encoder.tokenizer,
                max_length=encoder.max_length,
                read_pool=partial(self.pool, dataset),
            )
        return self._encoded_datasets[key]

    def encoder_of(self, teacher: str) -> Encoder:
        """The encoder of a teacher by the name of a run's spec; that of the students for any other name.

        An encoder may have been moved since the run: only further teachers need their names.
        """
        name = encoders(teacher)[0]
        return self._encoders[name if name in self.others else self.teacher]

    def summary(self, dataset: str) -> DataSummary:
        """Counts of a data set; those of long texts are cached."""
        corpus, encoder = self.corpus(dataset), self.encoder
        path = cache_path("unread", f"{digest([corpus.digest, encoder.identity, self.suite.task])}.json")
        unread = cached_json(path, lambda: asdict(count_unread(corpus, encoder.tokenizer, encoder.max_length)))
        pools = {source: pool for (name, source), pool in self._pools.items() if name == dataset}
        return summarize(corpus, Unread(**unread), pools)

    def _own_tokenizer(self, dataset: str, encoder: Encoder, vocabulary: str) -> PreTrainedTokenizerBase:
        corpus, pool = self.corpus(dataset), self.pool(dataset)
        texts = [*corpus.texts("train"), *pool.texts]
        return own_tokenizer(texts, [corpus.digest, pool.digest], VOCABULARIES[vocabulary], encoder.tokenizer)

    def _outputs_file(self, dataset: str) -> OutputsFile | None:
        return self._suite.entries[dataset].outputs

    def _read_pool(self, dataset: str, source: Source) -> Pool:
        corpus = self.corpus(dataset)
        if source == "pool":
            return unlabeled_pool(corpus, self._suite, self.limit)
        if source == "in_domain":
            return in_domain_pool(corpus, self._suite, Path(self.resolve_path(self.augmentation.in_domain)), self.limit)
        augmented = cached_augmented(self.pool_digest(dataset, source), partial(self._augment, dataset, source))
        return Pool(augmented.texts, digest(augmented.texts), augmented.origins)

    def _augment(self, dataset: str, source: Source) -> Augmented:
        corpus = self.corpus(dataset)
        exclude = excluded_keys(corpus, self._suite)
        return augment(source, corpus.texts("train"), self.pool(dataset).texts, self._augmentation, exclude)

    @cached_property
    def _suite(self) -> Suite:
        """The suite with paths of this machine."""
        return self.suite.moved(self.resolve_path)

    @cached_property
    def _augmentation(self) -> AugmentationConfig:
        """Models with paths of this machine; a smoke run generates at most `limit` texts."""
        models = {name: self.resolve_path(getattr(self.augmentation, name)) for name in MODELS}
        n_texts = min(self.augmentation.n_texts, self.limit or self.augmentation.n_texts)
        return replace(self.augmentation, n_texts=n_texts, **models)

    @cached_property
    def _encoders(self) -> dict[str, Encoder]:
        names = (self.teacher, *self.others)
        return {name: Encoder(name=name, task=self.suite.task, resolve_path=self.resolve_path) for name in names}

    def require_readable(self) -> None:
        """Raises InputError if the tokenizer of a teacher cannot be read."""
        for encoder in self._encoders.values():
            encoder.tokenizer  # noqa: B018

    @property
    def encoder(self) -> Encoder:
        """The encoder that gives the students their tokenizer."""
        return self._encoders[self.teacher]

    @cached_property
    def vectors_digest(self) -> str:
        """SHA-256 of the vector file; empty if there is none."""
        return file_digest(Path(self.resolve_path(self.vectors))) if self.vectors else ""
