"""A vocabulary of the students' own: byte-pair encoding (Sennrich et al., 2016, https://arxiv.org/abs/1508.07909)
trained on a data set's training text, labelled and unlabelled; never on validation or test text.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from string import ascii_lowercase
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from benchmark.core.cache import cache_path, cached_json
from benchmark.core.spec import digest
from benchmark.distillation.tokenizer import vocabulary

VERSION = "2"
"""Version of own vocabularies: of their training, and of how embeddings of their tokens start. Raise it when either
changes, so that runs of before and after have different keys."""
PAD, UNKNOWN, FIRST = "[PAD]", "[UNK]", "[CLS]"
"""Special tokens. FIRST begins every text: students that classify by the first position read it there."""
SPACE = "▁"
"""Begins the tokens that begin a word."""
RARE = 3
"""Fewest occurrences of a character that has a token."""

Texts = Sequence[str | Sequence[str]]
Matrix = NDArray[np.float32]


def own_tokenizer(
    texts: Texts, source: Sequence[str], size: int, teacher: PreTrainedTokenizerBase
) -> PreTrainedTokenizerBase:
    """A tokenizer of at most `size` tokens, trained on `texts` (or words per sentence), in the teacher's case.

    `source` are digests of `texts`: a vocabulary is trained once and then read from the cache.
    """
    lower = _lowers(teacher)
    path = cache_path("vocabularies", f"{digest([*source, size, lower])}.json")
    state = cached_json(path, lambda: json.loads(_trained(texts, size, lower=lower).to_str()))
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=Tokenizer.from_str(json.dumps(state)), pad_token=PAD, unk_token=UNKNOWN, cls_token=FIRST
    )


def spelled_by(table: Matrix, own: PreTrainedTokenizerBase, teacher: PreTrainedTokenizerBase) -> Matrix:
    """[V, H] for each own token the mean of the teacher's embeddings `table` of the tokens that spell it.

    NaN for special tokens.
    """
    special = set(own.all_special_tokens)
    tokens = ["" if token in special else token for token in vocabulary(own)]
    whole = teacher([token.replace(SPACE, " ").strip() for token in tokens], add_special_tokens=False)["input_ids"]
    inside = _spelled_inside([token for token in tokens if token and not token.startswith(SPACE)], teacher)
    nothing = np.full(table.shape[1], np.nan, dtype=np.float32)
    spellings = [inside.get(token, ids) for token, ids in zip(tokens, whole, strict=True)]
    return np.stack([table[ids].mean(axis=0) if ids else nothing for ids in spellings])


def _spelled_inside(pieces: Sequence[str], teacher: PreTrainedTokenizerBase) -> dict[str, list[int]]:
    """The teacher's tokens of each piece after the beginning of a word, such as `##kan` where `kan` begins one.

    They are read behind the first letter after which the teacher begins a token; pieces without one are left out.
    """
    spelled: dict[str, list[int]] = {}
    for letter in ascii_lowercase:
        left = [piece for piece in pieces if piece not in spelled]
        if not left:
            break
        encoded = teacher([letter + piece for piece in left], add_special_tokens=False, return_offsets_mapping=True)
        for piece, ids, places in zip(left, encoded["input_ids"], encoded["offset_mapping"], strict=True):
            if any(start == 1 for start, _ in places) and not any(start < 1 < end for start, end in places):
                spelled[piece] = [token for token, (start, _) in zip(ids, places, strict=True) if start]
    return spelled


def _trained(texts: Texts, size: int, *, lower: bool) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN, fuse_unk=True))
    normaliser = normalizers.Sequence([normalizers.NFKC(), *([normalizers.Lowercase()] if lower else [])])
    tokenizer.normalizer = normaliser  # the teacher's own may be a table larger than the vocabulary
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(SPACE, prepend_scheme="always")
    lines = [text if isinstance(text, str) else " ".join(text) for text in texts]
    characters = _characters(map(normaliser.normalize_str, lines))
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[PAD, UNKNOWN, FIRST],
        initial_alphabet=characters,
        limit_alphabet=len(characters),
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{FIRST} $A", special_tokens=[(FIRST, tokenizer.token_to_id(FIRST))]
    )
    return tokenizer


def _characters(lines: Iterable[str]) -> list[str]:
    """Characters that are not RARE, sorted; chosen here, since the trainer breaks ties by chance."""
    counts: Counter[str] = Counter()
    for line in lines:
        counts.update(line)
    return sorted({SPACE, *(character for character, n in counts.items() if n >= RARE and not character.isspace())})


def _lowers(tokenizer: Any) -> bool:
    """Whether the tokenizer reads upper case as lower case."""
    normaliser = tokenizer.backend_tokenizer.normalizer
    return normaliser is not None and normaliser.normalize_str("A") == "a"
