"""A trial of a teacher before anything is trained: its model is loaded and answers two texts."""

from collections.abc import Sequence
from functools import partial

import torch
import transformers

from benchmark.core.cache import cache_path, cached_json
from benchmark.core.errors import DataError
from benchmark.core.hub import readable
from benchmark.core.spec import digest
from benchmark.distillation.teacher import REMEDY, load_teacher
from benchmark.distillation.tokenizer import Encoder

TEXTS = ("a", "a b c")
"""Of different lengths, so that one is padded."""


def require_answers(encoder: Encoder, labels: Sequence[str], head: str = "", *, as_is: bool = False) -> None:
    """Raises DataError if a teacher's weights cannot be loaded, or its logits for a text are not finite.

    The arguments are those of `load_teacher`. A teacher that has answered is not tried again while its files are the
    same: the import of its model's code takes seconds.
    """
    about = [encoder.identity, encoder.task, list(labels), head, as_is, transformers.__version__]
    cached_json(cache_path("trials", f"{digest(about)}.json"), partial(_answers, encoder, labels, head, as_is))


def _answers(encoder: Encoder, labels: Sequence[str], head: str, as_is: bool) -> bool:
    model = load_teacher(encoder.path, encoder.task, labels, head, as_is=as_is).eval()
    inputs = encoder.tokenizer([*TEXTS], padding=True, return_tensors="pt")
    with readable(encoder.name, "teacher", REMEDY), torch.no_grad():
        logits = model(inputs["input_ids"], inputs["attention_mask"])
    if not logits.isfinite().all():
        raise DataError(
            f"The teacher {encoder.name!r} answers texts with NaN or infinite logits, as weights that diverged do. "
            "Give another checkpoint."
        )
    return True
