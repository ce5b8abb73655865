"""Files that change, break or are lost between the plan and another machine."""

import shutil
from pathlib import Path

import pytest

from benchmark.core.errors import InputError, RunError
from benchmark.execution.executors.ray import file_sets as file_sets
from benchmark.execution.executors.ray.file_sets import FileSet
from benchmark.execution.executors.ray.upload_inputs import upload_inputs
from tests.support.uploads import OPTIONS, Elsewhere, data_runs, everything, planned
from tracking import Store, StoreError


def test_files_that_are_not_what_was_sent_are_refused(
    suite: str, store: Store, elsewhere: Elsewhere, desk_folder: Path, tmp_path: Path
) -> None:
    suite_data, specs = planned("--suite", suite, *OPTIONS, "-x", "vanilla")
    away = upload_inputs(suite_data, specs, store)
    [kept] = (record for record in store.records("chat") if record.name == "data.chat")
    other = tmp_path / "other"
    other.mkdir()
    (other / "test.csv").write_text("text,label\nforged,a\nforged too,b\n")
    store.add_artifacts(kept.run_id, other)
    away = elsewhere(away, desk_folder)
    with pytest.raises(RunError, match=rf"test.csv of run {kept.run_id} .* Delete that run"):
        away.corpus("chat")
    assert not list((elsewhere.folder / "cache" / "parcels").iterdir())


def test_a_parcel_that_was_broken_in_the_cache_is_fetched_again(
    suite: str, store: Store, elsewhere: Elsewhere, desk_folder: Path
) -> None:
    suite_data, specs = planned("--suite", suite, *OPTIONS, "-x", "vanilla")
    away = elsewhere(upload_inputs(suite_data, specs, store), desk_folder)
    [train] = {file.path for split, file in away.suite.entries["chat"].files.items() if split == "train"}
    fetched = Path(away.resolve_path(train))
    whole = fetched.read_bytes()
    fetched.write_bytes(whole[:-1])
    file_sets._folder.cache_clear()
    assert away.resolve_path(train) == str(fetched)
    assert fetched.read_bytes() == whole


def test_a_store_that_lost_the_files_says_so(
    suite: str, store: Store, elsewhere: Elsewhere, desk_folder: Path, tmp_path: Path
) -> None:
    suite_data, specs = planned("--suite", suite, *OPTIONS, "-x", "vanilla")
    away = elsewhere(upload_inputs(suite_data, specs, store), desk_folder)
    shutil.rmtree(tmp_path / "mlartifacts")
    with pytest.raises(StoreError, match=r"train.csv cannot be read"):
        away.corpus("chat")


def test_what_the_store_lost_is_sent_again(suite: str, store: Store, tmp_path: Path) -> None:
    suite_data, specs = planned("--suite", suite, *OPTIONS, "-x", "vanilla")
    upload_inputs(suite_data, specs, store)
    for path in tmp_path.joinpath("mlartifacts").rglob("test.csv"):
        path.unlink()
    upload_inputs(suite_data, specs, store)
    assert data_runs(store, "chat") == ["data.chat", "data.encoder", "data.chat"]
    upload_inputs(suite_data, specs, store)
    assert len(data_runs(store, "chat")) == 3


def test_a_file_that_changes_while_it_is_sent_is_not_kept(
    suite: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite_data, specs = everything(suite)
    with monkeypatch.context() as changing:
        changing.setattr(FileSet, "is_local", lambda _: False)
        with pytest.raises(InputError, match=r"train.csv, .* changed while it was sent"):
            upload_inputs(suite_data, specs, store)
    assert [record.status for record in store.records("chat")] == ["killed"]
    upload_inputs(suite_data, specs, store)
    assert data_runs(store, "chat")[:2] == ["data.chat", "data.chat"], "what was not kept whole is sent again"


@pytest.mark.parametrize(
    ("path", "text", "what"),
    [
        ("train.csv", "text,label\nseven,a\neight,b\n", "data set 'chat'"),
        ("more.txt", "nine\n", "unlabelled text"),
        ("v.vec", "1 4\na 9 9 9 8\n", "file 'v.vec'"),
        ("bert/added_tokens.json", "{}", "teacher 'bert'"),
    ],
)
def test_what_was_changed_after_the_plan_is_not_learnt_from_under_its_key(
    suite: str, store: Store, elsewhere: Elsewhere, desk_folder: Path, path: str, text: str, what: str
) -> None:
    suite_data, specs = everything(suite)
    by_setting = {spec.setting: spec for spec in specs}
    spec = by_setting["fine_tuned" if path.startswith("bert") else "kd_ulb_fasttext"]
    suite_data.require_unchanged(spec)
    (desk_folder / path).write_text(text)
    away = elsewhere(upload_inputs(suite_data, specs, store), desk_folder)
    with pytest.raises(RunError, match=f"The {what} has changed since the plan was made"):
        away.require_unchanged(spec)


def test_a_file_that_is_gone_ends_the_command_with_a_message(suite: str, store: Store, desk_folder: Path) -> None:
    suite_data, specs = everything(suite)
    (desk_folder / "v.vec").unlink()
    with pytest.raises(InputError, match=r"cannot be sent to the nodes: .*v\.vec"):
        upload_inputs(suite_data, specs, store)
