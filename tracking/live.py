"""A run that goes on: its curves, its files, and how it ends."""

import math
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tracking.names import metric_name
from tracking.record import Status

if TYPE_CHECKING:
    from tracking.client import Client

PARAM_LIMIT = 6000
TAG_LIMIT = 8000
"""Characters that MLflow keeps of a value. Longer ones are cut with a mark, and kept whole as a file of the run."""
LONG_VALUES = "long_values"


class ActiveRun:
    """A run that goes on. It counts as finished only once `finish` has returned: its status is the last thing set."""

    def __init__(self, client: "Client", run_id: str, not_before: int = 0) -> None:
        self._client = client
        self._not_before = not_before
        self.run_id = run_id

    def log_epoch(self, epoch: int, metrics: Mapping[str, float | None]) -> None:
        """Adds a point to each of the run's curves: `{"train_loss": 0.7}` is kept as `epoch/train_loss`."""
        grouped = {epoch_name(name): value for name, value in metrics.items()}
        self._client.write_point(self.run_id, grouped_metrics(grouped), epoch)

    def log_artifacts(self, folder: Path, path: str = "") -> None:
        """Copies what is in `folder` into the run's folder `path`."""
        self._client.upload(self.run_id, folder, path)

    def log_texts(self, texts: Mapping[str, str]) -> None:
        """Keeps each text as a file, `long_values/NAME.txt`."""
        if not texts:
            return
        with tempfile.TemporaryDirectory() as folder:
            for name, text in texts.items():
                (Path(folder) / f"{name.replace('/', '_')}.txt").write_text(text, encoding="utf-8")
            self.log_artifacts(Path(folder), LONG_VALUES)

    def finish(self, metrics: Mapping[str, float | None], tags: Mapping[str, str] | None = None) -> None:
        """Writes the final figures by column name (None: not measured), then ends the run as finished."""
        self._end("FINISHED", "finished", tags or {}, grouped_metrics(metrics))

    def skip(self, reason: str) -> None:
        """Ends the run as one that was not to be done, and says why."""
        self._end("FINISHED", "skipped", {"reason": reason})

    def fail(self, reason: str) -> None:
        """Ends the run as failed, and says why."""
        self._end("FAILED", "failed", {"reason": reason})

    def kill(self) -> None:
        """Ends the run as one that was interrupted."""
        self._end("KILLED", "killed", {})

    def cancel(self) -> None:
        """Ends the run as one that is left to another machine."""
        self._end("KILLED", "killed", {"reason": "Another machine had begun it too."})

    def _end(
        self, status: str, word: Status, tags: Mapping[str, str], metrics: Mapping[str, float] | None = None
    ) -> None:
        self._client.pulse.end(self.run_id)
        short, long = shortened({**tags, "status": word}, TAG_LIMIT)
        self.log_texts(long)
        self._client.write(self.run_id, metrics=metrics, tags=short, not_before=self._not_before)
        self._client.end(self.run_id, status)


def epoch_name(name: str) -> str:
    return name if "/" in name else f"epoch/{name}"


def grouped_metrics(columns: Mapping[str, float | None]) -> dict[str, float]:
    """By grouped name. None is left out; MLflow would turn an infinity into a large number, so it is kept as NaN."""
    values = {metric_name(column): float(value) for column, value in columns.items() if value is not None}
    return {name: value if math.isfinite(value) else math.nan for name, value in values.items()}


def plain_texts(params: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in params.items() if value is not None}


def shortened(texts: Mapping[str, str], limit: int) -> tuple[dict[str, str], dict[str, str]]:
    """The texts cut to `limit` characters with a mark, and those that were too long, whole."""
    long = {name: text for name, text in texts.items() if len(text) > limit}
    return {name: _cut(name, text, limit) for name, text in texts.items()}, long


def _cut(name: str, text: str, limit: int) -> str:
    mark = f" [... {len(text)} characters, whole in {LONG_VALUES}/{name}.txt]"
    return text if len(text) <= limit else text[: limit - len(mark)] + mark
