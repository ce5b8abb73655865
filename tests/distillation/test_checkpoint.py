"""Checkpoints: an interrupted training goes on as if nothing had happened."""

from pathlib import Path

import pytest
from torch import Tensor, nn

from benchmark.core.cache import write_checked
from benchmark.distillation import checkpoint
from benchmark.distillation.checkpoint import Checkpoint
from benchmark.distillation.losses import hard
from tests.support.training import Model, equal, trained


def test_an_interrupted_training_goes_on_from_its_checkpoint_as_if_nothing_had_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)
    whole, watched = trained(max_epochs=5)
    path = tmp_path / "training.pt"

    def interrupted(logits: Tensor, targets: Tensor) -> Tensor:
        if len(epochs) == 3:
            raise KeyboardInterrupt
        return hard(logits, targets)

    epochs: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        trained(
            max_epochs=5,
            loss=interrupted,
            checkpoint=Checkpoint(path),
            on_epoch=lambda epoch, _: epochs.append(epoch),
        )
    assert path.exists()
    model = Model()
    nn.init.zeros_(model.head.weight)  # not where the interrupted training began
    history, watch = trained(model, max_epochs=5, checkpoint=Checkpoint(path))
    assert watch.epochs == [1, 2, 3, 4, 5]
    assert watch.metrics == watched.metrics
    assert (history.steps, history.best_epoch) == (whole.steps, whole.best_epoch)
    assert equal(model.state_dict(), whole.best_weights)
    assert not path.exists()


def test_a_failed_training_leaves_no_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)
    path = tmp_path / "training.pt"

    def fail(*_: object) -> None:
        assert path.exists()
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        trained(checkpoint=Checkpoint(path), on_epoch=fail)
    assert not path.exists()


def test_a_damaged_checkpoint_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "training.pt"
    write_checked(path, lambda draft: draft.write_bytes(b"weights"))
    path.write_bytes(b"W" + path.read_bytes()[1:])
    assert Checkpoint(path).load() is None


def test_a_short_training_writes_no_checkpoint(tmp_path: Path) -> None:
    trained(checkpoint=Checkpoint(tmp_path / "training.pt"), on_epoch=lambda *_: None)
    assert list(tmp_path.iterdir()) == []
