"""The static student against computations by hand."""

import torch

from students.registry import Shape
from students.static import N_BUCKETS, Static, buckets

IDS, MASK = torch.tensor([[5, 6, 7, 0], [8, 0, 0, 0]]), torch.tensor([[1, 1, 1, 0], [1, 0, 0, 0]])


def features(task: str) -> tuple[Static, torch.Tensor]:
    """The model, and what its hidden layer reads of IDS."""
    torch.manual_seed(0)
    model = Static(Shape(task=task, vocab_size=20, n_labels=3)).eval()
    with torch.no_grad():
        model.weight_logits.normal_()
        seen: list[torch.Tensor] = []
        model.hidden.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
        model(IDS, MASK)
    return model, seen[0]


def row(model: Static, before: int, token: int) -> torch.Tensor:
    bucket = (31_321 * before + 17_389 * token) % N_BUCKETS
    return torch.cat([model.embedding.weight[token], model.bigrams[bucket]])


def test_a_text_is_the_weighted_mean_of_its_tokens_and_bigrams() -> None:
    model, seen = features("classification")
    weights = torch.softmax(model.weight_logits[[5, 6, 7], 0], dim=0)
    rows = torch.stack([row(model, 0, 5), row(model, 5, 6), row(model, 6, 7)])
    torch.testing.assert_close(seen, torch.stack([weights @ rows, row(model, 0, 8)]))


def test_a_tag_reads_two_tokens_on_each_side_and_the_mean() -> None:
    model, seen = features("sequence_labeling")
    a, b, c = row(model, 0, 5), row(model, 5, 6), row(model, 6, 7)
    none, mean = torch.zeros_like(a), torch.softmax(model.weight_logits[[5, 6, 7], 0], dim=0) @ torch.stack([a, b, c])
    torch.testing.assert_close(seen[0, 1], torch.cat([none, a, b, c, none, mean]))
    torch.testing.assert_close(seen[1, 0], torch.cat([none, none, row(model, 0, 8), none, none, row(model, 0, 8)]))


def test_bigrams_of_a_vocabulary_spread_over_the_buckets() -> None:
    pairs = torch.stack([torch.arange(1, 6001), torch.arange(6001, 1, -1)], dim=1)
    counts = torch.bincount(buckets(pairs)[:, 1], minlength=N_BUCKETS)
    assert counts.max() <= 8
