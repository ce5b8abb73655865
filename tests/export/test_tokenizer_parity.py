"""A bundle whose tokenizer gives other ids than that of training is not written."""

import json
import shutil
from pathlib import Path

import mlflow
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value
from tokenizers import Tokenizer, normalizers, processors
from transformers import PreTrainedTokenizerBase

from benchmark.bundle import Bundle
from benchmark.core.errors import RunError
from benchmark.data.corpus import Corpus
from benchmark.data.pool import Pool
from benchmark.distillation.encoding import EncodedDataset
from benchmark.distillation.tokenizer import load_tokenizer, vocabulary_size
from benchmark.distillation.vocabulary import own_tokenizer
from benchmark.export.bundle_writer import write_bundle
from benchmark.export.onnx_export import export_onnx
from benchmark.export.registered_model import publish_best
from benchmark.export.tokenizer_parity import require_same_ids
from benchmark.reporting.report import ranked
from students import build
from tests.support.model_factory import byte_level_tokenizer, edit_json, smalltalk, unigram_tokenizer
from tests.support.run_factory import AddRun
from tracking import Store

TASKS = ("classification", "sequence_labeling")
TEXTS = ["Halo, apa kabar?", "", "halo " * 200, "x\u200by"]
MAX_LENGTH = 16


@pytest.fixture
def teacher_copy(tiny_teacher: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_teacher, tmp_path / "teacher")


def make_dataset(task: str, tokenizer: PreTrainedTokenizerBase) -> EncodedDataset:
    names = ClassLabel(names=["a", "b"])
    if task == "classification":
        rows = {"text": TEXTS, "label": [0, 1, 0, 1]}
        features = Features({"text": Value("string"), "label": names})
    else:
        words = [text.split() for text in TEXTS]
        rows = {"tokens": words, "tags": [[0] * len(sentence) for sentence in words]}
        features = Features({"tokens": List(Value("string")), "tags": List(names)})
    corpus = Corpus(
        name="tiny",
        task=task,
        splits=DatasetDict({"test": Dataset.from_dict(rows, features)}),
        labels=("a", "b"),
        metric="macro_f1",
        digest="d",
        licence="none",
        source="here",
    )
    return EncodedDataset(
        corpus=corpus, tokenizer=tokenizer, max_length=MAX_LENGTH, read_pool=lambda _: Pool((), "none")
    )


def write(folder: Path, data: EncodedDataset, tokenizer: Tokenizer | None = None) -> Path:
    model, task = folder.parent / "model.onnx", data.corpus.task
    export_onnx(build("cnn", task=task, vocab_size=vocabulary_size(data.tokenizer), n_labels=2), model)
    return write_bundle(
        folder,
        model=model,
        tokenizer=tokenizer or data.tokenizer.backend_tokenizer,
        labels=data.corpus.labels,
        task=task,
        max_length=data.max_length,
        pad_id=data.encoded("test").pad_id,
        check=lambda draft: require_same_ids(Bundle.load(draft), data),
    )


def altered(folder: Path, kind: str) -> None:
    """Saves one kind of tokenizer in a teacher's folder."""
    if kind == "options":
        options = {"truncation_side": "left", "padding_side": "left", "split_special_tokens": True}
        edit_json(folder / "tokenizer_config.json", **options)
    elif kind == "no special tokens":
        edit_json(folder / "tokenizer.json", post_processor=None)
    elif kind == "byte level":
        byte_level_tokenizer().save_pretrained(folder)
    elif kind == "unigram":
        unigram_tokenizer().save_pretrained(folder)
    elif kind == "hole":
        content = json.loads((folder / "tokenizer.json").read_text())
        vocabulary = content["model"]["vocab"] | {"kabar": 620}  # of 600 tokens
        edit_json(folder / "tokenizer.json", model=content["model"] | {"vocab": vocabulary})
        edit_json(folder / "config.json", vocab_size=621)


KINDS = ("plain", "options", "no special tokens", "byte level", "unigram", "hole", "own")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("task", TASKS)
def test_a_bundle_reads_as_training_did(task: str, kind: str, teacher_copy: Path, tmp_path: Path) -> None:
    altered(teacher_copy, kind)
    tokenizer = load_tokenizer(str(teacher_copy), task)
    own = own_tokenizer(smalltalk(), [kind], 100, tokenizer) if kind == "own" else None
    data = make_dataset(task, own or tokenizer)
    bundle = Bundle.load(write(tmp_path / "bundle", data))
    assert len(bundle.predict(data.texts("test"))) == len(TEXTS)
    assert any(620 in bundle.token_ids(text) for text in data.texts("test")) == (kind == "hole")


def test_a_registered_model_reads_as_training_did(
    store: Store, add_run: AddRun, teacher_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    altered(teacher_copy, "hole")
    data = make_dataset("classification", load_tokenizer(str(teacher_copy)))
    run_id = add_run(store, "classification", valid_f1=0.5, test_f1=0.5)
    store.add_artifacts(run_id, write(tmp_path / "bundle", data), "bundle")
    [address] = publish_best(store, ranked(store, store.records("classification")))
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", store.uri)
    folder = mlflow.artifacts.download_artifacts(address, dst_path=str(tmp_path / "model"), tracking_uri=store.uri)
    [manifest] = Path(folder).rglob("manifest.json")
    require_same_ids(Bundle.load(manifest.parent), data)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("part", ["normalizer", "post_processor"])
def test_a_bundle_that_would_read_otherwise_is_not_written(
    task: str, part: str, teacher_copy: Path, tmp_path: Path
) -> None:
    data = make_dataset(task, load_tokenizer(str(teacher_copy), task))
    other = Tokenizer.from_str(data.tokenizer.backend_tokenizer.to_str())
    setattr(other, part, {"normalizer": normalizers.NFC(), "post_processor": processors.Sequence([])}[part])
    with pytest.raises(RunError, match="gives other ids than that of training, for "):
        write(tmp_path / "bundle", data, other)
    assert not (tmp_path / "bundle").exists()


def test_odd_texts_are_compared_too(teacher_copy: Path, tmp_path: Path) -> None:
    data = make_dataset("classification", load_tokenizer(str(teacher_copy)))
    other = Tokenizer.from_str(data.tokenizer.backend_tokenizer.to_str())
    other.normalizer = normalizers.Sequence([normalizers.Replace("日", "a"), other.normalizer])
    with pytest.raises(RunError, match="for '日本 ไทย'"):
        write(tmp_path / "bundle", data, other)
