"""Bundles whose INT8 form serves: what they are asked for, and how far their scores are from those of PyTorch."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from benchmark.bundle import Bundle, BundleError, slim
from benchmark.bundle.scores import probabilities
from benchmark.core.errors import InputError
from benchmark.export.bundle_writer import complete_bundle
from benchmark.export.onnx_export import export_onnx
from benchmark.export.variants import quantise
from benchmark.predict import main
from students import build
from tests.support.bundles import MOODS, PIECES, TAGS, WORDS, Lookup, make_bundle

TEMPERATURE = 2.5
FP32_TOLERANCE, INT8_TOLERANCE = 1e-3, 0.05
"""Largest difference of a score from PyTorch's: of INT8 twice what a student of EmoT had."""
MOOD_WORDS = {"senang": 0, "sedih": 1}
PLACES = {"budi": 0, "bandung": 1, "jakarta": 1, "##nya": 0} | dict.fromkeys(("tinggal", "di", "[UNK]"), 2)


class Projected(Lookup):
    """A lookup with a matrix product, which turns to INT8. A piece's own label has a logit of about 4."""

    def __init__(self, answers: dict[str, int], n_labels: int, per_word: bool) -> None:
        super().__init__(answers, n_labels, per_word)
        self.head = nn.Linear(n_labels, n_labels, bias=False)
        with torch.no_grad():
            self.head.weight.copy_(4 * torch.eye(n_labels) + 0.3 * torch.arange(n_labels))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        votes = self.head(self.table(input_ids)) * attention_mask.unsqueeze(-1).float()
        return votes if self.per_word else votes.sum(1)


def int8_bundle(folder: Path, task: str, model: nn.Module, **more: object) -> Path:
    """A bundle of `model` that holds both forms, of which INT8 serves."""
    fp32, int8 = folder.parent / "fp32.onnx", folder.parent / "int8.onnx"
    export_onnx(model, fp32)
    quantise(fp32, int8)
    make_bundle(folder, task, model=fp32, temperature=TEMPERATURE, **more)
    complete_bundle(folder, int8=int8, latency={})
    return folder


@pytest.fixture
def classifier(tmp_path: Path) -> Path:
    return int8_bundle(tmp_path / "classifier", "classification", Projected(MOOD_WORDS, 2, per_word=False))


@pytest.fixture
def tagger(tmp_path: Path) -> Path:
    model = Projected(PLACES, 3, per_word=True)
    return int8_bundle(tmp_path / "tagger", "sequence_labeling", model, metric="entity_f1")


