"""Runs one after another in this process, or side by side in processes that end with the command they work for."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

import torch

from benchmark.errors import RunError
from benchmark.execute import Desk, Outcome, Watch
from benchmark.plan import Request
from benchmark.rooms import Rooms
from benchmark.spec import RunSpec
from tracking import Store


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a process needs to make its desk."""

    rooms: Rooms
    uri: str
    preset: str
    device: str
    n_threads: int

    @classmethod
    def of(cls, rooms: Rooms, store: Store, request: Request, n_threads: int) -> "Work":
        return cls(rooms=rooms, uri=store.uri, preset=request.preset_name, device=request.device, n_threads=n_threads)

    def desk(self) -> Desk:
        torch.set_num_threads(self.n_threads)
        return Desk(rooms=self.rooms, store=Store.open(self.uri), device=torch.device(self.device), preset=self.preset)


def threads(jobs: int) -> int:
    """Each process its share: more threads than cores make all of them wait."""
    return max(1, (os.cpu_count() or 1) // max(1, jobs))


def executed(
    specs: list[RunSpec], f1_of_teachers: Mapping[str, float], work: Work, jobs: int, watch: Watch
) -> Generator[Outcome, None, None]:
    """Executes `specs` in as many processes as there are `jobs`; yields each outcome as its run ends.

    `f1_of_teachers` is by the teacher's key; `watch` is told of each epoch. Raises RunError where a process dies.
    """
    if jobs <= 1 or len(specs) <= 1:
        desk = work.desk()
        yield from (desk.execute(spec, watch, f1_of_teachers.get(spec.teacher_key)) for spec in specs)
    else:
        yield from _side_by_side(specs, f1_of_teachers, work, jobs, watch)


def _side_by_side(
    specs: list[RunSpec], f1_of_teachers: Mapping[str, float], work: Work, jobs: int, watch: Watch
) -> Iterator[Outcome]:
    """Processes rather than threads: torch's thread pool is one a process."""
    context = multiprocessing.get_context("spawn")
    events = context.Queue()
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_sit_down, initargs=(work, events))
    try:
        waiting = {pool.submit(_in_worker, spec, f1_of_teachers.get(spec.teacher_key)) for spec in specs}
        yield from _as_they_end(waiting, events, watch)
    except BrokenProcessPool as error:
        raise RunError(
            "A worker process was ended from outside, perhaps for lack of memory. What was finished is kept; the same "
            "command goes on from there. Try fewer --jobs."
        ) from error
    except BaseException:
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _as_they_end(waiting: set[Future[Outcome]], events: Any, watch: Watch) -> Iterator[Outcome]:
    while waiting:
        ended, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
        while not events.empty():
            watch(*events.get())
        yield from (future.result() for future in ended)


_desk: Desk
_tell: Callable[[tuple[RunSpec, int]], None]


def _sit_down(work: Work, events: Any) -> None:
    """In a new worker process. A key pressed at the terminal is the command's to answer; it then ends its workers."""
    global _desk, _tell
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_command, daemon=True).start()
    events.cancel_join_thread()
    _desk, _tell = work.desk(), events.put


def _leave_with_command() -> None:
    """A worker that outlived a killed command would do what the next command does again."""
    command = multiprocessing.parent_process()
    if command is not None:
        command.join()
        os._exit(1)


def _in_worker(spec: RunSpec, teacher_test_f1: float | None) -> Outcome:
    """A termination is an interrupt while a run goes on, which is then kept as killed."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _desk.execute(spec, lambda spec, epoch: _tell((spec, epoch)), teacher_test_f1)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
