"""Translation and masking by tiny real models, and the cache of what they said."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file
from transformers import BertForMaskedLM, MarianMTModel, RobertaTokenizer

from benchmark.core import hub as pretrained
from benchmark.core.errors import DataError, InputError
from benchmark.data.augmentation import back_translation
from benchmark.data.augmentation.back_translation import FillMask, Translator, whole_words
from benchmark.data.augmentation.words import core
from tests.support.damage import cut_off_the_end, flip_a_bit
from tests.support.model_factory import make_fill_mask, make_marian, smalltalk
from tracking import cache_folder

TEXTS = smalltalk()[:10]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def marian(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_marian(tmp_path_factory.mktemp("marian") / "there", seed=0)


@pytest.fixture(scope="module")
def fill_mask(tmp_path_factory: pytest.TempPathFactory, tiny_teacher: Path) -> str:
    return make_fill_mask(tmp_path_factory.mktemp("bert") / "fill-mask", tiny_teacher)


class Calls(list[int]):
    """Texts of each call of a model; the call numbered `last` is the process's last."""

    last = 0


@pytest.fixture
def translations(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return count_calls(monkeypatch, MarianMTModel, "generate")


@pytest.fixture
def fillings(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return count_calls(monkeypatch, BertForMaskedLM, "forward")


def count_calls(monkeypatch: pytest.MonkeyPatch, model: type, method: str) -> Calls:
    calls, asked = Calls(), getattr(model, method)

    def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
        calls.append(len(kwargs["input_ids"]))
        if len(calls) == calls.last:
            raise KeyboardInterrupt
        return asked(self, *args, **kwargs)

    monkeypatch.setattr(model, method, counted)
    return calls


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


SENTENCE = "Saya mau (pesan) NASI goreng, 12 porsi untuk [USERNAME] di https://a.id dan #promo sekali-kali ya!"
KEPT = {"12", "[USERNAME]", "https://a.id", "#promo"}


def test_some_whole_words_are_drawn_anew(fill_mask: str) -> None:
    model = FillMask(fill_mask, "cpu")
    words = SENTENCE.split()
    drawn = set[int]()
    for variant in range(20):
        new = model.fill([SENTENCE], variant)[0].split()
        changed = [i for i, (old, other) in enumerate(zip(words, new, strict=True)) if old != other]
        assert len(changed) == 2, "15 % of 12 words"
        drawn.update(changed)
        for i in changed:
            assert core(words[i]).casefold() != core(new[i]).casefold()
            assert new[i] == words[i].replace(core(words[i]), core(new[i])), "punctuation stays"
            assert core(new[i]).casefold() in set(model.words.values())
            assert core(new[i]).isupper() == core(words[i]).isupper()
    assert {words[i] for i in drawn} == set(words) - KEPT


def test_variants_differ_and_each_comes_out_the_same_again(fill_mask: str) -> None:
    first = [FillMask(fill_mask, "cpu").fill(TEXTS, variant) for variant in range(3)]
    assert len({tuple(texts) for texts in first}) == 3
    shutil.rmtree(cache_folder() / "augmentation")
    again = [FillMask(fill_mask, "cpu").fill(TEXTS[::-1], variant)[::-1] for variant in (2, 1, 0)]
    assert again[::-1] == first


def test_a_text_is_filled_once_a_variant(fill_mask: str, fillings: Calls) -> None:
    for _ in range(2):
        FillMask(fill_mask, "cpu").fill(TEXTS, 0)
        FillMask(fill_mask, "cpu").fill(TEXTS, 1)
    assert sum(fillings) == 2 * len(TEXTS)


def test_what_holds_no_word_stays(fill_mask: str) -> None:
    texts = ["", "12 34", "[URL] #satu", "😀"]
    assert FillMask(fill_mask, "cpu").fill(texts, 0) == texts


def test_words_behind_what_the_model_reads_stay(fill_mask: str) -> None:
    text = " ".join(["nasi"] * 600)
    new = FillMask(fill_mask, "cpu").fill([text], 0)[0].split()
    assert len(new) == 600
    assert new[300:] == ["nasi"] * 300
    assert new[:200] != ["nasi"] * 200


def test_a_mask_in_the_text_itself_stays(fill_mask: str) -> None:
    new = FillMask(fill_mask, "cpu").fill(["[MASK] [MASK] nasi"], 0)[0].split()
    assert new[:2] == ["[MASK]", "[MASK]"]
    assert new[2] != "nasi"


def test_whole_words_of_word_pieces(fill_mask: str) -> None:
    model = FillMask(fill_mask, "cpu")
    pieces = model.load().tokenizer.convert_ids_to_tokens(list(model.words))
    assert len(pieces) > 50
    assert pieces == list(model.words.values())
    assert all(piece.isalpha() and len(piece) > 1 for piece in pieces)


def test_whole_words_of_a_byte_level_tokenizer() -> None:
    letters = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "Ġ", "a", "k", "u", "Ġa", "ku", "Ġaku"]
    merges = [("Ġ", "a"), ("k", "u"), ("Ġa", "ku")]
    tokenizer = RobertaTokenizer(vocab={piece: i for i, piece in enumerate(letters)}, merges=merges)
    assert whole_words(tokenizer) == {11: "aku"}


# --- Bad input -------------------------------------------------------------------------------------------------


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    pretrained.resolve_revision.cache_clear()
    yield
    pretrained.resolve_revision.cache_clear()


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", ["owner/model", "owner/model@main", "owner/model@" + 40 * "a"])
def test_a_hub_that_cannot_be_reached(name: str) -> None:
    with pytest.raises(InputError, match=r"No translation model 'owner/model': .*the hub does not give"):
        Translator(name, "cpu").translate(TEXTS)
    with pytest.raises(InputError, match=r"No fill-mask model 'owner/model': .*the hub does not give"):
        FillMask(name, "cpu").fill(TEXTS, 0)


def test_a_name_that_is_neither_folder_nor_hub_id() -> None:
    with pytest.raises(InputError, match=r"No translation model at 'nowhere': give a folder that exists, or a hub id"):
        Translator("nowhere", "cpu")


def test_a_folder_without_a_part_is_named(tmp_path: Path, marian: str) -> None:
    with pytest.raises(DataError, match=r"lacks config\.json and a tokenizer and weights \(\*\.safetensors\)"):
        FillMask(str(tmp_path), "cpu")
    folder = shutil.copytree(marian, tmp_path / "bin")
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(DataError, match=r"lacks weights \(\*\.safetensors\)"):
        Translator(str(folder), "cpu")


def test_a_model_of_another_class_is_refused(marian: str, fill_mask: str, tiny_teacher: Path) -> None:
    with pytest.raises(InputError, match=r"of the class 'bert'\. Give a Marian model"):
        Translator(fill_mask, "cpu").translate(TEXTS)
    with pytest.raises(DataError, match=r"fill-mask model .* cannot be read \(ValueError"):
        FillMask(marian, "cpu").fill(TEXTS, 0)
    with pytest.raises(DataError, match=r"is not a complete fill-mask model: \d+ tensors are missing.* is cls\."):
        FillMask(str(tiny_teacher), "cpu").fill(TEXTS, 0)


def cut_weights(folder: Path) -> None:
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[: len(content) // 2])


def lose_a_tensor(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    weights.pop("model.decoder.layers.0.fc1.weight")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def widen_config(folder: Path) -> None:
    content = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(content | {"decoder_ffn_dim": 64}))


SPOILED: dict[str, tuple[Callable[[Path], object], str]] = {
    "half the weights": (cut_weights, "cannot be read .*SafetensorError"),
    "a tensor lost": (lose_a_tensor, "is not a complete translation model: 1 tensors .* is model.decoder.layers.0.fc1"),
    "another shape": (widen_config, "is not a complete translation model|cannot be read"),
    "config no JSON": (lambda f: (f / "config.json").write_text("{"), "cannot be read .*not a valid JSON"),
    "no vocabulary": (lambda f: (f / "source.spm").unlink(), "cannot be read"),
    "pieces no model": (lambda f: (f / "source.spm").write_bytes(b"oops"), "cannot be read"),
}


@pytest.mark.parametrize("spoiled", SPOILED)
def test_a_corrupt_folder_is_refused_in_words(marian: str, tmp_path: Path, spoiled: str) -> None:
    """Above all it never translates with weights that started by chance."""
    spoil, message = SPOILED[spoiled]
    folder = shutil.copytree(marian, tmp_path / "spoiled")
    spoil(folder)
    with pytest.raises(DataError, match=message):
        Translator(str(folder), "cpu").translate(TEXTS)
