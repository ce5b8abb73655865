"""A teacher is tried before anything is trained: what its run would stumble on is one line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    GPT2Config,
    GPT2Model,
    RobertaConfig,
    RobertaModel,
    T5Config,
    T5ForSequenceClassification,
)

from benchmark.core.errors import DataError
from benchmark.core.spec import Task
from benchmark.distillation import teacher_check
from benchmark.distillation.teacher import load_teacher
from benchmark.distillation.teacher_check import check_teacher
from benchmark.distillation.tokenizer import Encoder
from tests.support.model_factory import edit_json, named
from tests.support.teachers import PIECES, TASKS

pytestmark = pytest.mark.usefixtures("desk_folder")
WIDTHS = {"vocab_size": len(PIECES), "pad_token_id": None}


def encoder(folder: Path, task: Task = "classification") -> Encoder:
    return Encoder(name=str(folder), task=task)


def roberta(folder: Path) -> None:
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    RobertaModel(RobertaConfig(**WIDTHS | {"pad_token_id": 0}, **sizes, max_position_embeddings=20)).save_pretrained(
        folder
    )
    edit_json(folder / "config.json", pad_token_id=None)


def decoder(folder: Path) -> None:
    GPT2Model(GPT2Config(**WIDTHS, n_embd=8, n_layer=1, n_head=2, n_positions=19)).save_pretrained(folder)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("save", [roberta, decoder])
def test_a_config_without_padding_takes_that_of_the_tokenizer(
    folder: Path, save: Callable[[Path], None], task: Task
) -> None:
    save(folder)
    check_teacher(encoder(folder, task), named(3))
    assert encoder(folder, task).max_length == 19
    assert load_teacher(str(folder), task, named(3)).model.config.pad_token_id == 0


def test_padding_changes_no_answer_of_a_decoder(folder: Path) -> None:
    """It reads the class at the last token, which padding must not be."""
    decoder(folder)
    model = load_teacher(str(folder), "classification", named(3)).eval()
    short, padded = torch.tensor([[2, 5, 6]]), torch.tensor([[2, 5, 6, 0, 0], [2, 5, 6, 7, 8]])
    with torch.no_grad():
        alone, together = model(short, torch.ones_like(short)), model(padded, (padded != 0).long())
    torch.testing.assert_close(together[:1], alone)
    assert not torch.equal(together[0], together[1])


def test_a_decoder_that_takes_another_token_for_padding_is_refused(folder: Path) -> None:
    decoder(folder)
    edit_json(folder / "config.json", pad_token_id=4)
    with pytest.raises(DataError, match=r"beside a longer one: .* config\.json is 4, that of its tokenizer 0\."):
        check_teacher(encoder(folder), named(3))
    check_teacher(encoder(folder, "sequence_labeling"), named(3))


def another_architecture(folder: Path) -> None:
    edit_json(folder / "config.json", model_type="electra")


def cut(folder: Path) -> None:
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[:-8])


def without_a_shard(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    names = load_file(folder / "model-00001-of-00002.safetensors")
    shards = {name: f"model-0000{1 + i % 2}-of-00002.safetensors" for i, name in enumerate(names)}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": shards}))


def diverged(folder: Path) -> None:
    weights = {name: value * float("nan") for name, value in load_file(folder / "model.safetensors").items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def pointer(folder: Path) -> None:
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")


SPOILED: dict[str, tuple[Callable[[Path], None], str]] = {
    "another architecture": (another_architecture, "do not fit its config.json: .* tensors are missing"),
    "the end of the weights lost": (cut, "cannot be read .*SafetensorError"),
    "a shard lost": (without_a_shard, "cannot be read .*model-00002-of-00002.safetensors"),
    "weights that diverged": (diverged, "answers texts with NaN or infinite logits"),
    "a Git LFS pointer": (pointer, "cannot be read .*SafetensorError"),
}


@pytest.mark.parametrize("spoiled", SPOILED)
def test_a_teacher_that_cannot_answer_is_refused(folder: Path, spoiled: str) -> None:
    spoil, message = SPOILED[spoiled]
    check_teacher(encoder(folder), named(2))
    spoil(folder)
    with pytest.raises(DataError, match=message):
        check_teacher(encoder(folder), named(2))


def test_an_encoder_decoder_is_used_as_it_is_and_not_trained(folder: Path) -> None:
    """Its embedding is the decoder's too, and gets dense gradients."""
    sizes = {"d_model": 8, "d_kv": 4, "d_ff": 16, "num_layers": 1, "num_heads": 2}
    ids = {"pad_token_id": 0, "eos_token_id": 3, "decoder_start_token_id": 0}
    config = T5Config(vocab_size=len(PIECES), **sizes, **ids, num_labels=2)
    T5ForSequenceClassification(config).save_pretrained(folder)
    with pytest.raises(DataError, match="cannot be fine-tuned here: its T5ForSequenceClassification has one embedding"):
        check_teacher(encoder(folder), named(2))
    check_teacher(encoder(folder), named(2), as_is=True)
    check_teacher(encoder(folder), ())


def test_a_teacher_that_answered_is_not_tried_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_teacher(encoder(folder), named(2))
    monkeypatch.setattr(teacher_check, "load_teacher", None)
    check_teacher(encoder(folder), named(2))
    diverged(folder)
    with pytest.raises(TypeError):
        check_teacher(encoder(folder), named(2))
