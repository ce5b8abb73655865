"""No command prints or stores the password of an address."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

from benchmark.cli.command import run_command
from benchmark.core.errors import BAD_INPUT, DONE, SOME_FAILED
from tests.support.mlflow_server import Server
from tracking import without_password

PASSWORD = "s3cret"
HOST = "127.0.0.1:9"
UNUSABLE = (
    *(
        f"{scheme}user:{PASSWORD}@{HOST}/db"
        for scheme in ("http://", "postgresql+psycopg2://", "postgres://", "ftp://", "HTTP://", "https//", "http:/")
    ),
    *(f"{scheme}user:{PASSWORD}@{HOST}" for scheme in ("", "http:", "mysql+pymysql:")),
    *(f"{scheme}user:a/{PASSWORD}@{HOST}" for scheme in ("http://", "https//", "")),
    *(f"{scheme}user:a {PASSWORD}@{HOST}" for scheme in ("http://", "https//", "")),
    f"user:/{PASSWORD}@{HOST}",
    f"postgresql+psycopg2://{HOST}/db?user=user&password={PASSWORD}",
    f"postgresql+psycopg2://{HOST}/db?sslmode=require&sslpassword={PASSWORD}",
)
RUN = ("run", "--suite", "classification", "-s", "cnn", "-x", "vanilla")
TUNE = ("tune", *RUN[1:], "-d", "smalltalk_demo")
COMMANDS = {
    "run": (*RUN, "--tracking-uri"),
    "tune": (*TUNE, "--tracking-uri"),
    "storage": (*TUNE, "--storage"),
    "study": ("study", "losses", "--tracking-uri"),
    "latency": ("latency", "--suite", "classification", "--tracking-uri"),
    "report": ("report", "--suite", "classification", "--tracking-uri"),
    "list": ("list", "runs", "--tracking-uri"),
    "merge from": ("merge",),
    "merge to": ("merge", "sqlite:///mlflow.db"),
    "suite": ("run", "-s", "cnn", "--suite"),
    "teacher": (*RUN, "--teacher"),
    "bundle": ("predict",),
    "pushed bundle": ("push",),
    "topic": ("list",),
    "misspelt option": ("list", "runs", "--traking-uri"),
    "one argument too many": ("report", "--suite", "classification"),
    "value": (*RUN, "--seed"),
    "choice": (*RUN, "--executor"),
}
"""Commands by what the address is given as."""
BEHIND = {"pushed bundle": ("owner/name",)}
"""Arguments behind the address."""

Typed = Callable[..., int]


@pytest.fixture
def typed(tiny_teacher: Path) -> Typed:
    """Runs a command as typed; returns its exit code."""

    def run(name: str, *arguments: str) -> int:
        main = import_module(f"benchmark.{name}").main
        needs_teacher = name in ("run", "tune", "study") and "--teacher" not in arguments
        teacher = ("--teacher", str(tiny_teacher)) if needs_teacher else ()
        return code_of(lambda: main([*teacher, *arguments]))

    return run


def code_of(main: Callable[[], int]) -> int:
    with pytest.raises(SystemExit) as ended:
        run_command(main)
    assert isinstance(ended.value.code, int)
    return ended.value.code


def written(folder: Path) -> bytes:
    """Names and contents of all files."""
    paths = list(folder.rglob("*"))
    return b"".join([str(paths).encode(), *(path.read_bytes() for path in paths if path.is_file())])


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unusable_address(
    command: str, typed: Typed, desk_folder: Path, migrated_db: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(migrated_db, desk_folder / "mlflow.db")
    for address in UNUSABLE:
        assert typed(*COMMANDS[command], address, *BEHIND.get(command, ())) == BAD_INPUT, address
        out, err = capfd.readouterr()
        assert "***" in err, address
        assert PASSWORD not in out + err, address
    assert PASSWORD.encode() not in written(desk_folder.parent)


@pytest.mark.parametrize("address", UNUSABLE)
def test_an_address_in_the_traceback_of_a_bug(address: str, capfd: pytest.CaptureFixture[str]) -> None:
    def main() -> int:
        raise ValueError(f"invalid literal: {address!r}")

    assert code_of(main) == SOME_FAILED
    out, err = capfd.readouterr()
    assert "Traceback" in err
    assert "***" in err
    assert PASSWORD not in out + err


@pytest.mark.parametrize("address", UNUSABLE)
def test_an_unusable_address_in_the_environment_or_in_mlflow_yml(
    address: str, typed: Typed, desk_folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    assert typed("list", "runs") == BAD_INPUT
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    (desk_folder / "mlflow.yml").write_text(f'tracking_uri: "{address}"\n')
    assert typed("list", "runs") == BAD_INPUT
    out, err = capfd.readouterr()
    assert err.count("***") >= 2
    assert PASSWORD not in out + err


@pytest.mark.slow
@pytest.mark.xdist_group("server")
def test_finished_runs_and_their_reports(
    server: Server, typed: Typed, desk_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The server without accounts takes the address with one."""
    address = server.uri.replace("://", f"://user:{PASSWORD}@")
    plan = (*COMMANDS["run"], address, "--limit", "8", "--teacher-epochs", "1", "--max-epochs", "1")
    assert typed(*plan, "--no-latency") == DONE
    assert typed(*COMMANDS["report"], address) == DONE
    assert typed(*COMMANDS["list"], address) == DONE
    assert typed("merge", address, f"sqlite:///{desk_folder / 'copy.db'}") == DONE
    out, err = capfd.readouterr()
    assert "--tracking-uri 'http://user:***@" in out
    assert PASSWORD not in out + err
    with suppress(sqlite3.Error), sqlite3.connect(desk_folder / "copy.db") as database:
        database.execute("VACUUM")
    assert PASSWORD.encode() not in written(desk_folder.parent)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https//user:pw@host/a", "https//user:***@host/a"),
        ("http:/user:pw@host", "http:***@host"),
        ("user:/pw@host", "user:***@host"),
        ("user:pw@host", "user:***@host"),
        ("user:p w@host/db", "user:***@host/db"),
        ("'http:user:pw@host' is none", "'http:***@host' is none"),
        ("//host/db?user=me&password=pw&sslmode=require", "//host/db?user=me&password=***&sslmode=require"),
        ("/data/train.csv: a line with me@home", "/data/train.csv: a line with me@home"),
        ("train.csv:12: a line with me@home", "train.csv:12: a line with me@home"),
        ("hf://owner/model@main", "hf://owner/model@main"),
        ("owner/model@main", "owner/model@main"),
        ("sqlite:////tmp/a@b.db", "sqlite:////tmp/a@b.db"),
        (r"Illegal header value b'Bearer hf_a\x0bb'", "Illegal header value b'Bearer ***'"),
    ],
)
def test_the_mask_of_a_text(text: str, shown: str) -> None:
    assert without_password(text) == shown


def test_a_long_message_is_searched_in_linear_time() -> None:
    """Quadratic, this text would take the better part of an hour."""
    text = "a" * 400_000 + " @ " + "b:" * 10_000
    assert without_password(text) == text
