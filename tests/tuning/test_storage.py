"""Storages of studies: addresses that are refused, damage, and passwords."""

from pathlib import Path

import pytest

from benchmark.core.errors import InputError, TrackingError
from benchmark.core.run_store import open_store
from benchmark.tuning import storage
from benchmark.tuning.session import Session
from benchmark.tuning.storage import default_address, open_storage
from tests.support.studies import SEARCH, finish_all, joined
from tracking import without_password


def test_the_tracking_store_is_no_storage(store_uri: str) -> None:
    with pytest.raises(InputError, match="tables of another program"):
        open_storage(store_uri)
    assert open_store(store_uri).suites() == []


@pytest.mark.parametrize("name", ["nothing://x", "sqlite", "postgresql+nodriver://h/d", "://"])
def test_an_address_that_is_none_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if "://" in name:
        with pytest.raises(InputError, match="Give an SQLite file"):
            open_storage(name)
    else:
        open_storage(name)  # a journal of that name


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    joined(f"sqlite:///{tmp_path / 'optuna.db'}", 1)
    before = (tmp_path / "optuna.db").read_bytes()
    with pytest.raises(InputError, match="no journal file"):
        open_storage(str(tmp_path / "optuna.db"))
    assert (tmp_path / "optuna.db").read_bytes() == before


def test_a_storage_that_does_not_answer(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database" * 100)
    for address in (f"sqlite:///{tmp_path / 'missing' / 'a.db'}", f"sqlite:///{tmp_path / 'text.db'}"):
        with pytest.raises(TrackingError, match=r"does not answer: .*(unable to open|not a database)"):
            open_storage(address)
    with pytest.raises(TrackingError, match="cannot be written"):
        open_storage(str(tmp_path / "text.db" / "journal.log"))


def test_a_postgresql_that_accepts_and_stays_silent_is_refused(
    silent_postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "CONNECT_SECONDS", 1)
    with pytest.raises(TrackingError, match=r"does not answer: .*timeout expired"):
        open_storage(silent_postgresql)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("optuna.db", b"data set", b"\xff\xfeta set"),
        ("optuna.db", b'"cnn"', b'"cnn_'),
        ("optuna.db", b"CREATE TABLE", b"CRE\x81TE TABLE"),
        ("optuna.log", b"emot", b"\xff\xfemo"),
        ("optuna.log", b'"op_code"', b'"op_c\\de"'),
        ("optuna.log", b'"study_name"', b'"studi_name"'),
    ],
    ids=["text", "JSON", "schema", "journal's text", "journal's JSON", "journal's names"],
)
def test_a_damaged_storage_is_one_line_with_a_remedy(name: str, old: bytes, new: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    address = f"sqlite:///{path}" if name.endswith(".db") else str(path)
    finish_all(joined(address, 2))
    assert old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(TrackingError, match=r"is damaged: .*\. Restore a copy of it") as refused:
        Session.join(address, SEARCH, 2)
    assert len(str(refused.value).splitlines()) == 1


def test_the_default_storage_lies_beside_the_tracking_store() -> None:
    assert default_address("sqlite:////data/runs/mlflow.db?mode=rw") == "sqlite:////data/runs/optuna.db"
    assert default_address("http://host:5000") == "sqlite:///optuna.db"


def test_passwords_are_not_shown() -> None:
    assert without_password("postgresql://me:secret@host/studies") == "postgresql://me:***@host/studies"
    assert without_password("journal.log") == "journal.log"
    assert without_password("http://me@host:80/a:b") == "http://me@host:80/a:b"


@pytest.mark.parametrize(
    "address",
    [
        "postgresql+nodriver://me:secret@host/d",
        "postgresql://me:secret@host:port/d",
        "me:secret@host",
        "https//me:a secret@host",
    ],
)
def test_passwords_are_not_shown_in_errors(address: str) -> None:
    with pytest.raises(InputError) as refused:
        open_storage(address)
    assert "secret" not in str(refused.value)
