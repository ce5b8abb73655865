"""BERT students that transformers loads from the bundle's folder."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import pipeline

from benchmark.bundle import Bundle
from benchmark.distillation.encoding import EncodedDataset
from benchmark.distillation.tokenizer import load_tokenizer, vocabulary_size
from benchmark.export.bundle_writer import write_bundle
from benchmark.export.onnx_export import export_onnx
from benchmark.export.transformers_model import write_transformers_model
from students import build
from tests.export.test_tokenizer_parity import make_dataset
from tests.support.model_factory import smalltalk

TEMPERATURE = 2.5
TEXTS = smalltalk()[:200]


def write(folder: Path, task: str, teacher: Path) -> EncodedDataset:
    """A bundle of a BERT with random weights, large enough to tell texts apart."""
    data = make_dataset(task, load_tokenizer(str(teacher), task))
    data = replace(data, corpus=replace(data.corpus, labels=("a", "b", "c")), max_length=64)
    torch.manual_seed(0)
    model = build("bert_tiny", task=task, vocab_size=vocabulary_size(data.tokenizer), n_labels=3, pad_id=0).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(8 if parameter.dim() > 1 else 1)
    export_onnx(model, folder.parent / "model.onnx")
    write_bundle(
        folder,
        model=folder.parent / "model.onnx",
        tokenizer=data.tokenizer.backend_tokenizer,
        labels=data.corpus.labels,
        task=task,
        max_length=data.max_length,
        pad_id=0,
        temperature=TEMPERATURE,
    )
    write_transformers_model(model, data, folder, TEMPERATURE)
    return data


def test_a_pipeline_classifies_like_the_bundle(tiny_teacher: Path, tmp_path: Path) -> None:
    write(tmp_path / "bundle", "classification", tiny_teacher)
    expected = Bundle.load(tmp_path / "bundle").predict(TEXTS, scores=True)
    found: Any = pipeline("text-classification", model=str(tmp_path / "bundle"))(TEXTS, truncation=True)
    assert [one["label"] for one in found] == [one["label"] for one in expected]
    assert [one["score"] for one in found] == pytest.approx([one["score"] for one in expected], abs=1e-4)
    assert len({one["label"] for one in found}) > 1


def test_a_pipeline_tags_like_the_bundle(tiny_teacher: Path, tmp_path: Path) -> None:
    write(tmp_path / "bundle", "sequence_labeling", tiny_teacher)
    words = [text.split() for text in TEXTS]
    expected = Bundle.load(tmp_path / "bundle").predict(words, scores=True)
    tagger: Any = pipeline("token-classification", model=str(tmp_path / "bundle"), ignore_labels=[])
    found = tagger(words, is_split_into_words=True)
    for sentence, tokens, one in zip(words, found, expected, strict=True):
        starts = [sum(len(word) + 1 for word in sentence[:i]) for i in range(len(sentence))]
        first = {token["start"]: token for token in reversed(tokens)}
        assert [first[start]["entity"] for start in starts] == one["tags"]
        assert [first[start]["score"] for start in starts] == pytest.approx(one["scores"], abs=1e-4)


def test_tokenizers_of_both_cut_texts_alike(tiny_teacher: Path, tmp_path: Path) -> None:
    write(tmp_path / "bundle", "classification", tiny_teacher)
    bundle = Bundle.load(tmp_path / "bundle")
    tokenizer: Any = pipeline("text-classification", model=str(tmp_path / "bundle")).tokenizer
    texts = [*TEXTS, "halo " * 200, "", "日本 😀"]
    assert tokenizer(texts, truncation=True)["input_ids"] == [bundle.token_ids(text) for text in texts]
