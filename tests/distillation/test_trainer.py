"""The training loop: when it stops, which weights it keeps, what it reports."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmark.core.cache import write_checked
from benchmark.core.errors import DivergedError
from benchmark.distillation import checkpoint
from benchmark.distillation.batching import Examples, plan_batches, predict, token_budget
from benchmark.distillation.checkpoint import Checkpoint
from benchmark.distillation.encoding import UNALIGNED, EncodedTexts
from benchmark.distillation.losses import IGNORED, hard, mse
from benchmark.distillation.trainer import OnEpoch, TrainingConfig, TrainingHistory, train

CPU = torch.device("cpu")
N_LABELS = 3
STANDSTILL = 1e-12
"""A learning rate that changes no weight that a test could see."""
RECIPE: dict[str, Any] = {
    "learning_rate": 0.5,
    "weight_decay": 0.0,
    "decay": False,
    "batch_size": 4,
    "max_epochs": 3,
    "max_steps": 0,
    "patience": 10,
    "seed": 0,
}


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Model(nn.Module):
    """The smallest student: the mean of its words (or each of them), and a linear head."""

    def __init__(self, *, per_word: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.per_word = per_word
        self.embedding = nn.Embedding(30, 4)
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(4, N_LABELS)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        x = self.dropout(self.embedding(input_ids))
        mask = attention_mask[:, :, None]
        return self.head(x if self.per_word else (x * mask).sum(1) / mask.sum(1))


def texts(n: int = 30, seed: int = 0) -> EncodedTexts:
    rng = np.random.default_rng(seed)
    offsets = np.cumsum([0, *rng.integers(2, 9, n)])
    return EncodedTexts(
        ids=rng.integers(1, 30, offsets[-1]).astype(np.int32),
        offsets=offsets,
        positions=np.zeros(n, dtype=np.int32),
        target_offsets=np.arange(n + 1),
        per_word=False,
        pad_id=0,
    )


def labelled(n: int = 30, seed: int = 0) -> Examples:
    return Examples(encoded=texts(n, seed), targets=np.random.default_rng(seed).integers(0, N_LABELS, n))


class Watch:
    """Keeps what `on_epoch` is told, and the weights at that moment."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.epochs: list[int] = []
        self.metrics: list[Mapping[str, float]] = []
        self.weights: list[dict[str, Tensor]] = []

    def __call__(self, epoch: int, metrics: Mapping[str, float]) -> None:
        self.epochs.append(epoch)
        self.metrics.append(dict(metrics))
        self.weights.append({name: value.clone() for name, value in self.model.state_dict().items()})

    def losses(self) -> list[float]:
        return [metrics["valid_loss"] for metrics in self.metrics]


def trained(
    model: Model | None = None,
    *,
    training_set: Examples | None = None,
    validation: Examples | None = None,
    loss: Callable[[Tensor, Tensor], Tensor] = hard,
    checkpoint: Checkpoint | None = None,
    on_epoch: OnEpoch | None = None,
    **config: Any,
) -> tuple[TrainingHistory, Watch]:
    model = model or Model()
    watch = Watch(model)
    history = train(
        model,
        model.embedding,
        training_set=training_set or labelled(),
        validation=validation or labelled(20, seed=1),
        loss=loss,
        score=lambda logits: float(len(logits)),
        config=TrainingConfig(**RECIPE | config),
        on_epoch=on_epoch or watch,
        device=CPU,
        checkpoint=checkpoint,
    )
    return history, watch


