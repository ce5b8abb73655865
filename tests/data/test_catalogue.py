"""The table of data sets drives the tests: a new row is tested the moment it exists."""

import os
import re
from pathlib import Path

import pytest

from benchmark.data.catalogue import DATASETS
from benchmark.data.corpus import load_corpus
from benchmark.data.entry import SPLITS
from benchmark.data.sources import MIRROR
from benchmark.data.tags import metric_of

needs_mirror = pytest.mark.skipif(not os.environ.get(MIRROR), reason=f"{MIRROR} is not set")

PUBLIC = [name for name, entry in DATASETS.items() if entry.origin == "public"]
BUNDLED = [name for name, entry in DATASETS.items() if entry.origin == "demo"]
PRIVATE = ["smltk", "health", "telco", "entk"]

TABLE_4 = {
    "smltk": (1134, 1280, 1272, 96),
    "health": (57938, 6894, 6897, 5),
    "telco": (11520, 1440, 1440, 144),
    "senta": (3638, 399, 1011, 2),
    "smsa": (11000, 1260, 500, 3),
    "emot": (3521, 440, 440, 5),  # the paper counted 442 test rows; 440 are published
    "entk": (10955, 1250, 1372, 14),
    "terma": (3000, 1000, 1000, 2),  # the paper's 3 classes count O
    "pos": (7222, 802, 2006, 23),
    "nergrit": (1672, 209, 209, 3),  # the paper's 4 classes count O
    "nerp": (6720, 840, 840, 5),
    "posp": (6720, 840, 840, 26),
    "clinc150": (15000, 3000, 4500, 150),
}

FIRST_TEST_ROWS = {
    "senta": ("#Sports Perempuan Golkar Makassar Dibekali Ilmu Keprotokoleran", "1"),
    "smsa": ("kemarin gue datang ke tempat makan baru yang ada di dago atas", "negative"),
    "emot": ("Pixy ini kok lama-lama gemesim yaaaa.", "love"),
    "clinc150": ("how would you say fly in italian", "translate"),
    "terma": ("pelayanan ramah , kamar nyaman", "B-ASPECT B-SENTIMENT O B-ASPECT B-SENTIMENT"),
    "pos": ("Pemerintah AS , pimpinan Presiden", "NNP NNP Z NN NNP"),
    "nergrit": ("Joetata Hadihardaja dan dihadiri oleh", "B-PERSON I-PERSON O O O"),
    "nerp": ("kuasa hukum teamster berasal dari edmonton", "O O B-PPL O O B-PLC"),
    "posp": ("kuasa hukum teamster berasal dari edmonton", "B-NNO B-NNO B-NNP B-VBI B-PPO B-NNP"),
}


pytestmark = [pytest.mark.usefixtures("public_cache"), pytest.mark.xdist_group("public")]


@pytest.mark.parametrize("name", DATASETS)
def test_entry_is_complete(name: str) -> None:
    entry = DATASETS[name]
    assert entry.name == name
    assert entry.metric is not None
    assert entry.licence
    assert entry.language in ("id", "en")
    assert entry.description


@pytest.mark.parametrize("name", TABLE_4)
def test_declared_counts_are_those_of_table_4(name: str) -> None:
    entry = DATASETS[name]
    assert (*entry.n_rows.values(), entry.n_classes) == TABLE_4[name]


@pytest.mark.parametrize("name", PUBLIC)
def test_public_entry_is_pinned(name: str) -> None:
    entry = DATASETS[name]
    assert re.fullmatch(r"[0-9a-f]{40}", entry.revision)
    assert entry.labels
    assert entry.metric == metric_of(entry.task, entry.labels)
    for split in SPLITS:
        assert re.fullmatch(r"[0-9a-f]{64}", entry.files[split].sha256)
        assert "masked" not in entry.files[split].path


def test_private_entries() -> None:
    assert [name for name, entry in DATASETS.items() if entry.private] == PRIVATE
    assert DATASETS["telco"].stand_in == "clinc150"


@pytest.mark.parametrize("name", [*(pytest.param(name, marks=needs_mirror) for name in PUBLIC), *BUNDLED])
def test_data_set_holds_what_is_declared(name: str) -> None:
    entry = DATASETS[name]
    corpus = load_corpus(entry)
    assert {split: len(corpus.splits[split]) for split in SPLITS} == dict(entry.n_rows)
    assert corpus.labels == (entry.labels or corpus.labels)
    assert corpus.metric == metric_of(entry.task, corpus.labels)
    types = (
        {label.partition("-")[2] for label in corpus.labels} - {""} if corpus.metric == "entity_f1" else corpus.labels
    )
    assert len(types) == entry.n_classes
    if entry.origin == "public":
        ids = corpus.splits["train"][:][corpus.label_column]
        used = {i for row in ids for i in (row if isinstance(row, list) else [row])}
        assert used == set(range(len(entry.labels))), "every declared label occurs in train"


@needs_mirror
@pytest.mark.parametrize("name", FIRST_TEST_ROWS)
def test_first_test_row_is_read_as_it_stands(name: str) -> None:
    corpus = load_corpus(DATASETS[name])
    row = corpus.splits["test"][0]
    text, label = FIRST_TEST_ROWS[name]
    if corpus.task == "classification":
        assert row["text"].startswith(text)
        assert corpus.labels[row["label"]] == label
    else:
        n = len(text.split())
        assert row["tokens"][:n] == text.split()
        assert [corpus.labels[i] for i in row["tags"][:n]] == label.split()


@needs_mirror
def test_tokens_with_spaces_stay_whole() -> None:
    tokens = [token for name in ("posp", "nerp") for row in load_corpus(DATASETS[name]).texts("train") for token in row]
    assert sum(" " in token for token in tokens) == 668 * 2


@needs_mirror
def test_no_file_of_the_mirror_goes_unread() -> None:
    mirror = Path(os.environ[MIRROR])
    declared = {f"{e.repository}/{file.path}" for e in DATASETS.values() if e.repository for file in e.files.values()}
    data = {path.relative_to(mirror).as_posix() for path in mirror.glob("*/*/**/*") if path.is_file()}
    assert {path for path in data if "LICENSE" not in path} == declared
