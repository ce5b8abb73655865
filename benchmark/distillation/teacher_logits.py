"""A teacher's logits over a part of a data set: of its model, of a file, or of several teachers together."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from filelock import FileLock
from numpy.typing import NDArray

from benchmark.core.cache import cache_path, verify, write_dir_atomic
from benchmark.core.errors import RunError
from benchmark.core.locks import lock_path
from benchmark.core.run_store import TEACHER_MODEL
from benchmark.data.outputs_file import FLOOR, TextOutputs
from benchmark.distillation.batching import predict
from benchmark.distillation.encoding import EncodedDataset, Part
from benchmark.distillation.teacher import Teacher, load_teacher
from tracking import Record, Store, StoreError

Logits = NDArray[np.float32]


class TeacherLogits(Protocol):
    """The way in which a teacher's logits come about; students see the logits alone."""

    def logits(self, part: Part, device: torch.device) -> Logits:
        """[A, C] logits over a part, in the order of the data set's labels; NaN where there are none."""

    def encoder(self) -> str:
        """Folder or hub id of the encoder whose embeddings students may start from."""


@dataclass(frozen=True)
class ModelLogits:
    """Logits of a finished teacher's model; NaN for words without a token or beyond the maximum length."""

    store: Store
    teacher: Record
    data: EncodedDataset
    """Encoded by this teacher's tokenizer."""

    def logits(self, part: Part, device: torch.device) -> Logits:
        return predict(self._model.to(device), self.data.encoded(part), device=device)

    def encoder(self) -> str:
        return str(fetch_model(self.store, self.teacher))

    @cached_property
    def _model(self) -> Teacher:
        return load_teacher(self.encoder(), self.data.corpus.task, as_is=True)


@dataclass(frozen=True)
class FileLogits:
    """Logits of a file; NaN for texts without outputs."""

    outputs: TextOutputs
    data: EncodedDataset
    tokenizer_of: str
    """Encoder that gives the students' tokenizer and embeddings."""

    def logits(self, part: Part, device: torch.device) -> Logits:  # noqa: ARG002
        return self.outputs.of(self.data.texts(part))

    def encoder(self) -> str:
        return self.tokenizer_of


@dataclass(frozen=True)
class EnsembleLogits:
    """The logarithm of the mean of several teachers' probabilities, which are at least FLOOR.

    A target is a text or a word, so the teachers' tokenizers may differ. The mean of a word is over the teachers that
    read it: a longer tokenisation may lose a sentence's end.
    """

    members: Sequence[TeacherLogits]

    def logits(self, part: Part, device: torch.device) -> Logits:
        probabilities = np.stack([_softmax(member.logits(part, device)) for member in self.members])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # the mean of NaN alone is NaN: no teacher reads the word
            mean = np.nanmean(probabilities, axis=0)
        logits: Logits = np.log(mean.clip(FLOOR)).astype(np.float32)
        return logits

    def encoder(self) -> str:
        return self.members[0].encoder()


def _softmax(logits: Logits) -> NDArray[np.float64]:
    """[A, C] probabilities; NaN where the logits are."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    probabilities: NDArray[np.float64] = shifted / shifted.sum(axis=1, keepdims=True)
    return probabilities


def fetch_model(store: Store, teacher: Record) -> Path:
    """Folder of a finished teacher's model and tokenizer, fetched unless the cache has it intact."""

    def download(draft: Path) -> None:
        try:
            folder = store.download(teacher.run_id, TEACHER_MODEL, draft)
        except StoreError as error:
            raise RunError(
                f"The model of {teacher.name} is neither in this machine's cache nor in the store: {error} Restore the "
                "store's artifacts, or give the same command with --force, which runs the teacher again."
            ) from error
        for file in folder.iterdir():
            file.rename(draft / file.name)
        folder.rmdir()

    folder = cache_path("teachers", teacher.run_id)
    with FileLock(lock_path(f"{teacher.key}.{TEACHER_MODEL}")):
        return folder if verify(folder) else write_dir_atomic(folder, download)
