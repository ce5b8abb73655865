"""Options and vocabularies of teachers' tokenizers, on a tiny BERT whose files each test edits."""

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoTokenizer

from benchmark.core.errors import DataError
from benchmark.distillation.encoding import UNALIGNED, encode
from benchmark.distillation.tokenizer import Encoder, load_tokenizer, vocabulary, vocabulary_size
from tests.support.model_factory import byte_level_tokenizer, edit_json

encode_texts, encode_words = partial(encode, per_word=False), partial(encode, per_word=True)
LONG = "halo apa kabar " * 20


@pytest.fixture
def folder(tiny_teacher: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_teacher, tmp_path / "teacher")


def edit_tokenizer(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads((folder / "tokenizer.json").read_text())
    change(content)
    (folder / "tokenizer.json").write_text(json.dumps(content))


def ids(text: str, folder: Path, max_length: int = 8) -> list[int]:
    return encode_texts([text], load_tokenizer(str(folder)), max_length).ids.tolist()


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ({"truncation_side": "left"}, LONG),
        ({"padding_side": "left"}, LONG),
        ({"split_special_tokens": True}, "halo [SEP] apa"),
    ],
)
def test_options_that_a_bundle_cannot_keep_change_no_id(option: dict[str, object], text: str, folder: Path) -> None:
    before = ids(text, folder)
    edit_json(folder / "tokenizer_config.json", **option)
    assert ids(text, folder) == before


def test_truncation_of_tokenizer_json_changes_no_id(folder: Path) -> None:
    before = ids(LONG, folder)
    truncation = {"direction": "Left", "max_length": 4, "strategy": "LongestFirst", "stride": 1}
    edit_json(folder / "tokenizer.json", truncation=truncation)
    assert ids(LONG, folder) == before


def test_options_are_saved_as_they_are_used(folder: Path, tmp_path: Path) -> None:
    edit_json(folder / "tokenizer_config.json", truncation_side="left", split_special_tokens=True)
    load_tokenizer(str(folder)).save_pretrained(tmp_path / "saved")
    saved = AutoTokenizer.from_pretrained(tmp_path / "saved")
    assert (saved.truncation_side, saved.split_special_tokens) == ("right", False)


def test_runs_of_a_teacher_whose_options_were_once_followed_are_not_reused(folder: Path) -> None:
    encoder = partial(Encoder, name=str(folder), task="classification")
    assert encoder().key == encoder().identity, "an ordinary teacher"
    edit_json(folder / "tokenizer_config.json", truncation_side="left")
    assert encoder().key != encoder().identity


def test_dropout_of_bpe_is_off(folder: Path) -> None:
    byte_level_tokenizer().save_pretrained(folder)
    edit_tokenizer(folder, lambda content: content["model"].update(dropout=0.5))
    tokenizer = load_tokenizer(str(folder))
    assert len({tuple(tokenizer(LONG)["input_ids"]) for _ in range(5)}) == 1


def test_a_vocabulary_with_unused_ids_is_sized_by_the_highest(folder: Path) -> None:
    edit_json(folder / "config.json", vocab_size=700)
    edit_tokenizer(folder, lambda content: content["model"]["vocab"].update(terakhir=620))
    tokenizer = load_tokenizer(str(folder))
    assert vocabulary_size(tokenizer) == 621 > len(tokenizer)
    assert (len(vocabulary(tokenizer)), vocabulary(tokenizer)[610:]) == (621, [*[""] * 10, "terakhir"])


def test_a_vocabulary_without_unused_ids(tiny_teacher: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_teacher))
    assert vocabulary(tokenizer) == tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))


def test_added_tokens_without_a_row_are_refused(folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(["<url>", "<user>"])
    tokenizer.save_pretrained(folder)
    message = r"2 tokens without a row in .* embedding of 600 rows, such as '<url>'\. Call .*\(602\)"
    with pytest.raises(DataError, match=message):
        load_tokenizer(str(folder))
    edit_json(folder / "config.json", vocab_size=602)
    assert vocabulary(load_tokenizer(str(folder)))[600:] == ["<url>", "<user>"]


@pytest.mark.parametrize("length", [0, 2])
def test_a_maximum_length_without_room_for_text_is_refused(length: int, folder: Path) -> None:
    edit_json(folder / "tokenizer_config.json", model_max_length=length)
    with pytest.raises(DataError, match=f"model_max_length {length}, which leaves no room for text"):
        load_tokenizer(str(folder))


def test_words_of_a_generic_byte_level_tokenizer_keep_the_space_before_them(folder: Path) -> None:
    byte_level_tokenizer().save_pretrained(folder)
    tagging = load_tokenizer(str(folder), "sequence_labeling")
    found = encode_words([["halo", "apa"]], tagging, 20)
    tokens = tagging.convert_ids_to_tokens(found.ids.tolist())
    assert "".join(tokens) == "ĠhaloĠapa"
    assert [tokens[position][0] for position in found.positions] == ["Ġ", "Ġ"]
    stored = Tokenizer.from_str(tagging.backend_tokenizer.to_str())
    assert stored.encode(["halo", "apa"], is_pretokenized=True).ids == found.ids.tolist()
    text = load_tokenizer(str(folder))
    assert "".join(text.convert_ids_to_tokens(text("halo apa")["input_ids"])) == "haloĠapa"


def test_words_that_stay_glued_are_refused(folder: Path) -> None:
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "▁b"]
    tokenizer = Tokenizer(models.WordLevel({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    tokenizer.save(str(folder / "tokenizer.json"))
    load_tokenizer(str(folder))
    with pytest.raises(DataError, match="reads a list of words without the spaces between them"):
        load_tokenizer(str(folder), "sequence_labeling")


def test_a_text_without_tokens_is_one_padding_token(folder: Path) -> None:
    edit_json(folder / "tokenizer.json", post_processor=None)
    tokenizer = load_tokenizer(str(folder))
    texts = encode_texts(["\u200b\u200c", "halo"], tokenizer, 8)
    assert (texts.lengths.tolist()[0], texts.ids[0]) == (1, tokenizer.pad_token_id)
    words = encode_words([["\u200b"], ["halo"]], tokenizer, 8)
    assert (words.lengths.tolist()[0], words.ids[0]) == (1, tokenizer.pad_token_id)
    assert words.positions.tolist() == [UNALIGNED, 0]
