"""`mlflow server` on a free port."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
