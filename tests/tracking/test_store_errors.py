"""Stores that do not answer, are damaged or are missing: one line with a remedy."""

import shutil
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from benchmark.core.run_store import open_store
from tests.support.run_factory import TAGS, AddRun
from tracking import NoStoreError, Store, StoreError, connection


@pytest.mark.parametrize("listens", [True, False])
def test_a_server_that_does_not_answer_fails_quickly(listens: bool) -> None:
    with socket.socket() as quiet:
        quiet.bind(("127.0.0.1", 0))
        if listens:
            quiet.listen()
        start = time.monotonic()
        with pytest.raises(StoreError, match=r"127\.0\.0\.1"):
            open_store(f"http://user:secret@127.0.0.1:{quiet.getsockname()[1]}")
        assert time.monotonic() - start < 12


def test_a_postgresql_that_accepts_and_stays_silent_is_refused(
    silent_postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 1)
    with pytest.raises(StoreError, match=r"timeout expired.*Start this store"):
        open_store(silent_postgresql)


@pytest.mark.parametrize("address", ["sqlite+pysqlite:///x.db", "sqlite://x.db", "sqlite:///", "mysql+pymysql://h/x"])
def test_a_database_whose_locks_are_unknown_is_refused(address: str) -> None:
    with pytest.raises(StoreError, match="Unknown tracking address"):
        open_store(address)


def test_a_server_that_refuses_is_named_without_the_password() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 12\r\nConnection: close\r\n\r\nInvalid Host"

    def serve() -> None:
        connection, _ = server.accept()
        connection.recv(65536)
        connection.sendall(answer)
        connection.close()

    threading.Thread(target=serve, daemon=True).start()
    with pytest.raises(StoreError, match="403") as refused:
        open_store(f"http://user:secret@127.0.0.1:{server.getsockname()[1]}")
    assert "secret" not in str(refused.value)
    server.close()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        open_store(f"sqlite:///{tmp_path / 'file' / 'mlflow.db'}")


def test_a_file_that_is_no_store_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, " * 100)
    with pytest.raises(StoreError, match="not a database"):
        open_store(f"sqlite:///{path}")
    assert path.read_text() == "not a database, " * 100


def replace_bytes(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"emot.cnn", b"emot\xff\x81nn"), (b"0.125", b"\xff\xfe\xfd25"), (b"CREATE TABLE", b"CRE\x81TE TABLE")],
    ids=["name", "parameter", "schema"],
)
def test_a_damaged_store_is_one_line_with_a_remedy(store: Store, tmp_path: Path, old: bytes, new: bytes) -> None:
    store.begin("emo", "emot.cnn", tags=TAGS, params={"rate": 0.125}).finish({"test_f1": 0.25})
    path = tmp_path / "copy.db"
    shutil.copy(tmp_path / "mlflow.db", path)
    replace_bytes(path, old, new)
    with pytest.raises(StoreError, match=r"copy\.db is damaged: .*\. Restore a copy of it") as refused:
        open_store(f"sqlite:///{path}", create=False).records()
    assert len(str(refused.value).splitlines()) == 1
    with pytest.raises(StoreError, match=r"copy\.db"):
        open_store(f"sqlite:///{path}").records_of_key("emo", "k")


@pytest.mark.parametrize("seed", range(20))
def test_a_store_with_altered_bytes_is_read_or_refused(
    store: Store, add_run: AddRun, tmp_path: Path, seed: int
) -> None:
    add_run(store, valid_f1=0.5)
    dice, path = Random(seed), tmp_path / "mlflow.db"
    content = bytearray(path.read_bytes())
    for place in dice.sample(range(len(content)), 400):
        content[place] = dice.randrange(256)
    path.write_bytes(content)
    with suppress(StoreError):
        open_store(f"sqlite:///{path}", create=False).records()


def test_a_missing_store_is_not_created_for_a_reader(tmp_path: Path) -> None:
    with pytest.raises(NoStoreError, match="no runs yet"):
        open_store(f"sqlite:///{tmp_path / 'mlflow.db'}", create=False)
    assert list(tmp_path.iterdir()) == []
