import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import Tensor, nn
from transformers import AutoTokenizer

from benchmark.bundle import Bundle, BundleError
from benchmark.bundle.files import write_manifest
from benchmark.export.bundle_writer import complete_bundle, write_bundle
from benchmark.export.onnx_export import export_onnx

WORDS = ("aku", "senang", "sedih", "budi", "tinggal", "di", "bandung", "jakarta")
PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, "##nya")
MOODS = ("happy", "sad")
TAGS = ("B-PERSON", "B-PLACE", "O")
MAX_LENGTH = 6
BUNDLE_FILES = ["labels.json", "manifest.json", "model.onnx", "tokenizer.json"]


class Lookup(nn.Module):
    """Each piece has its own logits; a text's are their sum over unmasked pieces."""

    def __init__(self, answers: dict[str, int], n_labels: int, per_word: bool) -> None:
        super().__init__()
        self.per_word = per_word
        table = torch.zeros(len(PIECES), n_labels)
        for piece, label in answers.items():
            table[PIECES.index(piece), label] = 1.0
        self.table = nn.Embedding.from_pretrained(table)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        votes = self.table(input_ids) * attention_mask.unsqueeze(-1).float()
        return votes if self.per_word else votes.sum(1)


def make_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(PIECES)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def make_bundle(folder: Path, task: str = "classification", **more: object) -> Path:
    if task == "classification":
        # padding votes for "sad": were it not masked, a short text beside a long one would turn sad
        model, labels = Lookup({"senang": 0, "sedih": 1, "[PAD]": 1}, 2, per_word=False), MOODS
    else:
        answers = {"budi": 0, "bandung": 1, "jakarta": 1, "##nya": 0} | dict.fromkeys(("tinggal", "di", "[UNK]"), 2)
        model, labels = Lookup(answers, 3, per_word=True), TAGS
    onnx = folder.parent / "exported.onnx"
    export_onnx(model, onnx)
    given = {"model": onnx, "tokenizer": make_tokenizer(), "labels": labels, "max_length": MAX_LENGTH, "pad_id": 0}
    return write_bundle(folder, task=task, **(given | more))


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


def test_manifest_says_where_it_comes_from(tmp_path: Path) -> None:
    about = {"spec": {"student": "cnn"}, "scores": {"test_f1": 0.5}, "licences": {"data": "CC-BY-SA-4.0"}}
    folder = make_bundle(tmp_path / "bundle", **about)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {name: manifest[name] for name in about} == about
    assert (manifest["task"], manifest["max_length"], manifest["pad_id"]) == ("classification", MAX_LENGTH, 0)
    assert sorted(manifest["files"]) == ["labels.json", "model.onnx", "tokenizer.json"]
    assert json.loads((folder / "labels.json").read_text()) == list(MOODS)


def test_a_tokenizer_is_stored_without_indentation(tmp_path: Path) -> None:
    """That of a multilingual encoder takes 2.3 MiB with it, 1.3 without."""
    assert "\n" not in (make_bundle(tmp_path / "bundle") / "tokenizer.json").read_text()


