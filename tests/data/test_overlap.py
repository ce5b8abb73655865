"""Texts of train that are held out too, counted and told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmark.data.catalogue import load_suite
from benchmark.data.corpus import Corpus, load_corpus
from benchmark.data.entry import Split
from benchmark.data.pool import n_in_train, overlap_line
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
    assert n_in_train(corpus, split) == n


def test_the_line_tells_counts_and_shares_of_those_that_have_some(make_corpora: MakeCorpora) -> None:
    corpora = make_corpora(one=("a b c", "v w", "a x y"), two=("d e", "f g", "h i"), three=("j k", "k j", "j l m n"))
    assert overlap_line(corpora) == (
        "Held-out texts that are in train too: one 1 of 3 in test (33.3%); "
        "three 1 of 4 in test (25.0%), 2 of 2 in validation (100.0%)."
    )
    assert overlap_line(corpora[1:2]) == ""


@pytest.mark.parametrize(("test", "told"), [("a x", True), ("x y", False)])
def test_the_plan_tells_once(
    make_corpora: MakeCorpora, tiny_teacher: Path, capfd: pytest.CaptureFixture[str], test: str, told: bool
) -> None:
    make_corpora(one=("a b c", "v w", test))
    assert main(["--suite", "mine.yml", "--teacher", str(tiny_teacher), "-s", "cnn", "-x", "kd", "--dry-run"]) == 0
    assert capfd.readouterr().out.count("Held-out texts that are in train too: one 1 of 2 in test (50.0%).") == told
