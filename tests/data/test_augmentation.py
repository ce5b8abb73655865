"""New texts from a task's own: what comes out, what never does, and what the neighbours of words are."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from benchmark.core.cache import augmented_path
from benchmark.core.errors import DataError, InputError
from benchmark.data.augmentation import augment as augmenting
from benchmark.data.augmentation import config as augmentation_config
from benchmark.data.augmentation.augment import Augmented, augment, cached_augmented
from benchmark.data.augmentation.config import (
    METHODS,
    N_TEXTS,
    AugmentationConfig,
    generation_parameters,
    missing_options,
)
from benchmark.data.augmentation.substitution import neighbours
from benchmark.data.augmentation.words import core
from benchmark.data.pool import text_key
from tests.support.damage import cut_off_the_end, flip_a_bit
from tests.support.model_factory import make_fill_mask, make_marian, smalltalk

SOURCE = smalltalk()[:12]
POOL = smalltalk()[12:]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path_factory.getbasetemp() / "augmentation_cache"))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, tiny_teacher: Path) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("models")
    return {
        "forward_model": make_marian(folder / "forward", seed=0),
        "backward_model": make_marian(folder / "backward", seed=1),
        "fill_mask": make_fill_mask(folder / "fill-mask", tiny_teacher),
    }


def made(
    method: str, models: dict[str, str], source: Sequence[Any] = SOURCE, n_texts: int = 30, **more: Any
) -> Augmented:
    return augment(
        method,
        source,
        more.pop("pool", POOL),
        AugmentationConfig(**models, n_texts=n_texts),
        more.pop("exclude", set()),
    )


@pytest.mark.parametrize("method", METHODS)
def test_new_texts_are_new_and_each_comes_once(method: str, models: dict[str, str]) -> None:
    new = made(method, models)
    keys = [text_key(text) for text in new.texts]
    assert len(keys) == len(set(keys)) == len(new.origins) == 30
    assert not set(keys) & {text_key(text) for text in SOURCE}
    assert all(isinstance(text, str) and text for text in new.texts)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_input_gives_the_same_texts(
    method: str, models: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = made(method, models)
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path))
    assert made(method, models) == before


@pytest.mark.parametrize("method", METHODS)
def test_what_is_excluded_never_comes_out(method: str, models: dict[str, str]) -> None:
    before = made(method, models)
    banned = {text_key(text) for text in before.texts[::2]}
    exclude = set(banned)
    after = made(method, models, exclude=exclude)
    assert not banned & {text_key(text) for text in after.texts}
    assert exclude == banned, "the caller's set is left alone"


@pytest.mark.parametrize("method", METHODS)
def test_sentences_of_words_come_out_as_words(method: str, models: dict[str, str]) -> None:
    source = [text.split() for text in SOURCE]
    new = made(method, models, source, pool=[text.split() for text in POOL])
    assert [" ".join(words) for words in new.texts] == made(method, models).texts
    assert all(isinstance(word, str) and word for words in new.texts for word in words)


def test_a_substituted_word_may_hold_a_space(models: dict[str, str]) -> None:
    source = [["New York", *text.split()] for text in SOURCE]
    new = made("subs", models, source)
    assert all(
        words[0] == "New York" and len(words) == len(source[i]) for words, i in zip(new.texts, new.origins, strict=True)
    )


@pytest.mark.parametrize("method", METHODS)
def test_origins_go_round_the_source(method: str, models: dict[str, str]) -> None:
    origins = made(method, models).origins
    n_rounds = 1 + sum(after <= before for before, after in pairwise(origins))
    assert 3 <= n_rounds <= 6, "30 texts, at most 12 of them a round"
    assert len(set(origins)) > 8


def test_a_text_is_made_from_its_origin(models: dict[str, str]) -> None:
    near = neighbours(SOURCE, POOL)
    new = made("subs", models)
    for text, origin in zip(new.texts, new.origins, strict=True):
        pairs = list(zip(SOURCE[origin].split(), text.split(), strict=True))
        changed = [(core(old).casefold(), core(word).casefold()) for old, word in pairs if old != word]
        assert changed
        assert all(word in near[old] for old, word in changed)


def test_rounds_without_anything_new_end_it(models: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    requested = []

    def same_again(texts: Sequence[str], variant: int) -> list[str]:
        requested.append(variant)
        return [f"{text} {min(variant, 1)}" for text in texts]

    monkeypatch.setitem(augmenting.REWRITERS, "subs", lambda *_: same_again)
    new = made("subs", models, ["a", "b"])
    assert new.texts == ["a 0", "b 0", "a 1", "b 1"]
    assert requested == [0, 1, 2, 3, 4]


def test_no_more_is_rewritten_than_needed(models: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    requested = []

    def marked(texts: Sequence[str], variant: int) -> list[str]:
        requested.extend(texts)
        return [f"{text} {variant}" for text in texts]

    monkeypatch.setitem(augmenting.REWRITERS, "subs", lambda *_: marked)
    monkeypatch.setattr(augmenting, "CHUNK", 2)
    assert made("subs", models, ["a", "", "b", "c", "d"], n_texts=2).texts == ["a 0", "b 0"]
    assert requested == ["a", "b"]


@pytest.mark.parametrize("damage", [flip_a_bit, cut_off_the_end])
def test_damaged_texts_are_generated_again(
    damage: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path))
    calls: list[None] = []

    def generate() -> Augmented:
        calls.append(None)
        return Augmented(["satu dua", "tiga"], [0, 0])

    first = cached_augmented("digest", generate)
    assert cached_augmented("digest", generate) == first
    assert len(calls) == 1
    damage(augmented_path("digest"))
    for _ in range(2):
        assert cached_augmented("digest", generate) == first
        assert len(calls) == 2


def test_the_paper_made_20000() -> None:
    assert AugmentationConfig().n_texts == N_TEXTS == 20_000


def test_what_is_lacking_is_named_by_its_options(models: dict[str, str]) -> None:
    assert missing_options("subs", AugmentationConfig()) == ""
    assert missing_options("bt_subs", AugmentationConfig()) == "--translate FORWARD BACKWARD and --fill-mask MODEL"
    assert (
        missing_options("bt_subs", AugmentationConfig(forward_model="a", fill_mask="b"))
        == "--translate FORWARD BACKWARD"
    )
    assert missing_options("bt_subs", AugmentationConfig(forward_model="a", backward_model="b")) == "--fill-mask MODEL"
    assert missing_options("bt_subs", AugmentationConfig(**models)) == ""
    with pytest.raises(InputError, match=r"needs --fill-mask MODEL .* or use 'subs'"):
        generation_parameters("bt_subs", AugmentationConfig(forward_model="a", backward_model="b"))


def test_bad_input(models: dict[str, str]) -> None:
    for source in ([], ["", "  "]):
        with pytest.raises(DataError, match=f"the source holds {len(source)}, all empty"):
            made("subs", models, source)
    with pytest.raises(DataError, match=r"None of the 4 words .* occurs 5 times"):
        made("subs", models, ["satu dua"], pool=["tiga empat"])


def test_a_recipe_tells_whatever_changes_the_texts(
    models: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fingerprint(method: str = "bt_subs", **other: Any) -> str:
        return json.dumps(generation_parameters(method, AugmentationConfig(**models | other)))

    moved = Path(models["fill_mask"]).rename(tmp_path / "moved")
    before = fingerprint(fill_mask=str(moved))
    moved.rename(models["fill_mask"])
    assert fingerprint() == before, "the files count, not their place"
    others = [
        fingerprint("subs"),
        fingerprint(n_texts=5),
        fingerprint(backward_model=models["forward_model"]),
        fingerprint(forward_model=models["backward_model"]),
    ]
    monkeypatch.setitem(augmentation_config.MASKING, "share", 0.5)
    others.append(fingerprint())
    assert len({before, *others}) == 6
    monkeypatch.setitem(augmentation_config.SUBSTITUTION, "share", 0.5)
    assert fingerprint("subs") != others[0]


def test_a_recipe_tells_an_edited_model(models: dict[str, str], tiny_teacher: Path, tmp_path: Path) -> None:
    folder = make_fill_mask(tmp_path / "edited", tiny_teacher)
    augmentation = AugmentationConfig(**models | {"fill_mask": folder})
    before = generation_parameters("bt_subs", augmentation)
    assert before == generation_parameters("bt_subs", AugmentationConfig(**models))
    weights = Path(folder) / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    assert generation_parameters("bt_subs", augmentation) != before


def test_means_are_cheap_to_import() -> None:
    heavy = "{'torch', 'transformers', 'datasets'}"
    code = f"import sys, benchmark.data.augmentation.config; print({heavy} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
