"""Finished runs, and which of them this machine has not measured."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmark.core.spec import RunSpec, digest
from benchmark.distillation.encoded_dataset import EncodedDataset
from benchmark.measurement.machine import machine_fingerprint
from benchmark.measurement.protocol import BUDGETS, LATENCY_PROTOCOL, Budget
from tracking import Record

QUICK = BUDGETS["quick"]


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A finished run: its spec and its record."""

    spec: RunSpec
    record: Record

    @property
    def key(self) -> str:
        """Of its inference run: the same model on another machine or by another protocol is measured again."""
        return digest([self.record.key, machine_fingerprint(), LATENCY_PROTOCOL])


def unmeasured(finished: Iterable[Finished], records: Iterable[Record], budget: Budget = QUICK) -> list[Finished]:
    """Those without a finished inference run on this machine by this protocol, with this budget or the full one.

    A model trained anew is another one.
    """
    enough = {budget.name, "full"}
    known = {
        (record.key, record.parent)
        for record in records
        if record.tags.get("role") == "inference"
        and record.status == "finished"
        and record.tags.get("latency_budget") in enough
    }
    return [model for model in finished if (model.key, model.record.run_id) not in known]


SEED = 0


@dataclass(frozen=True)
class Sample:
    """Rows of a data set's test split, the same for every model."""

    data: EncodedDataset
    rows: Sequence[int]

    @classmethod
    def of(cls, data: EncodedDataset, n_sentences: int) -> "Sample":
        chosen = np.random.default_rng(SEED).permutation(len(data.encoded("test")))[:n_sentences]
        return cls(data, [int(row) for row in chosen])

    @property
    def token_ids(self) -> list[list[int]]:
        """Ids of each sentence's tokens."""
        encoded = self.data.encoded("test")
        return [encoded.ids[encoded.offsets[row] : encoded.offsets[row + 1]].tolist() for row in self.rows]

    @property
    def texts(self) -> list[str]:
        """The same sentences as a caller has them."""
        return [text if isinstance(text, str) else " ".join(text) for text in self._given]

    def metadata(self) -> Mapping[str, Any]:
        """What milliseconds on it have to be read with."""
        texts = json.dumps(self._given, ensure_ascii=False)
        lengths = self.data.encoded("test").lengths[list(self.rows)]
        return {
            "sample_sha256": hashlib.sha256(texts.encode()).hexdigest(),
            "pieces_quantiles": [float(q) for q in np.percentile(lengths, [0, 25, 50, 75, 100])],
        }

    @property
    def _given(self) -> list[Any]:
        """Strings, or lists of words."""
        texts = self.data.texts("test")
        return [texts[row] for row in self.rows]
