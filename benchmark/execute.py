"""One run from its spec to its record: begun in the store, taught, examined, kept. The only place that catches."""

import shutil
import tempfile
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path

import torch

from benchmark.data.entry import SPLITS
from benchmark.exam import TEACHER, examine
from benchmark.grid import search
from benchmark.learning.classroom import POOL, Classroom
from benchmark.learning.loop import OnEpoch, predict
from benchmark.learning.teacher import Teacher, load_teacher
from benchmark.lesson import Lesson, Taught
from benchmark.measuring.lock import machine_lock
from benchmark.rooms import Rooms
from benchmark.seal import is_whole, keep_folder
from benchmark.spec import GRID, RunResult, RunSpec, digest
from benchmark.storage import logits_folder, teacher_folder
from tracking import LiveRun, Record, Store

Watch = Callable[[RunSpec, int], None]
"""Told the spec and the number of the epoch that has ended."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a run ended: its final metrics, or why it failed."""

    spec: RunSpec
    run_id: str
    metrics: Mapping[str, float]
    failure: str = ""


@dataclass(kw_only=True)
class Desk:
    """Where runs are executed: what is loaded, where they are kept, on which device."""

    rooms: Rooms
    store: Store
    device: torch.device
    preset: str

    def execute(self, spec: RunSpec, watch: Watch, teacher_test_f1: float | None = None) -> Outcome:
        """Does the run; an exception makes it a failed run with its reason, an interrupt a killed one."""
        run = self.store.begin(spec.suite, spec.name, tags=self.tags(spec, role(spec)), params=asdict(spec))
        try:
            with machine_lock("shared"), tempfile.TemporaryDirectory() as folder:
                result = self._teach(spec, run, watch, teacher_test_f1, Path(folder))
                run.log_artifacts(Path(folder))
            run.finish(result.metrics())
            return Outcome(spec=spec, run_id=run.run_id, metrics=result.metrics())
        except Exception as error:  # the sweep goes on
            reason = f"{type(error).__name__}: {error}"
            run.log_texts({"traceback": traceback.format_exc()})
            run.fail(reason)
            return Outcome(spec=spec, run_id=run.run_id, metrics={}, failure=reason)
        except BaseException:
            run.kill()
            raise

    def tags(self, spec: RunSpec, role: str) -> dict[str, str]:
        return tags(spec, role, self.preset)

    def prepare_logits(self, spec: RunSpec, *, pool: bool) -> None:
        """Has the teacher of the student's `spec` answer every split, and the pool, where no logits are stored yet."""
        room, labels = self.rooms.classroom(spec.dataset), self.rooms.corpus(spec.dataset).labels

        @cache
        def model() -> Teacher:
            loaded = load_teacher(str(teacher_folder(spec.teacher_key)), spec.task, len(labels))
            return loaded.to(self.device)

        for part in (*SPLITS, POOL) if pool and len(room.pool.texts) else SPLITS:
            room.teacher_logits(part, spec.teacher_key, lambda s: predict(model(), s, device=self.device))

    def fetch_teacher(self, record: Record) -> None:
        """Brings a finished teacher's files from the store, where they are not at hand, or not as they were written."""
        folder = teacher_folder(record.key)
        if not is_whole(folder):
            keep_folder(folder, lambda draft: self._download_teacher(record, draft))

    def _download_teacher(self, record: Record, to: Path) -> None:
        for file in self.store.download(record.run_id, TEACHER, to).iterdir():
            file.rename(to / file.name)
        (to / TEACHER).rmdir()

    def _teach(
        self, spec: RunSpec, run: LiveRun, watch: Watch, teacher_test_f1: float | None, folder: Path
    ) -> RunResult:
        room = self.rooms.classroom(spec.dataset)
        lesson = Lesson(spec=spec, room=room, device=self.device, vectors=self.rooms.vectors)
        if spec.learning_rate == GRID:
            taught = search(lesson, partial(self._begin_trial, spec, run), partial(watch, spec))
        else:
            taught = lesson.teach(float(spec.learning_rate), _both(run.log_epoch, partial(watch, spec)))
        result = examine(lesson, taught, folder, teacher_test_f1)
        if spec.is_teacher:
            _keep_teacher(spec, room, taught, folder, self.device)
        return result

    def _begin_trial(self, spec: RunSpec, run: LiveRun, rate: float) -> LiveRun:
        """A child run of a grid's run: one learning rate, validated and never tested."""
        tags = self.tags(spec, "trial") | {"key": digest([spec.key, rate])}
        params = asdict(spec) | {"learning_rate": rate}
        return self.store.begin(spec.suite, f"{spec.name}.lr{rate:g}", tags=tags, params=params, parent=run.run_id)


def _both(log: OnEpoch, watch: Callable[[int], None]) -> OnEpoch:
    """Curves go to the run, the epoch's number to who watches."""

    def on_epoch(epoch: int, metrics: Mapping[str, float]) -> None:
        log(epoch, metrics)
        watch(epoch)

    return on_epoch


def role(spec: RunSpec) -> str:
    """What its run is to the store."""
    return "teacher" if spec.is_teacher else "train"


def tags(spec: RunSpec, role: str, preset: str) -> dict[str, str]:
    """What runs are filtered and grouped by."""
    return {
        "role": role,
        "key": spec.key,
        "preset": preset,
        "dataset": spec.dataset,
        "task": spec.task,
        "student": spec.student,
        "setting": spec.setting,
        "teacher": spec.teacher,
        "seed": str(spec.seed),
        "protocol": spec.protocol,
        "smoke": str(spec.smoke).lower(),
    }


def _keep_teacher(spec: RunSpec, room: Classroom, taught: Taught, folder: Path, device: torch.device) -> None:
    """Stores what students read: the logits of every split, and the files in their place in the cache."""
    shutil.rmtree(logits_folder(spec.key), ignore_errors=True)  # of an earlier try with other weights
    model = taught.model.to(device)
    room.teacher_logits("validation", spec.key, lambda _: taught.valid_logits)
    for split in ("train", "test"):
        room.teacher_logits(split, spec.key, lambda sentences: predict(model, sentences, device=device))
    shutil.rmtree(teacher_folder(spec.key), ignore_errors=True)
    keep_folder(teacher_folder(spec.key), partial(shutil.copytree, folder / TEACHER, dirs_exist_ok=True))
