"""A cache of each test's own, data sets in files, and models that rewrite texts."""

from pathlib import Path

import pytest
from transformers import BertForMaskedLM, MarianMTModel

from benchmark.core.spec import Task
from benchmark.data.entry import SPLITS, DataFile, DatasetEntry, Split
from tests.support.entries import TAGGED, TEXTS, MakeEntry
from tests.support.made_once import MadeOnce
from tests.support.model_factory import make_fill_mask, make_marian
from tests.support.rewriting import Calls, count_calls


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def public_cache(made_once: MadeOnce, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of public data sets, which take seconds to read, for all tests of them."""
    monkeypatch.setenv("BENCHMARK_CACHE", str(made_once.root / "public"))


@pytest.fixture
def make_entry(tmp_path: Path) -> MakeEntry:
    """Writes `contents` by split (over the usual ones) and describes them."""

    def make(task: Task = "classification", **contents: str) -> DatasetEntry:
        file_format, usual = ("csv", TEXTS) if task == "classification" else ("conll", TAGGED)
        files: dict[Split, DataFile] = {}
        for split in SPLITS:
            path = tmp_path / f"{split}.{file_format}"
            path.write_text(contents.get(split, usual[split]), encoding="utf-8")
            files[split] = DataFile(path=str(path), format="csv" if task == "classification" else "conll")
        return DatasetEntry(name="mine", task=task, origin="own", files=files)

    return make


@pytest.fixture(scope="session")
def marian(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_marian(tmp_path_factory.mktemp("marian") / "there", seed=0)


@pytest.fixture(scope="session")
def fill_mask(tmp_path_factory: pytest.TempPathFactory, tiny_teacher: Path) -> str:
    return make_fill_mask(tmp_path_factory.mktemp("bert") / "fill-mask", tiny_teacher)


@pytest.fixture
def translations(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return count_calls(monkeypatch, MarianMTModel, "generate")


@pytest.fixture
def fillings(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return count_calls(monkeypatch, BertForMaskedLM, "forward")


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
