"""The bundled demonstration sets: as generated, the same everywhere, no leaks, and the shape the paper describes."""

import hashlib
import json
import statistics
from collections import Counter
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest

from benchmark.data.catalogue import DATASETS
from benchmark.data.corpus import load_corpus
from benchmark.data.sources import BUNDLED
from tools import demo_data as demo
from tools.demo_data import intents, spans
from tools.demo_data.__main__ import write
from tools.demo_data.dice import Dice
from tools.demo_data.informal import mistyped
from tools.demo_data.phrases import Phrases, inline, parse

DIGESTS = {
    "smalltalk_demo": "b3209fc01f1b6ef87cb1d8eb2778720c0c5a394c4eaffca9d4f9b762f61c8f3d",
    "entity_demo": "c17f697f431f8ee2ff12ad066ff686c098bbd9a24f8f824730b8dec0b84a09d7",
}
CORPUS_DIGESTS = {
    "smalltalk_demo": "bbf4b6b302266341b21c130ab944049164a5ea0dd4f479577d6132327a66490b",
    "entity_demo": "bf01b2ae7fb3354217ba7a90cd2e50d77bf509297b8837724edf57e31f763cfd",
}
"""They enter the keys of runs."""


@pytest.fixture(scope="module", params=demo.DEMOS)
def made(request: pytest.FixtureRequest) -> demo.Demo[Any, Any]:
    return demo.DEMOS[request.param]()


@pytest.fixture(scope="module")
def smalltalk() -> demo.Demo[str, str]:
    return demo.smalltalk()


@pytest.fixture(scope="module")
def entities() -> demo.Demo[tuple[str, ...], tuple[str, ...]]:
    return demo.entities()


def key(text: str | tuple[str, ...]) -> str:
    return intents.normal(text) if isinstance(text, str) else " ".join(text).lower()


def test_it_is_the_same_on_every_machine(made: demo.Demo[Any, Any]) -> None:
    content = json.dumps([made.labels, made.splits, made.unlabeled], ensure_ascii=False)
    assert hashlib.sha256(content.encode()).hexdigest() == DIGESTS[made.name]


def test_the_shipped_files_are_those_that_the_generator_writes(made: demo.Demo[Any, Any], tmp_path: Path) -> None:
    write(made, tmp_path)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {path.name: path.read_bytes() for path in (BUNDLED / made.name).iterdir()}


def test_the_shipped_files_are_read_as_generated(
    made: demo.Demo[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path))
    corpus = load_corpus(DATASETS[made.name])
    assert corpus.labels == made.labels
    assert corpus.digest == CORPUS_DIGESTS[made.name]
    for split, rows in made.splits.items():
        assert json.dumps(corpus.texts(split)) == json.dumps([text for text, _ in rows])


def test_another_seed_gives_other_text() -> None:
    assert intents.Smalltalk(1).labelled(400) != intents.Smalltalk(2).labelled(400)


def test_sizes(made: demo.Demo[Any, Any]) -> None:
    module = {"smalltalk_demo": intents, "entity_demo": spans}[made.name]
    assert {name: len(rows) for name, rows in made.splits.items()} == module.SPLIT_SIZES
    assert list(made.splits) == ["train", "validation", "test"]
    assert len(made.unlabeled) == module.N_UNLABELED


def test_no_text_stands_twice(made: demo.Demo[Any, Any]) -> None:
    parts = [[key(text) for text, _ in rows] for rows in made.splits.values()] + [[key(t) for t in made.unlabeled]]
    assert all(len(set(part)) == len(part) for part in parts)
    assert not any(set(a) & set(b) for a, b in combinations(parts, 2))


def test_every_split_holds_every_label(made: demo.Demo[Any, Any]) -> None:
    for rows in made.splits.values():
        answers = {tag for _, answer in rows for tag in ((answer,) if isinstance(answer, str) else answer)}
        assert answers <= set(made.labels)
        assert {a for a in made.labels if not a.startswith("I-")} <= answers


def test_small_talk_is_imbalanced(smalltalk: demo.Demo[str, str]) -> None:
    for rows in smalltalk.splits.values():
        counts = Counter(intent for _, intent in rows).most_common()
        assert counts[0][1] > 6 * counts[-1][1]
        assert counts[-1][1] >= intents.FLOOR


def test_small_talk_is_as_short_as_the_papers(smalltalk: demo.Demo[str, str]) -> None:
    lengths = [len(text.split()) for text, _ in smalltalk.splits["train"]]
    assert 3.5 < statistics.mean(lengths) < 6.5
    assert 1.2 < statistics.pstdev(lengths) < 3
    assert min(lengths) == 1
    assert max(lengths) <= intents.MAX_WORDS


def test_unlabelled_text_knows_words_that_train_lacks(smalltalk: demo.Demo[str, str]) -> None:
    train = {word for text, _ in smalltalk.splits["train"] for word in key(text).split()}
    unlabelled = {word for text in smalltalk.unlabeled for word in key(text).split()}
    test = [word for text, _ in smalltalk.splits["test"] for word in key(text).split()]
    unknown = sum(word not in train for word in test) / len(test)
    assert unknown > 0.12
    assert sum(word not in train | unlabelled for word in test) / len(test) < unknown / 2


def test_tags_are_iob2_and_match_their_words(entities: demo.Demo[tuple[str, ...], tuple[str, ...]]) -> None:
    for rows in entities.splits.values():
        for words, tags in rows:
            assert len(words) == len(tags) > 0
            assert all(word and not word.isspace() for word in words)
            for before, tag in pairwise(("O", *tags)):
                assert not tag.startswith("I-") or before[2:] == tag[2:]


def test_there_are_fourteen_types(entities: demo.Demo[tuple[str, ...], tuple[str, ...]]) -> None:
    assert len({tag[2:] for tag in entities.labels if tag != "O"}) == 14


def test_most_names_and_places_of_test_are_new(entities: demo.Demo[tuple[str, ...], tuple[str, ...]]) -> None:
    for name in ("person", "location"):
        trained, tested = (
            {w.lower() for words, tags in entities.splits[s] for w, t in zip(words, tags, strict=True) if t[2:] == name}
            for s in ("train", "test")
        )
        assert len(tested - trained) > 0.4 * len(tested)


def test_patterns() -> None:
    drawn = {Phrases(["<a> (c|d(e|))[ f]"], {"a": "x|y<b>", "b": "1|2"}).draw(Dice(seed)) for seed in range(400)}
    heads, tails = ("x", "y1", "y2"), ("c", "de", "d")
    assert drawn == {f"{head} {tail}{end}" for head in heads for tail in tails for end in ("", " f")}


@pytest.mark.parametrize("pattern", ["(a|b", "a)", "[a", "(a]", "a]"])
def test_unmatched_brackets_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"missing|unexpected"):
        parse(pattern)


def test_an_unknown_word_is_refused() -> None:
    with pytest.raises(KeyError, match="lho"):
        inline("apa <lho>", {})


def test_a_slip_changes_at_most_two_letters() -> None:
    dice = Dice(0)
    slips = {mistyped("cuaca", dice) for _ in range(200)}
    assert len(slips) > 8
    assert all(abs(len(slip) - 5) <= 1 and slip[0] == "c" for slip in slips)
    assert mistyped("gak", dice) == "gak"
