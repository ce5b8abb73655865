"""Teachers by folder, package and hub id, on tiny BERTs saved for the test."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    BertConfig,
    BertModel,
    BertTokenizer,
    RobertaTokenizer,
)

from benchmark.core import hub as pretrained
from benchmark.core.errors import DataError, InputError
from benchmark.distillation.teacher import REVISIONS, Teacher, identify, load_teacher
from benchmark.distillation.tokenizer import ignored_options, load_tokenizer
from tests.support.model_factory import edit_json, named

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "aku", "suka", "##lah", "nasi", "goreng"]
AUTO = {"classification": AutoModelForSequenceClassification, "sequence_labeling": AutoModelForTokenClassification}
TASKS = tuple(AUTO)
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def config(n_labels: int = 2) -> BertConfig:
    return BertConfig(
        vocab_size=len(PIECES),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
        num_labels=n_labels,
    )


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pretrained encoder, without a head, and its tokenizer."""
    folder = tmp_path_factory.mktemp("teacher")
    torch.manual_seed(0)
    BertModel(config()).save_pretrained(folder)
    BertTokenizer(vocab={piece: i for i, piece in enumerate(PIECES)}).save_pretrained(folder)
    return folder


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    """A copy for this test to spoil."""
    return shutil.copytree(saved, tmp_path / "teacher")


@pytest.fixture
def fine_tuned(folder: Path) -> Callable[[str, int], str]:
    """A folder with a head for a task."""

    def save(task: str, n_labels: int) -> str:
        torch.manual_seed(1)
        AUTO[task].from_config(config(n_labels)).save_pretrained(folder)
        return str(folder)

    return save


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub cache, and no way out of it."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    pretrained.resolve_revision.cache_clear()
    return tmp_path / "hub"


def answer(model: Teacher) -> torch.Tensor:
    with torch.no_grad():
        return model.eval()(torch.tensor([[2, 5, 3], [2, 6, 3]]), torch.ones(2, 3, dtype=torch.long))


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


def rename_weights(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    save_file({f"other.{n}": v for n, v in weights.items()}, folder / "model.safetensors", metadata={"format": "pt"})


def widen_config(folder: Path) -> None:
    content = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(content | {"vocab_size": 99}))


def cut_weights(folder: Path) -> None:
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[: len(content) // 2])


SPOILED: dict[str, tuple[Callable[[Path], object], str]] = {
    "another encoder's weights": (rename_weights, "do not fit its config.json: .* tensors are missing"),
    "another table than the config's": (widen_config, "do not fit its config.json: 1 tensors .*word_embeddings"),
    "half the weights": (cut_weights, "cannot be read .*SafetensorError"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), "cannot be read .*model.safetensors"),
    "config no JSON": (lambda f: (f / "config.json").write_text("{"), "cannot be read .*not a valid JSON"),
    "config of no model": (lambda f: (f / "config.json").write_text("{}"), "cannot be read .*model_type"),
}


@pytest.mark.parametrize("spoiled", SPOILED)
def test_a_corrupt_folder_is_refused_in_words(folder: Path, spoiled: str) -> None:
    """Above all it never teaches with weights that started by chance."""
    spoil, message = SPOILED[spoiled]
    spoil(folder)
    with pytest.raises(DataError, match=message):
        load_teacher(str(folder), "classification", named(2))


@pytest.mark.parametrize("content", ["", '{"oops"', "{}", '{"added_tokens": [], "model": {}}'])
def test_a_corrupt_tokenizer_is_refused_in_words(folder: Path, content: str) -> None:
    (folder / "tokenizer.json").write_text(content)
    with pytest.raises(DataError, match=r"cannot be read .*save_pretrained\(\)"):
        load_tokenizer(str(folder))


def test_the_tokenizer_is_the_folders(saved: Path) -> None:
    tokenizer = load_tokenizer(str(saved))
    assert tokenizer("aku sukalah")["input_ids"] == [2, 5, 6, 7, 3]


def test_a_tokenizer_without_padding_is_refused(folder: Path) -> None:
    for file in ("tokenizer.json", "tokenizer_config.json"):
        content = (folder / file).read_text().replace('"pad_token": "[PAD]"', '"pad_token": null')
        (folder / file).write_text(content)
    with pytest.raises(DataError, match="with a padding token"):
        load_tokenizer(str(folder))


def test_a_byte_level_tokenizer_keeps_words_apart(tmp_path: Path) -> None:
    """Handed over one by one, words would be read as if glued together."""
    letters = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "Ġ", "a", "k", "u", "Ġa", "ku"]
    merges = [("Ġ", "a"), ("k", "u")]
    RobertaTokenizer(vocab={piece: i for i, piece in enumerate(letters)}, merges=merges).save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "roberta"}')
    tokenizer = load_tokenizer(str(tmp_path))
    encoded = tokenizer(["aku", "ku"], is_split_into_words=True)
    assert tokenizer.convert_ids_to_tokens(encoded["input_ids"]) == ["<s>", "Ġa", "ku", "Ġ", "ku", "</s>"]


@pytest.mark.parametrize(
    ("file", "lacking"),
    [("config.json", "config.json"), ("tokenizer.json", "a tokenizer"), ("model.safetensors", "weights")],
)
def test_a_folder_without_a_part_is_named(folder: Path, file: str, lacking: str) -> None:
    (folder / file).unlink()
    with pytest.raises(DataError, match=rf"teacher' lacks {lacking}.*save_pretrained\(\)"):
        identify(str(folder))