def equal(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> bool:
    return all(torch.equal(value, second[name]) for name, value in first.items())


@pytest.fixture
def script() -> Callable[..., Callable[[Tensor, Tensor], Tensor]]:
    """A loss that is real in training and, in validation (no logit needs a gradient), one written number an epoch."""

    def make(*losses: float) -> Callable[[Tensor, Tensor], Tensor]:
        numbers = iter(losses)
        return lambda logits, targets: hard(logits, targets) if logits.requires_grad else torch.tensor(next(numbers))

    return make


def test_stops_when_the_validation_loss_has_not_fallen_for_patience_epochs(script: Callable[..., Any]) -> None:
    history, watch = trained(loss=script(5, 4, 4.5, 4, 4.2, 3), max_epochs=99, patience=3)
    assert watch.epochs == [1, 2, 3, 4, 5]
    assert (history.epochs, history.best_epoch, history.best_loss) == (5, 2, 4.0)


def test_a_new_best_starts_patience_anew(script: Callable[..., Any]) -> None:
    history, _ = trained(loss=script(5, 6, 6, 4, 6, 6, 6, 1), max_epochs=99, patience=3)
    assert (history.epochs, history.best_epoch) == (7, 4)


def test_the_best_weights_are_restored_and_not_the_last(script: Callable[..., Any]) -> None:
    model = Model()
    history, watch = trained(model, loss=script(3, 2, 4, 5), max_epochs=4)
    assert equal(model.state_dict(), watch.weights[1])
    assert not equal(model.state_dict(), watch.weights[3])
    assert history.steps_to_best == trained(max_epochs=2)[0].steps


def test_a_late_nan_keeps_the_best_weights(script: Callable[..., Any]) -> None:
    model = Model()
    history, watch = trained(model, loss=script(3, math.nan, math.nan), max_epochs=3)
    assert history.best_epoch == 1
    assert equal(model.state_dict(), watch.weights[0])


def test_never_a_finite_loss_is_diverged(script: Callable[..., Any]) -> None:
    with pytest.raises(DivergedError, match=r"never a finite number in 2 epochs at learning rate 0\.5.*lower"):
        trained(loss=script(*[math.nan] * 9), max_epochs=99, patience=2)
    with pytest.raises(DivergedError):
        trained(loss=script(*[math.inf] * 9), max_epochs=2)


def test_real_divergence_is_diverged() -> None:
    targets = np.full((30, N_LABELS), 1e30, dtype=np.float32)
    exploding = Examples(encoded=texts(), targets=targets)
    with pytest.raises(DivergedError):
        trained(training_set=exploding, validation=exploding, loss=mse, learning_rate=1e30)


@pytest.mark.parametrize("max_steps", [1, 5, 8, 17])
def test_a_step_budget_is_exact(max_steps: int) -> None:
    model, calls = Model(), []
    model.register_forward_pre_hook(lambda module, _: calls.append(module.training))
    history, watch = trained(model, max_steps=max_steps, max_epochs=99, patience=99)
    assert history.steps == max_steps == sum(calls)
    assert watch.epochs[-1] == history.epochs


def test_max_epochs_bounds_and_every_sentence_is_seen_once_an_epoch() -> None:
    history, watch = trained(max_epochs=3)
    n_steps = len(plan_batches(texts().lengths, token_budget(texts(), 4)))
    assert (history.epochs, history.sentences_seen) == (3, 90)
    assert history.steps == pytest.approx(3 * n_steps, abs=6)
    assert watch.epochs == [1, 2, 3]


def test_on_epoch_gets_losses_and_score() -> None:
    validation = labelled(20, seed=1)
    _, watch = trained(validation=validation, learning_rate=STANDSTILL)
    assert [set(metrics) for metrics in watch.metrics] == [{"train_loss", "valid_loss", "valid_f1"}] * 3
    assert [metrics["valid_f1"] for metrics in watch.metrics] == [20.0] * 3
    logits = torch.from_numpy(predict(Model(), validation.encoded, device=CPU))
    expected = nn.functional.cross_entropy(logits, torch.from_numpy(validation.targets)).item()
    assert watch.losses() == [pytest.approx(expected, rel=1e-5)] * 3


def test_train_loss_falls() -> None:
    _, watch = trained(max_epochs=20, learning_rate=0.05, patience=99)
    assert watch.metrics[-1]["train_loss"] < 0.7 * watch.metrics[0]["train_loss"]


def test_only_training_has_dropout() -> None:
    model, modes = Model(), []
    model.dropout.register_forward_hook(lambda module, *_: modes.append(module.training))
    trained(model, max_epochs=1)
    n_steps = sum(modes)
    assert 0 < n_steps < len(modes)
    assert modes == [True] * n_steps + [False] * (len(modes) - n_steps)


@pytest.mark.parametrize(("dropout", "batch_size"), [(0.1, 1000), (0.0, 4)], ids=["dropout", "order"])
def test_the_same_seed_gives_the_same_weights_and_another_others(dropout: float, batch_size: int) -> None:
    """In one batch alone only dropout is chance, and without dropout only the batches are."""
    models = [Model() for _ in range(3)]
    for model, seed in zip(models, (7, 7, 8), strict=True):
        model.dropout.p = dropout
        trained(model, seed=seed, batch_size=batch_size)
    assert equal(models[0].state_dict(), models[1].state_dict())
    assert not equal(models[0].state_dict(), models[2].state_dict())


def test_decay_reaches_zero_at_the_last_epoch() -> None:
    _, watch = trained(decay=True, max_epochs=30, learning_rate=0.1, patience=99)
    moved = [(a["head.bias"] - b["head.bias"]).abs().max().item() for a, b in pairwise(watch.weights)]
    assert moved[-1] < 0.1 * max(moved)


def tagged() -> Examples:
    """Five sentences of four words; one word of each has no piece, and its target would poison any loss."""
    positions = np.tile([0, UNALIGNED, 1, 3], 5).astype(np.int32)
    logits = np.random.default_rng(0).normal(size=(20, N_LABELS)).astype(np.float16)
    logits[positions == UNALIGNED] = np.nan
    sentences = EncodedTexts(
        ids=np.arange(1, 21, dtype=np.int32),
        offsets=np.arange(0, 21, 4),
        positions=positions,
        target_offsets=np.arange(0, 21, 4),
        per_word=True,
        pad_id=0,
    )
    return Examples(encoded=sentences, targets=logits)


def test_nan_rows_of_the_teacher_never_reach_a_loss() -> None:
    model, seen = Model(per_word=True), []

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        seen.append(targets)
        return mse(logits, targets)

    _, watch = trained(model, training_set=tagged(), validation=tagged(), loss=loss)
    assert all(targets.isfinite().all() and targets.dtype == torch.float32 for targets in seen)
    assert all(math.isfinite(value) for metrics in watch.metrics for value in metrics.values())
    assert all(value.isfinite().all() for value in model.state_dict().values())


def test_targets_stand_beside_their_own_answers() -> None:
    """The teacher's logits are the model's own: the loss is 0 only where every row finds its place."""
    model, examples = Model(per_word=True), tagged()
    own = Examples(encoded=examples.encoded, targets=predict(model, examples.encoded, device=CPU))
    model.dropout.p = 0.0
    _, watch = trained(model, training_set=own, validation=own, loss=mse, max_epochs=1, learning_rate=STANDSTILL)
    assert watch.metrics[0]["train_loss"] == pytest.approx(0, abs=1e-10)
    assert watch.metrics[0]["valid_loss"] == pytest.approx(0, abs=1e-10)


def test_memory_mapped_targets_are_read_and_left_alone(tmp_path: Any) -> None:
    np.save(tmp_path / "logits.npy", tagged().targets)
    stored = np.load(tmp_path / "logits.npy", mmap_mode="r")
    mapped = Examples(encoded=tagged().encoded, targets=stored)
    weights = []
    for examples in (mapped, tagged()):
        model = Model(per_word=True)
        trained(model, training_set=examples, validation=examples, loss=mse)
        weights.append(model.state_dict())
    assert equal(*weights)
    assert np.array_equal(np.load(tmp_path / "logits.npy"), tagged().targets, equal_nan=True)


def test_labels_of_ignored_words_do_not_count() -> None:
    labels = np.random.default_rng(0).integers(0, N_LABELS, 20)
    ignored = np.where(np.arange(20) % 4 == 2, IGNORED, labels)
    other = Examples(encoded=tagged().encoded, targets=ignored)
    _, watch = trained(Model(per_word=True), training_set=other, validation=other, learning_rate=STANDSTILL)
    logits = predict(Model(per_word=True), other.encoded, device=CPU)
    counted = (ignored != IGNORED) & ~np.isnan(logits[:, 0])
    expected = nn.functional.cross_entropy(torch.from_numpy(logits[counted]), torch.from_numpy(labels[counted]))
    assert watch.losses()[0] == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_predict_answers_in_order_whatever_the_batch(batch_size: int) -> None:
    model, sentences = Model().eval(), texts()
    logits = predict(model, sentences, device=CPU, batch_size=batch_size)
    with torch.no_grad():
        for i, ids in enumerate(np.split(sentences.ids, sentences.offsets[1:-1])):
            alone = model(torch.tensor(ids)[None].long(), torch.ones(1, len(ids), dtype=torch.long))[0]
            torch.testing.assert_close(torch.from_numpy(logits[i]), alone)


def test_predict_leaves_words_without_a_piece_open() -> None:
    logits = predict(Model(per_word=True), tagged().encoded, device=CPU)
    assert logits.shape == (20, N_LABELS)
    assert np.isnan(logits).any(axis=1).tolist() == (tagged().encoded.positions == UNALIGNED).tolist()


class Slow(Model):
    """10 ms in every forward pass."""

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        time.sleep(0.01)
        return super().forward(input_ids, attention_mask)


def test_time_in_the_model_is_no_overhead_in_validation_either() -> None:
    model, calls = Slow(), []
    model.register_forward_hook(lambda *_: calls.append(1))
    history, _ = trained(model, max_epochs=2)
    assert 0 < history.overhead_share < 0.4
    assert history.sentences_per_second == pytest.approx(60 / history.train_seconds)
    assert 0.01 * len(calls) < history.busy_seconds < history.train_seconds


def test_time_spent_elsewhere_is_overhead() -> None:
    history = TrainingHistory()
    with history.busy():
        time.sleep(0.01)
    history.train_seconds = 4 * history.busy_seconds
    assert history.overhead_share == pytest.approx(0.75)


class SlowSentences(EncodedTexts):
    """10 ms in every collation."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        time.sleep(0.01)
        return super().lengths


def test_collation_is_overhead_in_validation_too() -> None:
    validation = labelled(400, seed=1)
    slow = SlowSentences(**vars(validation.encoded))
    history, _ = trained(validation=Examples(encoded=slow, targets=validation.targets), max_epochs=1)
    assert history.overhead_share > 0.5


def test_figures_can_be_kept_as_json_and_read_again() -> None:
    history, _ = trained()
    assert "best_weights" not in history.scalars()
    again = TrainingHistory(**history.scalars())
    assert (again.overhead_share, again.sentences_per_second) == (
        history.overhead_share,
        history.sentences_per_second,
    )


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
