"""Built-in suites, and FILE.yml: what it may say and what it is answered."""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.core.errors import DataError, InputError, UnknownNameError
from benchmark.core.spec import TASKS, Task
from benchmark.data.catalogue import DATASETS, SUITES
from benchmark.data.corpus import load_corpus
from benchmark.data.entry import SPLITS, Suite, TeacherEntry
from benchmark.data.suite_schema import DatasetSection, SuiteSection
from benchmark.data.suites import load_suite

SUITE_KEYS, DATASET_KEYS = (tuple(section.model_fields) for section in (SuiteSection, DatasetSection))

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
NER = "task: sequence_labeling\ndatasets:\n  contracts_ner: {train: a.conll, validation: a.conll, test: a.conll}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of data files, beside a folder `models/my-bert`."""
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "cache"))
    (tmp_path / "models" / "my-bert").mkdir(parents=True)
    home = tmp_path / "home"
    home.mkdir()
    for name in ("train", "dev", "test"):
        (home / f"{name}.csv").write_text("id,text,category\n1,saya,x\n2,kamu,y\n3,dia,y\n")
    (home / "plain.tsv").write_text("saya\tx\nkamu\ty\n")
    (home / "a.conll").write_text("Budi\tB-PER\npergi\tO\n")
    (home / "a.tsv").write_text("Budi\tB-PER\npergi\tO\n")
    (home / "a.txt").write_text("Budi\tB-PER\npergi\tO\n")
    (home / "sentences.tsv").write_text("words\tner\nBudi pergi\tB-PER O\n")
    (home / "a.jsonl").write_text('{"tokens": ["Budi", "pergi"], "tags": ["B-PER", "O"]}\n')
    (home / "tickets.txt").write_text("halo\n")
    return home


def load(folder: Path, content: str, name: str = "suite.yml") -> Suite:
    (folder / name).write_text(content, encoding="utf-8")
    return load_suite(str(folder / name), "quickstart")


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


def dataset(fields: str, task: str = "classification") -> str:
    return f"task: {task}\ndatasets:\n  d: {{{fields}}}\n"


ALL = "train: train.csv, validation: dev.csv, test: test.csv"

