"""Data sets of the Hub in a suite file: from folders, and from a server of its API on loopback."""

import json
import os
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from datasets import ClassLabel, Dataset, Features, List, Value
from pyarrow import parquet, table

from benchmark.cli.command import run_command
from benchmark.core.errors import DataError, InputError, UnknownNameError
from benchmark.data.corpus import Corpus, load_corpus
from benchmark.data.suites import load_suite
from tests.support.hub_process import hub_process
from tests.support.hub_server import TOKEN, Hub, hub_server

SUITE = """\
task: {task}
datasets:
  mood: {{hub: {hub}, train: train, validation: validation, test: test, {more}}}
"""
NOWHERE = {"HF_ENDPOINT": "http://127.0.0.1:9"}


def read_and_print(suite: str) -> None:
    """As a command does."""

    def main() -> int:
        corpus = load_corpus(load_suite(suite, "quickstart").entries["mood"])
        print(json.dumps([corpus.labels, list(corpus.texts("test")), corpus.source]))
        return 0

    run_command(main)


def write_dataset(folder: Path, test_labels: tuple[int, ...] = (0, 1)) -> Path:
    """A classification data set whose ClassLabel has its names in another order than the alphabet's."""
    features = Features({"text": Value("string"), "label": ClassLabel(names=["sad", "glad"])})
    texts = ["aku sedih", "aku senang"]
    for split, labels in {"train": (0, 1), "validation": (1, 0), "test": test_labels}.items():
        made = Dataset.from_dict({"text": [f"{text} {split}" for text in texts], "label": list(labels)}, features)
        (folder / "data").mkdir(parents=True, exist_ok=True)
        made.to_parquet(str(folder / "data" / f"{split}-00000-of-00001.parquet"))
    return folder


def write_tagged(folder: Path) -> Path:
    features = Features({"words": List(Value("string")), "ner_tags": List(ClassLabel(names=["O", "B-PER"]))})
    made = Dataset.from_dict({"words": [["Budi", "pergi"]], "ner_tags": [[1, 0]]}, features)
    folder.mkdir()
    for split in ("train", "validation", "test"):
        made.to_parquet(str(folder / f"{split}.parquet"))
    return folder


def write_suite(folder: Path, hub: object, more: str = "", task: str = "classification") -> Path:
    file = folder / "suite.yml"
    file.write_text(SUITE.format(task=task, hub=hub, more=more))
    return file


def read(folder: Path, hub: object, more: str = "", task: str = "classification") -> Corpus:
    return load_corpus(load_suite(str(write_suite(folder, hub, more, task)), "quickstart").entries["mood"])


def test_names_stand_for_the_ids_of_class_labels(tmp_path: Path) -> None:
    write_dataset(tmp_path / "mood")
    corpus = read(tmp_path, "./mood")
    assert set(corpus.labels) == {"sad", "glad"}
    rows = corpus.splits["validation"]
    assert list(rows["text"]) == ["aku sedih validation", "aku senang validation"]
    assert [corpus.labels[label] for label in rows["label"]] == ["glad", "sad"]
    assert corpus.source == "./mood@main"


def test_columns_of_words_and_tags_have_names(tmp_path: Path) -> None:
    write_tagged(tmp_path / "mood")
    corpus = read(tmp_path, "./mood", "text: words, label: ner_tags", "sequence_labeling")
    assert list(corpus.texts("test")) == [["Budi", "pergi"]]
    assert [corpus.labels[tag] for tag in corpus.splits["test"]["tags"][0]] == ["B-PER", "O"]
    assert corpus.metric == "entity_f1"


def test_a_validation_split_is_cut_off(tmp_path: Path) -> None:
    write_dataset(tmp_path / "mood")
    (tmp_path / "suite.yml").write_text(
        "task: classification\ndatasets:\n"
        "  mood: {hub: ./mood, train: train+validation, validation_fraction: 0.5, test: 'test[:1]'}\n"
    )
    corpus = load_corpus(load_suite(str(tmp_path / "suite.yml"), "quickstart").entries["mood"])
    assert {split: len(rows) for split, rows in corpus.splits.items()} == {"train": 2, "validation": 2, "test": 1}


def test_an_edited_folder_is_read_again(tmp_path: Path) -> None:
    file = write_dataset(tmp_path / "mood") / "data" / "test-00000-of-00001.parquet"
    before, time = read(tmp_path, "./mood"), file.stat().st_mtime
    write_dataset(tmp_path / "mood", test_labels=(1, 0))
    os.utime(file, (time, time))
    after = read(tmp_path, "./mood")
    assert (list(before.splits["test"]["label"]), list(after.splits["test"]["label"])) == (
        [before.labels.index("sad"), before.labels.index("glad")],
        [after.labels.index("glad"), after.labels.index("sad")],
    )


@pytest.mark.parametrize(
    ("more", "error", "message"),
    [
        ("label: mood", UnknownNameError, "Unknown column of .*'mood'.*Allowed: label, text"),
        ("config: other", DataError, "split 'train' cannot be read: BuilderConfig 'other' not found"),
        ("format: csv", InputError, "has no `format`, and its columns have names, not positions"),
        ("text: 0, label: 1", InputError, "its columns have names, not positions"),
    ],
)
def test_keys_that_do_not_fit_are_named(more: str, error: type[Exception], message: str, tmp_path: Path) -> None:
    write_dataset(tmp_path / "mood")
    with pytest.raises(error, match=message):
        read(tmp_path, "./mood", more)


