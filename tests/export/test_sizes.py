from io import RawIOBase
from pathlib import Path

import pytest
import torch
from torch import nn

from benchmark.export.evaluate import checkpoint_mib, count_parameters
from benchmark.export.variants import size_mib


class Tiny(nn.Module):
    def __init__(self, words: int = 100) -> None:
        super().__init__()
        self.positions = nn.Embedding(10, 64)
        self.words = nn.Embedding(words, 8)
        self.head = nn.Linear(8, 3)


class Counter(RawIOBase):
    """A file that keeps nothing but its length."""

    def __init__(self) -> None:
        self.n_bytes = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:
        self.n_bytes += memoryview(data).nbytes
        return memoryview(data).nbytes


def test_parameters_with_and_without_the_word_table() -> None:
    total = 10 * 64 + 100 * 8 + 8 * 3 + 3
    assert count_parameters(Tiny()) == (total, total - 100 * 8)


def test_the_word_table_is_the_one_with_most_rows_not_most_values() -> None:
    total, rest = count_parameters(Tiny(words=20))
    assert total - rest == 20 * 8


def test_shared_parameters_count_once() -> None:
    model = Tiny()
    model.decoder = nn.Linear(8, 100, bias=False)
    model.decoder.weight = model.words.weight
    assert count_parameters(model) == count_parameters(Tiny())


def test_a_model_without_a_word_table() -> None:
    assert count_parameters(nn.Linear(4, 2)) == (10, 10)


def test_size_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(3 * 2**19))
    assert size_mib(tmp_path / "a") == 1.5
    with pytest.raises(FileNotFoundError, match="absent"):
        size_mib(tmp_path / "absent")


def test_checkpoint_of_the_papers_bilstm() -> None:
    assert checkpoint_mib(nn.Linear(3_355_443, 1, bias=False)) == pytest.approx(38.40, abs=0.005)  # Table 8


def test_checkpoint_equals_a_serialised_one() -> None:
    model = Tiny(words=30_000)
    optimiser = torch.optim.Adam(model.parameters())
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimiser.step()
    sink = Counter()
    torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict()}, sink)
    assert checkpoint_mib(model) == pytest.approx(sink.n_bytes / 2**20, rel=0.01)
