"""A worker process: one task after another, until its command ends."""

import multiprocessing
import multiprocessing.util
import os
import signal
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from benchmark.core.errors import INTERRUPTED
from benchmark.core.interrupts import catch_interrupts, without_interrupts
from benchmark.core.spec import RunSpec
from benchmark.execution.run_status import OnRunEpoch, Outcome
from benchmark.execution.runner import Runner
from benchmark.execution.tasks import Task

Message = tuple[RunSpec, int] | Outcome | Exception | None
"""The end of an epoch; a task's outcome (None: to be tried again); or the error that ends the command."""
SHUTDOWN_SECONDS = 30.0
"""Time for an interrupted run to be stored as killed."""
KERNEL_COUNTS = Path("/proc/vmstat")


class Worker:
    """A spawned process and the command's end of the pipe to it; not a thread, since torch has one pool per process."""

    def __init__(self, runner: Runner) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, far_end = context.Pipe()
        self._process = context.Process(target=_serve, args=(runner, far_end))
        with without_interrupts():
            self._process.start()
        far_end.close()  # so that the pipe ends with the process
        self._oom_kills = oom_kills()
        self.task: Task | None = None

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    def give(self, task: Task) -> None:
        self.task = task
        with suppress(BrokenPipeError):  # it is gone: the pipe's end says so
            self.pipe.send(task)

    def receive(self) -> Message:
        """Raises EOFError or OSError where the process has ended."""
        message: Message = self.pipe.recv()
        return message

    def why_it_ended(self) -> str:
        self._process.join()
        return reason_of_death(self._process.exitcode or 0, oom_kills() - self._oom_kills)

    def leave(self) -> None:
        """Ends an idle process."""
        self.pipe.close()
        self._process.join()

    def interrupt(self) -> None:
        self._process.terminate()

    def end(self) -> None:
        """Waits, after `interrupt`, until a run is stored as killed; kills the process after SHUTDOWN_SECONDS."""
        self._process.join(SHUTDOWN_SECONDS)
        self._process.kill()
        self._process.join()


def reason_of_death(exit_code: int, oom_kills: int) -> str:
    """Reason for a process's end during a task; `oom_kills` is the number of the system's OOM kills meanwhile."""
    if exit_code == -signal.SIGKILL and oom_kills > 0:
        return (
            "Out of memory: the system ended its process to free memory. Try fewer --jobs, or limit each run by "
            "--max-memory, and add --retry-failed."
        )
    how = signal.Signals(-exit_code).name if exit_code < 0 else f"exit code {exit_code}"
    return f"Its process was ended from outside or by a crash ({how}). Add --retry-failed to do it again."


def oom_kills() -> int:
    """Number of Linux's OOM kills since boot; 0 where the system does not count them."""
    with suppress(OSError, ValueError):
        counts = dict(line.split() for line in KERNEL_COUNTS.read_text().splitlines())
        return int(counts.get("oom_kill", 0))
    return 0


def _serve(runner: Runner, pipe: Connection) -> None:
    threading.Thread(target=_leave_with_command, daemon=True).start()
    try:
        runner.set_threads()
        runner.store  # noqa: B018  (a store that does not answer ends the command)
        while True:
            task: Task = pipe.recv()
            pipe.send(_do(task, runner, lambda spec, epoch: pipe.send((spec, epoch))))
    except EOFError:  # the command has no more tasks
        return
    except KeyboardInterrupt:  # release semaphores, do not wait for threads
        multiprocessing.util._run_finalizers()  # type: ignore[attr-defined]
        os._exit(INTERRUPTED)
    except Exception as error:  # the store does not answer
        pipe.send(error)


def _leave_with_command() -> None:
    """Ends this process with its command; an orphan would run what the next command runs again."""
    command = multiprocessing.parent_process()
    if command is not None:
        command.join()
        os._exit(1)


def _do(task: Task, runner: Runner, on_epoch: OnRunEpoch) -> Outcome | None:
    """Runs a task; SIGTERM is an interrupt meanwhile, so that the run is stored as killed."""
    catch_interrupts(signal.SIGTERM)
    try:
        return task.run(runner, on_epoch)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
