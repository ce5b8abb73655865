"""A bundle's tokenizer, compared with that of training on real and odd texts."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmark.bundle import Bundle
from benchmark.core.errors import RunError
from benchmark.distillation.encoding import EncodedDataset, EncodedTexts

ODD = (
    "",
    " ",
    "\u200b",
    "\u200b a \ufeff",
    "\x00\t\r\n",
    "İ ﬁ e\u0301",
    "😀👩‍👩‍👧",
    "日本 ไทย",
    "a" * 300,
    "a b " * 600,
)
"""Empty, invisible, composed, unknown and long texts."""


def require_same_ids(bundle: Bundle, data: EncodedDataset) -> None:
    """Raises RunError unless the bundle gives the texts of test, odd texts and special tokens the ids of training."""
    odd = _odd_texts(data)
    for texts, encoded in ((data.texts("test"), data.encoded("test")), (odd, data.encode(odd))):
        for text, ids in zip(texts, _ids(encoded), strict=True):
            if bundle.token_ids(text) != ids:
                raise RunError(
                    f"The bundle's tokenizer gives other ids than that of training, for {str(text)[:60]!r}. Save the "
                    "teacher's tokenizer again with save_pretrained(), as a tokenizer.json."
                )


def _odd_texts(data: EncodedDataset) -> Sequence[Any]:
    special = data.tokenizer.all_special_tokens
    texts = (*ODD, " ".join(special), "a".join(special))
    return [text.split(" ") for text in texts] if data.tags_words else texts


def _ids(encoded: EncodedTexts) -> list[list[int]]:
    return [ids.tolist() for ids in np.split(encoded.ids, encoded.offsets[1:-1])]
