import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
import transformers
from torch import Tensor, nn

from benchmark.bundle.onnx_model import OnnxModel, pad
from benchmark.core.errors import RunError
from benchmark.export.onnx_export import MAX_LOGIT_GAP, OPSET, export_onnx, fuse, max_logit_gap, node_counts
from students import build
from tests.support import every_student

VOCAB_SIZE = 200
TASKS = ("classification", "sequence_labeling")
ENCODERS = {
    "bert": transformers.BertConfig,
    "roberta": transformers.RobertaConfig,
    "electra": transformers.ElectraConfig,
}
AUTO = {
    "classification": transformers.AutoModelForSequenceClassification,
    "sequence_labeling": transformers.AutoModelForTokenClassification,
}


class Encoder(nn.Module):
    """A Hugging Face model with the house's forward."""

    def __init__(self, model: transformers.PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits


class MeanOfWords(nn.Module):
    """The smallest model that reads its mask; `noise` is a dropout that only eval mode silences."""

    def __init__(self, noise: float = 0.5) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCAB_SIZE, 8)
        self.noise = nn.Dropout(noise)
        self.head = nn.Linear(8, 3)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        mask = attention_mask.unsqueeze(-1).float()
        return self.head((self.noise(self.embedding(input_ids)) * mask).sum(1) / mask.sum(1))


class FrozenLength(MeanOfWords):
    """Divides by a number that tracing takes for a constant: right at the example's length only."""

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        mask = attention_mask.unsqueeze(-1).float()
        return self.head((self.embedding(input_ids) * mask).sum(1) / float(attention_mask.shape[1]))


def make_encoder(kind: str, task: str, **more: object) -> Encoder:
    torch.manual_seed(0)
    config = ENCODERS[kind](
        vocab_size=VOCAB_SIZE,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=140,
        num_labels=3,
        pad_token_id=1 if kind == "roberta" else 0,
        initializer_range=0.3,  # answers that differ enough for a wrong graph to show
    )
    return Encoder(AUTO[task].from_config(config, **more))