def test_a_split_that_does_not_exist_is_named(tmp_path: Path) -> None:
    write_dataset(tmp_path / "mood")
    file = write_suite(tmp_path, "./mood")
    file.write_text(file.read_text().replace("test: test", "test: exam"))
    with pytest.raises(DataError, match="split 'exam' cannot be read: Unknown split \"exam\""):
        load_suite(str(file), "quickstart")


def test_a_test_split_without_labels_is_refused(tmp_path: Path) -> None:
    write_dataset(tmp_path / "mood", test_labels=(-1, -1))
    with pytest.raises(DataError, match=r"split 'test' has a row without a label \(-1\)"):
        read(tmp_path, "./mood")


def test_a_revision_is_of_a_hub(tmp_path: Path) -> None:
    (tmp_path / "suite.yml").write_text(
        "task: classification\ndatasets:\n  mood: {train: a, validation: b, test: c, revision: v1}\n"
    )
    with pytest.raises(InputError, match="belong to `hub: owner/dataset`"):
        load_suite(str(tmp_path / "suite.yml"), "quickstart")


# --- The server -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with hub_server() as server:
        yield server


def ask(folder: Path, hub: Hub, name: str, token: str = "", more: str = "", **variables: str) -> tuple[int, Any]:
    """Exit code, and what was read or said, of a process that reads a suite file."""
    suite = str(write_suite(folder, name, more))
    code, out, said = hub_process(hub, folder / "home", token, variables, read_and_print, suite)
    return code, json.loads(out) if code == 0 else said


def test_a_data_set_of_the_hub_is_read_and_kept(tmp_path: Path, hub: Hub) -> None:
    repository = hub.add("datasets", "owner/mood", write_dataset(tmp_path / "mood"))
    code, (labels, texts, source) = ask(tmp_path, hub, "owner/mood")
    assert (code, sorted(labels), source) == (0, ["glad", "sad"], "owner/mood@main")
    assert texts == ["aku sedih test", "aku senang test"]
    for variables in (NOWHERE, {"HF_HUB_OFFLINE": "1"}):
        assert ask(tmp_path, hub, "owner/mood", **variables) == (0, [labels, texts, source])
    hub.add("datasets", "owner/mood", write_dataset(tmp_path / "mood", test_labels=(1, 1)))
    assert repository.commit != hub.repositories["datasets", "owner/mood"].commit
    assert ask(tmp_path, hub, "owner/mood", more=f"revision: {'0' * 40}")[0] == 2


def test_a_private_data_set_is_read_with_a_token(tmp_path: Path, hub: Hub) -> None:
    hub.add("datasets", "owner/private", write_dataset(tmp_path / "mood"), private=True)
    assert ask(tmp_path, hub, "owner/private", TOKEN)[0] == 0


@pytest.mark.parametrize(
    ("name", "variables", "reason"),
    [
        ("owner/gone", {}, "has no such repository, or a private one"),
        ("owner/closed", {}, "set HF_TOKEN to a token that may read it"),
        ("owner/closed", {"HF_TOKEN": "hf_wrongTokenThatMustNotBePrinted"}, "set HF_TOKEN"),
        ("owner/closed", {"HF_TOKEN": "hf_wrong\x0bToken"}, "HF_TOKEN cannot be sent"),
        ("owner/script", {}, "Dataset scripts are no longer supported"),
        ("owner/gone", NOWHERE, "this machine has no copy, and the Hub (http://127.0.0.1:9) cannot be reached"),
        ("owner/gone", {"HF_HUB_OFFLINE": "1"}, "this machine has no copy, and the Hub"),
        ("no name", {}, "suite.yml"),
    ],
)
def test_data_sets_that_cannot_be_read_are_one_line(
    name: str, variables: dict[str, str], reason: str, tmp_path: Path, hub: Hub
) -> None:
    hub.add("datasets", "owner/closed", write_dataset(tmp_path / "mood"), private=True)
    (tmp_path / "script").mkdir()
    (tmp_path / "script" / "script.py").write_text("raise SystemExit('code of a data set was run')")
    hub.add("datasets", "owner/script", tmp_path / "script")
    code, said = ask(tmp_path, hub, name, **variables)
    assert (code, said.count("\n")) == (2, 1), said
    assert reason in said
    assert "hf_wrong" not in said


@pytest.mark.parametrize("values", [[b"a", b"b"], [date(2020, 1, 1), date(2021, 1, 1)], [Decimal(1), Decimal(2)]])
def test_values_that_are_no_labels_are_one_error(values: list[Any], tmp_path: Path) -> None:
    (tmp_path / "mood").mkdir()
    for split in ("train", "validation", "test"):
        parquet.write_table(table({"text": ["a b", "c d"], "label": values}), tmp_path / "mood" / f"{split}.parquet")
    (tmp_path / "s.yml").write_text(SUITE.format(task="classification", hub="mood", more=""))
    with pytest.raises(DataError, match=r"split 'train' holds .*; strings, whole numbers and lists of them are read"):
        load_suite(str(tmp_path / "s.yml"), "quickstart")
