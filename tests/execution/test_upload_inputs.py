"""What a command reads of its own machine, read on another one: it lacks the files, and shares the store alone."""

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmark.core.run_store import merge_stores, open_store
from benchmark.data.catalogue import DATASETS
from benchmark.data.entry import SPLITS
from benchmark.data.sources import PRIVATE
from benchmark.distillation.training_run import TrainingRun
from benchmark.execution.executors.ray.file_sets import PathResolver
from benchmark.execution.executors.ray.upload_inputs import upload_inputs
from tests.support.uploads import OPTIONS, Elsewhere, data_runs, everything, planned, read
from tracking import Store


def test_a_machine_without_any_of_the_files_reads_the_same(
    suite: str, store: Store, elsewhere: Elsewhere, desk_folder: Path
) -> None:
    suite_data, specs = everything(suite)
    teacher = next(spec for spec in specs if spec.is_teacher)
    here = read(suite_data, teacher)
    weights = (
        TrainingRun(spec=teacher, data=suite_data.encoded_dataset("chat"), device=torch.device("cpu"))
        .build()
        .state_dict()
    )
    away = elsewhere(upload_inputs(suite_data, specs, store), desk_folder)
    assert not desk_folder.exists()
    assert read(away, teacher) == here
    training_run = TrainingRun(
        spec=teacher, data=away.encoded_dataset("chat"), device=torch.device("cpu"), resolve_path=away.resolve_path
    )
    fetched = training_run.build().state_dict()
    assert all(torch.equal(fetched[name], value) for name, value in weights.items() if "classifier" not in name)
    assert len(list((elsewhere.folder / "cache" / "parcels").iterdir())) == 8


def test_what_is_sent_once_is_not_sent_again_until_it_changes(suite: str, store: Store, desk_folder: Path) -> None:
    suite_data, specs = everything(suite)
    upload_inputs(suite_data, specs, store)
    names = ["chat", "unlabeled", "in_domain", "encoder", "vectors", "forward_model", "backward_model", "fill_mask"]
    assert data_runs(store, "chat") == [f"data.{name}" for name in names]
    upload_inputs(suite_data, specs, store)
    assert len(data_runs(store, "chat")) == 8
    (desk_folder / "more.txt").write_text("something else\n")
    upload_inputs(*everything(suite), store)
    assert data_runs(store, "chat")[8:] == ["data.unlabeled"]


def test_only_what_the_runs_read_is_sent(suite: str, store: Store) -> None:
    suite_data, specs = planned("--suite", suite, *OPTIONS, "-x", "vanilla")
    upload_inputs(suite_data, specs, store)
    assert data_runs(store, "chat") == ["data.chat", "data.encoder"]


