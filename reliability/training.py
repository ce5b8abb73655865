"""A run that goes on epoch by epoch while something happens to its store, and whether all of it has arrived."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tracking import Store

N_EPOCHS, EPOCH_SECONDS = 20, 0.1


@dataclass
class Training:
    """What a disturbed run came to."""

    run_id: str
    longest_wait: float
    """Seconds that one epoch waited for the store."""
    seconds: float
    """From the first epoch to the last."""


def disturbed(store: Store, folder: Path, at: int, disturb: Callable[[], None], name: str = "run") -> Training:
    """Trains `N_EPOCHS`; at the epoch `at`, `disturb` begins beside it, and has ended when this returns."""
    (folder / "weights.txt").write_text("weights of " + name)
    run = store.begin("faults", name, tags={"role": "train", "key": name}, params={"seed": 0})
    other = threading.Thread(target=disturb)
    waits, begin = [], time.monotonic()
    for epoch in range(1, N_EPOCHS + 1):
        time.sleep(EPOCH_SECONDS)
        if epoch == at:
            other.start()
            time.sleep(2 * EPOCH_SECONDS)
        sent_at = time.monotonic()
        run.log_epoch(epoch, {"train_loss": 1 / epoch, "valid_f1": epoch / 100})
        waits.append(time.monotonic() - sent_at)
    seconds = time.monotonic() - begin
    run.log_artifacts(_only(folder / "weights.txt"))
    run.finish({"test_f1": 0.5})
    other.join()
    return Training(run.run_id, max(waits), seconds)


def check(store: Store, training: Training, folder: Path, name: str = "run") -> None:
    """Every point of both curves is there once, in order, and the end too."""
    epochs = range(1, N_EPOCHS + 1)
    assert store.history(training.run_id, "train_loss") == [(epoch, 1 / epoch) for epoch in epochs]
    assert store.history(training.run_id, "valid_f1") == [(epoch, epoch / 100) for epoch in epochs]
    [record] = [record for record in store.records("faults") if record.run_id == training.run_id]
    assert record.status == "finished", record.status
    assert record.metrics["test_f1"] == 0.5
    assert record.metrics["epoch/valid_f1"] == N_EPOCHS / 100, "not the last epoch's"
    kept = store.download(training.run_id, "weights.txt", folder / f"back-{training.run_id}")
    assert kept.read_text() == "weights of " + name


def _only(file: Path) -> Path:
    """A folder with nothing but the file."""
    folder = file.with_suffix("")
    folder.mkdir(exist_ok=True)
    (folder / file.name).write_bytes(file.read_bytes())
    return folder
