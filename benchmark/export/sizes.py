"""How big a model is: parameters, and MiB (2**20 bytes) of its files."""

from pathlib import Path

from torch import nn

FP32_BYTES = 4
MIB = 2**20


def count_parameters(model: nn.Module) -> tuple[int, int]:
    """Parameters in all, and without the word-embedding table (the nn.Embedding with the most rows).

    Shared parameters count once. Position and segment embeddings stay in both numbers, as in the paper's Table 7.
    """
    total = sum(parameter.numel() for parameter in model.parameters())
    tables = [module for module in model.modules() if isinstance(module, nn.Embedding)]
    words = max(tables, key=lambda table: table.num_embeddings).weight.numel() if tables else 0
    return total, total - words


def size_mib(path: Path | str) -> float:
    """MiB of a file, or of all files below a folder. Raises FileNotFoundError."""
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"nothing to weigh: {path} does not exist")
    files = [path] if path.is_file() else [inner for inner in path.rglob("*") if inner.is_file()]
    return sum(file.stat().st_size for file in files) / MIB


def checkpoint_mib(model: nn.Module) -> float:
    """MiB of a training checkpoint: fp32 weights and Adam's two moments. Computed, nothing is written.

    The "original size" of the paper's Table 8 is this and not the weights: 38.40 MB = 3 x 3.35 M x 4 B / 2**20, three
    times its ONNX file. The names and headers of a real file (under 1 % for every student) are left out, as they
    depend on the library that writes it.
    """
    return 3 * FP32_BYTES * count_parameters(model)[0] / MIB
