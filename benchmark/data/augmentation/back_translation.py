"""Back-translation by two Marian models, then masked words replaced by a masked language model.

Junczys-Dowmunt et al., 2018, https://arxiv.org/abs/1804.00344; Devlin et al., 2019, https://arxiv.org/abs/1810.04805.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, cached_property, partial
from random import Random
from typing import NamedTuple, TypeVar

import torch
from filelock import FileLock
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from benchmark.core.cache import cached_json
from benchmark.core.errors import DataError, InputError
from benchmark.core.interrupts import check_interrupt
from benchmark.core.locks import lock_path
from benchmark.core.spec import digest
from benchmark.data.augmentation.config import (
    FILL_MASK,
    MASKING,
    TRANSLATION,
    TRANSLATOR,
    AugmentationConfig,
    identify,
)
from benchmark.data.augmentation.models import encode, load_fill_mask, load_translator
from benchmark.data.augmentation.words import Rewrite, as_like, core, in_case_of, pick, seeded, with_core, words_of
from benchmark.data.corpus import Texts
from benchmark.data.plain_text import Text
from tracking import cache_folder

TOP_K = int(MASKING["top_k"])
BATCH = 32
"""Texts per call of a model, and per file of the cache, so that an interrupted process repeats at most one batch."""

TextVariant = tuple[str, int]
"""A text and the number of the variant to generate."""
Candidates = list[tuple[str, float]]
"""Words for one mask with their probabilities, most probable first."""
T = TypeVar("T")


def back_translation(source: Texts, pool: Texts, config: AugmentationConfig, device: str) -> Rewrite:  # noqa: ARG001
    """Rewrites texts by translating them back and forth and replacing masked words."""
    forward, backward = (Translator(name, device) for name in (config.forward_model, config.backward_model))
    fill_mask = FillMask(config.fill_mask, device)

    def rewrite(texts: Sequence[Text], variant: int) -> list[Text]:
        translated = backward.translate(forward.translate([" ".join(words_of(text)) for text in texts]))
        filled = fill_mask.fill(translated, variant)
        return [as_like(text, new.split()) for text, new in zip(texts, filled, strict=True)]

    return rewrite


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Slices of `size` items; the last one may be shorter."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def cached_outputs(
    model: str, requests: Sequence[TextVariant], generate: Callable[[Sequence[TextVariant]], list[str]]
) -> list[str]:
    """The text generated for each request, in batches of similar length that are cached one by one.

    `model` identifies the model and its parameters. One process of a machine generates at a time. Raises InputError if
    the cache cannot be used.
    """
    folder, generated = cache_folder() / "augmentation", dict[TextVariant, str]()
    distinct = sorted(set(requests), key=lambda request: (-len(request[0]), request))
    try:
        with FileLock(lock_path("augmentation")):
            for batch in chunks(distinct, BATCH):
                check_interrupt()
                outputs = cached_json(folder / f"{digest([model, batch])}.json", partial(generate, batch))
                generated |= zip(batch, outputs, strict=True)
    except OSError as error:
        raise InputError(
            f"The cache of generated texts {folder} cannot be used: {error}. Free it, or set another folder with "
            "BENCHMARK_CACHE."
        ) from error
    return [generated[request] for request in requests]


class Translator:
    """One direction of translation. The model is loaded for the first text that is not cached."""

    def __init__(self, name: str, device: str) -> None:
        self.key = digest(["translation", identify(name, TRANSLATOR), TRANSLATION])
        self.load = cache(partial(load_translator, name, device))

    def translate(self, texts: Sequence[str]) -> list[str]:
        """Each text in the other language, truncated to the model's maximum length."""
        return cached_outputs(self.key, [(text, 0) for text in texts], self._generate)

    @torch.inference_mode()
    def _generate(self, requests: Sequence[TextVariant]) -> list[str]:
        model, tokenizer = self.load()
        encoded, length = encode(self.load(), [text for text, _ in requests], TRANSLATION["max_pieces"])
        outputs = model.generate(**encoded, num_beams=TRANSLATION["num_beams"], do_sample=False, max_length=length)
        decode = partial(tokenizer.decode, skip_special_tokens=True, use_source_tokenizer=False)
        return [str(decode(ids)).strip() for ids in outputs]


