"""Some words of a text masked as a whole and drawn anew from a masked language model (Devlin et al., 2019)."""

from collections.abc import Sequence
from functools import cached_property
from random import Random
from typing import NamedTuple

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from benchmark.core.errors import DataError
from benchmark.core.spec import digest
from benchmark.data.augmentation.cache import Request, remembered
from benchmark.data.augmentation.config import FILL_MASK, identify
from benchmark.data.augmentation.models import Loaded, load_fill_mask
from benchmark.data.augmentation.rates import MASKING
from benchmark.data.augmentation.words import core, draws, in_case_of, pick, with_core

TOP_K = int(MASKING["top_k"])

Guesses = list[tuple[str, float]]
"""Words for one mask with their probabilities, likeliest first."""


class Masked(NamedTuple):
    """A text's words, the positions of those to be masked, and the draws that follow."""

    words: list[str]
    positions: list[int]
    chance: Random

    def hidden(self, mask: str) -> list[str]:
        return [with_core(word, mask) if i in self.positions else word for i, word in enumerate(self.words)]


class FillMask:
    """The model is loaded at the first text that is not kept from before."""

    def __init__(self, name: str, device: str) -> None:
        self.name = name
        self.device = device
        self.maker = digest(["fill mask", identify(name, FILL_MASK), MASKING])

    @cached_property
    def loaded(self) -> Loaded:
        return load_fill_mask(self.name, self.device)

    def fill(self, texts: Sequence[str], variant: int) -> list[str]:
        """Each text with some of its words, others in each variant, drawn anew; as it is where it has no word."""
        return remembered(self.maker, [(text, variant) for text in texts], self._answer)

    def _answer(self, requests: list[Request]) -> list[str]:
        masked = [_masked(*request) for request in requests]
        guesses = self._guess([" ".join(each.hidden(self._mask)) for each in masked])
        return [self._filled(*each) for each in zip(masked, guesses, strict=True)]

    @property
    def _mask(self) -> str:
        return str(self.loaded.tokenizer.mask_token)

    @torch.inference_mode()
    def _guess(self, texts: list[str]) -> list[list[Guesses]]:
        """What each mask of each text may stand for; masks beyond what the model reads are left out."""
        model, tokenizer = self.loaded.model, self.loaded.tokenizer
        most = self.loaded.reads(int(MASKING["max_pieces"]))
        read = tokenizer(texts, padding=True, truncation=True, max_length=most, return_tensors="pt").to(model.device)
        masks = read["input_ids"] == tokenizer.mask_token_id
        logits = model(**read).logits
        return [self._likeliest(logits[i, masks[i]]) for i in range(len(texts))]

    def _likeliest(self, logits: Tensor) -> list[Guesses]:
        """[masks of a text, V] to some more whole words than are drawn from, since one may be the masked word."""
        words, pieces = list(self.words.values()), torch.tensor(list(self.words), device=logits.device)
        odds, columns = logits[:, pieces].softmax(-1).topk(min(len(words), TOP_K + 3))
        return [
            [(words[column], value) for column, value in zip(*each, strict=True)]
            for each in zip(columns.tolist(), odds.tolist(), strict=True)
        ]

    @cached_property
    def words(self) -> dict[int, str]:
        """The pieces that are a whole word, by number. Raises DataError where there is none."""
        found = whole_words(self.loaded.tokenizer)
        if not found:
            raise DataError(f"No piece of the tokenizer of {self.name!r} is a whole word. Give another {FILL_MASK}.")
        return found

    def _filled(self, masked: Masked, guesses: list[Guesses]) -> str:
        """A text may hold the mask's own sign, which is read as a mask too and stays."""
        words = list(masked.words)
        signs = [i for i, word in enumerate(masked.hidden(self._mask)) for _ in range(word.count(self._mask))]
        for position, guess in zip(signs, guesses, strict=False):
            if position in masked.positions:
                words[position] = _drawn(words[position], guess, masked.chance)
        return " ".join(words)


def whole_words(tokenizer: PreTrainedTokenizerBase) -> dict[int, str]:
    """Pieces of two letters or more that stand for a word of their own, as they do behind a space."""
    surfaces = [surface.strip() for surface in tokenizer.batch_decode([[i] for i in range(len(tokenizer))])]
    worded = {i: surface for i, surface in enumerate(surfaces) if len(surface) > 1 and surface.isalpha()}
    pieces = tokenizer([f" {surface}" for surface in worded.values()], add_special_tokens=False)["input_ids"]
    return {i: surface for (i, surface), ids in zip(worded.items(), pieces, strict=True) if ids == [i]}


def _masked(text: str, variant: int) -> Masked:
    words, chance = text.split(), draws(text, variant)
    return Masked(words, pick([i for i, word in enumerate(words) if core(word)], MASKING["share"], chance), chance)


def _drawn(word: str, guesses: Guesses, chance: Random) -> str:
    """Another word than it was, by probability; the word itself where there is no other."""
    old = core(word)
    others = [(new, odds) for new, odds in guesses if new.casefold() != old.casefold()][:TOP_K]
    left = chance.random() * sum(odds for _, odds in others)
    for new, odds in others:
        left -= odds
        if left < 0:
            return with_core(word, in_case_of(old, new))
    return with_core(word, in_case_of(old, others[-1][0])) if others else word
