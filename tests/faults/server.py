"""A tracking server that is gone for a while: training goes on, and what it told arrives complete and in order."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.faults import training
from tests.faults.plan import Plan, by_name, check, records
from tests.faults.tally import Tally
from tracking import Store

AWAY_SECONDS = 60.0
START_SECONDS = 600


class Server:
    """`mlflow server` on a free port of this machine."""

    def __init__(self, folder: Path, store: str = "") -> None:
        self.folder = folder
        self._store = store or f"sqlite:///{folder / 'server.db'}"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        """Returns once it answers."""
        options = ("--host", "127.0.0.1", "--port", str(self._port), "--workers", "1")
        places = ("--backend-store-uri", self._store, "--artifacts-destination", str(self.folder / "artifacts"))
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mlflow", "server", *places, *options],
                cwd=self.folder,
                env=os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            gone = self._process.poll() is not None or time.monotonic() > until
            assert not gone, (self.folder / "server.log").read_text()
            time.sleep(0.2)

    def kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def change_store(self, store: str) -> None:
        """Returns once it answers for another store, as where two projects are served one after the other."""
        self.kill()
        self._store = store
        self.start()

    def be_away(self, seconds: float) -> None:
        self.kill()
        time.sleep(seconds)
        self.start()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.uri}/health", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False


@contextmanager
def serving(folder: Path, store: str = "") -> Iterator[Server]:
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(folder, store)
    try:
        yield server
    finally:
        server.kill()


def outage(folder: Path, tries: int, dice: Random, seconds: float = AWAY_SECONDS) -> Tally:
    tally, waits = Tally(), []
    with serving(folder / "server") as server:
        store = Store.open(server.uri)
        for number in range(tries):
            at, name = dice.randrange(1, training.N_EPOCHS), f"run{number}"
            with tally.one(f"away from epoch {at}"):
                told = training.disturbed(store, folder, at, lambda: server.be_away(seconds), name)
                waits.append(told.longest_wait)
                training.check(store, told, folder, name)
                assert told.longest_wait < 1, f"an epoch waited for {told.longest_wait:.1f} s"
    tally.notes.append(f"away for {seconds:.0f} s; an epoch waited {max(waits, default=0):.3f} s at most")
    return tally


def outage_of_a_sweep(folder: Path, tries: int, dice: Random, seconds: float = AWAY_SECONDS) -> Tally:
    plan, tally = Plan.small(folder), Tally()
    lasts = plan.done(folder / "reference" / "work")
    expected = by_name(records(folder / "reference" / "work"))
    for number in range(tries):
        moment, place = dice.uniform(0.4, 0.9) * lasts, folder / f"sweep{number}"
        with tally.one(f"away from {moment:.0f} s on"), serving(place / "server") as server:
            away = threading.Timer(moment, server.be_away, (seconds,))
            away.start()
            try:
                plan.done(place / "work", MLFLOW_TRACKING_URI=server.uri)
            finally:
                away.join()
            check(records(place / "work", server.uri), expected)
    tally.notes.append(f"away for {seconds:.0f} s")
    return tally
