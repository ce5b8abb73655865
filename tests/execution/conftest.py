"""Another machine, and models of the user's own."""

import csv
import shutil
from pathlib import Path

import pytest

from benchmark.data.sources import PRIVATE
from tests.support.model_factory import make_fill_mask, make_marian, smalltalk
from tests.support.uploads import Elsewhere


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    def enter(folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        monkeypatch.chdir(folder)
        monkeypatch.setenv("BENCHMARK_CACHE", str(folder / "cache"))
        for name in ("BENCHMARK_DATA_MIRROR", PRIVATE):
            monkeypatch.delenv(name, raising=False)

    return Elsewhere(tmp_path / "elsewhere", enter)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, tiny_teacher: Path) -> Path:
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(tiny_teacher, folder / "bert")
    make_marian(folder / "there", seed=0)
    make_marian(folder / "back", seed=1)
    make_fill_mask(folder / "mask", tiny_teacher)
    return folder


@pytest.fixture
def suite(desk_folder: Path, models: Path) -> str:
    """A suite's file with everything of its own, named relative to it."""
    texts = smalltalk()
    splits = {"train": texts[:30], "validation": ["five", "six"], "test": ["three", "four"]}
    for split, some in splits.items():
        with (desk_folder / f"{split}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("text", "label"), *((text, "ab"[i % 2]) for i, text in enumerate(some))])
    (desk_folder / "more.txt").write_text("\n".join(texts[100:140]))
    (desk_folder / "domain.txt").write_text("\n".join(texts[140:150]))
    (desk_folder / "v.vec").write_text("2 4\na 1 2 3 4\nb 4 3 2 1\n")
    shutil.copytree(models, desk_folder, dirs_exist_ok=True)
    files = "{train: train.csv, validation: validation.csv, test: test.csv}"
    text = f"task: classification\nteacher: bert\nunlabeled: [more.txt]\ndatasets: {{chat: {files}}}\n"
    (desk_folder / "chat.yml").write_text(text)
    return "chat.yml"
