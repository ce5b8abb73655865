"""None"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tokenizers import processors
from transformers import AutoTokenizer

from benchmark.bundle import Bundle, BundleError
from benchmark.export.bundle_writer import complete_bundle
from benchmark.export.onnx_export import export_onnx
from tests.support.bundles import BUNDLE_FILES, Lookup, make_bundle, make_tokenizer, manifest_of


def test_a_text_gets_a_label_whatever_stands_beside_it(tmp_path: Path) -> None:
    bundle = Bundle.load(make_bundle(tmp_path / "bundle"))
    texts = ["Senang", "aku sedih", "aku senang di Bandung"]
    assert bundle.predict(texts) == ["happy", "sad", "happy"]
    assert [bundle.predict([text])[0] for text in texts] == ["happy", "sad", "happy"]
    assert bundle.predict([]) == []
    assert bundle.predict(["", "\u200b"]) == ["happy", "happy"]


def test_every_word_gets_a_tag(tmp_path: Path) -> None:
    bundle = Bundle.load(make_bundle(tmp_path / "bundle", "sequence_labeling"))
    assert bundle.predict(["Budi tinggal di Bandung", "", "di"]) == [["B-PERSON", "O", "O", "B-PLACE"], [], ["O"]]


def test_a_tag_belongs_to_the_first_piece_of_its_word(tmp_path: Path) -> None:
    bundle = Bundle.load(make_bundle(tmp_path / "bundle", "sequence_labeling"))
    assert bundle.predict(["bandungnya di"]) == [["B-PLACE", "O"]]


def test_words_given_as_a_list_stay_whole(tmp_path: Path) -> None:
    bundle = Bundle.load(make_bundle(tmp_path / "bundle", "sequence_labeling"))
    assert bundle.predict([["Bandung di", "Budi"]]) == [["B-PLACE", "B-PERSON"]]


@pytest.mark.parametrize(("fallback", "tag"), [(None, "O"), ("B-PLACE", "B-PLACE")])
def test_words_that_the_model_cannot_see_get_the_fallback(fallback: str | None, tag: str, tmp_path: Path) -> None:
    bundle = Bundle.load(make_bundle(tmp_path / "bundle", "sequence_labeling", fallback_label=fallback))
    assert bundle.predict([["budi", "\u200b", "budi"]]) == [["B-PERSON", tag, "B-PERSON"]]


def test_without_o_the_fallback_is_the_first_label(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle", "sequence_labeling", labels=("NN", "VB", "IN"))
    assert Bundle.load(folder).predict([["budi", "\u200b"]]) == [["NN", "NN"]]


@pytest.mark.parametrize(("task", "answer"), [("classification", ["sad"]), ("sequence_labeling", [[]])])
def test_nothing_to_read_is_no_crash_without_special_pieces(task: str, answer: list[object], tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    tokenizer.post_processor = processors.Sequence([])
    bundle = Bundle.load(make_bundle(tmp_path / "bundle", task, tokenizer=tokenizer))
    assert bundle.predict([""]) == answer  # read as one [PAD]


def test_padding_and_truncation_of_the_training_tokenizer_are_not_kept(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=9)
    bundle = Bundle.load(make_bundle(tmp_path / "bundle", tokenizer=tokenizer))
    assert bundle.predict(["di di senang"]) == ["happy"]
    assert bundle.predict(["aku sedih senang senang"]) == ["happy"]
    assert (tokenizer.truncation["max_length"], tokenizer.padding["length"]) == (3, 9)


def test_int8_answers_where_it_won_and_only_there(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    other = tmp_path / "other.onnx"
    export_onnx(Lookup({"senang": 1, "sedih": 0}, 2, per_word=False), other)
    complete_bundle(folder, int8=other, latency={"latency_onnx_ms": 0.5}, scores={"onnx_int8_test_f1": 0.4})
    assert Bundle.load(folder).predict(["sedih"]) == ["happy"]
    assert manifest_of(folder)["latency"] == {"latency_onnx_ms": 0.5}
    assert manifest_of(folder)["scores"] == {"onnx_int8_test_f1": 0.4}
    assert sorted(manifest_of(folder)["files"])[1] == "model.int8.onnx"
    complete_bundle(folder, int8=None, latency={})
    assert Bundle.load(folder).predict(["sedih"]) == ["sad"]
    assert sorted(file.name for file in folder.iterdir()) == BUNDLE_FILES


def test_half_a_character_is_read_as_a_question_mark(tmp_path: Path) -> None:
    assert Bundle.load(make_bundle(tmp_path / "a")).predict(["sedih \udcff"]) == ["sad"]
    tagger = Bundle.load(make_bundle(tmp_path / "b", "sequence_labeling"))
    assert tagger.predict(["budi \udcff di"]) == [["B-PERSON", "O", "O"]]


def test_one_string_is_not_taken_for_a_list_of_letters(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="takes a list of texts"):
        Bundle.load(make_bundle(tmp_path / "bundle")).predict("senang")


def test_a_bundle_answers_without_torch(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    code = (
        "import sys; from benchmark.bundle import Bundle;"
        f"answer = Bundle.load({str(folder)!r}).predict(['sedih']);"
        "print(answer, {'torch', 'transformers', 'mlflow', 'sklearn'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['sad'] set()"


@pytest.mark.skipif("BENCHMARK_TEACHER" not in os.environ, reason="BENCHMARK_TEACHER names no teacher's folder")
def test_a_real_tokenizer_reads_as_it_did_in_training(tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(os.environ["BENCHMARK_TEACHER"])
    folder = make_bundle(tmp_path / "bundle", tokenizer=tokenizer.backend_tokenizer, max_length=16)
    texts = ["Aku sangat senang hari ini!", "", "\u200b gan, brp hrgnya?? 😀", "panjang sekali " * 20]
    served = Bundle.load(folder)._tokenizer
    wanted = tokenizer(texts, truncation=True, max_length=16)
    assert [served.encode(text).ids for text in texts] == wanted["input_ids"]
    words = [text.split() for text in texts]
    wanted = tokenizer(words, is_split_into_words=True, truncation=True, max_length=16)
    encoded = [served.encode(sentence, is_pretokenized=True) for sentence in words]
    assert [encoding.ids for encoding in encoded] == wanted["input_ids"]
    assert [encoding.word_ids for encoding in encoded] == [wanted.word_ids(i) for i in range(len(words))]
