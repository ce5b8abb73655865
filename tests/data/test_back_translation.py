"""Back-translation: each text once, kept, and the same again."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmark.core.errors import InputError
from benchmark.data.augmentation import back_translation
from benchmark.data.augmentation.back_translation import Translator
from tests.support.damage import cut_off_the_end, flip_a_bit
from tests.support.model_factory import make_marian
from tests.support.rewriting import TEXTS, Calls
from tracking import cache_folder


def test_a_text_is_translated_once_whoever_asks(marian: str, translations: Calls) -> None:
    said = Translator(marian, "cpu").translate([*TEXTS, *TEXTS])
    assert sum(translations) == len(TEXTS)
    assert said[: len(TEXTS)] == said[len(TEXTS) :]
    assert len(set(said)) > len(TEXTS) // 2, "the answer depends on the text"
    another = Translator(marian, "cpu")
    assert another.translate(TEXTS[::-1]) == said[: len(TEXTS)][::-1]
    assert sum(translations) == len(TEXTS)
    assert not another.load.cache_info().currsize, "cached texts need no model"
    another.translate(["teks yang baru"])
    assert sum(translations) == len(TEXTS) + 1


def test_each_direction_keeps_its_own(marian: str, tmp_path: Path, translations: Calls) -> None:
    other = make_marian(tmp_path / "back", seed=1)
    assert Translator(marian, "cpu").translate(TEXTS) != Translator(other, "cpu").translate(TEXTS)
    assert sum(translations) == 2 * len(TEXTS)


def test_other_numbers_are_another_translation(
    marian: str, translations: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    Translator(marian, "cpu").translate(TEXTS)
    monkeypatch.setitem(back_translation.TRANSLATION, "num_beams", 2)
    Translator(marian, "cpu").translate(TEXTS)
    assert sum(translations) == 2 * len(TEXTS)


def test_a_translation_does_not_depend_on_its_batch(marian: str, monkeypatch: pytest.MonkeyPatch) -> None:
    together = Translator(marian, "cpu").translate(TEXTS)
    shutil.rmtree(cache_folder() / "augmentation")
    monkeypatch.setattr(back_translation, "BATCH", 1)
    assert Translator(marian, "cpu").translate(TEXTS) == together


def test_a_killed_translation_goes_on_where_it_was(
    marian: str, translations: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(back_translation, "BATCH", 4)
    whole = Translator(marian, "cpu").translate(TEXTS)
    shutil.rmtree(cache_folder() / "augmentation")
    translations.clear()
    translations.last = 3
    with pytest.raises(KeyboardInterrupt):
        Translator(marian, "cpu").translate(TEXTS)
    translations.clear()
    translations.last = 0
    assert Translator(marian, "cpu").translate(TEXTS) == whole
    assert translations == [len(TEXTS) - 8]


def test_a_long_text_is_cut_and_an_empty_one_is_answered(marian: str) -> None:
    assert len(Translator(marian, "cpu").translate([" ".join(TEXTS), ""])) == 2


@pytest.mark.parametrize("damage", [flip_a_bit, cut_off_the_end])
def test_a_damaged_batch_is_generated_again(
    marian: str, translations: Calls, damage: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(back_translation, "BATCH", 4)
    whole = Translator(marian, "cpu").translate(TEXTS)
    damage(sorted((cache_folder() / "augmentation").iterdir())[0])
    for n_calls in (4, 4):
        assert Translator(marian, "cpu").translate(TEXTS) == whole
        assert len(translations) == n_calls


def test_a_cache_that_cannot_be_written_is_named(marian: str) -> None:
    cache_folder().mkdir(parents=True)
    (cache_folder() / "augmentation").write_text("a file in the place of the folder")
    with pytest.raises(InputError, match=r"augmentation cannot be used: .*BENCHMARK_CACHE"):
        Translator(marian, "cpu").translate(TEXTS)
