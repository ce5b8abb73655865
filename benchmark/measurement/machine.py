"""The machine that measures."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import torch

from tracking import processor


def machine_fingerprint() -> dict[str, str]:
    """What a millisecond depends on and what stays from one session to the next; "unknown" where unreadable."""
    return {
        "cpu": processor() or "unknown",
        "architecture": platform.machine(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "logical_cores": str(os.cpu_count()),
        "usable_cores": str(len(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else "unknown",
        "quota": _first_line("/sys/fs/cgroup/cpu.max"),
        "governor": _first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{package: version(package) for package in ("torch", "onnxruntime", "tokenizers", "numpy")},
    }


def usable_cores() -> int:
    """Logical cores that this process may use, which `taskset` or a scheduler can make fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text().strip().splitlines()[0]
    except (OSError, IndexError):
        return "unknown"
