"""Texts translated by a Marian model (Junczys-Dowmunt et al., 2018), each once ever."""

from collections.abc import Sequence
from functools import cached_property

import torch

from benchmark.core.spec import digest
from benchmark.data.augmentation.cache import Request, remembered
from benchmark.data.augmentation.config import TRANSLATOR, identify
from benchmark.data.augmentation.models import Loaded, load_translator
from benchmark.data.augmentation.rates import TRANSLATION


class Translator:
    """One direction. The model is loaded at the first text that is not kept from before."""

    def __init__(self, name: str, device: str) -> None:
        self.name = name
        self.device = device
        self.maker = digest(["translation", identify(name, TRANSLATOR), TRANSLATION])

    @cached_property
    def loaded(self) -> Loaded:
        return load_translator(self.name, self.device)

    def translate(self, texts: Sequence[str]) -> list[str]:
        """Each text in the other language; what is beyond the pieces that the model reads is left out."""
        return remembered(self.maker, [(text, 0) for text in texts], self._answer)

    @torch.inference_mode()
    def _answer(self, requests: list[Request]) -> list[str]:
        model, tokenizer = self.loaded.model, self.loaded.tokenizer
        most = self.loaded.reads(TRANSLATION["max_pieces"])
        texts = [text for text, _ in requests]
        read = tokenizer(texts, padding=True, truncation=True, max_length=most, return_tensors="pt")
        written = model.generate(
            **read.to(model.device), num_beams=TRANSLATION["num_beams"], do_sample=False, max_length=most
        )
        return [
            str(tokenizer.decode(ids, skip_special_tokens=True, use_source_tokenizer=False)).strip() for ids in written
        ]
