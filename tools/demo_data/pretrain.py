"""Pretrains the compact encoder that ships with the demonstration data: `python -m tools.demo_data.pretrain`.

A 4-layer BERT, its word pieces included, taught by masked language modelling on text of the demonstration's own
generators: no labels, other seeds, and without any text of the validation and test splits. It gives the quickstart a
teacher that knows more language than the labelled rows show, and needs no network. See benchmark/data/demo/README.md.
"""

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import torch
from tokenizers import BertWordPieceTokenizer
from torch import Tensor, nn
from transformers import BertConfig, BertForMaskedLM, BertTokenizer

from tools.demo_data import entities, smalltalk
from tools.demo_data.intents import Smalltalk, normal
from tools.demo_data.spans import Entities

ENCODER = Path(__file__).parents[2] / "benchmark" / "data" / "demo" / "encoder"
SEED = 40_000
"""First seed of the text; every round of text takes the next one. None is a seed of the demonstration sets."""
SMALLTALK_PER_ROUND, ENTITIES_PER_ROUND = 20_000, 5_000
VOCABULARY = 4000
WIDTH, LAYERS, HEADS = 192, 4, 3
MAX_PIECES = 64
BATCH, LEARNING_RATE = 64, 1e-3
MASKED_SHARE = 0.25


def rounds() -> Iterator[list[str]]:
    """Endless rounds of new text, without what a validation or test split holds."""
    forbidden = held_out()
    seed = SEED
    while True:
        texts = [*Smalltalk(seed).unlabelled(SMALLTALK_PER_ROUND)]
        texts += [" ".join(words) for words, _ in Entities(seed).rows(ENTITIES_PER_ROUND)]
        yield [text for text in texts if normal(text) not in forbidden]
        seed += 1


def held_out() -> set[str]:
    """Every validation and test text of the demonstration sets, as compared for duplicates."""
    plain = [text for name in ("validation", "test") for text, _ in smalltalk().splits[name]]
    words = [" ".join(row) for name in ("validation", "test") for row, _ in entities().splits[name]]
    return {normal(text) for text in plain + words}


def learn_pieces(texts: list[str]) -> BertTokenizer:
    """A lower-casing WordPiece tokenizer with a vocabulary learned from `texts`."""
    pieces = BertWordPieceTokenizer(lowercase=True)
    pieces.train_from_iterator(texts, vocab_size=VOCABULARY, min_frequency=3, limit_alphabet=100, show_progress=False)
    return BertTokenizer(tokenizer_object=pieces._tokenizer, do_lower_case=True, model_max_length=MAX_PIECES)


def first_vectors(tokenizer: BertTokenizer, texts: list[str]) -> Tensor:
    """Piece vectors [V, WIDTH] to start from: the positive mutual information of pieces in one text, reduced by SVD.

    Masked language modelling finds these neighbourhoods by itself, but takes hours of a small machine for it.
    """
    n_pieces = len(tokenizer)
    together = torch.zeros(n_pieces, n_pieces)
    for row in tokenizer(texts, add_special_tokens=False)["input_ids"]:
        pieces = torch.tensor(row)
        together[pieces[:, None], pieces[None, :]] += 1 - torch.eye(len(row))
    counts = together.sum(1).clamp(min=1)
    information = (together * counts.sum() / (counts[:, None] * counts[None, :])).clamp(min=1).log()
    left, strength, _ = torch.svd_lowrank(information, q=WIDTH, niter=4)
    vectors = left * strength.sqrt()
    unseen = vectors.abs().sum(1) == 0
    vectors[unseen] = torch.randn(int(unseen.sum()), WIDTH) * vectors.std()
    return vectors * (0.02 / vectors.std())


def batches(tokenizer: BertTokenizer, texts: list[str], generator: torch.Generator) -> Iterator[Tensor]:
    """Piece ids [B, L] of neighbours in length, right-padded with 0, in random order."""
    ids = sorted(tokenizer(texts, truncation=True, max_length=MAX_PIECES)["input_ids"], key=len)
    starts = torch.randperm(len(ids) // BATCH, generator=generator) * BATCH
    for start in starts.tolist():
        rows = [torch.tensor(row) for row in ids[start : start + BATCH]]
        yield nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=0)


def masked(ids: Tensor, tokenizer: BertTokenizer, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Ids with pieces hidden as BERT does (80 % mask, 10 % random, 10 % kept), and which [B, L] are to be guessed."""
    ordinary = (ids != tokenizer.pad_token_id) & (ids != tokenizer.cls_token_id) & (ids != tokenizer.sep_token_id)
    selected = ordinary & (torch.rand(ids.shape, generator=generator) < MASKED_SHARE)
    fate = torch.rand(ids.shape, generator=generator)
    strangers = torch.randint(len(tokenizer), ids.shape, generator=generator)
    hidden = torch.where(fate < 0.8, torch.full_like(ids, tokenizer.mask_token_id), ids)
    hidden = torch.where(fate >= 0.9, strangers, hidden)
    return torch.where(selected, hidden, ids), selected


def pretrain(steps: int, out: Path) -> None:
    """Trains for `steps` batches and writes the encoder and its tokenizer into `out`, weights in fp16."""
    torch.manual_seed(SEED)
    generator = torch.Generator().manual_seed(SEED)
    text = rounds()
    first = next(text)
    tokenizer = learn_pieces(first)
    model = BertForMaskedLM(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=WIDTH,
            num_hidden_layers=LAYERS,
            num_attention_heads=HEADS,
            intermediate_size=4 * WIDTH,
            max_position_embeddings=2 * MAX_PIECES,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
    )
    model.bert.embeddings.word_embeddings.weight.data.copy_(first_vectors(tokenizer, first))
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    stream = (batch for texts in _chain(first, text) for batch in batches(tokenizer, texts, generator))
    mean = 0.0
    for step, ids in enumerate(islice(stream, steps), start=1):
        shown, selected = masked(ids, tokenizer, generator)
        hidden = model.bert(shown, attention_mask=(ids != tokenizer.pad_token_id).long()).last_hidden_state
        loss = nn.functional.cross_entropy(model.cls(hidden[selected]), ids[selected])
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        mean = loss.item() if step == 1 else 0.98 * mean + 0.02 * loss.item()
        if step % 50 == 0:
            print(f"step {step:5d}  masked-piece loss {mean:.3f}", flush=True)
    save(model, tokenizer, out)


def _chain(first: list[str], rest: Iterator[list[str]]) -> Iterator[list[str]]:
    yield first
    yield from rest


def save(model: BertForMaskedLM, tokenizer: BertTokenizer, out: Path) -> None:
    """The encoder without its masked-piece head, with the dropout a fine-tuning wants."""
    model.bert.config.hidden_dropout_prob = 0.1
    model.bert.config.attention_probs_dropout_prob = 0.1
    model.bert.half().save_pretrained(out)  # type: ignore[no-untyped-call]
    tokenizer.save_pretrained(out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--out", type=Path, default=ENCODER)
    arguments = parser.parse_args()
    pretrain(arguments.steps, arguments.out)
