"""Masked words replaced by a masked language model."""

import shutil

from transformers import RobertaTokenizer

from benchmark.data.augmentation.back_translation import FillMask, whole_words
from benchmark.data.augmentation.words import core
from tests.support.rewriting import TEXTS, Calls
from tracking import cache_folder

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
