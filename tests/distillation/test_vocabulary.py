"""Students' own vocabularies, trained on files that are written here, beside a real teacher's tokenizer."""

from pathlib import Path

import numpy as np
import pytest
from tokenizers import normalizers

from benchmark.data.suites import load_suite
from benchmark.distillation.encoding import UNALIGNED
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.tokenizer import load_tokenizer, vocabulary
from benchmark.distillation.vocabulary import PAD, UNKNOWN, own_tokenizer, spelled_by

SUITE = """\
name: own
task: {task}
unlabeled: more.txt
datasets:
  chat: {{train: train.csv, validation: held.csv, test: held.csv}}
"""
MORE = [
    *(f"makan {when} bersama" for when in ("malam", "siang", "pagi", "sore", "lagi")),
    "xilofon kuno",
    "xilofon antik",
]
HELD_OUT = ["xilofon kuno", "xilofon antik"]
TRAIN = ["Makan pagi", "minum kopi", "makan roti", "minum teh"]


@pytest.fixture
def folder(desk_folder: Path) -> Path:
    (desk_folder / "texts.yml").write_text(SUITE.format(task="classification"))
    (desk_folder / "tags.yml").write_text(SUITE.format(task="sequence_labeling").replace(".csv", ".conll"))
    (desk_folder / "more.txt").write_text("\n".join(MORE))
    for name, texts in (("train", TRAIN), ("held", HELD_OUT)):
        rows = [f"{text},{'ab'[number % 2]}" for number, text in enumerate(texts)]
        (desk_folder / f"{name}.csv").write_text("\n".join(["text,label", *rows]))
        tagged = ["\n".join(f"{word}\t{'AB'[len(word) % 2]}" for word in text.split()) for text in texts]
        (desk_folder / f"{name}.conll").write_text("\n\n".join(tagged))
    return desk_folder


def suite_data(file: str, teacher: Path) -> SuiteData:
    return SuiteData(suite=load_suite(file, "quickstart"), teacher=str(teacher))


def test_a_word_of_held_out_text_alone_is_no_token(folder: Path, tiny_teacher: Path) -> None:  # noqa: ARG001
    data = suite_data("texts.yml", tiny_teacher).encoded_dataset("chat", vocabulary="own")
    tokens = data.tokenizer.get_vocab()
    assert "▁bersama" in tokens, "of unlabelled text"
    assert "▁makan" in tokens, "of labelled text, in the teacher's case"
    assert not [token for token in tokens if "xi" in token or token == "x"]
    assert UNKNOWN in data.tokenizer.convert_ids_to_tokens(data.encoded("test").ids.tolist())


def test_a_vocabulary_is_trained_once_and_always_the_same(
    folder: Path, tiny_teacher: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = suite_data("texts.yml", tiny_teacher).encoded_dataset("chat", vocabulary="own").tokenizer
    [file] = (folder.parent / "own" / "cache" / "vocabularies").iterdir()
    written = file.stat().st_mtime_ns
    suite_data("texts.yml", tiny_teacher).encoded_dataset("chat", vocabulary="own")
    assert file.stat().st_mtime_ns == written
    monkeypatch.setenv("BENCHMARK_CACHE", str(folder / "another"))
    again = suite_data("texts.yml", tiny_teacher).encoded_dataset("chat", vocabulary="own").tokenizer
    assert again.backend_tokenizer.to_str() == first.backend_tokenizer.to_str()


def test_texts_begin_with_one_token_that_classifiers_read(folder: Path, tiny_teacher: Path) -> None:  # noqa: ARG001
    data = suite_data("texts.yml", tiny_teacher).encoded_dataset("chat", vocabulary="own")
    found = data.tokenizer.convert_ids_to_tokens(data.encode(["makan bersama"]).ids.tolist())
    assert found == ["[CLS]", "▁makan", "▁bersama"]
    assert data.encoded("test").pad_id == data.tokenizer.get_vocab()[PAD] == 0


def test_tags_lie_on_the_first_token_of_their_word(folder: Path, tiny_teacher: Path) -> None:  # noqa: ARG001
    data = suite_data("tags.yml", tiny_teacher).encoded_dataset("chat", vocabulary="own")
    sentence = data.encode([["minum", "xilofon", "bersama"]])
    tokens = data.tokenizer.convert_ids_to_tokens(sentence.ids.tolist())
    assert [tokens[position] for position in sentence.positions] == ["▁min", "▁", "▁bersama"]
    assert UNALIGNED not in data.encoded("train").positions


def test_an_own_token_starts_from_the_mean_of_those_that_spell_it(folder: Path, tiny_teacher: Path) -> None:  # noqa: ARG001
    teacher = load_tokenizer(str(tiny_teacher))
    own = suite_data("texts.yml", tiny_teacher).encoded_dataset("chat", vocabulary="own").tokenizer
    table = np.random.default_rng(0).normal(size=(len(teacher), 5)).astype(np.float32)
    matrix, tokens = spelled_by(table, own, teacher), vocabulary(own)
    spelling = teacher("bersama", add_special_tokens=False)["input_ids"]
    assert len(spelling) > 1
    np.testing.assert_allclose(matrix[tokens.index("▁bersama")], table[spelling].mean(axis=0), rtol=1e-6)
    assert np.isnan(matrix[tokens.index(PAD)]).all()
    assert not np.isnan(matrix[tokens.index("m")]).any()


@pytest.mark.parametrize(("lowers", "expected"), [(True, "▁makan"), (False, "▁Makan")])
@pytest.mark.usefixtures("desk_folder")
def test_case_is_the_teachers(lowers: bool, expected: str, tiny_teacher: Path) -> None:
    teacher = load_tokenizer(str(tiny_teacher))
    teacher.backend_tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowers)
    own = own_tokenizer(["Makan"] * 3, [str(lowers)], 100, teacher)
    assert own.convert_ids_to_tokens(own("Makan")["input_ids"]) == ["[CLS]", expected]
