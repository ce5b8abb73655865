"""The services of docker-compose.yml on this machine, without containers.

Commands, flags, environment, files and health checks are the file's own. What a container would bring is replaced: the
image by what is installed here, its address and folders by this machine's (see `Team.here`).
"""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.compose import compose
from tracking import secrets

BIN = Path(sys.executable).parent
START_SECONDS = 600
SERVERS = ("mlflow", "optuna-dashboard")


def postgres_binaries() -> Path | None:
    """Folder of initdb and postgres: Debian's newest, or what stands in PATH."""
    newest = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    found = shutil.which("initdb", path=os.pathsep.join([*map(str, reversed(newest)), os.environ["PATH"]]))
    return Path(found).parent if found else None


@contextmanager
def team_server() -> Iterator["Team"]:
    """All services, up and healthy; PostgreSQL is skipped over for want of its binaries only."""
    with _team() as team:
        team.start()
        yield team


@contextmanager
def _team() -> Iterator["Team"]:
    """The services, none of them started; they end with the block."""
    binaries = postgres_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL here: install Debian's `postgresql`, or put its initdb into PATH")
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="team-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        team = Team(folder, binaries)
        stack.callback(team.stop)
        yield team


@contextmanager
def postgres_database() -> Iterator[str]:
    """Address of an empty PostgreSQL database on this machine."""
    with _team() as team:
        team.make_databases()
        team.sql("CREATE ROLE tester SUPERUSER LOGIN PASSWORD 'secret'")
        yield f"postgresql+psycopg2://tester:secret@127.0.0.1:{team.ports['5432']}/postgres"


class Team:
    def __init__(self, folder: Path, binaries: Path) -> None:
        folder.chmod(0o755)
        self.folder, self.binaries = folder, binaries
        secrets.write(folder / ".env")
        lines = (folder / ".env").read_text().splitlines()
        self.variables = dict(line.split("=", 1) for line in lines)
        self.file = compose(self.variables)
        self.services: dict[str, Any] = self.file["services"]
        self.ports = {"5432": free_port(), "5000": free_port(), "8080": free_port()}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.ports['5000']}"

    @property
    def account(self) -> dict[str, str]:
        """The administrator's, as a client takes it from its environment."""
        return {name: value for name, value in self.variables.items() if name.startswith("MLFLOW_TRACKING_")}

    def here(self, value: Any) -> Any:
        """What the file says, with this machine in place of its containers."""
        if isinstance(value, dict):
            return {name: self.here(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self.here(part) for part in value]
        text = str(value).replace("@postgres:", "@127.0.0.1:").replace("0.0.0.0", "127.0.0.1")
        for target in ("/artifacts", "/etc/mlflow/auth.ini"):
            text = text.replace(target, str(self.folder / Path(target).name)) if text == target else text
        for port, free in self.ports.items():
            text = str(free) if text == port else re.sub(rf"(?<=[: ]){port}\b", str(free), text)
        return text

    def environment(self, name: str) -> dict[str, str]:
        """All that a service's process sees: what the file gives it, and where programs are found."""
        path = f"{BIN}{os.pathsep}{self.binaries}{os.pathsep}{os.environ['PATH']}"
        return {"PATH": path, "HOME": str(self.folder), **self.here(self.services[name].get("environment", {}))}

    def start(self) -> None:
        self.make_databases()
        for name in SERVERS:
            service = self.here(self.services[name])
            self._begin(name, [*service.get("entrypoint", []), *service["command"]], self.environment(name))
        for name in SERVERS:
            self.wait(name)

    def stop(self) -> None:
        for name in reversed(list(self.processes)):
            self.end(name)

    def healthy(self, name: str) -> bool:
        """By the check that the file gives the service."""
        kind, *check = self.here(self.services[name]["healthcheck"]["test"])
        assert kind == "CMD", kind
        return subprocess.run(check, env=self.environment(name), capture_output=True, check=False).returncode == 0

    def wait(self, name: str) -> None:
        until = time.monotonic() + START_SECONDS
        while not self.healthy(name):
            assert self.processes[name].poll() is None, f"{name} ended: {self.log(name)}"
            assert time.monotonic() < until, f"{name} is not healthy: {self.log(name)}"
            time.sleep(0.2)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def start_postgres(self) -> None:
        data, sockets = self.folder / "data", self.folder / "sockets"
        options = ["-p", str(self.ports["5432"]), "-k", str(sockets), "-c", "listen_addresses=127.0.0.1"]
        self._begin(
            "postgres", [str(self.binaries / "postgres"), "-D", str(data), *options, "-F"], {}, **unprivileged()
        )
        self.wait("postgres")

    def end(self, name: str) -> None:
        process = self.processes.pop(name)
        if process.poll() is not None:
            return
        if name == "postgres":
            process.send_signal(signal.SIGINT)  # a fast shutdown: it waits for no client
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _begin(self, name: str, command: list[str], environment: Mapping[str, str], **user: Any) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **user,
            )

    def _write_configs(self) -> None:
        for service in self.services.values():
            for config in service.get("configs", []):
                path = self.folder / Path(config["target"]).name
                path.write_text(self.here(self.file["configs"][config["source"]]["content"]))

    def make_databases(self) -> None:
        """Starts PostgreSQL on an empty volume, as the image does."""
        self._write_configs()
        for name in ("data", "sockets"):
            (self.folder / name).mkdir(mode=0o700)
            if user := unprivileged():
                shutil.chown(self.folder / name, user["user"], user["group"])
        initialise = ["initdb", "--username=postgres", "--auth-host=scram-sha-256", "--auth-local=trust", "--no-sync"]
        initialise[0] = str(self.binaries / initialise[0])
        subprocess.run(
            [*initialise, "-D", str(self.folder / "data")], check=True, capture_output=True, **unprivileged()
        )
        self.start_postgres()
        self.sql((self.folder / "databases.sql").read_text())

    def sql(self, text: str, database: str = "postgres") -> str:
        """What psql prints when the superuser asks."""
        psql = [str(self.binaries / "psql"), "-h", str(self.folder / "sockets"), "-p", str(self.ports["5432"])]
        psql += ["-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1", "-At"]
        return subprocess.run(psql, input=text, check=True, capture_output=True, text=True, **unprivileged()).stdout


def unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it is another user's process."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    return {"user": entry.pw_name, "group": entry.pw_gid, "extra_groups": []}


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
