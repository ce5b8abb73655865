"""Tiny real models with random weights, saved as their makers would save them."""

import csv
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import sentencepiece
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertModel,
    MarianConfig,
    MarianMTModel,
    MarianTokenizer,
    PreTrainedTokenizerFast,
)

from benchmark.data.sources import BUNDLED

N_PIECES = 300


def smalltalk_rows(split: str) -> list[tuple[str, str]]:
    """Texts and intents of a bundled split."""
    with (BUNDLED / "smalltalk_demo" / f"{split}.csv").open(newline="", encoding="utf-8") as file:
        return [(text, intent) for text, intent in csv.reader(file)][1:]


def smalltalk() -> list[str]:
    return [text for text, _ in smalltalk_rows("train")]


def make_marian(folder: Path, seed: int, texts: Sequence[str] = ()) -> str:
    """A translation model, one layer each way and 32 wide, whose SentencePiece pieces come from `texts`."""
    folder.mkdir(parents=True)
    tokenizer = _marian_tokenizer(folder / "made", texts or smalltalk())
    config = MarianConfig(
        vocab_size=len(tokenizer),
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        max_position_embeddings=24,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.pad_token_id,
        init_std=0.5,
    )
    torch.manual_seed(seed)
    MarianMTModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    shutil.rmtree(folder / "made")
    return str(folder)


def _marian_tokenizer(folder: Path, texts: Sequence[str]) -> MarianTokenizer:
    folder.mkdir()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_prefix=str(folder / "both"), vocab_size=N_PIECES, minloglevel=2
    )
    model = str(folder / "both.model")
    pieces = sentencepiece.SentencePieceProcessor(model_file=model)
    names = ["</s>", "<unk>", *(name for i in range(N_PIECES) if (name := pieces.id_to_piece(i))[0] != "<"), "<pad>"]
    vocabulary = folder / "vocab.json"
    vocabulary.write_text(json.dumps({name: i for i, name in enumerate(names)}))
    return MarianTokenizer(source_spm=model, target_spm=model, vocab=str(vocabulary))


def make_fill_mask(folder: Path, tiny_bert: Path, seed: int = 0) -> str:
    """A masked language model, 2 layers wide 32, over the tokenizer of a tiny BERT."""
    shutil.copytree(tiny_bert, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    torch.manual_seed(seed)
    BertForMaskedLM(BertConfig.from_pretrained(tiny_bert, initializer_range=0.5)).save_pretrained(folder)
    return str(folder)


SPECIAL = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}


LETTERS = "abcdefghijklmnopqrstuvwxyzàâäáãåæçéèêëğıíîïñóôöõøœşúùûüßőű0123456789.,!?-"


def write_teacher(folder: Path) -> Path:
    """An untrained BERT, 2 layers wide 32, with a WordPiece tokenizer of 600 pieces."""
    tokenizer = _word_pieces()
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=256,
    )
    torch.manual_seed(0)
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def byte_level_tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer of the generic class, 300 tokens of bytes, that adds no space before a text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=list(SPECIAL.values()),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(smalltalk(), trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **SPECIAL)


def unigram_tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer of the generic class as SentencePiece makes them: at most 200 pieces, of which `▁` begins a word."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=200, special_tokens=list(SPECIAL.values()), unk_token="[UNK]", show_progress=False
    )
    tokenizer.train_from_iterator(smalltalk(), trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **SPECIAL)


def named(n_labels: int) -> list[str]:
    """Names of labels."""
    return [f"label {number}" for number in range(n_labels)]


def edit_json(file: Path, **changes: object) -> None:
    """Replaces fields of a JSON object."""
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def _word_pieces() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=600, special_tokens=list(SPECIAL.values()), initial_alphabet=list(LETTERS), show_progress=False
    )
    tokenizer.train_from_iterator(smalltalk(), trainer)
    first, last = (tokenizer.token_to_id(piece) for piece in ("[CLS]", "[SEP]"))
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", last), ("[CLS]", first))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=256, **SPECIAL)
