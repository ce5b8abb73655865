"""Teachers that cannot be read, or that would run foreign code: one clear error."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from benchmark.core.errors import DataError, InputError
from benchmark.distillation.teacher import identify, load_teacher
from benchmark.distillation.tokenizer import ignored_options, load_tokenizer
from tests.support.model_factory import edit_json, named
from tests.support.teachers import COMMIT, cached


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


def test_a_tokenizer_that_fails_at_unknown_characters_is_refused(folder: Path) -> None:
    content = json.loads((folder / "tokenizer.json").read_text())
    content["model"]["unk_token"] = "<none>"
    (folder / "tokenizer.json").write_text(json.dumps(content))
    edit_json(folder / "tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast")
    with pytest.raises(DataError, match=r"cannot be read .*save_pretrained\(\)"):
        load_tokenizer(str(folder))


def test_an_adapter_beside_the_weights_is_not_left_out(folder: Path) -> None:
    (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(DataError, match=r"has an adapter of PEFT .* Merge it first: model\.merge_and_unload"):
        identify(str(folder))


@pytest.mark.parametrize("file", ["adapter_model.safetensors", "training_args.bin", "optimizer.bin", "scheduler.bin"])
def test_other_files_are_no_weights(folder: Path, file: str) -> None:
    (folder / "model.safetensors").rename(folder / file)
    with pytest.raises(DataError, match=r"lacks weights \(model\.safetensors or pytorch_model\.bin\)"):
        identify(str(folder))


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


@pytest.mark.parametrize("name", ["nowhere", "./nowhere", "a/b/c", "/no/where", "~/nowhere", "nowhere@main"])
def test_a_name_that_is_neither_folder_nor_hub_id(name: str) -> None:
    with pytest.raises(InputError, match=r"give a folder that exists, or a hub id as owner/model\[@revision\]"):
        identify(name)


@pytest.mark.usefixtures("offline")
def test_a_hub_that_cannot_be_reached() -> None:
    with pytest.raises(InputError, match=r"No teacher 'owner/model': .* the hub does not give revision 'main'"):
        identify("owner/model")
    with pytest.raises(InputError, match="cannot be read"):
        load_tokenizer(f"owner/model@{COMMIT}")
    with pytest.raises(InputError, match="No teacher 'owner/model'"):
        ignored_options(f"owner/model@{COMMIT}")


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
