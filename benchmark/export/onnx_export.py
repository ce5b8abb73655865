"""PyTorch to ONNX, with a check that both give the same logits.

The TorchScript-based exporter (`dynamo=False`) is used on purpose, tried with torch 2.13. It is right at every batch
and length for all students and for BERT, RoBERTa, XLM-R, DistilBERT, ELECTRA, ALBERT, DeBERTa v2, ModernBERT and MPNet,
in 0.2 to 1.5 s a small model. The newer exporter froze the example's sentence length into the BiLSTM (`max_logit_gap`
shows it), took 5 to 12 s for the CNN and the small BERTs that it did export right, and won no size.
"""

import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnxruntime.transformers.optimizer import optimize_model
from torch import Tensor, nn

import benchmark
from benchmark.bundle.onnx_model import INPUTS, OUTPUT, OnnxModel
from benchmark.core.cache import write_atomic
from benchmark.core.errors import RunError

PACKAGES = str(Path(benchmark.__file__).parents[1])
if PACKAGES not in sys.path:
    # An editable install. New processes take over the path, to which onnxruntime.transformers adds a benchmark.py.
    sys.path.insert(0, PACKAGES)

OPSET = 17
MAX_LOGIT_GAP = 1e-3
"""Largest difference of a logit at which two models count as the same."""
LENGTHS = (1, 2, 3, 7, 16, 64, 128)
BATCHES = (1, 2, 5)


def export_onnx(model: nn.Module, path: Path) -> None:
    """Writes `model` as one file, atomically, with the attention of a BERT fused; the model is left unchanged.

    Inputs `input_ids` and `attention_mask`, int64 [B, L]; output `logits`, [B, C] or [B, L, C]; B and L are dynamic.
    """
    write_atomic(path, lambda draft: _export(model, draft))


def _export(model: nn.Module, path: Path) -> None:
    with _quiet_exporter(), evaluating(model), _eager_attention(model), matchable_mask(model), torch.no_grad():
        example, both = _example(model), {0: "batch", 1: "length"}
        torch.onnx.export(
            model,
            example,
            str(path),
            input_names=list(INPUTS),
            output_names=[OUTPUT],
            dynamic_axes=dict.fromkeys(INPUTS, both) | {OUTPUT: both if model(*example).ndim == 3 else {0: "batch"}},
            opset_version=OPSET,
            dynamo=False,
        )
    fuse(path, model)


def max_logit_gap(
    model: nn.Module, path: Path, vocab_size: int, *, pad_id: int = 0, lengths: Sequence[int] = LENGTHS
) -> float:
    """Largest difference of a logit between `model` and its ONNX file over random right-padded batches.

    Every batch of `BATCHES` x `lengths` has one sentence of full length. Padded positions of a tagging model are not
    compared. NaN if a logit of either is NaN.
    """
    onnx_model = OnnxModel(path)
    random = np.random.default_rng(0)
    device = _device(model)
    gaps = []
    with evaluating(model), torch.no_grad():
        for n_sentences in BATCHES:
            for length in lengths:
                input_ids, attention_mask = _random_batch(random, n_sentences, length, vocab_size, pad_id)
                expected = model(*(torch.from_numpy(array).to(device) for array in (input_ids, attention_mask)))
                gap = np.abs(expected.cpu().numpy() - onnx_model.logits(input_ids, attention_mask))
                gaps.append(gap[attention_mask == 1].max() if gap.ndim == 3 else gap.max())
    return float(np.max(gaps))


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Eval mode (no dropout) for the block; the mode of every module is restored after it."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True


@contextmanager
def _eager_attention(model: nn.Module) -> Iterator[None]:
    """Attention of Hugging Face encoders by plain matrix products, the graph that ONNX optimisers match."""
    encoders: list[Any] = [module for module in model.modules() if hasattr(module, "set_attn_implementation")]
    before = [encoder.config._attn_implementation for encoder in encoders]
    for encoder in encoders:
        encoder.set_attn_implementation("eager")
    try:
        yield
    finally:
        for encoder, implementation in zip(encoders, before, strict=True):
            encoder.set_attn_implementation(implementation)


@contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Hides this exporter's warnings of deprecation and of tracing, whose effect `max_logit_gap` measures."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=torch.jit.TracerWarning)  # type: ignore[attr-defined]
        warnings.filterwarnings("ignore", module=r"torch\.onnx\.")
        warnings.filterwarnings("ignore", "You are using the legacy TorchScript-based ONNX export", DeprecationWarning)
        yield


def _example(model: nn.Module) -> tuple[Tensor, Tensor]:
    """Two sentences of four and two tokens: nothing of size 1 or of equal size that a trace could take for fixed."""
    attention_mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]], device=_device(model))
    return attention_mask.clone(), attention_mask


def _random_batch(
    random: np.random.Generator, n_sentences: int, length: int, vocab_size: int, pad_id: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    lengths = random.integers(1, length + 1, n_sentences)
    lengths[0] = length
    attention_mask = (np.arange(length) < lengths[:, None]).astype(np.int64)
    input_ids = random.integers(0, vocab_size, (n_sentences, length))
    return np.where(attention_mask == 1, input_ids, pad_id), attention_mask


def _device(model: nn.Module) -> torch.device:
    return next(model.parameters()).device


FUSABLE = ("bert", "electra", "roberta", "xlm-roberta")
"""Model types of transformers whose fused graph was found to give the same logits; others are not fused."""


def encoder_of(model: nn.Module) -> Any:
    """The Hugging Face encoder inside `model` whose attention can be fused, or None."""
    bodies: list[Any] = [module for module in model.modules() if getattr(module, "base_model", None) is module]
    return next((body for body in bodies if body.config.model_type in FUSABLE), None)


@contextmanager
def matchable_mask(model: nn.Module) -> Iterator[None]:
    """The encoder's mask as the optimiser matches it, added to the attention scores: 0 on tokens, -max on padding."""
    encoder = encoder_of(model)
    with ExitStack() as stack:
        if encoder is not None:
            hook = encoder.register_forward_pre_hook(_spread_mask, with_kwargs=True)
            stack.callback(hook.remove)
        yield


def fuse(path: Path, model: nn.Module) -> None:
    """Fuses attention in the exported file, in place, if `model` has an encoder that can be fused.

    Raises RunError unless every layer's attention became one node.
    """
    encoder = encoder_of(model)
    if encoder is None:
        return
    config = encoder.config
    fused = optimize_model(
        str(path),
        model_type="bert",
        num_heads=config.num_attention_heads,
        hidden_size=config.hidden_size,
        opt_level=0,
    )
    fused.save_model_to_file(str(path))
    n_fused = node_counts(path)["Attention"]
    if n_fused != config.num_hidden_layers:
        raise RunError(f"{n_fused} of {config.num_hidden_layers} attention layers were fused in the ONNX export.")


def node_counts(path: Path) -> Counter[str]:
    """Number of nodes of each operator type in the file."""
    return Counter(node.op_type for node in onnx.load(path).graph.node)


def _spread_mask(_: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """attention_mask [B, L] of ones and zeros becomes [B, 1, L, L] of 0 and -max."""
    mask: Tensor = named["attention_mask"]
    n_sentences, length = mask.shape
    hidden = 1.0 - mask[:, None, None, :].expand(n_sentences, 1, length, length).to(torch.float32)
    added = hidden.masked_fill(hidden.to(torch.bool), torch.finfo(torch.float32).min)
    return arguments, named | {"attention_mask": added}
