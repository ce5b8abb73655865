"""One thread, losses that follow a script, and teachers in folders."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from torch import Tensor
from transformers import (
    BertModel,
    BertTokenizer,
)

from benchmark.core import hub as pretrained
from benchmark.distillation.losses import hard
from tests.support.teachers import AUTO, PIECES, config


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def script() -> Callable[..., Callable[[Tensor, Tensor], Tensor]]:
    """A loss that is real in training and, in validation (no logit needs a gradient), one written number an epoch."""

    def make(*losses: float) -> Callable[[Tensor, Tensor], Tensor]:
        numbers = iter(losses)
        return lambda logits, targets: hard(logits, targets) if logits.requires_grad else torch.tensor(next(numbers))

    return make


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pretrained encoder, without a head, and its tokenizer."""
    folder = tmp_path_factory.mktemp("teacher")
    torch.manual_seed(0)
    BertModel(config()).save_pretrained(folder)
    BertTokenizer(vocab={piece: i for i, piece in enumerate(PIECES)}).save_pretrained(folder)
    return folder


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    """A copy for this test to spoil."""
    return shutil.copytree(saved, tmp_path / "teacher")


@pytest.fixture
def fine_tuned(folder: Path) -> Callable[[str, int], str]:
    """A folder with a head for a task."""

    def save(task: str, n_labels: int) -> str:
        torch.manual_seed(1)
        AUTO[task].from_config(config(n_labels)).save_pretrained(folder)
        return str(folder)

    return save


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub cache, and no way out of it."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    pretrained.resolve_revision.cache_clear()
    return tmp_path / "hub"
