"""The training of one spec: its model, its initial embeddings, its training set."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

import students
from benchmark.core.cache import cache_path, cached_matrix
from benchmark.core.settings import TEACHERS
from benchmark.core.spec import RunSpec, digest, encoders
from benchmark.data.entry import Split
from benchmark.distillation import embeddings
from benchmark.distillation.batching import predict
from benchmark.distillation.checkpoint import Checkpoint
from benchmark.distillation.encoding import POOL, EncodedDataset, concatenate
from benchmark.distillation.losses import loss_function
from benchmark.distillation.scores import macro_f1
from benchmark.distillation.teacher import load_teacher
from benchmark.distillation.teacher_outputs import TeacherOutputs
from benchmark.distillation.tokenizer import load_tokenizer, vocabulary, vocabulary_size
from benchmark.distillation.trainer import OnEpoch, TrainingConfig, TrainingHistory, train
from benchmark.distillation.training_set import TrainingSet, examples, training_set
from benchmark.distillation.vocabulary import spelled_by


@dataclass(kw_only=True)
class TrainingRun:
    """A spec with the data that it trains on."""

    spec: RunSpec
    data: EncodedDataset
    device: torch.device
    teacher: TeacherOutputs | None = None
    """None for a teacher's own run."""
    vectors: str = ""
    resolve_path: Callable[[str], str] = str
    """Local path of the encoder's folder and of the vectors, as in `SuiteData`."""

    def train(self, rate: float, on_epoch: OnEpoch, max_steps: int | None = None) -> "TrainedModel":
        """Trains a new model at a learning rate; `on_epoch` is called after each epoch.

        `max_steps` replaces the spec's.
        """
        spec = self.spec
        steps = spec.max_steps if max_steps is None else max_steps
        config = {f.name: getattr(spec, f.name) for f in fields(TrainingConfig)}
        config |= {"learning_rate": rate, "max_steps": steps}
        key = digest([spec.key, self.teacher_run_id, rate, steps])
        torch.manual_seed(spec.seed)
        model = self.build()
        history = train(
            model,
            students.word_embeddings(model),
            training_set=self.training_set.examples,
            validation=examples(spec, self.data, "validation", self.teacher),
            loss=loss_function(spec.loss, spec.temperature),
            score=partial(score, self.data, "validation"),
            config=TrainingConfig(**config),
            on_epoch=on_epoch,
            device=self.device,
            checkpoint=Checkpoint(cache_path("checkpoints", f"{key}.pt")),
        )
        return self._trained(model, rate, history)

    def untrained(self) -> "TrainedModel":
        """The model as it is built: a teacher that is used without training."""
        return self._trained(self.build().to(self.device), 0.0, TrainingHistory())

    def build(self) -> nn.Module:
        """The untrained model with the setting's initial embeddings."""
        corpus, spec = self.data.corpus, self.spec
        if spec.is_teacher:
            path, labels = self.resolve_path(spec.teacher), corpus.labels
            return load_teacher(path, spec.task, labels, spec.head, as_is=spec.is_as_is)
        model = students.build(
            spec.student,
            task=spec.task,
            vocab_size=vocabulary_size(self.data.tokenizer),
            n_labels=len(corpus.labels),
            pad_id=self.data.encoded("train").pad_id,
        )
        table = students.word_embeddings(model)
        with torch.no_grad():
            table.weight.mul_(spec.embedding_scale)
        if spec.embeddings != "random":
            embeddings.initialise_embeddings(table, self._matrix(table.embedding_dim))
        return model

    @property
    def teacher_run_id(self) -> str:
        """Id of the teacher's run; empty for a teacher's own run."""
        return self.teacher.teacher.run_id if self.teacher else ""

    @property
    def teacher_setting(self) -> str:
        """Setting of the teacher's run: whether it is used as it is, fine-tuned here, or neither."""
        return self.teacher.teacher.tags.get("setting", "") if self.teacher else self.spec.setting

    @property
    def teacher_training(self) -> dict[str, str | None]:
        """Options that bounded the fine-tuning of the teacher here, by the name of the teacher's param; None for those
        in which the teachers of an ensemble differ."""
        runs = self.teacher.members if self.teacher else []
        values = {name: {run.params.get(name) for run in runs} for name in ("max_epochs", "learning_rate")}
        return {name: found.pop() if len(found) == 1 else None for name, found in values.items()}

    @property
    def teacher_folders(self) -> list[str]:
        """Names of teachers that are folders, and not on the Hub."""
        return [name for name in encoders(self.spec.teacher) if Path(self.resolve_path(name)).is_dir()]

    @cached_property
    def training_set(self) -> TrainingSet:
        return training_set(self.spec, self.data, self.teacher)

    def _trained(self, model: nn.Module, rate: float, history: TrainingHistory) -> "TrainedModel":
        logits = predict(model, self.data.encoded("validation"), device=self.device)
        if self.spec.is_teacher:
            self.data = self.data.judged_by_teacher(logits)
        return TrainedModel(
            model=model,
            learning_rate=rate,
            history=history,
            valid_f1=score(self.data, "validation", logits),
            valid_logits=logits,
        )

    def _matrix(self, width: int) -> NDArray[np.float32]:
        """[V, any width] initial embeddings.

        `bert` is the table of the fine-tuned teacher, whose files the run's key covers; of a teacher that is a file,
        that of the encoder that gives the tokenizer. Tokens of an own vocabulary get the mean of those that spell
        them. The paper's is that of the pre-trained BERT (section 5.1.4).
        """
        spec = self.spec
        matrix: NDArray[np.float32]
        if spec.embeddings == "bert" and self.teacher:
            teacher = load_teacher(self.teacher.source.encoder(), spec.task)
            matrix = teacher.embedding.weight.detach().numpy()
            if spec.vocabulary != TEACHERS:
                tokenizer = load_tokenizer(self.teacher.source.encoder(), spec.task)
                matrix = spelled_by(matrix, self.data.tokenizer, tokenizer)
        else:
            tokens = [spec.teacher_key, self.data.max_length]  # rows are the tokens of this teacher,
            if spec.vocabulary != TEACHERS:  # or those of the student
                tokens += [spec.vocabulary, spec.vocabulary_text]
            key = digest([spec.embedding_source, spec.data_digest, spec.pool_digest, width, *tokens])
            matrix = cached_matrix(cache_path("vectors", f"{key}.npy"), lambda: self._fasttext(width))
        return matrix

    def _fasttext(self, width: int) -> NDArray[np.float32]:
        tokens = vocabulary(self.data.tokenizer)
        if self.vectors:
            return embeddings.read_vectors(Path(self.resolve_path(self.vectors)), tokens)
        text = concatenate(self.data.encoded("train"), self.data.encoded(POOL))
        encoded = [[tokens[i] for i in ids] for ids in np.split(text.ids, text.offsets[1:-1])]
        return embeddings.train_fasttext(encoded, tokens, width)


@dataclass(kw_only=True)
class TrainedModel:
    """A model with its best weights, and its training history, which is empty for one that was not trained."""

    model: nn.Module
    learning_rate: float
    history: TrainingHistory
    valid_f1: float
    valid_logits: NDArray[np.float32]
    """[A, C] on the validation split, with the best weights."""


def score(data: EncodedDataset, split: Split, logits: NDArray[np.float32]) -> float:
    """Macro-F1 in 0..1 of logits [A, C] on a split, by the data set's metric."""
    return macro_f1(data.gold(split), data.decode(logits, split), data.corpus.metric, data.corpus.labels)
