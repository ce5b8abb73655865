"""Data sets that a run read, as MLflow shows them under a run's inputs."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracking.config import StoreError

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

DIGEST_CHARACTERS = 36
"""The most that MLflow takes of a digest."""
N_ATTEMPTS = 5


@dataclass(frozen=True, kw_only=True)
class RunInput:
    """A data set: its name, the digest of its content, and what the run read it for, as `training`."""

    name: str
    digest: str
    context: str
    source: str
    """Origin of the data, in words or as an address."""
    profile: Mapping[str, int]
    """Counts, as `{"rows": 3521, "labels": 5}`."""

    def entity(self) -> "DatasetInput":
        """The data set in MLflow's form."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        dataset = Dataset(
            name=self.name,
            digest=self.digest[:DIGEST_CHARACTERS],
            source_type="local",
            source=json.dumps({"uri": self.source}),
            profile=json.dumps(dict(self.profile)),
        )
        return DatasetInput(dataset, [InputTag("mlflow.data.context", self.context)])


def again_if_taken(log: Callable[[], object]) -> None:
    """Calls `log` again where another process has just logged the same new data set, which MLflow refuses."""
    for _ in range(N_ATTEMPTS - 1):
        try:
            log()
        except StoreError as error:
            if "unique" not in str(error).casefold():
                raise
        else:
            return
    log()
