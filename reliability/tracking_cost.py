"""The tracking figure of docs/reliability.md: for what share of its time a run waits for the store that keeps it.

`python -m reliability.tracking_cost [--store server|file] [--plan quickstart|emot] [--requests]`: plans done by the
main command in this process, one run at a time, on the team's server and on the SQLite default. Stores and plans
repeat, and none means all; `emot` is read from BENCHMARK_DATA_MIRROR, or fetched.
"""

import argparse
import inspect
import io
import math
import os
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from requests import Session

from benchmark import run
from benchmark.core.spec import RunSpec
from benchmark.execution.run_status import Outcome
from benchmark.execution.runner import Runner
from benchmark.measurement import machine as lock
from tests.support.commands import own_environment
from tests.support.team_server import team_server
from tracking import ActiveRun, Store

LONG_SECONDS = 60.0
"""From which on a run lasts as long as those that a store is made for."""
ALWAYS = ("--suite", "classification", "--jobs", "1", "--no-latency")
PLANS: Mapping[str, tuple[str, ...]] = {
    "quickstart": ("-s", "bilstm", "-s", "cnn", "-x", "vanilla", "-x", "kd_ulb_bert"),
    "emot": ("-d", "emot", "-s", "bilstm", "-x", "vanilla", "-x", "kd"),
}
"""The teacher of both is the small one that ships with the package."""


@dataclass
class Waiting:
    """Requests of one run, or one command, to the store."""

    seconds: float = 0.0
    """In which its own thread waited."""
    calls: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Those seconds, by method."""
    requests: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Seconds of each request to a server, by what it asks; those of other threads begin with `beside`."""


@dataclass
class Meter:
    """Of this process: what is called by the main thread, and every request that goes out meanwhile."""

    going_on: list[Waiting] = field(default_factory=list)
    """What the time counts for: a command, and the run that it is at."""
    inside: bool = False
    """A call of the store goes on; those that it makes in turn are part of it."""

    @contextmanager
    def of(self, waiting: Waiting) -> Iterator[None]:
        self.going_on.append(waiting)
        try:
            yield
        finally:
            self.going_on.pop()

    @contextmanager
    def call(self, name: str) -> Iterator[None]:
        if self.inside or threading.current_thread() is not threading.main_thread():
            yield
            return
        self.inside, begin = True, time.perf_counter()
        try:
            yield
        finally:
            self.inside, took = False, time.perf_counter() - begin
            for waiting in self.going_on:
                waiting.seconds += took
                waiting.calls[name] += took

    @contextmanager
    def request(self, what: str) -> Iterator[None]:
        begin, owners = time.perf_counter(), list(self.going_on)
        yield
        beside = "" if threading.current_thread() is threading.main_thread() else "beside: "
        for waiting in owners:
            waiting.requests[beside + what].append(time.perf_counter() - begin)


METER = Meter()


@dataclass(frozen=True)
class Cost:
    """One line of the table."""

    store: str
    what: str
    wall: float
    waiting: Waiting
    is_run: bool = True
    load: float = field(default_factory=lambda: os.getloadavg()[0])
    """Of the machine, over the last minute."""

    @property
    def percent(self) -> float:
        return 100 * self.waiting.seconds / self.wall

    def __str__(self) -> str:
        beside = sum(len(took) for what, took in self.waiting.requests.items() if what.startswith("beside"))
        own = sum(map(len, self.waiting.requests.values())) - beside
        figures = f"{self.wall:.1f} | {self.waiting.seconds:.2f} | {self.percent:.2f}"
        return f"| {self.store} | {self.what} | {figures} | {own} | {beside} | {self.load:.1f} |"


@contextmanager
def metered() -> Iterator[list[Cost]]:
    """Yields a list that gets each run, from before it is begun to after it has ended."""
    ended: list[Cost] = []
    run, send = Runner.run, Session.send

    def timed(runner: Runner, spec: RunSpec, *args: Any, **named: Any) -> Outcome:
        waiting, begin = Waiting(), time.perf_counter()
        with METER.of(waiting):
            outcome = run(runner, spec, *args, **named)
        ended.append(Cost(runner.store.uri, spec.name, time.perf_counter() - begin, waiting))
        assert not outcome.failure, outcome.failure
        return outcome

    def sent(session: Session, request: Any, **named: Any) -> Any:
        with METER.request(_request_name(request.method, request.url)):
            return send(session, request, **named)

    for kept in (Store, ActiveRun):
        for name, method in inspect.getmembers(kept, inspect.isfunction):
            if not name.startswith("_"):
                setattr(kept, name, _counted(f"{kept.__name__}.{name}", method))
    Runner.run, Session.send = timed, sent  # type: ignore[method-assign, assignment]
    yield ended