def test_an_empty_folder_lacks_everything(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"lacks config\.json and a tokenizer .* and weights"):
        identify(str(tmp_path))


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


@pytest.mark.parametrize("name", ["nowhere", "./nowhere", "a/b/c", "/no/where", "~/nowhere", "nowhere@main"])
def test_a_name_that_is_neither_folder_nor_hub_id(name: str) -> None:
    with pytest.raises(InputError, match=r"give a folder that exists, or a hub id as owner/model\[@revision\]"):
        identify(name)


def test_a_hub_id_stands_for_a_commit() -> None:
    ours = "indobenchmark/indobert-base-p1"
    assert identify(ours) == f"{ours}@{REVISIONS[ours]}"
    assert identify(f"owner/model@{COMMIT}") == f"owner/model@{COMMIT}"
    assert identify(f"{ours}@{COMMIT}") == f"{ours}@{COMMIT}"


def cached(hub: Path, saved: Path, commit: str) -> None:
    """As the hub's library lays out a model of which `main` is `commit`."""
    place = hub / "models--owner--model"
    shutil.copytree(saved, place / "snapshots" / commit, dirs_exist_ok=True)
    (place / "refs").mkdir(exist_ok=True)
    (place / "refs" / "main").write_text(commit)


def test_a_branch_is_pinned_to_its_commit(offline: Path, saved: Path) -> None:
    cached(offline, saved, COMMIT)
    assert identify("owner/model") == identify("owner/model@main") == f"owner/model@{COMMIT}"
    assert load_tokenizer("owner/model").vocab_size == len(PIECES)
    assert load_teacher("owner/model", "classification", named(2)).embedding.num_embeddings == len(PIECES)
    cached(offline, saved, COMMIT[::-1])
    assert identify("owner/model") == f"owner/model@{COMMIT}", "one process reads one commit"
    pretrained.resolve_revision.cache_clear()
    assert identify("owner/model") == f"owner/model@{COMMIT[::-1]}"


@pytest.mark.usefixtures("offline")
def test_a_hub_that_cannot_be_reached() -> None:
    with pytest.raises(InputError, match=r"No teacher 'owner/model': .* the hub does not give revision 'main'"):
        identify("owner/model")
    with pytest.raises(InputError, match="cannot be read"):
        load_tokenizer(f"owner/model@{COMMIT}")
    with pytest.raises(InputError, match="No teacher 'owner/model'"):
        ignored_options(f"owner/model@{COMMIT}")


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


@pytest.mark.parametrize("package", ["no_such_package", "json", "sys", "os", "__main__", "", "a.b", "a-b", "../x"])
def test_a_package_without_a_model(package: str) -> None:
    with pytest.raises(InputError, match=r"no installed package of that name contains a model\. Install it"):
        identify(f"package:{package}")


@pytest.mark.parametrize("key", ["attn_implementation", "_attn_implementation", "experts_implementation"])
def test_code_on_the_hub_is_refused(folder: Path, key: str) -> None:
    edit_json(folder / "config.json", **{key: "sdpa"})
    identify(str(folder))
    for value in ("owner/kernel", "owner/kernel:attention", {"": "owner/kernel"}):
        edit_json(folder / "config.json", **{key: value})
        for read in (identify, load_tokenizer, lambda name: load_teacher(name, "classification", named(2))):
            with pytest.raises(DataError, match=r"config\.json of the teacher .* names code on the hub, 'owner/kernel"):
                read(str(folder))
    edit_json(folder / "config.json", **{key: None}, text_config={key: "owner/kernel"})
    with pytest.raises(DataError, match="names code on the hub"):
        identify(str(folder))


def test_code_named_by_a_model_of_the_hub_is_refused(offline: Path, folder: Path) -> None:
    edit_json(folder / "config.json", attn_implementation="owner/kernel")
    cached(offline, folder, COMMIT)
    for read in (load_tokenizer, lambda name: load_teacher(name, "classification", named(2))):
        with pytest.raises(DataError, match="names code on the hub, 'owner/kernel'"):
            read(f"owner/model@{COMMIT}")


@pytest.mark.parametrize("shard", ["../other/model.safetensors", "/other/model.safetensors", "sub/model.safetensors"])
@pytest.mark.parametrize("index", ["model.safetensors.index.json", "pytorch_model.bin.index.json"])
def test_weights_outside_the_folder_are_refused(folder: Path, index: str, shard: str) -> None:
    weights = {"metadata": {}, "weight_map": {"a": "model-1.safetensors", "b": shard}}
    (folder / index).write_text(json.dumps(weights))
    for read in (identify, lambda name: load_teacher(name, "classification", named(2))):
        with pytest.raises(DataError, match=rf"{index} of the teacher .* names '{shard}', which is outside the folder"):
            read(str(folder))


def test_weights_in_parts_are_read(saved: Path, folder: Path) -> None:
    BertModel.from_pretrained(saved).save_pretrained(folder, max_shard_size="1KB")
    (folder / "model.safetensors").unlink()
    assert len(list(folder.glob("*.safetensors"))) > 1
    assert identify(str(folder)) != identify(str(saved))
    table = load_file(saved / "model.safetensors")["embeddings.word_embeddings.weight"]
    assert torch.equal(load_teacher(str(folder), "classification", named(2)).embedding.weight, table)
