"""An ONNX model on the CPU: token ids in, logits out. Needs onnxruntime and numpy alone."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

INPUTS = ("input_ids", "attention_mask")
OUTPUT = "logits"


class OnnxModel:
    """A session with a fixed number of threads.

    Shapes: B sentences, L tokens of the longest, C classes. Raises onnxruntime's error for a file it cannot read.
    """

    def __init__(self, path: Path | str, *, n_threads: int = 1) -> None:
        self.session = onnxruntime.InferenceSession(
            str(path), _session_options(n_threads), providers=["CPUExecutionProvider"]
        )

    @property
    def n_labels(self) -> int:
        """Number of classes, as the file declares it, or from a prediction if the dimension is dynamic."""
        size = self._shape[-1]
        return size if isinstance(size, int) else self.logits(*pad([[0]], 0)).shape[-1]

    @property
    def per_token(self) -> bool:
        """Whether the model labels every token rather than the sentence."""
        return len(self._shape) == 3

    @property
    def _shape(self) -> Sequence[int | str]:
        """Declared shape of the logits, dynamic dimensions by name; that of a prediction if none is declared."""
        return self.session.get_outputs()[0].shape or self.logits(*pad([[0]], 0)).shape

    def logits(self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]) -> NDArray[np.float32]:
        """[B, C] or [B, L, C] of one batch, both inputs [B, L] and right-padded."""
        feed = dict(zip(INPUTS, (input_ids, attention_mask), strict=True))
        output: NDArray[np.float32] = self.session.run([OUTPUT], feed)[0]
        return output

    def predict(
        self, sentences: Sequence[Sequence[int]], *, pad_id: int = 0, batch_size: int = 64
    ) -> list[NDArray[np.float32]]:
        """Logits of each sentence of token ids, in their order: [C], or [tokens of the sentence, C] for tagging.

        Batches are of similar length.
        """
        if len(sentences) == 1:
            return list(self.logits(*pad(sentences, pad_id)))
        order = sorted(range(len(sentences)), key=lambda row: len(sentences[row]))
        predicted: dict[int, NDArray[np.float32]] = {}
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            batch = self.logits(*pad([sentences[row] for row in rows], pad_id))
            for row, logits in zip(rows, batch, strict=True):
                predicted[row] = logits[: len(sentences[row])] if batch.ndim == 3 else logits
        return [predicted[row] for row in range(len(sentences))]


def pad(sentences: Sequence[Sequence[int]], pad_id: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Token ids and attention mask, both [B, L], padded on the right to the longest sentence."""
    if len({len(sentence) for sentence in sentences}) == 1:
        same = np.array(sentences, dtype=np.int64)
        return same, np.ones_like(same)
    longest = max(len(sentence) for sentence in sentences)
    input_ids = np.full((len(sentences), longest), pad_id, dtype=np.int64)
    attention_mask = np.zeros_like(input_ids)
    for row, sentence in enumerate(sentences):
        input_ids[row, : len(sentence)] = sentence
        attention_mask[row, : len(sentence)] = 1
    return input_ids, attention_mask


def _session_options(n_threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = n_threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    # A spinning thread is a little faster and takes the core from the next measurement.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
