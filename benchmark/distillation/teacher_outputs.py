"""A finished teacher's outputs: its logits over labelled and unlabelled text, generated texts.

They are computed once, stored with the teacher's run, and fetched into the cache of every machine that trains students.
"""

import json
import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import torch
from filelock import FileLock
from numpy.typing import NDArray

from benchmark.core.cache import augmented_path, cache_path, cached_matrix, is_intact, read_json, write_json, write_text
from benchmark.core.errors import RunError
from benchmark.core.locks import lock_path
from benchmark.core.run_store import LOGITS, TEXTS
from benchmark.core.settings import Source
from benchmark.core.spec import ENSEMBLE, RunSpec, digest
from benchmark.data.augmentation.config import METHODS
from benchmark.distillation.encoding import EncodedDataset, Part
from benchmark.distillation.teacher_logits import TeacherLogits
from tracking import Record, Store, StoreError, scratch_folder

LABELLED: tuple[Part, ...] = ("train", "validation")
"""Splits that students are trained and selected on; no student reads the teacher's logits of test."""
LARGEST = float(np.finfo(np.float16).max)

Logits = NDArray[np.float16]
Compute = Callable[[Part], NDArray[np.float32]]


@dataclass(frozen=True, kw_only=True)
class TeacherOutputs:
    """Outputs of the run `teacher` over one data set."""

    store: Store
    teacher: Record
    data: EncodedDataset
    source: TeacherLogits
    """The way in which this teacher's logits come about."""

    @property
    def members(self) -> list[Record]:
        """The finished runs of an ensemble's teachers; of any other teacher, its own."""
        if self.teacher.tags.get("setting") != ENSEMBLE:
            return [self.teacher]
        suite, keys = self.teacher.suite, self.teacher.params["teacher_key"].split()
        runs = [record for key in keys for record in self.store.records_of_key(suite, key)]
        return [record for record in runs if record.status == "finished"]

    def ensure(self, spec: RunSpec, device: torch.device) -> None:
        """Computes and stores the outputs that a student of `spec` reads, unless the teacher's run has them."""
        generated, compute = generated_texts_digest(spec), partial(self.source.logits, device=device)
        self._fetch_texts(generated)
        with _lock(self.teacher):
            stored = self.store.files(self.teacher.run_id, LOGITS)
            for part in required_parts(spec):
                self._ensure_logits(part, stored, compute)
        if generated and not self._has_texts(generated):
            path = augmented_path(generated)  # stored as plain JSON, without the cache's checksum
            text = json.dumps(read_json(path), ensure_ascii=False)
            self._publish(path.name, TEXTS, partial(write_text, text=text))

    def fetch(self, spec: RunSpec) -> None:
        """Fetches the outputs that a student of `spec` reads into the cache. Raises RunError if they are not stored."""
        self._fetch_texts(generated_texts_digest(spec))
        for part in required_parts(spec):
            self.logits(part)

    def logits(self, part: Part) -> Logits:
        """[A, C] logits over a part, memory-mapped; from the cache, or else from the teacher's run.

        NaN for words without a token or beyond the maximum length; students have no logits for them either, since they
        read the teacher's tokens. Raises RunError if the logits are not stored.
        """
        with _lock(self.teacher):
            return self._cached(part, partial(self._download_logits, self._path(part)))

    def _ensure_logits(self, part: Part, stored: Collection[str], compute: Compute) -> None:
        path = self._path(part)
        is_stored = f"{LOGITS}/{path.name}" in stored
        logits = self._cached(part, partial(self._download_logits, path) if is_stored else compute)
        if len(logits) and not is_stored:
            self._publish(path.name, LOGITS, partial(shutil.copy, path))

    def _cached(self, part: Part, compute: Compute) -> Logits:
        encoded = self.data.encoded(part)
        if not len(encoded):
            return np.empty((0, len(self.data.corpus.labels)), dtype=np.float16)
        path = self._path(part)
        logits: Logits = cached_matrix(path, lambda: compute(part).clip(-LARGEST, LARGEST).astype(np.float16))
        if len(logits) != encoded.n_targets:
            raise RunError(f"{path} holds {len(logits)} rows, expected {encoded.n_targets}. Delete it and run again.")
        return logits

    def _path(self, part: Part) -> Path:
        key = digest([part, self.data.digest(part), self.data.max_length])
        return cache_path("logits", self.teacher.run_id) / f"{key}.npy"

    def _download_logits(self, path: Path, _: Part) -> NDArray[np.float32]:
        with scratch_folder() as folder:
            try:
                file = self.store.download(self.teacher.run_id, f"{LOGITS}/{path.name}", folder)
            except StoreError as error:
                raise RunError(
                    f"The teacher's logits are neither in this machine's cache nor stored with {self.teacher.name}: "
                    f"{error}. Run the same command again to compute them."
                ) from error
            logits: NDArray[np.float32] = np.load(file, allow_pickle=False).astype(np.float32)
            return logits

    def _fetch_texts(self, generated: str) -> None:
        path = augmented_path(generated)
        if generated and not is_intact(path) and self._has_texts(generated):
            with _lock(self.teacher), scratch_folder() as folder:
                file = self.store.download(self.teacher.run_id, f"{TEXTS}/{path.name}", folder)
                write_json(path, json.loads(file.read_text(encoding="utf-8")))

    def _has_texts(self, generated: str) -> bool:
        return f"{TEXTS}/{augmented_path(generated).name}" in self.store.files(self.teacher.run_id, TEXTS)

    def _publish(self, name: str, artifact_folder: str, write: Callable[[Path], object]) -> None:
        with scratch_folder() as folder:
            write(folder / name)
            self.store.add_artifacts(self.teacher.run_id, folder, artifact_folder)


def _lock(teacher: Record) -> FileLock:
    """Lets one process of this machine at a time compute or fetch a teacher's outputs."""
    return FileLock(lock_path(f"{teacher.key}.{LOGITS}"))


def required_parts(spec: RunSpec) -> tuple[Part, ...]:
    """The parts whose teacher logits a student of `spec` reads."""
    if spec.loss == "hard":
        return ()
    return (*LABELLED, cast(Source, spec.text_source)) if spec.unlabeled else LABELLED


def generated_texts_digest(spec: RunSpec) -> str:
    """Digest under which the texts of a spec are generated and stored; empty if it reads no generated text."""
    return spec.pool_digest if spec.text_source in METHODS else ""
