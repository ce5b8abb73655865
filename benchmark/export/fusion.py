"""BERT's attention as one ONNX node a layer, by onnxruntime's own optimiser.

The optimiser matches patterns, and finds nothing without a word where a graph looks otherwise: so the mask is exported
in the one form that it knows, and the fused nodes are counted.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import onnx
import torch
from onnxruntime.transformers.optimizer import optimize_model
from torch import Tensor, nn

from benchmark.core.errors import RunError

FUSABLE = ("bert", "electra", "roberta", "xlm-roberta")
"""Model types of transformers whose fused graph was seen to answer as the plain one does; others stay plain."""
ATTENTION = "Attention"


def encoder_of(model: nn.Module) -> Any:
    """The Hugging Face encoder inside `model` whose attention can be fused, or None."""
    bodies: list[Any] = [module for module in model.modules() if getattr(module, "base_model", None) is module]
    return next((body for body in bodies if body.config.model_type in FUSABLE), None)


@contextmanager
def matchable_mask(model: nn.Module) -> Iterator[None]:
    """Inside, the encoder of `model` adds its mask to the attention as the optimiser expects: -max where padding is."""
    encoder = encoder_of(model)
    with ExitStack() as stack:
        if encoder is not None:
            hook = encoder.register_forward_pre_hook(_spread_mask, with_kwargs=True)
            stack.callback(hook.remove)
        yield


def fuse(path: Path, model: nn.Module) -> None:
    """Rewrites the exported file in place, where `model` holds an encoder that can be fused.

    Raises RunError where not every layer's attention became one node.
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
    found = node_counts(path)[ATTENTION]
    if found != config.num_hidden_layers:
        raise RunError(f"{found} of {config.num_hidden_layers} attention layers were fused in the ONNX export.")


def node_counts(path: Path) -> Counter[str]:
    """How many nodes of each operator type the file holds."""
    return Counter(node.op_type for node in onnx.load(path).graph.node)


def _spread_mask(_: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """attention_mask [B, L] of ones and zeros becomes [B, 1, L, L] of 0 and -max."""
    mask: Tensor = named["attention_mask"]
    n_sentences, length = mask.shape
    hidden = 1.0 - mask[:, None, None, :].expand(n_sentences, 1, length, length).to(torch.float32)
    added = hidden.masked_fill(hidden.to(torch.bool), torch.finfo(torch.float32).min)
    return arguments, named | {"attention_mask": added}
