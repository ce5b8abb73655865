"""Memory and start-up time of a bundle: `python -m benchmark.measurement.footprint BUNDLE`, a text on standard input.

It runs in a process of its own: peak memory is that of a process, and imports done earlier would shorten loading.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Protocol

from benchmark.bundle import Bundle, BundleError
from benchmark.core.errors import RunError
from students.baselines import NAME_FILE, load_baseline

ROOT = Path(__file__).resolve().parents[2]
KIB_PER_MIB = 1024


class Served(Protocol):
    """A loaded model."""

    def predict(self, texts: Sequence[Any], *, batch_size: int = 64) -> list[Any]: ...


def load_served(folder: Path, n_threads: int = 1) -> Served:
    """The model of a folder; baselines have one thread. Raises RunError for anything else, and for damage."""
    try:
        return load_baseline(folder) if (folder / NAME_FILE).is_file() else Bundle.load(folder, n_threads=n_threads)
    except (BundleError, ValueError) as error:
        raise RunError(str(error)) from error


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """Peak memory of the process in MiB, and milliseconds to load the bundle and to predict the first text."""

    memory_mib: float
    load_ms: float
    first_answer_ms: float


def footprint(bundle: Path, text: str, starts: int) -> Footprint:
    """Medians over `starts` fresh processes of one thread each. Raises RunError if one of them fails."""
    measured = [asdict(_start(bundle, text)) for _ in range(starts)]
    return Footprint(**{name: median(values[name] for values in measured) for name in measured[0]})


def _start(bundle: Path, text: str) -> Footprint:
    command = [sys.executable, "-P", "-m", __name__, str(bundle)]  # -P: not the working directory's package
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": path}
    process = subprocess.run(command, input=text.encode(), capture_output=True, check=False, env=environment)
    if process.returncode:
        message = process.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise RunError(f"The process that measures {bundle} ended with code {process.returncode}: {message}")
    return Footprint(**json.loads(process.stdout))


def _measure(folder: str, text: str) -> Footprint:
    begin = time.perf_counter()
    bundle = load_served(Path(folder))
    loaded = time.perf_counter()
    bundle.predict([text])
    return Footprint(
        first_answer_ms=1e3 * (time.perf_counter() - loaded),
        load_ms=1e3 * (loaded - begin),
        memory_mib=_peak_memory_kib() / KIB_PER_MIB,
    )


def _peak_memory_kib() -> int:
    """Peak memory of this program alone: Linux starts ru_maxrss at the parent's."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    print(json.dumps(asdict(_measure(sys.argv[1], sys.stdin.buffer.read().decode()))))
