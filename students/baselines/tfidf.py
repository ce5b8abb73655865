"""TF-IDF of words and word pairs, and a linear support vector machine, by scikit-learn."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

TERMS, LABELS, WEIGHTS = "terms.json", "labels.json", "weights.safetensors"
VECTORIZER: dict[str, Any] = {"ngram_range": (1, 2), "sublinear_tf": True, "dtype": np.float32}


class TfIdf:
    """A classifier; see `Baseline`."""

    VARIANTS = ({"C": 1.0}, {"C": 0.1}, {"C": 10.0})
    """Inverse strengths of L2 regularisation."""

    @property
    def n_parameters(self) -> int:
        return int(self._classifier.coef_.size + self._classifier.intercept_.size)

    def fit(
        self,
        texts: Sequence[str],
        labels: Sequence[str],
        seed: int,
        scratch: Path,  # noqa: ARG002
        **variant: float,
    ) -> None:
        self._vectorizer = TfidfVectorizer(**VECTORIZER)
        features = self._vectorizer.fit_transform(texts)
        if len(set(labels)) > 1:
            self._classifier = LinearSVC(random_state=seed, **variant).fit(features, labels)
        else:  # a teacher may know one label alone, which scikit-learn refuses
            self._classifier = _classifier(labels[:1], np.zeros((1, features.shape[1])), np.zeros(1))

    def predict(self, texts: Sequence[str], *, batch_size: int = 64) -> list[str]:  # noqa: ARG002
        if not texts:
            return []
        labels: list[str] = self._classifier.predict(self._vectorizer.transform(texts)).tolist()
        return labels

    def save(self, folder: Path) -> None:
        terms: list[str] = self._vectorizer.get_feature_names_out().tolist()
        _write_json(folder / TERMS, terms)
        _write_json(folder / LABELS, self._classifier.classes_.tolist())
        weights = {"idf": self._vectorizer.idf_, "coef": self._classifier.coef_, "bias": self._classifier.intercept_}
        save_file({name: np.ascontiguousarray(w, dtype=np.float32) for name, w in weights.items()}, folder / WEIGHTS)

    def load(self, folder: Path) -> None:
        weights = load_file(folder / WEIGHTS)
        self._vectorizer = TfidfVectorizer(vocabulary=_read_json(folder / TERMS), **VECTORIZER)
        self._vectorizer.idf_ = weights["idf"]
        self._classifier = _classifier(_read_json(folder / LABELS), weights["coef"], weights["bias"])


def _classifier(labels: Sequence[str], coefficients: NDArray[Any], bias: NDArray[Any]) -> LinearSVC:
    """A fitted classifier of these weights [C, F] and [C]; one row for two labels, or for one."""
    made = LinearSVC()
    made.classes_, made.coef_, made.intercept_ = np.array(labels), coefficients, bias
    return made


def _write_json(file: Path, names: list[str]) -> None:
    file.write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")


def _read_json(file: Path) -> list[str]:
    names: list[str] = json.loads(file.read_text(encoding="utf-8"))
    return names
