"""Stores and files that `benchmark.merge` refuses: nothing is begun."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from benchmark.core.locks import lock_path
from benchmark.core.run_store import merge_stores, open_store
from tests.support.merging import fill, refused
from tests.support.run_factory import AddRun
from tracking import Store, StoreError


@pytest.mark.usefixtures("desk_folder")
def test_a_store_without_its_files_is_refused(
    store: Store, add_run: AddRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(store, add_run, tmp_path, n_runs=1)
    (tmp_path / "alone").mkdir()
    shutil.move(tmp_path / "mlflow.db", tmp_path / "alone" / "mlflow.db")
    shutil.rmtree(tmp_path / "mlartifacts")
    output = refused(f"sqlite:///{tmp_path / 'alone' / 'mlflow.db'}", f"sqlite:///{tmp_path / 'new.db'}", capsys=capsys)
    assert (
        f"None of the runs has files in {tmp_path / 'alone' / 'mlartifacts'} or {tmp_path / 'mlartifacts'}. " in output
    )
    assert open_store(f"sqlite:///{tmp_path / 'new.db'}").records() == [], "nothing is begun"


@pytest.mark.usefixtures("desk_folder")
@pytest.mark.parametrize("beside", ["its own path", "another"])
def test_files_of_another_store_are_not_taken(
    store: Store, other_uri: str, add_run: AddRun, tmp_path: Path, capsys: pytest.CaptureFixture[str], beside: str
) -> None:
    """A store without its files lies beside one that has some, and this may be where it lay on its own machine."""
    fill(store, add_run, tmp_path, n_runs=1)
    shutil.rmtree(tmp_path / "mlartifacts")
    fetched, target = tmp_path / "mlflow.db", open_store(f"sqlite:///{tmp_path / 'here.db'}")
    if beside == "another":
        fetched = Path(shutil.copy(fetched, tmp_path / "other" / "fetched.db"))
        target = open_store(other_uri)
    fill(target, add_run, tmp_path / "own", n_runs=1)
    n_before = len(target.records())
    output = refused(f"sqlite:///{fetched}", target.uri, capsys=capsys)
    assert "None of the runs has files in" in output
    assert str(fetched.parent / "mlartifacts") in output
    assert len(target.records()) == n_before, "nothing is begun"


@pytest.mark.usefixtures("desk_folder")
@pytest.mark.parametrize("named", ["/", "/tmp", "secrets", "link", "linked folder"])
def test_files_outside_a_runs_own_folder_are_not_copied(
    named: str, store: Store, other_uri: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A store that was fetched from elsewhere may name any folder, and hold links to any."""
    run = store.begin("emo", "r", tags={"role": "train", "key": "k"}, params={})
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "id_rsa").write_text("secret")
    run.log_artifacts(secrets, "own")
    run.finish({})
    [own] = tmp_path.rglob("artifacts")
    if named == "link":
        (own / "x").symlink_to(secrets / "id_rsa")
    elif named == "linked folder":
        own.rename(own.with_name("aside"))
        own.symlink_to(secrets)
    else:
        with sqlite3.connect(tmp_path / "mlflow.db") as database:
            database.execute("UPDATE runs SET artifact_uri = ?", [f"file://{secrets if named == 'secrets' else named}"])
    output = refused(store.uri, other_uri, capsys=capsys)
    assert "is a link" in output or "no folder of a run's own" in output
    assert open_store(other_uri).records() == [], "nothing is begun"


def test_stores_that_cannot_be_merged(
    store: Store, desk_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(desk_folder.rglob("*"))
    assert "none.db does not exist" in refused("sqlite:///none.db", store.uri, capsys=capsys)
    assert "cannot be merged into itself" in refused(store.uri, f"{store.uri}", capsys=capsys)
    assert "Unknown tracking address" in refused("somewhere", capsys=capsys)
    assert "Nothing was started" in refused(store.uri, "http://127.0.0.1:9", capsys=capsys)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    assert "cannot be merged into itself" in refused(store.uri, capsys=capsys)
    assert sorted(desk_folder.rglob("*")) == before, "nothing is made"


@pytest.mark.usefixtures("desk_folder")
def test_one_merge_at_a_time(store: Store, other_uri: str, capsys: pytest.CaptureFixture[str]) -> None:
    from filelock import FileLock

    with FileLock(lock_path("merge")):
        assert "Another merge is running" in refused(store.uri, other_uri, capsys=capsys)


@pytest.mark.usefixtures("desk_folder")
def test_an_address_is_shown_without_its_password(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"http://me:\*\*\*@127.0.0.1:9") as failed:
        merge_stores(store.uri, "http://me:secret@127.0.0.1:9")
    assert "secret" not in str(failed.value)
    assert not list(tmp_path.glob("*secret*"))
