"""What a teacher hands to its students: its files, its logits, and texts that were made for it to label.

They are computed once, kept with the teacher's run in the store, and brought from there into the cache of every
machine that teaches a student.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from benchmark.core.artifacts import LOGITS, TEACHER, TEXTS
from benchmark.core.cache import augmented_path, lock_path, teacher_folder, verify, write_atomic, write_dir_atomic
from benchmark.core.errors import RunError
from benchmark.core.settings import Source
from benchmark.core.spec import RunSpec
from benchmark.data.augmentation.config import METHODS
from benchmark.distillation.encoded_dataset import EncodedDataset, Part
from benchmark.distillation.encoding import EncodedTexts
from tracking import Record, Store, StoreError

LABELLED: tuple[Part, ...] = ("train", "validation")
"""The splits that students are taught with and chosen by: of test no student reads the teacher's logits."""

Answers = Callable[[EncodedTexts], NDArray[np.float32]]


@dataclass(frozen=True, kw_only=True)
class TeacherOutputs:
    """From one finished teacher, into this machine's cache."""

    store: Store
    teacher: Record

    def files(self) -> Path:
        """Folder of the teacher's files, fetched where they are not at hand, or not as they were written."""
        with self._alone():
            folder = teacher_folder(self.teacher.run_id)
            if not verify(folder):
                write_dir_atomic(folder, self._download)
        return folder

    def _download(self, draft: Path) -> None:
        for file in self.store.download(self.teacher.run_id, TEACHER, draft).iterdir():
            file.rename(draft / file.name)
        (draft / TEACHER).rmdir()

    def fetch(self, data: EncodedDataset, parts: Iterable[Part]) -> None:
        """Brings logits that are kept with the run and not at hand; a part without texts needs none."""
        with self._alone():
            for part in parts:
                name = data.logits_path(part, self.teacher.run_id).name
                data.teacher_logits(part, self.teacher.run_id, partial(self._kept, name))

    def give(self, data: EncodedDataset, parts: Iterable[Part], compute: Answers) -> None:
        """Sees to it that logits are at hand and kept with the run; computed where they are neither."""
        with self._alone():
            kept = self.store.files(self.teacher.run_id, LOGITS)
            for part in parts:
                self._give(data, part, kept, compute)

    def _give(self, data: EncodedDataset, part: Part, kept: Iterable[str], compute: Answers) -> None:
        path = data.logits_path(part, self.teacher.run_id)
        is_kept = f"{LOGITS}/{path.name}" in kept
        logits = data.teacher_logits(part, self.teacher.run_id, partial(self._kept, path.name) if is_kept else compute)
        if len(logits) and not is_kept:
            self._keep(path, LOGITS)

    def publish_texts(self, made: str) -> None:
        """As `give`, for texts made under a digest, which are at hand; none for none."""
        if made and not self._has_texts(made):
            self._keep(augmented_path(made), TEXTS)

    def fetch_texts(self, made: str) -> None:
        """Brings made texts that are kept with the run and not at hand."""
        path = augmented_path(made)
        if made and not path.exists() and self._has_texts(made):
            with self._alone(), tempfile.TemporaryDirectory() as folder:
                kept = self.store.download(self.teacher.run_id, f"{TEXTS}/{path.name}", Path(folder))
                write_atomic(path, partial(shutil.copyfile, kept))

    def _has_texts(self, made: str) -> bool:
        return f"{TEXTS}/{augmented_path(made).name}" in self.store.files(self.teacher.run_id, TEXTS)

    def _keep(self, path: Path, name: str) -> None:
        """A copy of a file, in a folder of the run."""
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(path, folder)
            self.store.add_artifacts(self.teacher.run_id, Path(folder), name)

    def _kept(self, name: str, _: EncodedTexts) -> NDArray[np.float32]:
        """[A, C] as the run has it."""
        with tempfile.TemporaryDirectory() as folder:
            try:
                path = self.store.download(self.teacher.run_id, f"{LOGITS}/{name}", Path(folder))
            except StoreError as error:
                raise RunError(
                    f"The teacher's logits are neither in this machine's cache nor kept with {self.teacher.name}: "
                    f"{error}. Run the same command again to compute them."
                ) from error
            stored: NDArray[np.float32] = np.load(path, allow_pickle=False).astype(np.float32)
            return stored

    def _alone(self) -> FileLock:
        """While others on this machine wait."""
        return FileLock(lock_path(f"{self.teacher.key}.{LOGITS}"))


def required_parts(spec: RunSpec) -> tuple[Part, ...]:
    """The parts of which a student reads the teacher's logits."""
    if spec.loss == "hard":
        return ()
    return (*LABELLED, *required_sources(spec))


def generated_texts_digest(spec: RunSpec) -> str:
    """Digest that the texts of a spec are made and stored under; empty where it reads none that were made."""
    return spec.pool_digest if spec.text_source in METHODS else ""


def required_sources(spec: RunSpec) -> tuple[Source, ...]:
    """The sources of unlabelled text of which a student reads the teacher's logits."""
    return (cast(Source, spec.text_source),) if spec.unlabeled and spec.loss != "hard" else ()