def test_writing_replaces_an_older_bundle_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    make_bundle(tmp_path / "bundle")
    (tmp_path / "bundle" / "stale").touch()
    make_bundle(tmp_path / "bundle")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["bundle", "exported.onnx"]
    assert sorted(file.name for file in (tmp_path / "bundle").iterdir()) == BUNDLE_FILES


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    with pytest.raises(FileNotFoundError):
        make_bundle(folder, model=tmp_path / "absent.onnx")
    with pytest.raises(TypeError):
        make_bundle(folder, spec={"not": object()})
    assert Bundle.load(folder).predict(["sedih"]) == ["sad"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["bundle", "exported.onnx"]


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "labels.json"])
def test_a_flipped_bit_is_found_in_every_file(name: str, tmp_path: Path) -> None:
    file = make_bundle(tmp_path / "bundle") / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(BundleError, match=f"{name} is not the file that was exported"):
        Bundle.load(file.parent)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "labels.json", "manifest.json"])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    (folder / name).unlink()
    with pytest.raises(BundleError, match=name):
        Bundle.load(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "has format None"),
        ('{"format": 99}', "has format 99, this version reads 1"),
        ('{"format": 1}', "task must be a str, not None"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_named(content: str, message: str, tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    (folder / "manifest.json").write_text(content)
    with pytest.raises(BundleError, match=message):
        Bundle.load(folder)


def test_a_manifest_that_is_no_text_is_named(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    (folder / "manifest.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(BundleError, match=r"manifest\.json is not JSON"):
        Bundle.load(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": "translation"}, "task 'translation' is none of classification, sequence_labeling"),
        ({"max_length": "6"}, "max_length must be a int, not '6'"),
        ({"pad_id": True}, "pad_id must be a int, not True"),
        ({"task": "sequence_labeling"}, r"model\.onnx is no model for sequence_labeling"),
        ({"max_length": 0}, "max_length must exceed 2, not 0"),
        ({"max_length": 2}, "max_length must exceed 2, not 2"),
        ({"max_length": -1}, "max_length must be from 0 to 2147483647, not -1"),
        ({"pad_id": len(PIECES)}, r"pad_id 13 is no id of tokenizer\.json"),
        ({"pad_id": -1}, "pad_id must be from 0 to 2147483647, not -1"),
        ({"pad_id": 2**64}, "pad_id must be from 0 to"),
        ({"files": []}, "files must be a dict"),
        ({"files": {"model.onnx": ""}}, "no checksum for labels.json, tokenizer.json"),
        ({"fallback_label": "afraid"}, "fallback label 'afraid' is none of labels.json"),
    ],
)
def test_what_a_manifest_may_not_say(change: dict[str, object], message: str, tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    edit(folder, **change)
    with pytest.raises(BundleError, match=message):
        Bundle.load(folder)


def test_a_manifest_reaches_for_no_file_outside(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    (tmp_path / "secret").touch()
    edit(folder, files=manifest_of(folder)["files"] | {"../secret": ""})
    with pytest.raises(BundleError, match=r"'\.\./secret', which is outside the bundle"):
        Bundle.load(folder)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("labels.json", b"[", "labels.json is not JSON"),
        ("labels.json", b"[]", "must be a list of class names, not \\[\\]"),
        ("labels.json", b"[1, 2]", "must be a list of class names"),
        ("labels.json", b'["happy"]', r"model\.onnx has 2 classes, labels\.json has 1"),
        ("tokenizer.json", b"{}", "tokenizer.json cannot be read"),
        ("model.onnx", b"no model", "model.onnx cannot be run here"),
        ("model.onnx", b"", "model.onnx cannot be run here"),
    ],
)
def test_a_file_with_the_right_checksum_may_still_be_wrong(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    folder = make_bundle(tmp_path / "bundle")
    (folder / name).write_bytes(content)
    edit(folder, files=manifest_of(folder)["files"] | {name: hashlib.sha256(content).hexdigest()})
    with pytest.raises(BundleError, match=message):
        Bundle.load(folder)


def test_a_network_that_onnxruntime_refuses_is_named(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    network = onnx.load(folder / "model.onnx")
    network.graph.node[0].op_type = "Unheard"
    content = network.SerializeToString()
    (folder / "model.onnx").write_bytes(content)
    edit(folder, files=manifest_of(folder)["files"] | {"model.onnx": hashlib.sha256(content).hexdigest()})
    with pytest.raises(BundleError, match=r"model\.onnx cannot be run here: .*Unheard"):
        Bundle.load(folder)


def test_int8_answers_where_it_won_and_only_there(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    other = tmp_path / "other.onnx"
    export_onnx(Lookup({"senang": 1, "sedih": 0}, 2, per_word=False), other)
    complete_bundle(folder, int8=other, latency={"latency_onnx_ms": 0.5})
    assert Bundle.load(folder).predict(["sedih"]) == ["happy"]
    assert manifest_of(folder)["latency"] == {"latency_onnx_ms": 0.5}
    assert sorted(manifest_of(folder)["files"])[1] == "model.int8.onnx"
    complete_bundle(folder, int8=None, latency={})
    assert Bundle.load(folder).predict(["sedih"]) == ["sad"]
    assert sorted(file.name for file in folder.iterdir()) == BUNDLE_FILES


@pytest.mark.parametrize("int8_wins", [True, False])
def test_a_bundle_never_names_a_file_that_is_not_there(
    int8_wins: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies between any two steps leaves a bundle that answers."""
    folder = make_bundle(tmp_path / "bundle")
    model = folder / "model.onnx"
    if not int8_wins:
        complete_bundle(folder, int8=model, latency={})
    step: dict[str, Any] = {name: getattr(Path, name) for name in ("replace", "unlink")}
    n_targets = 0

    def answering(name: str) -> Any:
        def stepped(path: Path, *given: Any, **named: Any) -> Any:
            nonlocal n_targets
            done = step[name](path, *given, **named)
            n_targets += len(Bundle.load(folder).predict(["sedih"]))
            return done

        return stepped

    with monkeypatch.context() as patch:
        for name in step:
            patch.setattr(Path, name, answering(name))
        complete_bundle(folder, int8=model if int8_wins else None, latency={})
    assert n_targets >= 2, "a file is replaced, another removed"


def test_half_a_character_is_read_as_a_question_mark(tmp_path: Path) -> None:
    assert Bundle.load(make_bundle(tmp_path / "a")).predict(["sedih \udcff"]) == ["sad"]
    tagger = Bundle.load(make_bundle(tmp_path / "b", "sequence_labeling"))
    assert tagger.predict(["budi \udcff di"]) == [["B-PERSON", "O", "O"]]


def manifest_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text())


def edit(folder: Path, **changes: object) -> None:
    """Changes fields, and the digest with them."""
    write_manifest(folder / "manifest.json", manifest_of(folder) | changes)


def test_a_changed_field_is_found_by_the_digest(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    for change in ({"max_length": 5}, {"scores": {"test_f1": 1.0}}, {"fallback_label": "sad"}):
        whole = (folder / "manifest.json").read_text()
        (folder / "manifest.json").write_text(json.dumps(json.loads(whole) | change))
        with pytest.raises(BundleError, match=r"manifest\.json is not the manifest that was exported"):
            Bundle.load(folder)
        (folder / "manifest.json").write_text(whole)


def test_a_bundle_of_a_version_without_digests_answers(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    manifest = manifest_of(folder)
    del manifest["digest"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert Bundle.load(folder).predict(["sedih"]) == ["sad"]


def test_labels_that_the_model_does_not_have_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"has 2 classes, labels\.json has 3"):
        make_bundle(tmp_path / "bundle", labels=("happy", "sad", "afraid"))
    assert not (tmp_path / "bundle").exists()


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
