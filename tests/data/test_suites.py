"""Built-in suites, and FILE.yml: what it may say."""

from pathlib import Path

import pytest

from benchmark.core.errors import UnknownNameError
from benchmark.core.spec import TASKS, Task
from benchmark.data.catalogue import DATASETS, SUITES
from benchmark.data.corpus import load_corpus
from benchmark.data.entry import SPLITS, TeacherEntry
from benchmark.data.suites import load_suite
from tests.support.suite_files import NER, load

OF_THE_CONTRACT = """
name: support_desk
task: classification
teacher: ../models/my-bert
unlabeled: [tickets.txt]
datasets:
  banking77:
    train: train.csv
    validation: dev.csv
    test: test.csv
    text: text
    label: category
"""


def test_built_in_suites() -> None:
    assert load_suite("classification", "quickstart").datasets == ("smalltalk_demo",)
    assert load_suite("sequence_labeling", "paper").datasets == ("entk", "terma", "pos", "nergrit", "nerp", "posp")


@pytest.mark.parametrize("preset", SUITES)
@pytest.mark.parametrize("task", TASKS)
def test_built_in_suite_offers_every_data_set_of_its_task(task: Task, preset: str) -> None:
    suite = load_suite(task, preset)
    assert set(suite.datasets) <= set(suite.entries)
    assert set(suite.entries) == {name for name, entry in DATASETS.items() if entry.task == task}


@pytest.mark.parametrize(
    ("name", "near"), [("clasification", "classification"), ("sequence_labelling", "sequence_labeling")]
)
def test_unknown_suite_offers_the_nearest(name: str, near: str) -> None:
    with pytest.raises(UnknownNameError, match=f"Did you mean '{near}'"):
        load_suite(name, "quickstart")


def test_suite_of_the_contract(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    suite = load(folder, OF_THE_CONTRACT)
    assert (suite.name, suite.task, suite.datasets) == ("support_desk", "classification", ("banking77",))
    assert suite.teacher is not None
    assert Path(suite.teacher.name).samefile(tmp_path / "models" / "my-bert")
    assert suite.unlabeled == (folder / "tickets.txt",)
    corpus = load_corpus(suite.entries["banking77"])
    assert corpus.labels == ("x", "y")
    assert corpus.splits["train"][:]["text"] == ["saya", "kamu", "dia"]


def test_paths_are_relative_to_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "suite.yml").write_text(OF_THE_CONTRACT)
    monkeypatch.chdir(folder)
    assert len(load_corpus(load_suite("suite.yml", "paper").entries["banking77"]).splits["test"]) == 3


def test_name_defaults_to_the_files(folder: Path) -> None:
    assert load(folder, NER, "my_ner.yaml").name == "my_ner"


@pytest.mark.parametrize("teacher", ["indobenchmark/indobert-base-p1", "bert-base-uncased"])
def test_hub_teacher_stays_a_hub_id(folder: Path, teacher: str) -> None:
    assert load(folder, f"teacher: {teacher}\n{NER}").teacher == TeacherEntry(name=teacher)


def test_missing_teacher_path_stays_beside_the_file(folder: Path) -> None:
    assert load(folder, f"teacher: ./none\n{NER}").teacher == TeacherEntry(name=str(folder / "none"))
    assert load(folder, NER).teacher is None


def test_a_teacher_as_it_is_with_a_map_of_its_labels(folder: Path) -> None:
    mapped = "teacher: {path: owner/model, as_is: true, labels: {LABEL_0: O, LABEL_1: B-PER}}"
    expected = TeacherEntry(name="owner/model", as_is=True, labels={"LABEL_0": "O", "LABEL_1": "B-PER"})
    assert load(folder, f"{mapped}\n{NER}").teacher == expected


@pytest.mark.parametrize(
    "files",
    [
        "{train: a.conll, validation: a.tsv, test: a.jsonl}",
        "{train: a.txt, validation: a.txt, test: a.txt, format: conll}",
        "{train: sentences.tsv, validation: sentences.tsv, test: sentences.tsv, text: words, label: ner}",
        "{train: a.conll, validation: a.conll, test: a.conll, text: 0, label: 1}",
    ],
)
def test_tagging_data_sets(folder: Path, files: str) -> None:
    corpus = load_corpus(load(folder, f"task: sequence_labeling\ndatasets: {{ner: {files}}}").entries["ner"])
    for split in SPLITS:
        assert corpus.splits[split][:] == {"tokens": [["Budi", "pergi"]], "tags": [[1, 0]]}


def test_table_without_header(folder: Path) -> None:
    files = "{train: plain.tsv, validation: plain.tsv, test: plain.tsv, text: 0, label: 1, licence: CC0-1.0}"
    corpus = load_corpus(load(folder, f"task: classification\ndatasets: {{plain: {files}}}").entries["plain"])
    assert corpus.splits["test"][:] == {"text": ["saya", "kamu"], "label": [0, 1]}
    assert corpus.licence == "CC0-1.0"


def test_validation_fraction(folder: Path) -> None:
    files = "{train: train.csv, validation_fraction: 0.3, test: test.csv, label: category}"
    corpus = load_corpus(load(folder, f"task: classification\ndatasets: {{d: {files}}}").entries["d"])
    assert {split: len(corpus.splits[split]) for split in SPLITS} == {"train": 2, "validation": 1, "test": 3}
