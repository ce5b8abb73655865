"""Heads of teachers in the order of the data's labels, on tiny models with random weights."""

from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import (
    AlbertConfig,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    BertConfig,
    DistilBertConfig,
    ElectraConfig,
    PretrainedConfig,
    RobertaConfig,
)

from benchmark.core.errors import DataError
from benchmark.core.spec import TASKS, Task
from benchmark.distillation.teacher import Teacher, load_teacher
from benchmark.distillation.teacher_head import arrange
from benchmark.export.onnx_export import export_onnx, max_logit_gap
from tests.support.model_factory import named

SHAPE = {"vocab_size": 20, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
CONFIGS: dict[str, PretrainedConfig] = {
    "bert": BertConfig(**SHAPE),
    "roberta": RobertaConfig(**SHAPE, pad_token_id=0),
    "electra": ElectraConfig(**SHAPE, embedding_size=8),
    "albert": AlbertConfig(**SHAPE, embedding_size=8),
    "distilbert": DistilBertConfig(vocab_size=20, dim=8, n_layers=1, n_heads=2, hidden_dim=8),
}
AUTO = {"classification": AutoModelForSequenceClassification, "sequence_labeling": AutoModelForTokenClassification}


def save(folder: Path, task: Task, encoder: str = "bert", n_labels: int = 8) -> str:
    """A checkpoint with as many labels as its encoder is wide, which is the hardest to tell apart."""
    torch.manual_seed(0)
    config = CONFIGS[encoder]
    config.num_labels = n_labels
    config.initializer_range = 0.5
    AUTO[task].from_config(config).save_pretrained(folder)
    return str(folder)


def logits(teacher: Teacher) -> Tensor:
    with torch.no_grad():
        return teacher.eval()(torch.tensor([[2, 5, 3], [2, 6, 3]]), torch.ones(2, 3, dtype=torch.long))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("encoder", CONFIGS)
def test_rows_are_permuted_and_named(tmp_path: Path, encoder: str, task: Task) -> None:
    name, order = save(tmp_path, task, encoder), [3, 1, 0, 2, 7, 6, 5, 4]
    permuted = load_teacher(name, task, named(8), " ".join(map(str, order)), as_is=True)
    torch.testing.assert_close(logits(permuted), logits(load_teacher(name, task))[..., order])
    assert permuted.model.config.id2label == dict(enumerate(named(8)))


def test_probabilities_of_a_labels_rows_add_up_and_a_label_without_one_is_not_predicted(tmp_path: Path) -> None:
    name = save(tmp_path, "sequence_labeling", n_labels=4)
    before = logits(load_teacher(name, "sequence_labeling")).softmax(-1)
    merged = load_teacher(name, "sequence_labeling", ["a", "b", "none"], "2 3+0 -", as_is=True)
    after = logits(merged).softmax(-1)
    expected = torch.stack([before[..., 2], before[..., 3] + before[..., 0]], -1)
    torch.testing.assert_close(after[..., :2] / after[..., :2].sum(-1, True), expected / expected.sum(-1, True))
    assert after[..., 2].max() < 5e-5
    assert logits(merged).isfinite().all()


def test_a_saved_head_is_loaded_as_it_was(tmp_path: Path) -> None:
    name = save(tmp_path / "theirs", "sequence_labeling", n_labels=4)
    merged = load_teacher(name, "sequence_labeling", ["a", "b", "none"], "2 3+0 -", as_is=True)
    merged.model.save_pretrained(tmp_path / "kept")
    kept = load_teacher(str(tmp_path / "kept"), "sequence_labeling")
    torch.testing.assert_close(logits(kept), logits(merged))
    assert list(kept.model.config.id2label.values()) == ["a", "b", "b", "none"]


def test_onnx_merges_rows_too(tmp_path: Path) -> None:
    name = save(tmp_path / "theirs", "sequence_labeling", n_labels=4)
    merged = load_teacher(name, "sequence_labeling", ["a", "b"], "2 3+0", as_is=True)
    export_onnx(merged, tmp_path / "model.onnx")
    assert max_logit_gap(merged, tmp_path / "model.onnx", 20, lengths=(1, 3)) < 1e-4


def test_a_new_head_follows_the_seed_and_is_not_the_checkpoints(tmp_path: Path) -> None:
    name = save(tmp_path, "classification", n_labels=3)
    found = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        found.append(load_teacher(name, "classification", named(3), "new").model.classifier.weight)
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])
    assert not torch.equal(found[0], load_teacher(name, "classification").model.classifier.weight)


def test_a_head_without_weights_is_refused_as_it_is(tmp_path: Path) -> None:
    save(tmp_path, "classification", n_labels=3)
    config = (tmp_path / "config.json").read_bytes()
    AutoModelForSequenceClassification.from_pretrained(tmp_path).bert.save_pretrained(tmp_path)
    (tmp_path / "config.json").write_bytes(config)
    with pytest.raises(DataError, match=r"do not fit its config.json: 2 tensors are missing .*classifier\.bias"):
        load_teacher(str(tmp_path), "classification", named(3), as_is=True)


def test_a_head_that_is_not_linear_is_refused(tmp_path: Path) -> None:
    model = load_teacher(save(tmp_path, "classification", n_labels=3), "classification").model
    model.classifier = torch.nn.Identity()
    with pytest.raises(DataError, match="has no linear layer of 3 rows"):
        arrange(model, "1 0 2", named(3))