@pytest.mark.parametrize("task", ["classification", "sequence_labeling"])
@pytest.mark.parametrize("name", ["bilstm", "bert_tiny"])
def test_scores_are_the_softmax_of_pytorchs_logits_over_the_temperature(name: str, task: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = build(name, task=task, vocab_size=len(PIECES), n_labels=3, pad_id=0).eval()
    folder = int8_bundle(tmp_path / "bundle", task, model, labels=TAGS)
    rng = random.Random(0)
    texts = [" ".join(rng.choices(WORDS, k=rng.randint(1, 4))) for _ in range(40)]
    fp32, int8 = Bundle.load(folder, int8=False), Bundle.load(folder)
    expected = [_scores_of_pytorch(model, fp32, text) for text in texts]
    gap, int8_gap = (_largest_gap(bundle, texts, expected) for bundle in (fp32, int8))
    assert np.ptp(np.concatenate(expected)) > 10 * FP32_TOLERANCE
    assert gap < FP32_TOLERANCE
    assert gap < int8_gap < INT8_TOLERANCE


def _scores_of_pytorch(model: nn.Module, bundle: Bundle, text: str) -> list[float]:
    """Of all labels, or the highest of each word: every word is one token."""
    ids = torch.tensor([bundle.token_ids(text)])
    with torch.no_grad():
        scores = torch.softmax(model(ids, torch.ones_like(ids))[0] / TEMPERATURE, dim=-1)
    return (scores[1:-1].max(dim=-1).values if bundle.per_word else scores).tolist()


def _largest_gap(bundle: Bundle, texts: list[str], expected: list[list[float]]) -> float:
    answers = bundle.predict(texts, scores=True)
    found = [one["scores"] if bundle.per_word else list(one["scores"].values()) for one in answers]
    return max(float(np.abs(np.subtract(*pair)).max()) for pair in zip(found, expected, strict=True))


def test_a_classifier_gives_scores_and_abstains(classifier: Path) -> None:
    int8, fp32 = Bundle.load(classifier), Bundle.load(classifier, int8=False)
    [answer], [plain] = (bundle.predict(["Sedih"], scores=True) for bundle in (int8, fp32))
    assert (answer["label"], sum(answer["scores"].values())) == ("sad", pytest.approx(1))
    assert answer["scores"] == pytest.approx(plain["scores"], abs=INT8_TOLERANCE)
    score = answer["score"]
    assert int8.predict(["Sedih"], min_score=score - 1e-6) == ["sad"]
    assert int8.predict(["Sedih"], min_score=score + 1e-6) == [None]


def test_a_class_of_a_long_text_has_the_mean_of_its_windows(classifier: Path) -> None:
    bundle = Bundle.load(classifier)
    parts = ["senang senang senang senang", "senang sedih sedih"]  # the windows of the whole
    windows = [one["scores"] for part in parts for one in bundle.predict([part], scores=True)]
    [answer] = bundle.predict(["senang senang senang senang sedih sedih"], scores=True, batch_size=1)
    assert answer["scores"] == pytest.approx({mood: np.mean([w[mood] for w in windows]) for mood in MOODS}, abs=1e-6)


def test_a_tagger_gives_entities_at_their_places(tagger: Path) -> None:
    [answer] = Bundle.load(tagger).predict(["Budi  tinggal di Bandung 😀"], scores=True)
    assert answer["tags"] == ["B-PERSON", "O", "O", "B-PLACE", "O"]
    places = [(one["type"], one["start"], one["end"], one["text"]) for one in answer["entities"]]
    assert places == [("PERSON", 0, 4, "Budi"), ("PLACE", 17, 24, "Bandung")]
    assert [one["score"] for one in answer["entities"]] == [answer["scores"][0], answer["scores"][3]]
    [unsure] = Bundle.load(tagger).predict(["Budi"], scores=True, min_score=0.99)
    assert (unsure["tags"], unsure["entities"]) == ([None], [])


def test_a_tagger_tags_a_text_of_many_windows(tagger: Path) -> None:
    words = ["di", "budi", "tinggal", "jakarta", "bandungnya"] * 40
    [answer] = Bundle.load(tagger).predict([words], scores=True)
    assert answer["tags"] == ["O", "B-PERSON", "O", "B-PLACE", "B-PLACE"] * 40
    assert len(answer["entities"]) == 3 * 40


def test_the_command_answers_in_fp32(classifier: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options in ([], ["--fp32"]):
        main([str(classifier), "sedih", "--scores", *options])
    int8, fp32 = map(json.loads, capsys.readouterr().out.splitlines())
    logits = Projected(MOOD_WORDS, 2, per_word=False).head.weight[:, 1].detach().numpy()
    expected = dict(zip(MOODS, probabilities(logits, TEMPERATURE), strict=True))
    assert fp32["scores"] == pytest.approx(expected, abs=1e-6)
    assert int8["scores"] != pytest.approx(expected, abs=1e-6)


def test_a_slim_bundle_says_that_it_has_no_fp32(classifier: Path, tmp_path: Path) -> None:
    deployed = slim(classifier, tmp_path / "deployed")
    assert Bundle.load(deployed).predict(["sedih"]) == ["sad"]
    with pytest.raises(BundleError, match=r"model.onnx is missing. A slim bundle has the INT8 model alone"):
        Bundle.load(deployed, int8=False)
    with pytest.raises(InputError, match="take the whole bundle of its run"):
        main([str(deployed), "sedih", "--fp32"])


def test_fp32_alone_serves_either_way(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    assert Bundle.load(folder, int8=False).predict(["sedih"]) == Bundle.load(folder).predict(["sedih"]) == ["sad"]
