"""A fine-tuned checkpoint as the teacher, against transformers' own pipeline."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PreTrainedModel,
    pipeline,
)

from benchmark import run
from benchmark.core.run_store import PREDICTIONS, TEACHER_MODEL, open_store
from benchmark.distillation.scores import macro_f1
from tracking import Record

MOODS = {"senang": "joy", "sedih": "sad", "marah": "anger"}
TEXTS = [
    (f"{word} {word} nomor {number}", mood if number % 4 else "joy")
    for number in range(12)
    for word, mood in MOODS.items()
]
"""A quarter has a label that no model can tell, so that no F1 is 1."""
SENTENCES = [
    (["saya", name, "di", place, "raya", str(number)], ["O", "B-PER", "O", "B-LOC", "I-LOC", "O"])
    for number in range(6)
    for name, place in (("budi", "solo"), ("ani", "medan"), ("sari", "bogor"))
]
FILES = "{train: FILE, validation: FILE, test: FILE}"


@pytest.fixture
def folder(desk_folder: Path) -> Path:
    lines = "".join(f"{text},{mood}\n" for text, mood in TEXTS)
    (desk_folder / "moods.csv").write_text(f"text,label\n{lines}")
    blocks = ["".join(f"{word}\t{tag}\n" for word, tag in zip(*both, strict=True)) for both in SENTENCES]
    (desk_folder / "places.conll").write_text("\n".join(blocks))
    for name, task, file in (("texts", "classification", "moods.csv"), ("tags", "sequence_labeling", "places.conll")):
        files = FILES.replace("FILE", file)
        (desk_folder / f"{name}.yml").write_text(f"task: {task}\nteacher: ./mine\ndatasets: {{mine: {files}}}\n")
    return desk_folder


def fit(model: PreTrainedModel, states: torch.Tensor, labels: Sequence[str]) -> None:
    """Fits the head to states [N, H] of the labels' texts or words, and names its rows in reverse order."""
    names = sorted(set(labels), reverse=True)
    fitted = LogisticRegression(C=1e6, max_iter=500).fit(states.numpy(), [names.index(label) for label in labels])
    with torch.no_grad():
        model.classifier.weight.copy_(torch.from_numpy(fitted.coef_))
        model.classifier.bias.copy_(torch.from_numpy(fitted.intercept_))
    model.config.id2label = dict(enumerate(map(str.upper, names)))
    model.config.label2id = {name.upper(): row for row, name in enumerate(names)}


def write_classifier(encoder: Path, folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    model = AutoModelForSequenceClassification.from_pretrained(encoder, num_labels=len(MOODS)).eval()
    with torch.no_grad():
        encoded = tokenizer([text for text, _ in TEXTS], padding=True, return_tensors="pt")
        states = model.bert(**encoded).pooler_output
    fit(model, states, [mood for _, mood in TEXTS])
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def first_pieces(tokenizer: Any, words: Sequence[str]) -> list[int]:
    ids = tokenizer(words, is_split_into_words=True).word_ids()
    return [ids.index(word) for word in range(len(words))]


def write_tagger(encoder: Path, folder: Path) -> None:
    tokenizer, states, tags = AutoTokenizer.from_pretrained(encoder), [], []
    model = AutoModelForTokenClassification.from_pretrained(encoder, num_labels=4).eval()
    for words, of_words in SENTENCES:
        with torch.no_grad():
            hidden = model.bert(**tokenizer(words, is_split_into_words=True, return_tensors="pt")).last_hidden_state
        states.append(hidden[0, first_pieces(tokenizer, words)])
        tags += of_words
    fit(model, torch.cat(states), tags)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def finished(folder: Path, suite: str) -> tuple[Record, Path, list[Any]]:
    """The teacher's run, its kept model, and its predictions on test, after the command."""
    students = ("-s", "cnn", "-x", "kd", "--max-epochs", "1", "--jobs", "1", "--no-latency")
    assert run.main(("--suite", f"{suite}.yml", *students)) == 0
    store = open_store(f"sqlite:///{folder / 'mlflow.db'}", create=False)
    records = store.records(suite)
    assert all(record.status == "finished" for record in records if record.tags["role"] in ("teacher", "train"))
    [teacher] = [record for record in records if record.tags["role"] == "teacher"]
    (folder / "kept").mkdir()
    lines = store.download(teacher.run_id, PREDICTIONS, folder / "kept").read_text().splitlines()
    kept = store.download(teacher.run_id, TEACHER_MODEL, folder / "kept")
    return teacher, kept, [json.loads(line)["predicted"] for line in lines]


def test_a_classifier_whose_labels_are_in_another_order(
    folder: Path, tiny_teacher: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_classifier(tiny_teacher, folder / "mine")
    teacher, kept, predicted = finished(folder, "texts")
    answers = pipeline("text-classification", model=str(folder / "mine"))([text for text, _ in TEXTS])
    theirs = [answer["label"].lower() for answer in answers]
    assert predicted == theirs
    f1 = f1_score([mood for _, mood in TEXTS], theirs, average="macro")
    assert abs(teacher.metrics["test_f1"] - f1) < 1e-3
    assert 0.5 < f1 < 0.95
    assert "as is, since its labels are the data's, in another order." in capsys.readouterr().out
    assert teacher.tags["setting"] == "as_is"
    assert not {"train_seconds", "epochs", "learning_rate"} & teacher.metrics.keys()
    again = pipeline("text-classification", model=str(kept))([text for text, _ in TEXTS])
    assert [answer["label"] for answer in again] == theirs
    config = json.loads((kept / "config.json").read_text())
    assert config["id2label"] == {"0": "anger", "1": "joy", "2": "sad"}, "as in the data"


def test_a_tagger_whose_tags_are_in_another_order(folder: Path, tiny_teacher: Path) -> None:
    write_tagger(tiny_teacher, folder / "mine")
    teacher, _, predicted = finished(folder, "tags")
    tagger = pipeline("token-classification", model=str(folder / "mine"), aggregation_strategy="none", ignore_labels=[])
    theirs = []
    for words, _ in SENTENCES:
        starts = [len(" ".join(words[:place])) + bool(place) for place in range(len(words))]
        tags = {piece["start"]: piece["entity"] for piece in tagger(" ".join(words))}
        theirs.append([tags[start] for start in starts])
    assert predicted == theirs
    f1 = macro_f1([tags for _, tags in SENTENCES], theirs, "entity_f1", ["O", "B-PER", "B-LOC", "I-LOC"])
    assert abs(teacher.metrics["test_f1"] - f1) < 1e-3
    assert f1 > 0.5
    assert teacher.tags["setting"] == "as_is"
