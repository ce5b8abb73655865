"""The names of metrics: callers say `test_f1`, MLflow keeps `score/test_f1` so that its charts are grouped."""

import re

GROUPED: dict[str, str] = {
    "valid_f1": "score/valid_f1",
    "test_f1": "score/test_f1",
    "teacher_test_f1": "score/teacher_test_f1",
    "f1_kept": "score/f1_kept",
    "n_parameters": "size/parameters",
    "n_parameters_non_embedding": "size/parameters_non_embedding",
    "train_seconds": "train/seconds",
    "steps_to_best": "train/steps_to_best",
    "learning_rate": "train/learning_rate",
    "epochs": "train/epochs",
    "sentences_per_second": "train/sentences_per_second",
    "overhead_share": "train/overhead_share",
    "n_texts": "train/texts",
    "label_count_std": "train/label_count_std",
    "onnx_max_logit_gap": "check/onnx_max_logit_gap",
}
FAMILIES = ("latency", "size", "speedup", "throughput", "cost")
"""`latency_onnx_ms` is `latency/onnx_ms`, whatever follows the first word."""
REST = "more"
"""The group of names that belong to no other; a name with a slash is grouped already."""

CHANGED = "store/changed_at_ms"
"""When a server's run was last written to, by the server's clock: of the store, and no figure of the run."""

_COLUMNS = {metric: column for column, metric in GROUPED.items()}
_FORBIDDEN = re.compile(r"[^\w\-. :/]|:(?=x[0-9a-f]+:)", re.ASCII)
"""What MLflow refuses, and a colon that would be read as the start of an escape."""
_ESCAPED = re.compile(r":x([0-9a-f]+):")


def metric_name(column: str) -> str:
    """The grouped name of a column; characters that MLflow refuses are written as `:x40:`."""
    return _FORBIDDEN.sub(lambda match: f":x{ord(match[0]):x}:", _grouped(column))


def column_name(metric: str) -> str:
    """The inverse of `metric_name`."""
    plain = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), metric)
    if plain in _COLUMNS:
        return _COLUMNS[plain]
    group, _, rest = plain.partition("/")
    if group in FAMILIES and "/" not in rest:
        return f"{group}_{rest}"
    return rest if group == REST else plain


def _grouped(column: str) -> str:
    if column in GROUPED or "/" in column:
        return GROUPED.get(column, column)
    family, _, rest = column.partition("_")
    return f"{family}/{rest}" if family in FAMILIES and rest else f"{REST}/{column}"