BAD: dict[str, tuple[str, str]] = {
    "no mapping": ("- a\n- b\n", "a suite file is a mapping with name, task"),
    "empty": ("", "holds None"),
    "broken YAML": ("name: [", "is not valid YAML: .* at line 1, column 8"),
    "key twice": ("task: classification\ntask: classification\n", "key 'task' occurs twice"),
    "data set twice": (dataset(ALL) + f"  d: {{{ALL}}}\n", "key 'd' occurs twice"),
    "odd YAML": ("!!timestamp x", "is not valid YAML"),
    "control character": ("name: \x01", "is not valid YAML"),
    "unknown key": (f"{dataset(ALL)}teachr: x", "Unknown key in .*'teachr'. Did you mean 'teacher'"),
    "key is a number": (f"{dataset(ALL)}1: x", "Unknown key in .*'1'"),
    "unknown data set key": (dataset(f"{ALL}, lable: x"), "data set 'd': 'lable'. Did you mean 'label'"),
    "no task": (f"datasets: {{d: {{{ALL}}}}}", "`task` is missing"),
    "unknown task": (dataset(ALL, "clasification"), "Unknown task .*Did you mean 'classification'"),
    "task is a list": (dataset(ALL, "[a]"), "Unknown task"),
    "no data sets": ("task: classification\n", "`datasets` is missing"),
    "data sets are a list": ("task: classification\ndatasets: [a]\n", "`datasets` is .'a'."),
    "data set is a file": (
        "task: classification\ndatasets: {d: train.csv}\n",
        "data set 'd' is 'train.csv'; give its files",
    ),
    "name climbs out": (f"name: ../x\n{dataset(ALL)}", "'../x' cannot name a folder.*as in 'x'"),
    "name with spaces": (f"name: Support Desk\n{dataset(ALL)}", "as in 'Support_Desk'"),
    "name is a number": (f"name: 2020\n{dataset(ALL)}", "`name` is 2020; a text is needed, in quotes if it is"),
    "name is built in": (f"name: classification\n{dataset(ALL)}", "the name of a built-in suite"),
    "data set climbs out": (f"task: classification\ndatasets: {{../d: {{{ALL}}}}}", "'../d' cannot name a folder"),
    "data set is a date": (f"task: classification\ndatasets: {{2020-01-01: {{{ALL}}}}}", "a text is needed"),
    "data set is called no": (
        f"task: classification\ndatasets: {{no: {{{ALL}}}}}",
        "is False; a text is needed",
    ),
    "labels are yes and no": (
        dataset(f"{ALL}, labels: [yes, no]"),
        "`labels` is True; a list of class",
    ),
    "label twice": (
        dataset("test: test.csv, unlabeled: train.csv, labels: ['a', 'b', 'a']"),
        "data set 'd': `labels` has 'a' twice",
    ),
    "no such user": (
        dataset(ALL.replace("train.csv", "~no-such-user/train.csv")),
        "no file '.*~no-such-user/tr",
    ),
    "no test": (dataset("train: train.csv, validation: dev.csv"), "data set 'd': `test` is missing"),
    "no validation": (dataset("train: train.csv, test: test.csv"), "either `validation: FILE` or `validation_fraction"),
    "both": (dataset(f"{ALL}, validation_fraction: 0.1"), "not 2 of them"),
    "fraction too big": (
        dataset("train: train.csv, test: test.csv, validation_fraction: 10"),
        "is 10; a number between",
    ),
    "fraction is text": (
        dataset("train: train.csv, test: test.csv, validation_fraction: x"),
        "is 'x'; a number between",
    ),
    "fraction is NaN": (dataset("train: train.csv, test: test.csv, validation_fraction: .nan"), "is nan; a number"),
    "train is a list": (dataset(f"{ALL.replace('train.csv', '[train.csv]')}"), "`train` is .'train.csv'.; a text"),
    "missing file": (dataset(ALL.replace("train.csv", "no.csv")), "no file '.*no.csv'. Paths are relative"),
    "file is a folder": (dataset(ALL.replace("train.csv", "../models")), "no file"),
    "file name too long": (dataset(ALL.replace("train.csv", "x" * 5000)), "no file"),
    "unknown ending": (dataset(ALL.replace("train.csv", "tickets.txt")), "Add `format:` csv, tsv"),
    "unknown format": (dataset(f"{ALL}, format: josnl"), "Unknown format .*Did you mean 'jsonl'"),
    "format is a list": (dataset(f"{ALL}, format: [csv]"), "Unknown format"),
    "conll of texts": (dataset(ALL.replace("train.csv", "a.conll")), "is conll, a format of tagged words"),
    "text is true": (dataset(f"{ALL}, text: yes"), "`text` is True; a column name .in quotes"),
    "label is negative": (dataset(f"{ALL}, text: 0, label: -1"), "`label` is -1"),
    "name and position": (dataset(f"{ALL}, text: text, label: 1"), "`text` is 'text' and `label` is 1; give both"),
    "one position": (dataset(f"{ALL}, text: 0"), "`text` is 0 and `label` is None; give both"),
    "missing unlabelled": (f"{dataset(ALL)}unlabeled: [none.txt]", "no file '.*none.txt'"),
    "unlabelled number": (f"{dataset(ALL)}unlabeled: [1]", "`unlabeled` is 1; a text is needed"),
    "teacher is a number": (f"{dataset(ALL)}teacher: 1", "`teacher` is 1; a text is needed"),
    "teacher without a path": (f"{dataset(ALL)}teacher: {{as_is: true}}", "line 4: `path` is missing"),
    "unknown key of the teacher": (f"{dataset(ALL)}teacher: {{path: x, asis: true}}", "'asis'. Did you mean 'as_is'"),
    "as_is is a word": (f"{dataset(ALL)}teacher: {{path: x, as_is: maybe}}", "`as_is` is 'maybe'; true or false"),
    "map of numbers": (f"{dataset(ALL)}teacher: {{path: x, labels: {{a: 1}}}}", "`labels` is 1; the data's label"),
    "map from numbers": (f"{dataset(ALL)}teacher: {{path: x, labels: {{0: a}}}}", "`labels` is 0; the data's label"),
    "map is a list": (f"{dataset(ALL)}teacher: {{path: x, labels: [a]}}", "`labels` is .'a'.; the data's label"),
    "very long number": (f"{dataset(ALL)}teacher: 0x{'f' * 9000}", "`teacher` is a very long number"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_file_gets_one_clear_error(folder: Path, case: str) -> None:
    content, message = BAD[case]
    with pytest.raises(InputError, match=message) as caught:
        load(folder, content)
    assert len(str(caught.value)) < 700 or "too long" in case


def test_wrong_column_is_found_at_reading(folder: Path) -> None:
    entry = load(folder, dataset(f"{ALL}, label: categories")).entries["d"]
    with pytest.raises(UnknownNameError, match=r"column of d: .*train\.csv: 'categories'. Did you mean 'category'"):
        load_corpus(entry)


def test_suite_file_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.yml' does not exist"):
        load_suite(str(tmp_path / "none.yml"), "quickstart")


def test_suite_file_that_is_a_folder_or_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "folder.yml").mkdir()
    with pytest.raises(DataError, match="cannot be read"):
        load_suite(str(tmp_path / "folder.yml"), "quickstart")
    (tmp_path / "latin.yml").write_bytes(b"name: caf\xe9\n")
    with pytest.raises(InputError, match="is not valid YAML"):
        load_suite(str(tmp_path / "latin.yml"), "quickstart")


def test_a_bomb_of_aliases_is_answered_at_once(folder: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    with pytest.raises(UnknownNameError, match="'a0'"):
        load(folder, "\n".join(lines))
    nested = "\n  ".join(["task: classification\ndatasets:", *lines])
    with pytest.raises(InputError, match="data set 'a0' is"):
        load(folder, nested)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["train.csv", *TASKS]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*SUITE_KEYS, *DATASET_KEYS]) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.binary(max_size=40).map(lambda junk: b"task: classification\ndatasets: " + junk)
    | st.dictionaries(st.sampled_from(SUITE_KEYS), VALUES, max_size=5).map(
        lambda value: repr(value).encode("utf-8", "replace")
    )
    | VALUES.map(lambda value: f"task: classification\ndatasets: {{d: {value!r}}}".encode("utf-8", "replace"))
)
def test_any_content_is_a_suite_or_one_clear_error(content: bytes) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "suite.yml").write_bytes(content)
        with suppress(InputError):
            assert load_suite(str(folder / "suite.yml"), "quickstart").entries
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("name", "remedy"), [("all.json", r"\.to_json\(NAME, orient="), ("all.parquet", "`hub: FOLDER`")]
)
def test_a_file_of_another_format_is_refused_with_its_conversion(folder: Path, name: str, remedy: str) -> None:
    (folder / name).write_text("[]")
    with pytest.raises(InputError, match=f"the ending of '{name}' does not tell its format.*{remedy}"):
        load(folder, dataset(ALL.replace("train.csv", name)))
