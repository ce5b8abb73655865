"""Models that rewrite texts: names and folders that are refused."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file

from benchmark.cli.command import BAD_INPUT, run_command
from benchmark.core import hub as pretrained
from benchmark.core.errors import DataError, InputError
from benchmark.data.augmentation.back_translation import FillMask, Translator
from benchmark.data.augmentation.config import AugmentationConfig
from benchmark.data.augmentation.models import check_models
from tests.support.hub_process import hub_process
from tests.support.hub_server import hub_server
from tests.support.model_factory import edit_json
from tests.support.rewriting import TEXTS


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


def check_of_the_hub(translator: str) -> None:
    config = AugmentationConfig(forward_model=translator, backward_model=translator, fill_mask="owner/encoder")
    run_command(lambda: check_models(config) or 0)


def test_an_encoder_of_the_hub_without_a_head_is_refused_before_it_is_downloaded(
    tmp_path: Path, marian: str, fill_mask: str
) -> None:
    folder = shutil.copytree(fill_mask, tmp_path / "encoder")
    edit_json(folder / "config.json", architectures=["BertModel"])
    with hub_server() as hub:
        hub.add("models", "owner/encoder", folder)
        code, _, said = hub_process(hub, tmp_path / "home", "", {}, check_of_the_hub, marian)
    assert code == BAD_INPUT
    assert "'owner/encoder' was saved as BertModel, which fills no masks" in said
    assert not [request for request in hub.requests if "safetensors" in request]


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
    with pytest.raises(DataError, match=r"must be a fast one \(tokenizer\.json\) with a mask token"):
        FillMask(marian, "cpu").fill(TEXTS, 0)
    with pytest.raises(DataError, match=r"is not a complete fill-mask model: \d+ tensors are missing.* is cls\."):
        FillMask(str(tiny_teacher), "cpu").fill(TEXTS, 0)


def test_models_are_checked_before_anything_is_trained(marian: str, fill_mask: str, tiny_teacher: Path) -> None:
    config = AugmentationConfig(forward_model=marian, backward_model=marian, fill_mask=fill_mask)
    check_models(config)
    with pytest.raises(InputError, match=r"of the class 'bert'\. Give a Marian model"):
        check_models(replace(config, backward_model=fill_mask))
    with pytest.raises(DataError, match="is not a complete fill-mask model"):
        check_models(replace(config, fill_mask=str(tiny_teacher)))


def test_a_tokenizer_without_a_mask_token_is_refused(fill_mask: str, tmp_path: Path) -> None:
    folder = shutil.copytree(fill_mask, tmp_path / "mask")
    edit_json(folder / "tokenizer_config.json", mask_token=None)
    with pytest.raises(DataError, match=r"must be a fast one .* with a mask token"):
        FillMask(str(folder), "cpu").fill(TEXTS, 0)


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
