"""Sessions that an interrupted measurement has finished: in the cache, until the results of all are stored."""

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmark.core.cache import verify, write_dir_atomic
from benchmark.measurement.protocol import Samples
from benchmark.measurement.session import ExecutionMode, control_of
from benchmark.measurement.summary import SESSION, SessionResult, samples_file, write_samples


@dataclass(frozen=True)
class FinishedSessions:
    """Sessions of one measurement, in a folder of its own."""

    folder: Path

    def result(self, mode: ExecutionMode, measure: Callable[[ExecutionMode], SessionResult]) -> SessionResult:
        """The kept result of this mode, or a measured one, which is kept if its control passed."""
        folder = self.folder / f"threads{mode.suffix}"
        if verify(folder):
            return _read(folder, mode)
        result = measure(mode)
        if result.control.passed:
            with suppress(OSError):  # a cache that cannot be written loses no measurement
                write_dir_atomic(folder, lambda draft: write_samples(draft, [result], result.metadata()))
        return result

    def forget(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def _read(folder: Path, mode: ExecutionMode) -> SessionResult:
    about = json.loads((folder / SESSION).read_text(encoding="utf-8"))
    with np.load(folder / samples_file(mode), allow_pickle=False) as arrays:
        names = [name for name in arrays if f"{name} rounds" in arrays]
        samples = {name: Samples(passes=arrays[name], rounds=arrays[f"{name} rounds"]) for name in names}
    return SessionResult(
        mode=mode,
        samples=samples,
        control=control_of(samples),
        tries=about["tries"],
        load_before=about["load_before"],
        load_after=about["load_after"],
    )
