"""Provenance of a run: the code, the command and the machine, as tags."""

import os
import platform
import shlex
import socket
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tracking.errors import without_password

SOURCE = Path(__file__).resolve().parent.parent
PACKAGES = ("torch", "transformers", "tokenizers", "datasets", "onnx", "onnxruntime", "numpy", "mlflow")
"""Packages whose versions shape a result."""


@cache
def git_commit(folder: Path = SOURCE) -> str:
    """Commit of the source, with `-dirty` if tracked files differ from it; `unknown` outside a repository."""
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return "unknown"
    return f"{commit}-dirty" if _git(folder, "status", "--porcelain", "--untracked-files=no") else commit


@cache
def command() -> str:
    """Command line `python -m benchmark.NAME ...` of this process, without passwords; empty for other programs."""
    script = Path(sys.argv[0])
    if script.parent != SOURCE / "benchmark":
        return ""
    return shlex.join(["python", "-m", f"benchmark.{script.stem}", *map(without_password, sys.argv[1:])])


@cache
def machine() -> str:
    """Host, processor, cores and system, for people."""
    model = processor() or platform.machine()
    return f"{socket.gethostname()}, {model}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def processor() -> str:
    """Model of this machine's processor; empty if unknown."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


@cache
def versions() -> str:
    """Versions of Python and of the installed `PACKAGES`: `python 3.11.9, torch 2.13.0, ...`."""
    installed = [f"{name} {number}" for name in PACKAGES if (number := _version(name))]
    return ", ".join([f"python {platform.python_version()}", *installed])


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
