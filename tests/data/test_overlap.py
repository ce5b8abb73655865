"""Texts of train that are held out too, counted and told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmark.data.corpus import Corpus, load_corpus
from benchmark.data.entry import Split
from benchmark.data.pool import n_shared
from benchmark.data.suites import load_suite
from benchmark.run import main

MakeCorpora = Callable[..., list[Corpus]]


@pytest.fixture
def make_corpora(desk_folder: Path) -> MakeCorpora:
    """Data sets by name, of (train, validation, test): words, each a text."""

    def make(**datasets: tuple[str, str, str]) -> list[Corpus]:
        lines = ["task: classification", "datasets:"]
        for name, texts in datasets.items():
            for split, words in zip(("train", "validation", "test"), texts, strict=True):
                rows = "".join(f"{word},{i % 2}\n" for i, word in enumerate(words.split()))
                (desk_folder / f"{name}_{split}.csv").write_text(f"text,label\n{rows}", encoding="utf-8")
            files = ", ".join(f"{split}: {name}_{split}.csv" for split in ("train", "validation", "test"))
            lines.append(f"  {name}: {{{files}}}")
        (desk_folder / "mine.yml").write_text("\n".join(lines))
        return [load_corpus(entry) for entry in load_suite("mine.yml", "quickstart").entries.values()]

    return make


@pytest.mark.parametrize(("split", "n"), [("validation", 0), ("test", 3)])
def test_every_text_that_train_holds_counts_whatever_its_case(make_corpora: MakeCorpora, split: Split, n: int) -> None:
    [corpus] = make_corpora(one=("a b c a", "v w", "A x b a"))
    assert n_shared(corpus, split, "train") == n


@pytest.mark.parametrize(("test", "shown"), [("a x", True), ("x y", False)])
def test_the_plan_shows_them_once(
    make_corpora: MakeCorpora, tiny_teacher: Path, capfd: pytest.CaptureFixture[str], test: str, shown: bool
) -> None:
    make_corpora(one=("a b c", "v w", test))
    assert main(["--suite", "mine.yml", "--teacher", str(tiny_teacher), "-s", "cnn", "-x", "kd", "--dry-run"]) == 0
    assert capfd.readouterr().out.count("in train too") == shown
