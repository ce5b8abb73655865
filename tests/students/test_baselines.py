"""Baselines: what they learn, that a stored one is the same, and that odd texts have an answer."""

import json
from pathlib import Path
from typing import Any

import pytest

from students.baselines import Baseline, load_baseline, new_baseline, save_baseline
from students.registry import BASELINES

MOODS = {"happy": ("aku senang", "senang sekali hari ini"), "sad: very": ("aku sedih", "hari ini sedih sekali")}
TAGS = ["B-PERSON", "O", "B-PLACE"]
TAGGED = ((("Budi", "di", "Bandung"), TAGS), (("Ani", "ke", "Jakarta"), TAGS))
ODD = ("", " ", "\n", "#label#1 __label__0", "\u200b", "a" * 5000, "日本", "kata yang belum pernah\nada\x00")


def examples(name: str) -> tuple[list[Any], list[Any]]:
    """Texts and labels that the baseline can learn by heart; a label may hold any character."""
    if BASELINES[name].task == "sequence_labeling":
        return [list(words) for words, _ in TAGGED] * 4, [list(tags) for _, tags in TAGGED] * 4
    pairs = [(text, label) for label, texts in MOODS.items() for text in texts] * 4
    return [text for text, _ in pairs], [label for _, label in pairs]


@pytest.fixture(params=BASELINES)
def name(request: pytest.FixtureRequest) -> str:
    pytest.importorskip(BASELINES[request.param].package)
    return str(request.param)


def fitted(name: str, scratch: Path, seed: int = 0) -> Baseline:
    model = new_baseline(name)
    model.fit(*examples(name), seed, scratch, **model.VARIANTS[0])
    return model


def test_it_learns_and_a_stored_one_is_the_same(name: str, tmp_path: Path) -> None:
    texts, labels = examples(name)
    model = fitted(name, tmp_path)
    assert model.predict(texts) == labels
    save_baseline(model, name, tmp_path / "kept")
    loaded = load_baseline(tmp_path / "kept")
    assert loaded.predict([*texts, *ODD]) == model.predict([*texts, *ODD])
    assert loaded.n_parameters == model.n_parameters > 0


def test_every_text_has_an_answer_and_every_word_a_tag(name: str, tmp_path: Path) -> None:
    model = fitted(name, tmp_path)
    assert model.predict([]) == []
    if BASELINES[name].task == "sequence_labeling":
        assert [len(tags) for tags in model.predict(ODD)] == [len(text.split()) for text in ODD]
        assert model.predict(["Budi di Bandung"]) == model.predict([["Budi", "di", "Bandung"]])
    else:
        assert set(model.predict(ODD)) <= set(MOODS)


def test_one_label_is_learnt_too(name: str, tmp_path: Path) -> None:
    texts, labels = examples(name)
    model = new_baseline(name)
    only = "O" if isinstance(texts[0], list) else labels[0]
    expected = [["O"] * len(text) if isinstance(text, list) else only for text in texts]
    model.fit(texts, expected, 0, tmp_path, **model.VARIANTS[0])
    save_baseline(model, name, tmp_path / "kept")
    assert load_baseline(tmp_path / "kept").predict(texts) == model.predict(texts) == expected


def test_the_same_seed_gives_the_same_model(name: str, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        save_baseline(fitted(name, tmp_path, seed=3), name, tmp_path / folder)
    one, two = ({f.name: f.read_bytes() for f in (tmp_path / folder).iterdir()} for folder in ("one", "two"))
    assert one == two


@pytest.mark.parametrize("damage", ["cut", "changed", "missing"])
def test_a_damaged_file_is_refused_before_a_library_reads_it(name: str, damage: str, tmp_path: Path) -> None:
    save_baseline(fitted(name, tmp_path), name, tmp_path / "kept")
    files = [file for file in (tmp_path / "kept").iterdir() if file.name != "baseline.json"]
    assert files
    for file in files:
        content = file.read_bytes()
        middle = len(content) // 2
        if damage == "missing":
            file.unlink()
        else:
            changed = bytes([content[middle] ^ 1]) + content[middle + 1 :] if damage == "changed" else b""
            file.write_bytes(content[:middle] + changed)
        with pytest.raises(ValueError, match=rf"{file.name} is (missing|not the file that was stored)"):
            load_baseline(tmp_path / "kept")
        file.write_bytes(content)
    load_baseline(tmp_path / "kept")


def test_a_part_of_a_crf_that_was_stored_without_checksums_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("pycrfsuite")
    save_baseline(fitted("crf", tmp_path), "crf", tmp_path / "kept")
    (tmp_path / "kept" / "baseline.json").write_text(json.dumps({"baseline": "crf"}))
    file = tmp_path / "kept" / "model.crfsuite"
    load_baseline(tmp_path / "kept")
    content = file.read_bytes()
    for length in (0, 4, 100, len(content) - 1):
        file.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"model.crfsuite is no CRFsuite model, or a part of one"):
            load_baseline(tmp_path / "kept")


def test_a_folder_of_no_baseline_is_refused(tmp_path: Path) -> None:
    (tmp_path / "baseline.json").write_text(json.dumps({"baseline": "os"}))
    with pytest.raises(ValueError, match="Unknown baseline 'os'"):
        load_baseline(tmp_path)
