"""Check of a teacher before anything is trained: its model is loaded and answers two texts."""

from collections.abc import Mapping, Sequence
from functools import partial

import torch
import transformers
from torch import Tensor

from benchmark.core.cache import cache_path, cached_json
from benchmark.core.errors import DataError
from benchmark.core.hub import readable
from benchmark.core.spec import digest
from benchmark.distillation.teacher import REMEDY, Teacher, load_teacher
from benchmark.distillation.tokenizer import Encoder

TEXTS = ("a", "a b c")
"""Of different lengths, so that one is padded."""


def check_teacher(encoder: Encoder, labels: Sequence[str], head: str = "", *, as_is: bool = False) -> None:
    """Raises DataError if a teacher's weights cannot be loaded, its logits are not finite, or it cannot be fine-tuned.

    The arguments are those of `load_teacher`; without labels, the embeddings alone are read. A teacher that passed is
    not checked again while its files are the same: the import of its model's code takes seconds.
    """
    about = [encoder.identity, encoder.task, list(labels), head, as_is, transformers.__version__]
    cached_json(
        cache_path("checked_teachers", f"{digest(about)}.json"), partial(_answers, encoder, labels, head, as_is)
    )


def _answers(encoder: Encoder, labels: Sequence[str], head: str, as_is: bool) -> bool:
    model = load_teacher(encoder.path, encoder.task, labels, head, as_is=as_is).eval()
    model.embedding.sparse = True  # as the optimiser of a training has it
    inputs = encoder.tokenizer([*TEXTS], padding=True, return_tensors="pt")
    with readable(encoder.name, "teacher", REMEDY):
        logits = model(inputs["input_ids"], inputs["attention_mask"])
        gradients = torch.autograd.grad(logits.sum(), [model.embedding.weight], allow_unused=True)
    if not logits.isfinite().all():
        raise DataError(
            f"The teacher {encoder.name!r} answers texts with NaN or infinite logits, as weights that diverged do. "
            "Give another checkpoint."
        )
    _check_padding(model, encoder, inputs, logits)
    is_trained = bool(labels) and not as_is
    if is_trained and any(gradient is not None and not gradient.is_sparse for gradient in gradients):
        raise DataError(
            f"The teacher {encoder.name!r} cannot be fine-tuned here: its {type(model.model).__name__} has one "
            "embedding in several places, as encoder-decoders have. Give an encoder, or a checkpoint with the data's "
            "labels, which is used as it is."
        )
    return True


def _check_padding(model: Teacher, encoder: Encoder, inputs: Mapping[str, Tensor], logits: Tensor) -> None:
    """Raises DataError if padding changes the answer of a model that takes another token for it, as decoders do."""
    padding, right = getattr(model.model.config, "pad_token_id", None), encoder.tokenizer.pad_token_id
    if padding == right:
        return
    for ids, mask, together in zip(inputs["input_ids"], inputs["attention_mask"], logits, strict=True):
        seen = mask.bool()
        with torch.no_grad():
            [alone] = model(ids[None, seen], mask[None, seen])
        if not torch.allclose(alone, together[seen] if alone.dim() > 1 else together, rtol=1e-3, atol=1e-3):
            raise DataError(
                f"The teacher {encoder.name!r} answers a text otherwise beside a longer one: `pad_token_id` of its "
                f"config.json is {padding}, that of its tokenizer {right}. Set it to {right}."
            )
