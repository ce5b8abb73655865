"""Which code on which machine: the tags that every run carries."""

import os
import platform
import shlex
import socket
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tracking.interface import without_password

SOURCE = Path(__file__).resolve().parent.parent
PACKAGES = ("torch", "transformers", "tokenizers", "datasets", "onnx", "onnxruntime", "numpy", "mlflow")
MAX_PID = 2**31 - 1


OWNER = "owner"
"""The tag with the process that is at a run."""


@cache
def git_commit(folder: Path = SOURCE) -> str:
    """The commit of the code that runs, with `-dirty` where tracked files differ from it; else `unknown`."""
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return "unknown"
    return f"{commit}-dirty" if _git(folder, "status", "--porcelain", "--untracked-files=no") else commit


@cache
def command() -> str:
    """What was typed to start this process or the one that it works for; empty where it was no command of ours."""
    script = Path(sys.argv[0])
    if script.parent != SOURCE / "benchmark":
        return ""
    return shlex.join(["python", "-m", f"benchmark.{script.stem}", *map(without_password, sys.argv[1:])])


@cache
def machine() -> str:
    """Short fingerprint for people: host, processor, cores, system."""
    model = processor() or platform.machine()
    return f"{socket.gethostname()}, {model}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def processor() -> str:
    """Model of this machine's processor; empty where the system does not tell."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


@cache
def versions() -> str:
    """`python 3.11.9, torch 2.13.0, ...`: what shapes a result and is installed here."""
    installed = [f"{name} {found}" for name in PACKAGES if (found := _version(name))]
    return ", ".join([f"python {platform.python_version()}", *installed])


@cache
def owner() -> str:
    """This process, so that another can tell whether it is still alive: `host/boot/pid/start`."""
    return f"{socket.gethostname()}/{_boot()}/{os.getpid()}/{_start(os.getpid())}"


def is_dead(process: str) -> bool:
    """Whether `process`, an `owner()`, ran on this machine and has ended. Of other machines nothing is known."""
    try:
        host, boot, number, start = process.rsplit("/", 3)
        pid = int(number)
    except ValueError:
        return False
    if host != socket.gethostname() or not 0 < pid <= MAX_PID:
        return False
    return boot != _boot() or not _exists(pid) or _start(pid) != start


os.register_at_fork(after_in_child=owner.cache_clear)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _start(pid: int) -> str:
    """Start time in clock ticks, which tells a process from a later one of the same number; empty outside Linux."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return ""
    return "zombie" if state == "Z" else rest[18]


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
