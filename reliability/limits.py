"""One run that takes more than it may: it alone fails and says why, and the others come to the same figures."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from random import Random

import psutil

from reliability.plan import Plan, by_name, check, processes, records, said
from reliability.tally import Tally

MINUTES = 0.5
LARGE = "bert_small"
MIB = 2**20
UNLIMITED = ("--max-memory", "1000000")
"""Each run has a process of its own, as it has with a limit."""


def exceeded(folder: Path, tries: int, dice: Random) -> Tally:
    """Memory and time in turn."""
    plan, tally = Plan.small(folder), Tally()
    plan = replace(plan, arguments=(*plan.arguments, "-s", LARGE))
    peaks = _peaks(plan, folder / "reference" / "work")
    expected = by_name(records(folder / "reference" / "work"))
    students = {name: mib for name, mib in peaks.items() if "teacher" not in name}
    large = {name for name in students if LARGE in name}
    limit = (max(mib for name, mib in peaks.items() if name not in large) + min(peaks[name] for name in large)) / 2
    for number in range(tries):
        work = folder / f"plan{number}" / "work"
        with tally.one("memory" if number % 2 == 0 else "time"):
            if number % 2 == 0:
                _refused(plan, work, expected, large, "Out of memory: ", "--max-memory", str(round(limit)))
            else:
                _held(plan, work, expected, dice.choice(sorted(students)))
    tally.notes.append(f"{LARGE} held {min(students[name] for name in large):.0f} MiB and was allowed {limit:.0f}")
    return tally


def _refused(
    plan: Plan, work: Path, expected: Mapping[str, dict[str, float]], names: set[str], why: str, *limit: str
) -> None:
    """`names` fail under the limit, and are done by the same command without it."""
    with replace(plan, arguments=(*plan.arguments, *limit)).going_on(work) as command:
        code = command.wait()
    _check_failed(work, code, expected, names, why)
    _check_retried(plan, work, expected)


def _held(plan: Plan, work: Path, expected: Mapping[str, dict[str, float]], name: str) -> None:
    """The process of one run is held still until its time is over."""
    limited = replace(plan, arguments=(*plan.arguments, "--max-minutes", str(MINUTES)))
    with limited.going_on(work) as command:
        while (pid := _trains(work, name)) is None and command.poll() is None:
            time.sleep(0.02)
        if pid is not None:
            os.kill(pid, signal.SIGSTOP)
            time.sleep(60 * MINUTES + 1)
            os.kill(pid, signal.SIGCONT)
        code = command.wait()
    _check_failed(work, code, expected, {name}, "Out of time: ")
    _check_retried(plan, work, expected)


def _trains(work: Path, name: str) -> int | None:
    """Its process, once an epoch has ended: its time runs by then."""
    curves = [metric for record in records(work) if record.name == name for metric in record.metrics]
    return processes(work).get(name) if any(metric.startswith("epoch/") for metric in curves) else None


def _check_failed(work: Path, code: int, expected: Mapping[str, dict[str, float]], names: set[str], why: str) -> None:
    known = records(work)
    failed = {record.name: record.tags.get("reason", "") for record in known if record.status == "failed"}
    assert code == 1, f"exit code {code}: {said(work)}"
    assert failed.keys() == names, f"{sorted(failed)} failed, not {sorted(names)}"
    assert all(reason.startswith(why) for reason in failed.values()), failed
    others = {name: scores for name, scores in expected.items() if name not in names}
    check([record for record in known if record.status != "failed"], others)


def _check_retried(plan: Plan, work: Path, expected: Mapping[str, dict[str, float]]) -> None:
    replace(plan, arguments=(*plan.arguments, "--retry-failed")).done(work)
    check([record for record in records(work) if record.status != "failed"], dict(expected))


def _peaks(plan: Plan, work: Path) -> dict[str, float]:
    """MiB that the process of each run held at most."""
    peaks: dict[str, float] = {}

    def look() -> None:
        for name, pid in processes(work).items():
            with suppress(psutil.Error):
                peaks[name] = max(peaks.get(name, 0.0), psutil.Process(pid).memory_info().rss / MIB)

    with _again_and_again(look):
        replace(plan, arguments=(*plan.arguments, *UNLIMITED)).done(work)
    return peaks


@contextmanager
def _again_and_again(look: Callable[[], None]) -> Iterator[None]:
    over = threading.Event()

    def go_on() -> None:
        while not over.wait(0.1):
            look()

    watcher = threading.Thread(target=go_on)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
