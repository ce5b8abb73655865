"""A fine-tuned teacher saved with its labels in another order, used as it is, beside transformers' own pipeline.

`python docs/experiments/as_is.py TRACKING_URI SUITE DATASET FOLDER [OPTION ...]` takes the finished teacher of DATASET
from a store, writes its head in reverse order to FOLDER/reversed, and runs `benchmark.run --teacher FOLDER/reversed`
with the options in a store of FOLDER. It prints F1 in 0..1 of the teacher's row, of the pipeline, and of all students.
"""

import json
import sys
from pathlib import Path

import torch
from seqeval.metrics import f1_score as entity_f1
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
from tracking import Record, Store


def write_reversed(kept: Path, folder: Path, per_word: bool) -> None:
    kind = AutoModelForTokenClassification if per_word else AutoModelForSequenceClassification
    model: PreTrainedModel = kind.from_pretrained(kept)
    names = [model.config.id2label[row] for row in range(model.config.num_labels)][::-1]
    with torch.no_grad():
        for parameter in model.classifier.parameters():
            parameter.copy_(parameter.flip(0))
    model.config.id2label = dict(enumerate(names))
    model.config.label2id = {name: row for row, name in enumerate(names)}
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(kept).save_pretrained(folder)


def answers(folder: Path, texts: list, per_word: bool) -> list:
    """Labels of texts, or the tag of each word's first piece, by transformers alone."""
    if not per_word:
        classifier = pipeline("text-classification", model=str(folder), truncation=True, max_length=128)
        return [answer["label"] for answer in classifier(texts)]
    tagger = pipeline("token-classification", model=str(folder), aggregation_strategy="none", ignore_labels=[])
    tags = []
    for words in texts:
        text, first = " ".join(words), dict[int, str]()
        for piece in tagger(text):  # a piece of SentencePiece may begin with the space before its word
            first.setdefault(piece["start"] + (text[piece["start"]] == " "), piece["entity"])
        starts = [len(" ".join(words[:place])) + bool(place) for place in range(len(words))]
        tags.append([first.get(start, "O") for start in starts])
    return tags


def independent_f1(gold: list, predicted: list) -> float:
    """Macro-F1 in 0..1 of scikit-learn, or of seqeval for tags, by its default: any tag inside may begin an entity."""
    if isinstance(gold[0], str):
        return f1_score(gold, predicted, average="macro")
    return entity_f1(gold, predicted, average="macro")


def finished_runs(store: Store, dataset: str, role: str) -> list[Record]:
    wanted = {"dataset": dataset, "role": role}.items()
    return [record for record in store.records() if record.status == "finished" and wanted <= record.tags.items()]


def main(uri: str, suite: str, dataset: str, place: str, *options: str) -> None:
    folder = Path(place)
    folder.mkdir(parents=True, exist_ok=True)
    before = open_store(uri, create=False)
    [teacher] = finished_runs(before, dataset, "teacher")
    per_word = suite == "sequence_labeling"
    write_reversed(before.download(teacher.run_id, TEACHER_MODEL, folder / "kept"), folder / "reversed", per_word)
    after = f"sqlite:///{folder / 'mlflow.db'}"
    given = ("--suite", suite, "-d", dataset, "--teacher", str(folder / "reversed"), "--no-latency")
    run.main([*given, "--tracking-uri", after, "--out", str(folder / "results"), *options])
    [as_is] = finished_runs(open_store(after), dataset, "teacher")
    lines = open_store(after).download(as_is.run_id, PREDICTIONS, folder).read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    theirs = answers(folder / "reversed", [row["text"] for row in rows], per_word)
    f1 = independent_f1([row["gold"] for row in rows], theirs)
    n_equal = sum(row["predicted"] == answer for row, answer in zip(rows, theirs, strict=True))
    f1s = (teacher.metrics["test_f1"], as_is.metrics["test_f1"], f1)
    print("teacher fine-tuned here {:.4f}, as is {:.4f}, pipeline {:.4f}".format(*f1s))
    print(f"equal answers {n_equal} of {len(rows)} ({n_equal / len(rows):.1%})")
    scores = {record.name: record.metrics["test_f1"] for record in finished_runs(before, dataset, "train")}
    for student in finished_runs(open_store(after), dataset, "train"):
        f1s = (scores.get(student.name, float("nan")), student.metrics["test_f1"])
        print(student.name, "of the fine-tuned teacher {:.4f}, of the teacher as is {:.4f}".format(*f1s))


if __name__ == "__main__":
    main(*sys.argv[1:])
