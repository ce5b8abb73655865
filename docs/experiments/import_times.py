"""Seconds that commands take before they do anything, each in a fresh process; the table goes to docs/lab-log.md.

    python docs/experiments/import_times.py [REPEATS]

`list`, `report` and `run` are imports alone; `dry run` plans the quickstart. The least of the repeats is what the
command needs, the median what it took on this machine today. CPU seconds hardly depend on what else is running.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {
    "python": ["-c", "pass"],
    "list": ["-c", "import benchmark.list"],
    "report": ["-c", "import benchmark.report"],
    "run": ["-c", "import benchmark.run"],
    "dry run": ["-m", "benchmark.run", "--suite", "classification", "--dry-run"],
}


def seconds(arguments: list[str], folder: str) -> tuple[float, float]:
    """Wall and CPU seconds of one process."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "BENCHMARK_CACHE": f"{folder}/cache"}
    before, began = _cpu(), time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began, _cpu() - before


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def main(repeats: int) -> None:
    print("| command | wall s, least | wall s, median | CPU s, least |\n| --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for name, arguments in COMMANDS.items():
            seconds(arguments, folder)  # compiles, and fills the caches
            wall, cpu = zip(*(seconds(arguments, folder) for _ in range(repeats)), strict=True)
            print(f"| {name} | {min(wall):.2f} | {statistics.median(wall):.2f} | {min(cpu):.2f} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
