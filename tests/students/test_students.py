"""The contract of every row of STUDENTS, and each architecture against an independent computation of it."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from benchmark.distillation.batching import Examples, predict
from benchmark.distillation.encoding import EncodedTexts
from benchmark.distillation.losses import hard
from benchmark.distillation.trainer import TrainingConfig, train
from benchmark.reporting.paper import paper_sizes
from students import PAPER, STUDENTS, build, word_embeddings
from students.attention import SelfAttention
from students.bilstm import BiLstm
from students.cnn import SeparableBlock, _frequencies
from students.registry import Shape
from tests.support import every_student

TASKS = ("classification", "sequence_labeling")
VOCAB_SIZE, N_LABELS, PAD_ID = 60, 3, 2


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Models this small are many times slower where threads wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


every_task = pytest.mark.parametrize("task", TASKS)


def student(name: str, task: str, pad_id: int = PAD_ID) -> nn.Module:
    torch.manual_seed(0)
    return build(name, task=task, vocab_size=VOCAB_SIZE, n_labels=N_LABELS, pad_id=pad_id).eval()


def batch(*lengths: int) -> tuple[Tensor, Tensor]:
    """Random pieces and their mask; what stands behind a sentence is random too, so that reading it would show."""
    generator = torch.Generator().manual_seed(1)
    input_ids = torch.randint(3, VOCAB_SIZE, (len(lengths), max(lengths)), generator=generator)
    return input_ids, (torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]).long()


@every_task
@every_student
def test_one_answer_a_sentence_or_a_piece(name: str, task: str) -> None:
    logits = student(name, task)(*batch(4, 7, 1))
    assert logits.shape == ((3, N_LABELS) if task == "classification" else (3, 7, N_LABELS))
    assert logits.dtype == torch.float32
    assert logits.isfinite().all()


@pytest.mark.parametrize(
    "row",
    [row for task in TASKS for row in paper_sizes(task).values() if row["student"] in STUDENTS],
    ids=lambda row: f"{row['student']}-{row['task']}",
)
def test_as_many_parameters_as_in_table_7(row: dict[str, str]) -> None:
    with torch.device("meta"):
        model = build(row["student"], task=row["task"], vocab_size=30_521, n_labels=5)
    millions = sum(parameter.numel() for parameter in model.parameters()) / 1e6
    assert millions == pytest.approx(float(row["parameters_million"]), rel=0.03)


def test_table_7_has_every_student_of_the_paper() -> None:
    assert all(set(PAPER) <= set(paper_sizes(task)) for task in TASKS)


@every_task
@every_student
def test_the_answer_does_not_depend_on_the_rest_of_the_batch(name: str, task: str) -> None:
    model, lengths = student(name, task), (9, 1, 30, 4, 17)
    input_ids, mask = batch(*lengths)
    with torch.no_grad():
        together = model(input_ids, mask)
        for row, length in enumerate(lengths):
            alone = model(input_ids[row : row + 1, :length], mask[row : row + 1, :length])[0]
            in_batch = together[row] if task == "classification" else together[row, :length]
            torch.testing.assert_close(in_batch, alone, atol=1e-5, rtol=1e-4)


@every_task
@every_student
def test_every_piece_counts_and_so_does_the_order(name: str, task: str) -> None:
    model, (input_ids, mask) = student(name, task), batch(6)
    changed, swapped = input_ids.clone(), input_ids.clone()
    changed[0, -1] = (input_ids[0, -1] + 1) % VOCAB_SIZE
    swapped[0, [2, 3]] = input_ids[0, [3, 2]]
    with torch.no_grad():
        first = [model(ids, mask).flatten(0, -2)[0] for ids in (input_ids, changed, swapped)]
    assert not torch.allclose(first[0], first[1], atol=1e-6)
    assert not torch.allclose(first[0], first[2], atol=1e-6)


@every_student
def test_word_embeddings_are_the_table_that_is_read(name: str) -> None:
    model, (input_ids, mask) = student(name, "classification"), batch(5)
    table = word_embeddings(model)
    assert table.num_embeddings == VOCAB_SIZE
    model(input_ids, mask).sum().backward()
    touched = table.weight.grad.abs().sum(dim=1).nonzero().flatten().tolist()
    assert touched == sorted(set(input_ids[0].tolist()))


@every_student
def test_the_padding_row_is_zero_and_never_learns(name: str) -> None:
    model = student(name, "sequence_labeling", pad_id=PAD_ID)
    table = word_embeddings(model)
    model(torch.tensor([[5, 6, PAD_ID], [7, PAD_ID, PAD_ID]]), torch.tensor([[1, 1, 0], [1, 0, 0]])).sum().backward()
    assert not table.weight[PAD_ID].any()
    assert not table.weight.grad[PAD_ID].any()


@every_task
@every_student
def test_training_computes_what_evaluation_does(name: str, task: str) -> None:
    """Without dropout: the same logits and gradients, though by fewer or cheaper operations."""
    model, (input_ids, mask) = student(name, task), batch(9, 1, 5)
    seen = mask if task == "sequence_labeling" else torch.ones(3)
    found = []
    for training in (False, True):
        for module in model.train(training).modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
        model.zero_grad(set_to_none=False)
        logits = model(input_ids, mask) * seen[..., None]
        (logits**2).sum().backward()
        found.append([logits.detach(), *(p.grad.clone() for p in model.parameters() if p.grad is not None)])
    torch.testing.assert_close(found[0], found[1], atol=1e-4, rtol=1e-4)


@every_student
def test_no_student_by_chance(name: str) -> None:
    weights = [student(name, "classification").state_dict() for _ in range(2)]
    assert all(torch.equal(value, weights[1][key]) for key, value in weights[0].items())


def test_an_unknown_student_is_told_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="Unknown student 'bilstn'"):
        student("bilstn", "classification")


RATES = {
    "bilstm": 1e-2, "cnn": 1e-2, "bert_tiny": 5e-3, "bert_mini": 2e-3, "bert_small": 1e-3,
    "bilstm_small": 1e-2, "static": 1e-2,
}  # fmt: skip


@every_task
@every_student
def test_overfits_eight_sentences(name: str, task: str) -> None:
    rng = np.random.default_rng(0)
    lengths = [3, 4, 5, 5, 6, 6, 7, 8]
    tags = task == "sequence_labeling"
    ends = np.cumsum([0, *lengths])
    sentences = EncodedTexts(
        ids=rng.integers(3, VOCAB_SIZE, ends[-1]).astype(np.int32),
        offsets=ends,
        positions=np.concatenate([np.arange(n) for n in lengths] if tags else [[0]] * 8).astype(np.int32),
        target_offsets=ends if tags else np.arange(9),
        per_word=tags,
        pad_id=PAD_ID,
    )
    examples = Examples(encoded=sentences, targets=rng.integers(0, N_LABELS, sentences.n_targets))
    model = student(name, task)
    train(
        model,
        word_embeddings(model),
        training_set=examples,
        validation=examples,
        loss=hard,
        score=lambda logits: float((logits.argmax(axis=1) == examples.targets).mean()),
        config=TrainingConfig(
            learning_rate=RATES[name],
            weight_decay=0.0,
            decay=False,
            batch_size=8,
            max_epochs=20,
            max_steps=0,
            patience=20,
            seed=0,
        ),
        on_epoch=lambda *_: None,
        device=torch.device("cpu"),
    )
    answers = predict(model, sentences, device=torch.device("cpu")).argmax(axis=1)
    assert answers.tolist() == examples.targets.tolist()


def test_bilstm_reads_as_a_packed_bidirectional_lstm() -> None:
    model, lengths = BiLstm(Shape(task="classification", vocab_size=VOCAB_SIZE, n_labels=2)), [5, 2, 7, 1]
    reference = nn.LSTM(100, 100, batch_first=True, bidirectional=True)
    for name, parameter in model.forward_lstm.named_parameters():
        getattr(reference, name).data = parameter.data
    for name, parameter in model.backward_lstm.named_parameters():
        getattr(reference, f"{name}_reverse").data = parameter.data
    x, mask = torch.randn(4, 7, 100), batch(*lengths)[1]
    packed = nn.utils.rnn.pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
    expected, _ = nn.utils.rnn.pad_packed_sequence(reference(packed)[0], batch_first=True)
    seen = mask[:, :, None].bool()
    torch.testing.assert_close(model._bidirectional(x, mask) * seen, expected, atol=1e-5, rtol=1e-4)


def test_attention_is_the_transformers() -> None:
    attention = SelfAttention(12, 3, dropout=0.0)
    reference = nn.MultiheadAttention(12, 3, batch_first=True)
    with torch.no_grad():
        reference.in_proj_weight.copy_(torch.cat([attention.query.weight, attention.key_value.weight]))
        reference.in_proj_bias.copy_(torch.cat([attention.query.bias, attention.key_value.bias]))
        reference.out_proj.load_state_dict(attention.out.state_dict())
    states, mask = torch.randn(3, 6, 12), batch(6, 2, 4)[1]
    mixed, _ = reference(states[:, :2], states, states, key_padding_mask=mask == 0)
    expected = attention.norm(states[:, :2] + mixed)
    torch.testing.assert_close(attention(states[:, :2], states, mask), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("training", [False, True])
def test_separable_block_by_hand(training: bool) -> None:
    block = SeparableBlock(width=2, kernel=3, dropout=0.0).train(training)
    x = torch.randn(1, 4, 2)
    kernels, bias = block.depthwise.weight[:, 0], block.depthwise.bias
    padded = torch.cat([torch.zeros(1, 2), x[0, :3], torch.zeros(2, 2)])  # the fourth position is padding
    mixed = torch.stack([(kernels.T * padded[i : i + 3]).sum(dim=0) + bias for i in range(4)])
    expected = x[0] + block.norm(torch.relu(block.pointwise(mixed)))
    mask = torch.tensor([1.0, 1, 1, 0])[None, :, None]
    torch.testing.assert_close(block(x, mask)[0], expected)


def test_positions_are_sinusoids() -> None:
    torch.testing.assert_close(_frequencies(4), torch.tensor([1.0, 0.01]))
    places = student("cnn", "classification")._positions(torch.ones(2, 3, dtype=torch.long))
    assert places.shape == (2, 3, 128)
    torch.testing.assert_close(places[1, 2, [0, 64]], torch.tensor([np.sin(2.0), np.cos(2.0)], dtype=torch.float32))
