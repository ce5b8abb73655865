"""No command prints or stores the password of an address."""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

from benchmark.cli.command import run_command
from benchmark.core.errors import BAD_INPUT, DONE
from tests.support.mlflow_server import Server
from tracking import without_password

PASSWORD = "s3cret"
UNUSABLE = [
    f"{scheme}user:{PASSWORD}@127.0.0.1:9/db"
    for scheme in ("http://", "postgresql+psycopg2://", "postgres://", "ftp://", "HTTP://", "https//", "http:/")
]
COMMANDS = {
    "run": ("run", "--suite", "classification", "-s", "cnn", "-x", "vanilla", "--tracking-uri"),
    "tune": (
        "tune",
        "--suite",
        "classification",
        "-s",
        "cnn",
        "-x",
        "vanilla",
        "-d",
        "smalltalk_demo",
        "--tracking-uri",
    ),
    "storage": ("tune", "--suite", "classification", "-s", "cnn", "-x", "vanilla", "-d", "smalltalk_demo", "--storage"),
    "study": ("study", "losses", "--tracking-uri"),
    "latency": ("latency", "--suite", "classification", "--tracking-uri"),
    "report": ("report", "--suite", "classification", "--tracking-uri"),
    "list": ("list", "runs", "--tracking-uri"),
    "merge": ("merge",),
}

Typed = Callable[..., int]


@pytest.fixture
def typed(tiny_teacher: Path) -> Typed:
    """Runs a command as typed; returns its exit code."""

    def run(name: str, *arguments: str) -> int:
        main = import_module(f"benchmark.{name}").main
        teacher = ("--teacher", str(tiny_teacher)) if name in ("run", "tune", "study") else ()
        with pytest.raises(SystemExit) as ended:
            run_command(lambda: main([*arguments, *teacher]))
        assert isinstance(ended.value.code, int)
        return ended.value.code

    return run


def written(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("address", UNUSABLE)
@pytest.mark.parametrize("command", COMMANDS)
def test_an_unusable_address(
    command: str, address: str, typed: Typed, desk_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert typed(*COMMANDS[command], address) == BAD_INPUT
    out, err = capfd.readouterr()
    assert "user:***@127.0.0.1" in err
    assert PASSWORD not in out + err
    assert PASSWORD.encode() not in written(desk_folder)


@pytest.mark.parametrize("address", UNUSABLE)
def test_an_unusable_address_in_the_environment_or_in_mlflow_yml(
    address: str, typed: Typed, desk_folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    assert typed("list", "runs") == BAD_INPUT
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    (desk_folder / "mlflow.yml").write_text(f"tracking_uri: {address}\n")
    assert typed("list", "runs") == BAD_INPUT
    out, err = capfd.readouterr()
    assert err.count("user:***@127.0.0.1") >= 2
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
        ("http:/user:pw@host", "http:/user:***@host"),
        ("/data/train.csv: a line with me@home", "/data/train.csv: a line with me@home"),
        ("owner/model@main", "owner/model@main"),
        ("sqlite:////tmp/a@b.db", "sqlite:////tmp/a@b.db"),
        (r"Illegal header value b'Bearer hf_a\x0bb'", "Illegal header value b'Bearer ***'"),
    ],
)
def test_the_mask_of_a_text(text: str, shown: str) -> None:
    assert without_password(text) == shown
