"""Generation of new texts from a task's labelled ones: variant after variant of each, until there are enough."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import count, islice
from typing import cast

from benchmark.core.cache import augmented_path, cached_json
from benchmark.core.errors import DataError
from benchmark.data.augmentation.back_translation import back_translation, chunks
from benchmark.data.augmentation.config import (
    BACK_TRANSLATED,
    IDLE_ROUNDS,
    SUBSTITUTED,
    AugmentationConfig,
)
from benchmark.data.augmentation.substitution import substitution
from benchmark.data.augmentation.words import Rewrite
from benchmark.data.corpus import Texts
from benchmark.data.plain_text import Text, text_key

REWRITERS: dict[str, Callable[[Texts, Texts, AugmentationConfig, str], Rewrite]] = {
    SUBSTITUTED: substitution,
    BACK_TRANSLATED: back_translation,
}
CHUNK = 512
"""Texts rewritten at once, between checks whether more are needed."""


@dataclass(frozen=True)
class Augmented:
    """Distinct new texts, in the source's form."""

    texts: Texts
    origins: list[int]
    """Index in the source of the text that each one was generated from."""


def cached_augmented(digest: str, generate: Callable[[], Augmented]) -> Augmented:
    """The texts cached under `digest`; generated first if there are none, or damaged ones."""
    return Augmented(**cached_json(augmented_path(digest), lambda: asdict(generate())))


def augment(
    method: str, source: Texts, pool: Texts, config: AugmentationConfig, exclude: set[str], device: str = "cpu"
) -> Augmented:
    """Generates at most `config.n_texts` new texts from `source`; fewer once IDLE_ROUNDS rounds bring nothing new.

    Texts are compared by `text_key`: each occurs once, and none that is in `source` or `exclude`. Equal input gives
    equal texts. The vectors of `subs` are trained on `source` and `pool`; the pool's texts are not rewritten.

    Raises InputError for a model that is unavailable or of another class, DataError for a broken model, an empty
    `source` and too little text to train vectors.
    """
    seen = set(map(text_key, source))
    if not seen - {""}:
        raise DataError(
            f"There is nothing to generate texts from: the source holds {len(source)}, all empty. Provide some."
        )
    rewrite = REWRITERS[method](source, pool, config, device)
    new = list(islice(_new(source, rewrite, seen | exclude), config.n_texts))
    return Augmented(cast(Texts, [text for _, text in new]), [origin for origin, _ in new])


def _new(source: Texts, rewrite: Rewrite, seen: set[str]) -> Iterator[tuple[int, Text]]:
    """Origin and text of each text that is not `seen`, round after round."""
    idle = 0
    for variant in count():
        if idle == IDLE_ROUNDS:
            return
        idle += 1
        for origin, text in _round(source, rewrite, variant):
            if (key := text_key(text)) and key not in seen:
                seen.add(key)
                idle = 0
                yield origin, text


def _round(source: Texts, rewrite: Rewrite, variant: int) -> Iterable[tuple[int, Text]]:
    numbered = [(i, text) for i, text in enumerate(source) if text_key(text)]
    for chunk in chunks(numbered, CHUNK):
        texts: Sequence[Text] = [text for _, text in chunk]
        yield from zip((origin for origin, _ in chunk), rewrite(texts, variant), strict=True)