class MaskedText(NamedTuple):
    """A text's words, the positions to mask, and the generator for the sampling that follows."""

    words: list[str]
    positions: list[int]
    rng: Random

    @classmethod
    def of(cls, text: str, variant: int) -> "MaskedText":
        words, rng = text.split(), seeded(text, variant)
        return cls(words, pick([i for i, word in enumerate(words) if core(word)], MASKING["share"], rng), rng)

    def masked_words(self, mask: str) -> list[str]:
        return [with_core(word, mask) if i in self.positions else word for i, word in enumerate(self.words)]


class FillMask:
    """A masked language model that replaces words. It is loaded for the first text that is not cached."""

    def __init__(self, name: str, device: str) -> None:
        self.name = name
        self.key = digest(["fill mask", identify(name, FILL_MASK), MASKING])
        self.load = cache(partial(load_fill_mask, name, device))

    @cached_property
    def words(self) -> dict[int, str]:
        """Token ids that are a whole word. Raises DataError if there is none."""
        words = whole_words(self.load().tokenizer)
        if not words:
            raise DataError(f"No token of {self.name!r} is a whole word. Give another {FILL_MASK}.")
        return words

    def fill(self, texts: Sequence[str], variant: int) -> list[str]:
        """Each text with some of its words replaced, others in each variant; unchanged if it has no word."""
        return cached_outputs(self.key, [(text, variant) for text in texts], self._generate)

    def _generate(self, requests: Sequence[TextVariant]) -> list[str]:
        mask = str(self.load().tokenizer.mask_token)
        masked = [MaskedText.of(*request) for request in requests]
        candidates = self._candidates([" ".join(text.masked_words(mask)) for text in masked])
        return [_filled(*each, mask) for each in zip(masked, candidates, strict=True)]

    @torch.inference_mode()
    def _candidates(self, texts: list[str]) -> list[list[Candidates]]:
        """Candidates for each mask of each text; masks beyond the model's maximum length are left out."""
        model, tokenizer = self.load()
        encoded, _ = encode(self.load(), texts, MASKING["max_pieces"])
        masks = encoded["input_ids"] == tokenizer.mask_token_id
        logits = model(**encoded).logits
        return [self._top_words(logits[i, masks[i]]) for i in range(len(texts))]

    def _top_words(self, logits: Tensor) -> list[Candidates]:
        """[M, V] to the most probable whole words of each mask, a few more than TOP_K since one may be the old word."""
        words, ids = list(self.words.values()), torch.tensor(list(self.words), device=logits.device)
        probabilities, columns = logits[:, ids].softmax(-1).topk(min(len(words), TOP_K + 3))
        return [
            [(words[column], value) for column, value in zip(*mask, strict=True)]
            for mask in zip(columns.tolist(), probabilities.tolist(), strict=True)
        ]


def whole_words(tokenizer: PreTrainedTokenizerBase) -> dict[int, str]:
    """Tokens of two letters or more that are a word by themselves when they follow a space."""
    surfaces = [surface.strip() for surface in tokenizer.batch_decode([[i] for i in range(len(tokenizer))])]
    candidates = {i: surface for i, surface in enumerate(surfaces) if len(surface) > 1 and surface.isalpha()}
    encoded = tokenizer([f" {surface}" for surface in candidates.values()], add_special_tokens=False)["input_ids"]
    return {i: surface for (i, surface), ids in zip(candidates.items(), encoded, strict=True) if ids == [i]}


def _filled(text: MaskedText, candidates: list[Candidates], mask: str) -> str:
    """The text with masked words replaced; a mask token that the text itself contains is left unchanged."""
    words = list(text.words)
    positions = [i for i, word in enumerate(text.masked_words(mask)) for _ in range(word.count(mask))]
    for position, new in zip(positions, candidates, strict=False):
        if position in text.positions:
            words[position] = _sampled(words[position], new, text.rng)
    return " ".join(words)


def _sampled(word: str, candidates: Candidates, rng: Random) -> str:
    """Another word, sampled by probability; the word itself if there is no other."""
    old = core(word)
    others = [(new, odds) for new, odds in candidates if new.casefold() != old.casefold()][:TOP_K]
    left = rng.random() * sum(odds for _, odds in others)
    for new, odds in others:
        left -= odds
        if left < 0:
            return with_core(word, in_case_of(old, new))
    return with_core(word, in_case_of(old, others[-1][0])) if others else word