def _counted(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def counted(*args: Any, **named: Any) -> Any:
        with METER.call(name):
            return method(*args, **named)

    return counted


def _request_name(method: str, url: str) -> str:
    """What a request is for: without the ids and names of files in its address."""
    path = urlsplit(url).path
    return f"{method} " + ("file" if "/mlflow-artifacts/" in path else path.partition("/mlflow/")[2] or path)


@contextmanager
def on_file(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'mlflow.db'}"


@contextmanager
def on_server(folder: Path) -> Iterator[str]:  # noqa: ARG001
    """As docker-compose.yml has it, on PostgreSQL."""
    with team_server() as team:
        os.environ |= team.account
        yield team.uri


STORES: Mapping[str, Callable[[Path], Any]] = {"server": on_server, "file": on_file}


def costs(store: str, plan: str, uri: str, folder: Path, ended: list[Cost]) -> Iterator[Cost]:
    """Of each run of a plan that is done with an empty cache, and of the whole command."""
    folder.mkdir()
    os.environ |= own_environment(folder) | {"MLFLOW_TRACKING_URI": uri}
    lock.LOCK_FOLDER = folder.parent / "own"
    ended.clear()
    whole, said, begin = Waiting(), io.StringIO(), time.perf_counter()
    with METER.of(whole), redirect_stdout(said):
        code = run.main([*ALWAYS, *PLANS[plan], "--out", str(folder / "results")])
    wall = time.perf_counter() - begin
    assert code == 0, said.getvalue()[-2000:]
    yield from (replace(cost, store=store) for cost in ended)
    yield Cost(store, f"the whole command ({plan})", wall, whole, is_run=False)


def request_lines(cost: Cost) -> Iterator[str]:
    """What the time of a run or command went to, the most first: methods, then requests."""
    yield f"\n{cost.what}, {cost.store}:\n\n| what | times | ms each | seconds |\n|---|---|---|---|"
    for name, seconds in sorted(cost.waiting.calls.items(), key=lambda item: -item[1]):
        yield f"| {name} | | | {seconds:.3f} |"
    for name, took in sorted(cost.waiting.requests.items(), key=lambda item: -sum(item[1])):
        yield f"| {name} | {len(took)} | {1000 * sum(took) / len(took):.1f} | {sum(took):.3f} |"


def summary(store: str, runs: Sequence[Cost]) -> str:
    """The shares of a store's runs, in words."""
    if not runs:
        return ""
    together = 100 * sum(cost.waiting.seconds for cost in runs) / sum(cost.wall for cost in runs)
    most = max(cost.percent for cost in runs)
    long = max((cost.percent for cost in runs if cost.wall >= LONG_SECONDS), default=math.nan)
    shares = (
        f"{together:.2f} % of all, at most {most:.2f} % of one, at most {long:.2f} % of one of {LONG_SECONDS:.0f} s"
    )
    return f"\n{len(runs)} runs, {store}: {shares} ({os.cpu_count()} cores)"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m reliability.tracking_cost", description=__doc__)
    parser.add_argument("--store", action="append", choices=STORES, default=[])
    parser.add_argument("--plan", action="append", choices=PLANS, default=[])
    parser.add_argument("--requests", action="store_true", help="also what the time of each run went to")
    args = parser.parse_args()
    found: list[Cost] = []
    print("| store | run | wall seconds | waited | % | requests | beside the run | load |\n" + "|---" * 8 + "|")
    with tempfile.TemporaryDirectory(prefix="cost-") as scratch, metered() as ended:
        for store in args.store or STORES:
            folder = Path(scratch).absolute() / store
            folder.mkdir()
            with STORES[store](folder) as uri:
                for plan in args.plan or PLANS:
                    (folder / plan).mkdir()
                    for cost in costs(store, plan, uri, folder / plan / "work", ended):
                        print(cost, flush=True)
                        found.append(cost)
    print("\n".join(summary(store, [c for c in found if c.is_run and c.store == store]) for store in STORES))
    for cost in found if args.requests else ():
        print("\n".join(request_lines(cost)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
