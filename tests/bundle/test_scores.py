"""Scores of bundles: calibrated probabilities, and labels that are left open below a score."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmark.bundle import Bundle, BundleError
from benchmark.bundle.scores import probabilities
from benchmark.core.errors import InputError
from benchmark.predict import main
from tests.support.bundles import edit, make_bundle, manifest_of

SAD = 1 / (1 + np.exp(-0.5))
"""Softmax of the logits (0, 1) at temperature 2."""


@pytest.fixture
def classifier(tmp_path: Path) -> Path:
    return make_bundle(tmp_path / "classifier", temperature=2.0)


@pytest.fixture
def tagger(tmp_path: Path) -> Path:
    return make_bundle(tmp_path / "tagger", "sequence_labeling", temperature=2.0)


def without_scores(folder: Path) -> Path:
    """A bundle as older versions wrote it."""
    manifest = {name: value for name, value in manifest_of(folder).items() if name not in ("temperature", "digest")}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_logits_are_divided_by_the_temperature() -> None:
    logits = np.array([[0.0, 1.0, 2.0], [1000.0, 0.0, -1000.0]], dtype=np.float32)
    powers = np.exp([0.0, 0.5, 1.0])
    assert probabilities(logits, 2.0) == pytest.approx(np.array([powers / powers.sum(), [1, 0, 0]]))


def test_each_label_has_a_probability(classifier: Path) -> None:
    [answers] = Bundle.load(classifier).predict(["Sedih"], scores=True)
    assert answers == {
        "text": "Sedih",
        "label": "sad",
        "score": pytest.approx(SAD),
        "scores": pytest.approx({"happy": 1 - SAD, "sad": SAD}),
    }


def test_each_word_has_the_score_of_its_tag(tagger: Path) -> None:
    answers = Bundle.load(tagger).predict(["Budi  di", ["Budi", "\u200b"], ""], scores=True)
    score = pytest.approx(1 / (1 + 2 * np.exp(-0.5)))
    none: dict[str, list[object]] = {"entities": []}
    assert answers == [
        {"text": "Budi  di", "words": ["Budi", "di"], "tags": ["B-PERSON", "O"], "scores": [score, score]} | none,
        {"text": "Budi \u200b", "words": ["Budi", "\u200b"], "tags": ["B-PERSON", "O"], "scores": [score, 0.0]} | none,
        {"text": "", "words": [], "tags": [], "scores": []} | none,
    ]


def test_a_label_below_the_minimum_is_left_open(classifier: Path, tagger: Path) -> None:
    bundle = Bundle.load(classifier)
    assert bundle.predict(["sedih"], min_score=SAD - 1e-6) == ["sad"]
    assert bundle.predict(["sedih"], min_score=SAD + 1e-6) == [None]
    [answers] = bundle.predict(["sedih"], scores=True, min_score=0.9)
    assert (answers["label"], answers["score"]) == (None, pytest.approx(SAD))
    assert Bundle.load(tagger).predict([["Budi", "\u200b"]], min_score=0.1) == [["B-PERSON", None]]


@pytest.mark.parametrize("options", [{"scores": True}, {"min_score": 0.5}])
def test_a_bundle_without_temperature_has_no_scores(options: dict[str, float], classifier: Path) -> None:
    bundle = Bundle.load(without_scores(classifier))
    assert bundle.predict(["sedih"]) == ["sad"]
    with pytest.raises(BundleError, match="has no scores: it was exported by a version without calibration"):
        bundle.predict(["sedih"], **options)


@pytest.mark.parametrize("value", [0.0, -1.0, float("inf"), float("nan"), "1", True])
def test_a_temperature_is_a_number_above_0(value: object, classifier: Path) -> None:
    edit(classifier, temperature=value)
    with pytest.raises(BundleError, match="temperature must be a number above 0"):
        Bundle.load(classifier)


def test_the_command_prints_scores_and_leaves_labels_open(
    classifier: Path, tagger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([str(classifier), "sedih", "--scores"])
    main([str(classifier), "sedih", "--min-score", "0.9"])
    main([str(tagger), "budi", "--min-score", "0.9"])
    scored, *others = map(json.loads, capsys.readouterr().out.splitlines())
    assert scored == Bundle.load(classifier).predict(["sedih"], scores=True)[0]
    assert others == [{"text": "sedih", "label": None}, {"text": "budi", "words": ["budi"], "tags": [None]}]


def test_the_command_says_that_a_bundle_has_no_scores(classifier: Path) -> None:
    with pytest.raises(InputError, match="has no scores"):
        main([str(without_scores(classifier)), "sedih", "--scores"])


@pytest.mark.parametrize("bound", ["-0.1", "1.1", "nan", "half"])
def test_a_minimum_is_a_number_from_0_to_1(bound: str, classifier: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([str(classifier), "sedih", f"--min-score={bound}"])
    assert "is not a number from 0 to 1" in capsys.readouterr().err
