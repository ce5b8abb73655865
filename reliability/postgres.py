"""A PostgreSQL that is restarted under the runs: nothing of them is missing afterwards.

Needs PostgreSQL's own programs (Debian's postgresql) and psycopg2.
"""

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from benchmark.core.run_store import open_store
from reliability import training
from reliability.tally import Tally
from tests.support.mlflow_server import serving

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
USER = "postgres"


class Postgres:
    """A cluster of its own, reached by a socket in its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(folder, USER)
            for parent in folder.parents:
                if parent.stat().st_uid == 0 and parent != Path("/"):
                    parent.chmod(parent.stat().st_mode | 0o011)
        self._do("initdb", "-D", str(folder / "data"), "-U", USER, "-A", "trust", "--no-sync")
        self._ctl("start")
        self._do("createdb", "-h", str(folder), "-U", USER, "mlflow")
        self.uri = f"postgresql+psycopg2://{USER}@/mlflow?host={folder}"

    def restart(self) -> None:
        """As after a crash: whoever is connected is cut off."""
        self._ctl("stop")
        time.sleep(2)
        self._ctl("start")

    def stop(self) -> None:
        self._ctl("stop")

    def _ctl(self, what: str) -> None:
        options = ("-o", f"-k {self.folder} -c listen_addresses=''") if what == "start" else ("-m", "immediate")
        self._do("pg_ctl", "-D", str(self.folder / "data"), "-w", "-l", str(self.folder / "log"), *options, what)

    def _do(self, program: str, *arguments: str) -> None:
        user = {"user": USER, "group": pwd.getpwnam(USER).pw_gid} if os.geteuid() == 0 else {}
        command = [str(PROGRAMS[-1] / program), *arguments]
        with (self.folder.parent / "postgres.log").open("ab") as log:
            subprocess.run(command, check=True, cwd=self.folder, stdout=log, stderr=log, extra_groups=[], **user)


@contextmanager
def running(folder: Path) -> Iterator[Postgres]:
    database = Postgres(folder)
    try:
        yield database
    finally:
        database.stop()


def restarted(folder: Path, tries: int, dice: Random) -> Tally:
    """The runs are kept in the database itself."""
    with running(folder / "postgres") as database:
        return _tried(folder, tries, dice, database, database.uri)


def restarted_behind_a_server(folder: Path, tries: int, dice: Random) -> Tally:
    with running(folder / "postgres") as database, serving(folder / "server", database.uri) as server:
        return _tried(folder, tries, dice, database, server.uri)


def _tried(folder: Path, tries: int, dice: Random, database: Postgres, uri: str) -> Tally:
    tally, waits, store = Tally(), [], open_store(uri)
    for number in range(tries):
        at, name = dice.randrange(1, training.N_EPOCHS), f"run{number}"
        with tally.one(f"restarted at epoch {at}"):
            session = training.disturbed(store, folder, at, database.restart, name)
            waits.append(session.longest_wait)
            training.check(store, session, folder, name)
    tally.notes.append(f"an epoch waited {max(waits, default=0):.1f} s at most")
    return tally
