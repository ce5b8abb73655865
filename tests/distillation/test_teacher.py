"""Teachers by folder, package and hub id, on tiny BERTs saved for the test."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    BertModel,
    RobertaTokenizer,
)

from benchmark.core import hub as pretrained
from benchmark.core.errors import DataError
from benchmark.distillation.teacher import REVISIONS, head_config, identify, load_teacher
from benchmark.distillation.tokenizer import Encoder, load_tokenizer
from tests.support.model_factory import edit_json, named
from tests.support.teachers import COMMIT, PIECES, TASKS, answer, cached


def test_labels_that_only_label2id_names_are_known(saved: Path) -> None:
    ids = {label: row for row, label in enumerate(named(3))}
    edit_json(saved / "config.json", label2id=ids)
    assert head_config(str(saved))["id2label"] == {"0": "label 0", "1": "label 1", "2": "label 2"}
    model = load_teacher(str(saved), "classification", named(3), "2 1 0")
    assert answer(model).shape == (2, 3)


@pytest.mark.parametrize("task", TASKS)
def test_a_pretrained_encoder_gets_a_head(saved: Path, task: str) -> None:
    model = load_teacher(str(saved), task, named(5))
    assert answer(model).shape == ((2, 5) if task == "classification" else (2, 3, 5))
    table = load_file(saved / "model.safetensors")["embeddings.word_embeddings.weight"]
    assert torch.equal(model.embedding.weight, table)


def test_weights_are_read_in_full_precision(folder: Path) -> None:
    weights = {name: value.half() for name, value in load_file(folder / "model.safetensors").items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text((folder / "config.json").read_text().replace("float32", "float16"))
    assert {p.dtype for p in load_teacher(str(folder), "classification", named(2)).parameters()} == {torch.float32}


@pytest.mark.parametrize("task", TASKS)
def test_a_fine_tuned_head_of_the_same_size_is_kept(fine_tuned: Callable[[str, int], str], task: str) -> None:
    name = fine_tuned(task, 3)
    stored = load_file(Path(name) / "model.safetensors")["classifier.weight"]
    assert torch.equal(load_teacher(name, task, named(3)).model.classifier.weight, stored)


@pytest.mark.parametrize("task", TASKS)
def test_a_fine_tuned_head_of_another_size_starts_anew(fine_tuned: Callable[[str, int], str], task: str) -> None:
    name = fine_tuned(task, 3)
    model = load_teacher(name, task, named(7))
    assert answer(model).shape[-1] == model.model.config.num_labels == 7
    stored = load_file(Path(name) / "model.safetensors")["bert.embeddings.word_embeddings.weight"]
    assert torch.equal(model.embedding.weight, stored)


def test_a_head_that_starts_anew_follows_the_seed(saved: Path) -> None:
    answers = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        answers.append(answer(load_teacher(str(saved), "classification", named(3))))
    assert torch.equal(answers[0], answers[1])
    assert not torch.equal(answers[0], answers[2])


def test_a_teacher_saved_and_loaded_answers_the_same(saved: Path, folder: Path) -> None:
    model = load_teacher(str(saved), "classification", named(3))
    model.model.save_pretrained(folder)
    torch.testing.assert_close(answer(load_teacher(str(folder), "classification", named(3))), answer(model))


def test_the_tokenizer_is_the_folders(saved: Path) -> None:
    tokenizer = load_tokenizer(str(saved))
    assert tokenizer("aku sukalah")["input_ids"] == [2, 5, 6, 7, 3]


def test_a_tokenizer_without_padding_is_refused(folder: Path) -> None:
    for file in ("tokenizer.json", "tokenizer_config.json"):
        content = (folder / file).read_text().replace('"pad_token": "[PAD]"', '"pad_token": null')
        (folder / file).write_text(content)
    with pytest.raises(DataError, match="with a padding token"):
        load_tokenizer(str(folder))


@pytest.fixture
def roberta(tmp_path: Path) -> str:
    """A byte-level tokenizer of a class that follows `add_prefix_space`."""
    letters = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "Ġ", "a", "k", "u", "Ġa", "ku"]
    merges = [("Ġ", "a"), ("k", "u")]
    RobertaTokenizer(vocab={piece: i for i, piece in enumerate(letters)}, merges=merges).save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "roberta"}')
    (tmp_path / "model.safetensors").touch()
    return str(tmp_path)


def test_a_byte_level_tokenizer_keeps_words_apart(roberta: str) -> None:
    """Handed over one by one, words would be read as if glued together."""
    tokenizer = load_tokenizer(roberta, "sequence_labeling")
    encoded = tokenizer(["aku", "ku"], is_split_into_words=True)
    assert tokenizer.convert_ids_to_tokens(encoded["input_ids"]) == ["<s>", "Ġa", "ku", "Ġ", "ku", "</s>"]


def test_a_text_is_read_as_by_the_folders_own_tokenizer(roberta: str) -> None:
    """Earlier versions put a space before it: their runs have another key."""
    assert load_tokenizer(roberta)("aku")["input_ids"] == RobertaTokenizer.from_pretrained(roberta)("aku")["input_ids"]
    keys = {task: Encoder(name=roberta, task=task) for task in TASKS}
    assert {task: encoder.key == encoder.identity for task, encoder in keys.items()} == {
        "classification": False,
        "sequence_labeling": True,
    }


def test_identity_is_the_content_not_the_place(saved: Path, folder: Path, tmp_path: Path) -> None:
    before = identify(str(saved))
    assert identify(str(folder)) == before
    assert identify(str(folder.rename(tmp_path / "elsewhere"))) == before
    (tmp_path / "elsewhere" / "notes.md").write_text("not part of the encoder")
    assert identify(str(tmp_path / "elsewhere")) == before


@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json"])
def test_identity_changes_with_every_file_that_counts(saved: Path, folder: Path, file: str) -> None:
    content = bytearray((folder / file).read_bytes())
    content[-1] ^= 1
    (folder / file).write_bytes(content)
    assert identify(str(folder)) != identify(str(saved))


def test_a_hub_id_stands_for_a_commit() -> None:
    ours = "indobenchmark/indobert-base-p1"
    assert identify(ours) == f"{ours}@{REVISIONS[ours]}"
    assert identify(f"owner/model@{COMMIT}") == f"owner/model@{COMMIT}"
    assert identify(f"{ours}@{COMMIT}") == f"{ours}@{COMMIT}"


def test_a_branch_is_pinned_to_its_commit(offline: Path, saved: Path) -> None:
    cached(offline, saved, COMMIT)
    assert identify("owner/model") == identify("owner/model@main") == f"owner/model@{COMMIT}"
    assert load_tokenizer("owner/model").vocab_size == len(PIECES)
    assert load_teacher("owner/model", "classification", named(2)).embedding.num_embeddings == len(PIECES)
    cached(offline, saved, COMMIT[::-1])
    assert identify("owner/model") == f"owner/model@{COMMIT}", "one process reads one commit"
    pretrained.resolve_revision.cache_clear()
    assert identify("owner/model") == f"owner/model@{COMMIT[::-1]}"


def test_a_package_that_carries_a_model(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "tiny_teacher_package"
    shutil.copytree(saved, package / "data" / "model")
    (package / "data" / "config.json").write_text("{}")  # of something else: no weights beside it
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    name = "package:tiny_teacher_package"
    assert identify(name) == identify(str(saved))
    assert load_tokenizer(name).vocab_size == len(PIECES)
    assert answer(load_teacher(name, "classification", named(4))).shape == (2, 4)


def test_weights_in_parts_are_read(saved: Path, folder: Path) -> None:
    BertModel.from_pretrained(saved).save_pretrained(folder, max_shard_size="1KB")
    (folder / "model.safetensors").unlink()
    assert len(list(folder.glob("*.safetensors"))) > 1
    assert identify(str(folder)) != identify(str(saved))
    table = load_file(saved / "model.safetensors")["embeddings.word_embeddings.weight"]
    assert torch.equal(load_teacher(str(folder), "classification", named(2)).embedding.weight, table)
