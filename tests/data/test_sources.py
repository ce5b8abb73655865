"""Bytes from a mirror, from the network (a server of this test's own), and from a user's folder."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmark.core.errors import DataError
from benchmark.data import sources
from benchmark.data.catalogue import DATASETS
from benchmark.data.entry import SPLITS, DataFile, DatasetEntry
from benchmark.data.sources import files_of, is_available, local_entry, read_bytes

CONTENT = b"text,label\nhalo,ya\n"
FILE = DataFile(path="data/train.csv", format="csv", sha256=hashlib.sha256(CONTENT).hexdigest())
ENTRY = DatasetEntry(
    name="tiny",
    task="classification",
    origin="public",
    repository="owner/repo",
    revision="f00d",
    files=dict.fromkeys(SPLITS, FILE),
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (sources.MIRROR, sources.PRIVATE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(sources.CACHE, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    put(tmp_path / "mirror" / "owner/repo/data/train.csv")
    monkeypatch.setenv(sources.MIRROR, str(tmp_path / "mirror"))
    return tmp_path / "mirror"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output clean."""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that stands at the public address."""
    folder = tmp_path / "site"
    put(folder / "owner/repo/f00d/data/train.csv")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    monkeypatch.setattr(sources, "PUBLIC_ADDRESS", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield folder
    server.shutdown()
    server.server_close()


def put(path: Path, content: bytes = CONTENT) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.mark.usefixtures("mirror")
def test_mirror_is_read() -> None:
    assert read_bytes(ENTRY, FILE) == CONTENT


def test_mirror_with_another_content_is_refused(mirror: Path) -> None:
    put(mirror / "owner/repo/data/train.csv", b"other")
    with pytest.raises(DataError, match=f"SHA-256 {hashlib.sha256(b'other').hexdigest()}, expected {FILE.sha256}"):
        read_bytes(ENTRY, FILE)


def test_mirror_without_the_file_never_asks_the_network(mirror: Path, site: Path) -> None:
    assert site.is_dir()
    (mirror / "owner/repo/data/train.csv").unlink()
    with pytest.raises(DataError, match=r"has no owner/repo/data/train\.csv"):
        read_bytes(ENTRY, FILE)


def test_download_is_kept(site: Path, cache: Path) -> None:
    assert read_bytes(ENTRY, FILE) == CONTENT
    (site / "owner/repo/f00d/data/train.csv").unlink()
    assert read_bytes(ENTRY, FILE) == CONTENT
    assert [path.name for path in (cache / "files").rglob("*") if path.is_file()] == ["train.csv"]


@pytest.mark.usefixtures("site")
def test_broken_cache_is_fetched_again(cache: Path) -> None:
    put(cache / "files/owner/repo/f00d/data/train.csv", CONTENT[:5])
    assert read_bytes(ENTRY, FILE) == CONTENT


def test_download_of_another_content_is_refused_and_not_kept(site: Path, cache: Path) -> None:
    put(site / "owner/repo/f00d/data/train.csv", b"other")
    with pytest.raises(DataError, match=r"has SHA-256 \w+, expected"):
        read_bytes(ENTRY, FILE)
    assert not cache.exists()


@pytest.mark.usefixtures("site")
def test_missing_address_names_the_mirror_setting() -> None:
    with pytest.raises(DataError, match=r"none\.csv: File not found.*BENCHMARK_DATA_MIRROR=DIR"):
        read_bytes(ENTRY, replace(FILE, path="data/none.csv"))


def test_no_network_names_the_mirror_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "PUBLIC_ADDRESS", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(DataError, match="BENCHMARK_DATA_MIRROR=DIR"):
        read_bytes(ENTRY, FILE)


@pytest.mark.usefixtures("site")
def test_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "occupied", b"a file where a folder is needed")
    monkeypatch.setenv(sources.CACHE, str(tmp_path / "occupied"))
    with pytest.raises(DataError, match="Set BENCHMARK_CACHE to a writable folder"):
        read_bytes(ENTRY, FILE)


def test_missing_file_of_ones_own(tmp_path: Path) -> None:
    own = DatasetEntry(name="mine", task="classification", origin="own")
    with pytest.raises(DataError, match=r"no\.csv' of data set 'mine' does not exist"):
        read_bytes(own, DataFile(path=str(tmp_path / "no.csv"), format="csv"))
    with pytest.raises(DataError, match="is a folder"):
        read_bytes(own, DataFile(path=str(tmp_path), format="csv"))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("telco", r"telco/train\.csv, .*text,label.*'clinc150'"),
        ("entk", r"entk/train\.conll, .*token TAB tag.*'entity_demo'"),
    ],
)
def test_private_data_set_says_so(name: str, shape: str) -> None:
    assert not is_available(DATASETS[name])
    with pytest.raises(DataError, match=f"private to the paper's authors.*BENCHMARK_PRIVATE_DATA=DIR.*{shape}"):
        files_of(DATASETS[name])


def test_private_data_set_from_ones_own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sources.PRIVATE, str(tmp_path))
    for split in SPLITS:
        put(tmp_path / "telco" / f"{split}.csv")
    assert is_available(DATASETS["telco"])
    assert {file.format for file in files_of(DATASETS["telco"]).values()} == {"csv"}
    assert not is_available(DATASETS["smltk"])


def test_private_data_set_with_a_file_missing_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sources.PRIVATE, str(tmp_path))
    put(tmp_path / "entk" / "train.conll")
    assert is_available(DATASETS["entk"]), "half a data set is an error, not an absent one"
    with pytest.raises(DataError, match=r"provide .*entk/validation\.conll, .*entk/test\.conll \("):
        files_of(DATASETS["entk"])


@pytest.mark.parametrize("place", ["mirror", "site"])
def test_a_public_data_set_is_at_hand_as_files_that_need_neither_mirror_nor_network(
    place: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder: Path = request.getfixturevalue(place)
    monkeypatch.chdir(folder.parent)
    if place == "mirror":
        monkeypatch.setenv(sources.MIRROR, folder.name)
    here = local_entry(ENTRY)
    if place == "mirror":
        monkeypatch.delenv(sources.MIRROR)
    monkeypatch.setattr(sources, "PUBLIC_ADDRESS", "http://127.0.0.1:9")
    assert read_bytes(here, here.files["train"]) == CONTENT
    assert Path(here.files["train"].path).absolute().is_relative_to(folder.parent / ("cache", place)[place == "mirror"])
