"""What a bundle costs to be there: `python -m benchmark.measurement.footprint BUNDLE`, a text on the standard input.

A process of its own, because memory is a process's, and because what was loaded before would make loading look cheap.
"""

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmark.bundle import Bundle
from benchmark.core.errors import RunError

ROOT = Path(__file__).resolve().parents[2]
KIB_PER_MIB = 1024


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """Peak memory of the whole process in MiB, and milliseconds to load the bundle and to give the first answer."""

    memory_mib: float
    load_ms: float
    first_answer_ms: float


def footprint(bundle: Path, text: str, starts: int) -> Footprint:
    """Medians over so many fresh processes, one thread each. Raises RunError where one of them fails."""
    seen = [_start(bundle, text) for _ in range(starts)]
    return Footprint(
        memory_mib=median(one.memory_mib for one in seen),
        load_ms=median(one.load_ms for one in seen),
        first_answer_ms=median(one.first_answer_ms for one in seen),
    )


def _start(bundle: Path, text: str) -> Footprint:
    command = [sys.executable, "-m", __name__, str(bundle)]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": path}
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False, env=environment)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise RunError(f"The process that loads {bundle} to weigh it ended with code {done.returncode}: {said}")
    return Footprint(**json.loads(done.stdout))


def _measured(folder: str, text: str) -> Footprint:
    begin = time.perf_counter()
    bundle = Bundle.load(folder)
    loaded = time.perf_counter()
    bundle.predict([text])
    answered = time.perf_counter()
    return Footprint(
        memory_mib=_peak_memory_kib() / KIB_PER_MIB,
        load_ms=1e3 * (loaded - begin),
        first_answer_ms=1e3 * (answered - loaded),
    )


def _peak_memory_kib() -> int:
    """Of this program alone: Linux lets ru_maxrss begin with what the parent process had."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    print(json.dumps(asdict(_measured(sys.argv[1], sys.stdin.buffer.read().decode()))))