@pytest.mark.parametrize("task", TASKS)
@every_student
def test_every_student_is_the_same_in_onnx_at_any_batch_and_length(name: str, task: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    student = build(name, task=task, vocab_size=VOCAB_SIZE, n_labels=5, pad_id=0)
    export_onnx(student, tmp_path / "model.onnx")
    assert max_logit_gap(student, tmp_path / "model.onnx", VOCAB_SIZE) <= MAX_LOGIT_GAP


@pytest.mark.parametrize("task", TASKS)
def test_both_directions_of_bilstm_are_one_node_that_reads_lengths(task: str, tmp_path: Path) -> None:
    export_onnx(build("bilstm", task=task, vocab_size=VOCAB_SIZE, n_labels=5), tmp_path / "model.onnx")
    counts = node_counts(tmp_path / "model.onnx")
    assert (counts["LSTM"], counts["GatherElements"]) == (1, 0)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", ENCODERS)
def test_every_encoder_is_the_same_in_onnx_at_any_batch_and_length(kind: str, task: str, tmp_path: Path) -> None:
    encoder = make_encoder(kind, task)
    export_onnx(encoder, tmp_path / "model.onnx")
    pad_id = encoder.model.config.pad_token_id
    assert max_logit_gap(encoder, tmp_path / "model.onnx", VOCAB_SIZE, pad_id=pad_id) <= MAX_LOGIT_GAP


@pytest.mark.skipif("BENCHMARK_TEACHER" not in os.environ, reason="BENCHMARK_TEACHER names no teacher's folder")
@pytest.mark.parametrize("task", TASKS)
def test_a_real_teacher_is_the_same_in_onnx(task: str, tmp_path: Path) -> None:
    model = AUTO[task].from_pretrained(os.environ["BENCHMARK_TEACHER"], dtype=torch.float32, num_labels=5)
    export_onnx(Encoder(model), tmp_path / "model.onnx")
    gap = max_logit_gap(Encoder(model), tmp_path / "model.onnx", model.config.vocab_size, lengths=(1, 7, 128))
    assert gap <= MAX_LOGIT_GAP


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", ["bert_tiny", pytest.param("bert_mini", marks=pytest.mark.nightly)])
def test_every_bert_students_attention_is_one_node_a_layer(name: str, task: str, tmp_path: Path) -> None:
    student = build(name, task=task, vocab_size=VOCAB_SIZE, n_labels=5, pad_id=0)
    export_onnx(student, tmp_path / "model.onnx")
    counts, n_layers = node_counts(tmp_path / "model.onnx"), student.encoder.config.num_hidden_layers
    assert (counts["Attention"], counts["SkipLayerNormalization"]) == (n_layers, 2 * n_layers)
    assert counts["Softmax"] == 0
    assert student.encoder._forward_pre_hooks == {}


@pytest.mark.parametrize("kind", ENCODERS)
def test_every_teachers_attention_is_one_node_a_layer(kind: str, tmp_path: Path) -> None:
    export_onnx(make_encoder(kind, "classification"), tmp_path / "model.onnx")
    assert node_counts(tmp_path / "model.onnx")["Attention"] == 2


def test_an_encoder_of_another_type_stays_plain(tmp_path: Path) -> None:
    config = transformers.DistilBertConfig(vocab_size=VOCAB_SIZE, dim=32, n_layers=1, n_heads=2, hidden_dim=64)
    encoder = Encoder(AUTO["classification"].from_config(config))
    export_onnx(encoder, tmp_path / "model.onnx")
    assert node_counts(tmp_path / "model.onnx")["Attention"] == 0
    assert max_logit_gap(encoder, tmp_path / "model.onnx", VOCAB_SIZE) <= MAX_LOGIT_GAP


def test_an_attention_that_was_not_fused_is_an_error(tmp_path: Path) -> None:
    student = build("bert_tiny", task="classification", vocab_size=VOCAB_SIZE, n_labels=5)
    export_onnx(student, tmp_path / "model.onnx")
    student.encoder.config.num_hidden_layers = 3
    with pytest.raises(RunError, match="2 of 3 attention layers were fused"):
        fuse(tmp_path / "model.onnx", student)


def test_attention_implementation_is_restored(tmp_path: Path) -> None:
    encoder = make_encoder("bert", "classification", attn_implementation="sdpa")
    export_onnx(encoder, tmp_path / "model.onnx")
    assert encoder.model.config._attn_implementation == "sdpa"
    assert encoder.model.bert.config._attn_implementation == "sdpa"


def test_export_silences_dropout_and_leaves_every_mode_as_it_was(tmp_path: Path) -> None:
    model = MeanOfWords().train()
    model.head.eval()
    export_onnx(model, tmp_path / "model.onnx")
    assert max_logit_gap(model, tmp_path / "model.onnx", VOCAB_SIZE) <= MAX_LOGIT_GAP
    assert [model.training, model.noise.training, model.head.training] == [True, True, False]


def test_export_is_one_file_of_the_chosen_opset_and_says_nothing(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        export_onnx(MeanOfWords(), tmp_path / "model.onnx")
    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]
    model = onnx.load(tmp_path / "model.onnx")
    assert [opset.version for opset in model.opset_import if not opset.domain] == [OPSET]


def test_a_failed_export_leaves_what_was_there(tmp_path: Path) -> None:
    class Broken(MeanOfWords):
        def forward(self, *_: Tensor) -> Tensor:
            raise RuntimeError("no graph")

    (tmp_path / "model.onnx").write_text("old")
    with pytest.raises(RuntimeError, match="no graph"):
        export_onnx(Broken(), tmp_path / "model.onnx")
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


def test_gap_finds_a_model_that_is_right_at_one_length_only(tmp_path: Path) -> None:
    model = FrozenLength()
    export_onnx(model, tmp_path / "model.onnx")
    assert max_logit_gap(model, tmp_path / "model.onnx", VOCAB_SIZE, lengths=[4]) <= MAX_LOGIT_GAP
    assert max_logit_gap(model, tmp_path / "model.onnx", VOCAB_SIZE) > MAX_LOGIT_GAP


def test_gap_finds_other_weights_and_nan(tmp_path: Path) -> None:
    model = MeanOfWords()
    export_onnx(model, tmp_path / "model.onnx")
    with torch.no_grad():
        model.head.bias[1] += 0.01
    assert max_logit_gap(model, tmp_path / "model.onnx", VOCAB_SIZE) == pytest.approx(0.01, rel=1e-2)
    with torch.no_grad():
        model.head.bias[1] = torch.nan
    assert np.isnan(max_logit_gap(model, tmp_path / "model.onnx", VOCAB_SIZE))


@pytest.mark.parametrize("task", TASKS)
def test_predict_answers_in_the_order_given_whatever_the_batch(task: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    student = build("bilstm", task=task, vocab_size=VOCAB_SIZE, n_labels=5, pad_id=0).eval()
    export_onnx(student, tmp_path / "model.onnx")
    random = np.random.default_rng(0)
    sentences = [random.integers(1, VOCAB_SIZE, length).tolist() for length in (9, 1, 30, 4, 4, 17)]
    with torch.no_grad():
        alone = [
            student(torch.tensor([sentence]), torch.ones(1, len(sentence), dtype=torch.long))[0].argmax(-1).tolist()
            for sentence in sentences
        ]
    model = OnnxModel(tmp_path / "model.onnx")
    for batch_size in (1, 4, 64):
        assert [logits.argmax(-1).tolist() for logits in model.predict(sentences, batch_size=batch_size)] == alone


def test_pad_fills_the_right_side() -> None:
    input_ids, attention_mask = pad([[5, 6, 7], [8]], pad_id=1)
    assert input_ids.tolist() == [[5, 6, 7], [8, 1, 1]]
    assert attention_mask.tolist() == [[1, 1, 1], [1, 0, 0]]


def test_session_uses_the_threads_it_was_given(tmp_path: Path) -> None:
    export_onnx(MeanOfWords(), tmp_path / "model.onnx")
    options = OnnxModel(tmp_path / "model.onnx", n_threads=2).session.get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (2, 1)
    assert OnnxModel(tmp_path / "model.onnx").n_labels == 3


def test_an_onnx_model_is_served_without_torch() -> None:
    code = "import sys, benchmark.bundle.onnx_model; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_new_processes_find_this_package(tmp_path: Path) -> None:
    """onnxruntime adds a folder with a benchmark.py to the path, which new processes take over."""
    code = "import benchmark.export.onnx_export; from importlib.machinery import PathFinder; "
    code += "print(PathFinder.find_spec('benchmark').origin)"
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, cwd=tmp_path, env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith(os.path.join("benchmark", "__init__.py"))
