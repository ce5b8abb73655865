"""Studies from end to end by the real command, with real models of every class that makes text."""

import csv
from pathlib import Path

import pytest

from benchmark import study
from benchmark.data.augmentation import back_translation
from tests.support.commands import Finished
from tests.support.model_factory import make_fill_mask, make_marian

IN_DOMAIN = "halo kak, bisa bantu aku\nkapan toko buka ya\nmakasih banyak\n"
SMALL = ("-s", "cnn", "--max-epochs", "1", "--limit", "40", "--augmented", "30", "--no-latency")


@pytest.fixture
def means(tmp_path: Path, tiny_teacher: Path) -> tuple[str, ...]:
    there, back = make_marian(tmp_path / "id-en", 0), make_marian(tmp_path / "en-id", 1)
    fill_mask = make_fill_mask(tmp_path / "mask", tiny_teacher)
    (tmp_path / "own.txt").write_text(IN_DOMAIN)
    return ("--translate", there, back, "--fill-mask", fill_mask, "--in-domain", str(tmp_path / "own.txt"))


def read(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "results" / "classification" / "studies" / name / "study.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def options(finished: Finished, *more: str) -> list[str]:
    epochs = ("--teacher-epochs", "1", "--jobs", "1")
    return ["--suite", "classification", "--teacher", finished.arguments[3], *epochs, *SMALL, *more]


def test_the_domain_study_makes_text_in_every_way_and_makes_it_once(
    finished_copy: Finished, means: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert study.main(["domain", *options(finished_copy, *means)]) == 0
    lines = {line["condition"]: line for line in read(finished_copy.folder, "domain")}
    assert list(lines) == ["ulb", "subs", "bt_subs", "in_domain"]
    assert {line["n_seeds"] for line in lines.values()} == {"1"}
    counts = {condition: int(line["n_texts"]) for condition, line in lines.items()}
    assert (counts["ulb"], counts["in_domain"]) == (80, 43)
    assert 40 < min(counts["subs"], counts["bt_subs"]) <= max(counts["subs"], counts["bt_subs"]) <= 70
    assert lines["ulb"]["paper_f1"] == "0.8405"
    monkeypatch.setattr(back_translation.Translator, "translate", None)  # a second translation would fail here
    assert study.main(["domain", *options(finished_copy, *means)]) == 0
    assert study.main(["domain", *options(finished_copy, *means, "--agreed")]) == 0
    runs = finished_copy.store.records("classification")
    agreed = [r.params["setting"] for r in runs if r.tags["role"] == "train" and r.params.get("agreed") == "True"]
    assert sorted(agreed) == ["kd_bt_subs", "kd_subs"]


def test_the_length_study_tells_the_lengths(finished_copy: Finished) -> None:
    assert study.main(["length", *options(finished_copy)]) == 0
    folder = finished_copy.folder / "results" / "classification" / "studies" / "length"
    rows = list(csv.DictReader((folder / "lengths.csv").open(newline="")))
    by_data = {row["data"]: row for row in rows}
    assert list(by_data) == ["labelled", "ulb", "labelled + ulb_min_max", "labelled + ulb_q1_q3"]
    assert float(by_data["labelled + ulb_min_max"]["max"]) <= float(by_data["labelled"]["max"])
    counts = {line["condition"]: line["n_texts"] for line in read(finished_copy.folder, "length")}
    assert counts["ulb_min_max"] == by_data["labelled + ulb_min_max"]["n_texts"]
    assert counts["ulb_q1_q3"] == by_data["labelled + ulb_q1_q3"]["n_texts"]
    assert "(Table 11)" in (folder / "study.md").read_text()
    assert not list(folder.glob("curves.*")), "of study convergence alone"


def test_the_convergence_study_draws_its_curves(finished_copy: Finished) -> None:
    assert study.main(["convergence", *options(finished_copy)]) == 0
    folder = finished_copy.folder / "results" / "classification" / "studies" / "convergence"
    assert {path.name for path in folder.iterdir()} == {
        "study.csv",
        "effects.csv",
        "study.md",
        "curves.png",
        "curves.svg",
    }
    assert "by optimiser steps](curves.png)" in (folder / "study.md").read_text()