def test_a_file_of_teacher_outputs_is_sent_beside_a_data_file_of_its_name(
    suite: str, store: Store, elsewhere: Elsewhere, desk_folder: Path
) -> None:
    corpus = planned("--suite", suite)[0].corpus("chat")
    texts, labels = [text for split in SPLITS for text in corpus.texts(split)], corpus.labels
    (desk_folder / "out").mkdir()
    rows = [{"text": text} | {label: 2.0 * n - 1 for n, label in enumerate(labels)} for text in texts]
    with (desk_folder / "out" / "train.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ("text", *labels))
        writer.writeheader()
        writer.writerows(rows)
    outputs = "teacher_outputs: {path: out/train.csv, kind: logits}\n"
    (desk_folder / suite).write_text(outputs + (desk_folder / suite).read_text())
    suite_data, specs = planned("--suite", suite, *OPTIONS, "-x", "kd_ulb_bert")
    here = suite_data.corpus("chat").digest, suite_data.identity("chat")
    away = elsewhere(upload_inputs(suite_data, specs, store), desk_folder)
    assert (away.corpus("chat").digest, away.identity("chat")) == here
    found = away.outputs("chat")
    assert found is not None
    assert all(text in found for text in texts)


def test_every_teacher_of_an_ensemble_is_sent(
    suite: str, store: Store, elsewhere: Elsewhere, desk_folder: Path
) -> None:
    shutil.copytree(desk_folder / "bert", desk_folder / "other")
    (desk_folder / "other" / "added_tokens.json").write_text("{}")
    suite_data, specs = planned("--suite", suite, *OPTIONS, "-x", "vanilla", "--teacher", "bert", "--teacher", "other")
    here = [suite_data.encoder_of(name).identity for name in ("bert", "other")]
    away = elsewhere(upload_inputs(suite_data, specs, store), desk_folder)
    assert [away.encoder_of(name).identity for name in ("bert", "other")] == here
    assert len({*here}) == 2
    assert data_runs(store, "chat") == ["data.chat", "data.encoder", "data.encoder2"]


def test_a_machine_that_has_the_files_in_the_same_place_reads_them_there(
    suite: str, store: Store, elsewhere: Elsewhere, desk_folder: Path
) -> None:
    suite_data, specs = everything(suite)
    away = elsewhere(upload_inputs(suite_data, specs, store))
    assert away.resolve_path("v.vec") == str(desk_folder / "v.vec")
    assert away.resolve_path("bert") == str(desk_folder / "bert")
    assert not (elsewhere.folder / "cache" / "parcels").exists()


def test_a_pool_is_of_the_data_sets_that_the_command_has(
    suite: str, store: Store, elsewhere: Elsewhere, desk_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all of them, whichever are asked for; and of none that the other machine alone has."""
    for name in ("train", "validation", "test"):
        (desk_folder / f"second_{name}.csv").write_text(f"text,label\nsecond {name},a\nother {name},b\n")
    second = "{train: second_train.csv, validation: second_validation.csv, test: second_test.csv}"
    text = (desk_folder / suite).read_text().replace("datasets: {", f"datasets: {{second: {second}, ")
    (desk_folder / suite).write_text(text)
    suite_data, specs = planned("--suite", suite, *OPTIONS, "-d", "chat", "-x", "kd_ulb")
    suite_data.suite = replace(
        suite_data.suite,
        datasets=(*suite_data.suite.datasets, "health"),
        entries={**suite_data.suite.entries, "health": DATASETS["health"]},
    )
    texts = suite_data.pool("chat").texts
    assert "second train" in texts
    away = elsewhere(upload_inputs(suite_data, specs, store), desk_folder)
    for name in ("train", "validation", "test"):
        path = elsewhere.folder / "private" / "health" / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"text,label\nprivate {name},a\nhidden {name},b\n")
    monkeypatch.setenv(PRIVATE, str(elsewhere.folder / "private"))
    assert away.pool("chat").texts == texts


@pytest.mark.parametrize(("name", "change"), [("v.vec", "v.vec"), ("bert", "bert/added_tokens.json")])
def test_other_files_in_the_same_place_are_not_taken_for_the_command_s(
    suite: str, store: Store, elsewhere: Elsewhere, desk_folder: Path, name: str, change: str
) -> None:
    suite_data, specs = everything(suite)
    away = elsewhere(upload_inputs(suite_data, specs, store))
    (desk_folder / change).write_text("{}")
    assert Path(away.resolve_path(name)).is_relative_to(elsewhere.folder)


def test_names_of_nothing_here_stay_what_they_are(store: Store) -> None:
    assert PathResolver(store.uri, {})("indobenchmark/indobert-base-p1@main") == "indobenchmark/indobert-base-p1@main"
    suite_data, specs = planned("--suite", "classification", "--limit", "20", "-s", "cnn", "-x", "kd_ulb")
    away = upload_inputs(suite_data, specs, store)
    assert away.resolve_path(suite_data.teacher) == suite_data.teacher
    assert data_runs(store, "classification") == [], "bundled data and the bundled teacher travel with the code"


def test_private_data_reach_machines_that_were_not_told_their_folder(
    desk_folder: Path, tiny_teacher: Path, store: Store, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    for split in ("train", "validation", "test"):
        path = desk_folder / "private" / "health" / f"{split}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"text,label\nhalo {split},a\nkabar {split},b\n")
    monkeypatch.setenv(PRIVATE, "private")
    options = (
        "--suite",
        "classification",
        "-d",
        "health",
        "--teacher",
        str(tiny_teacher),
        "-s",
        "cnn",
        "-x",
        "vanilla",
    )
    suite_data, specs = planned(*options)
    digest = suite_data.corpus("health").digest
    away = elsewhere(upload_inputs(suite_data, specs, store), desk_folder)
    assert away.why_unavailable("health") == ""
    assert away.corpus("health").digest == digest
    assert data_runs(store, "classification") == ["data.health", "data.encoder"]


def test_what_was_brought_from_another_store_need_not_be_sent(suite: str, store: Store, tmp_path: Path) -> None:
    suite_data, specs = everything(suite)
    upload_inputs(suite_data, specs, store)
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    list(merge_stores(store.uri, other.uri).copy())
    assert len(data_runs(other, "chat")) == 8
    upload_inputs(suite_data, specs, other)
    assert len(data_runs(other, "chat")) == 8
