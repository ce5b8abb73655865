"""Provenance of a run: the code, the command, the machine and the process, as tags; and the data sets that it read."""

import json
import os
import platform
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from tracking.config import StoreError, without_password

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

SOURCE = Path(__file__).resolve().parent.parent
PACKAGES = ("torch", "transformers", "tokenizers", "datasets", "onnx", "onnxruntime", "numpy", "mlflow")
"""Packages whose versions affect results."""
CONSOLE_SCRIPT = "which-student"
OWNER = "owner"
"""Tag with the process that writes the run."""
MAX_PID = 2**31 - 1
DIGEST_CHARACTERS = 36
"""The most that MLflow takes of a digest."""
N_ATTEMPTS = 5


def provenance() -> dict[str, str]:
    """Tags of a run that this process begins."""
    return {
        "git_commit": git_commit(),
        "machine": machine(),
        "versions": versions(),
        "command": command(),
        "mlflow.source.name": command() or Path(sys.argv[0]).name,
        "mlflow.source.type": "LOCAL",
        OWNER: owner(),
    }


@cache
def git_commit(folder: Path = SOURCE) -> str:
    """Commit of the source, with `-dirty` if tracked files differ from it; `unknown` outside a repository."""
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return "unknown"
    return f"{commit}-dirty" if _git(folder, "status", "--porcelain", "--untracked-files=no") else commit


@cache
def command() -> str:
    """Command line of this process, by the console script or a module, without passwords; empty for other programs."""
    script = Path(sys.argv[0])
    if script.stem == CONSOLE_SCRIPT:
        program = [CONSOLE_SCRIPT]
    elif script.parent == SOURCE / "benchmark":
        program = ["python", "-m", f"benchmark.{script.stem}"]
    else:
        return ""
    return shlex.join([*program, *map(without_password, sys.argv[1:])])


@cache
def machine() -> str:
    """Host, processor, cores and system."""
    model = processor() or platform.machine()
    return f"{socket.gethostname()}, {model}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def processor() -> str:
    """Model of this machine's processor; empty if unknown."""
    lines = _read(Path("/proc/cpuinfo")).splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


@cache
def versions() -> str:
    """Versions of Python and of the installed `PACKAGES`: `python 3.11.9, torch 2.13.0, ...`."""
    installed = [f"{name} {number}" for name in PACKAGES if (number := _version(name))]
    return ", ".join([f"python {platform.python_version()}", *installed])


@cache
def owner() -> str:
    """This process as `host/boot/pid/start`, by which other processes can tell whether it is alive."""
    return f"{socket.gethostname()}/{_boot_id()}/{os.getpid()}/{_start_time(os.getpid())}"


os.register_at_fork(after_in_child=owner.cache_clear)


def is_dead(process: str) -> bool:
    """Whether the process, an `owner()`, ran on this machine and has ended; false for those of other machines."""
    try:
        host, boot, number, start = process.rsplit("/", 3)
        pid = int(number)
    except ValueError:
        return False
    if host != socket.gethostname() or not 0 < pid <= MAX_PID:
        return False
    try:
        import psutil
    except ImportError:  # benchmark.predict runs without it
        return False
    return boot != _boot_id() or not psutil.pid_exists(pid) or _start_time(pid) != start


def _start_time(pid: int) -> str:
    """Start in clock ticks, which tells a process from a later one with its number; empty outside Linux."""
    state, *rest = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split() or [""]
    return "zombie" if state == "Z" else "".join(rest[18:19])


def _boot_id() -> str:
    return _read(Path("/proc/sys/kernel/random/boot_id")).strip()


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, ValueError):
        return ""


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _git(folder: Path, *arguments: str) -> str:
    try:
        process = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return process.stdout.strip() if process.returncode == 0 else ""


# --- Data sets that a run read, as MLflow shows them under its inputs ------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class RunInput:
    """A data set: its name, the digest of its content, and what the run read it for, as `training`."""

    name: str
    digest: str
    context: str
    source: str
    """Origin of the data, in words or as an address."""
    profile: Mapping[str, int]
    """Counts, as `{"rows": 3521, "labels": 5}`."""

    def entity(self) -> "DatasetInput":
        """The data set in MLflow's form."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        dataset = Dataset(
            name=self.name,
            digest=self.digest[:DIGEST_CHARACTERS],
            source_type="local",
            source=json.dumps({"uri": self.source}),
            profile=json.dumps(dict(self.profile)),
        )
        return DatasetInput(dataset, [InputTag("mlflow.data.context", self.context)])


def again_if_taken(log: Callable[[], object]) -> None:
    """Calls `log` again where another process has just logged the same new data set, which MLflow refuses."""
    for _ in range(N_ATTEMPTS - 1):
        try:
            log()
        except StoreError as error:
            if "unique" not in str(error).casefold():
                raise
        else:
            return
    log()
