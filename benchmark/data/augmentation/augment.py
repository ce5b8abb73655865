"""A task's texts written anew: variant after variant of each, until there are as many as were asked for."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import cast

from benchmark.core.errors import DataError
from benchmark.data.augmentation.cache import chunks
from benchmark.data.augmentation.config import BACK_TRANSLATED, SUBSTITUTED, AugmentationConfig, require
from benchmark.data.augmentation.masking import FillMask
from benchmark.data.augmentation.neighbours import neighbours
from benchmark.data.augmentation.rates import IDLE_ROUNDS, SUBSTITUTION
from benchmark.data.augmentation.translation import Translator
from benchmark.data.augmentation.words import as_like, core, draws, in_case_of, pick, with_core, words_of
from benchmark.data.corpus import Texts
from benchmark.data.pool import Text, text_key

Rewrite = Callable[[Sequence[Text], int], Iterable[Text]]
"""Texts and the number of a variant to that variant of each."""

AT_ONCE = 512
"""Texts rewritten before it is seen whether more are needed."""


@dataclass(frozen=True)
class Augmented:
    """New texts, in the source's form, each once."""

    texts: Texts
    origins: list[int]
    """Of each text the number of the source's text that it was made from."""


def augment(
    method: str, source: Texts, pool: Texts, config: AugmentationConfig, exclude: set[str], device: str = "cpu"
) -> Augmented:
    """At most `means.n_texts` new texts made from `source`, fewer where rounds in a row give nothing new.

    A text comes out once, whatever its case and spacing, and never as it stands in `source` or, by `text_key`, in
    `exclude`. Fewer come out where the source gives no more. The same input gives the same texts. `pool` teaches the
    neighbours of words and is not rewritten.

    Raises:
        UnknownNameError: no such method.
        InputError: a model is lacking, cannot be had, or is of another class.
        DataError: no text in `source`, a broken model, too little text to learn neighbours from.
    """
    require(method, config)
    known = set(map(text_key, source))
    if not known - {""}:
        raise DataError(
            f"There is nothing to make new texts from: the source holds {len(source)}, all empty. Give some."
        )
    rewrite = WRITERS[method](source, pool, config, device)
    found = list(islice(_new(source, rewrite, known | exclude), config.n_texts))
    return Augmented(cast(Texts, [text for _, text in found]), [origin for origin, _ in found])


def _new(source: Texts, rewrite: Rewrite, known: set[str]) -> Iterator[tuple[int, Text]]:
    """Origin and text of each text that is not `known`, round after round."""
    idle = 0
    for variant in count():
        if idle == IDLE_ROUNDS:
            return
        idle += 1
        for origin, text in _round(source, rewrite, variant):
            if (key := text_key(text)) and key not in known:
                known.add(key)
                idle = 0
                yield origin, text


def _round(source: Texts, rewrite: Rewrite, variant: int) -> Iterator[tuple[int, Text]]:
    written = ((i, text) for i, text in enumerate(source) if text_key(text))
    for some in chunks(written, AT_ONCE):
        texts = rewrite([text for _, text in some], variant)
        yield from zip((origin for origin, _ in some), texts, strict=True)


def _substitution(source: Texts, pool: Texts, config: AugmentationConfig, device: str) -> Rewrite:  # noqa: ARG001
    near = neighbours(source, pool)
    return lambda texts, variant: (substituted(text, near, variant) for text in texts)


def substituted(text: Text, near: dict[str, list[str]], variant: int) -> Text:
    """Some words of the text give way to one of their neighbours, others in each variant."""
    words = words_of(text)
    chance = draws(" ".join(words), variant)
    for i in pick([i for i, word in enumerate(words) if core(word).casefold() in near], SUBSTITUTION["share"], chance):
        old = core(words[i])
        others = near[old.casefold()]
        words[i] = with_core(words[i], in_case_of(old, others[int(chance.random() * len(others))]))
    return as_like(text, words)


def _back_translation(source: Texts, pool: Texts, config: AugmentationConfig, device: str) -> Rewrite:  # noqa: ARG001
    forward, backward = (Translator(name, device) for name in (config.forward_model, config.backward_model))
    fill_mask = FillMask(config.fill_mask, device)

    def rewrite(texts: Sequence[Text], variant: int) -> list[Text]:
        translated = backward.translate(forward.translate([" ".join(words_of(text)) for text in texts]))
        filled = fill_mask.fill(translated, variant)
        return [as_like(text, new.split()) for text, new in zip(texts, filled, strict=True)]

    return rewrite


WRITERS = {SUBSTITUTED: _substitution, BACK_TRANSLATED: _back_translation}
