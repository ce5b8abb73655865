"""The benchmark's run store: names of a run's files, and the presentation of runs in MLflow's UI."""

from pathlib import Path

from benchmark.core.errors import RunError
from benchmark.core.interrupts import is_interrupted
from benchmark.core.metrics import METRICS
from tracking import Layout, Merge, MetricGroups, Store, StoreError, View

BUNDLE = "bundle"
"""Folder of the served model."""
BASELINE = "baseline"
"""Folder of a baseline, which has no bundle."""
WEIGHTS = "weights.safetensors"
"""A student's weights."""
TEACHER_MODEL = "teacher"
"""Folder of a teacher's model and tokenizer, as `from_pretrained` reads them."""
VARIANTS = "variants"
"""Folder of the INT8 model, which the bundle takes only where it wins."""
PREDICTIONS = "predictions.jsonl"
LABEL_SCORES = "test_f1_per_label.json"
LOGITS = "logits"
"""Folder of a teacher's logits."""
TEXTS = "texts"
"""Folder of generated texts; generation on another machine may give others."""
DATA_TAG = "data_summary"
"""Tag with the summary of a run's data set, as JSON."""

GROUPS = MetricGroups(
    names={metric.name: metric.stored for metric in METRICS},
    prefixes=("latency", "size", "speedup", "throughput", "cost"),
)

VIEW = View(
    name="leaderboard",
    title="What F1 costs",
    # students alone: on an axis with the teacher's costs, theirs would coincide
    filter="tags.role = 'train' AND tags.smoke = 'false' AND metrics.`score/test_f1` > 0",
    tags=("dataset", "student", "setting", "seed"),
    metrics=(
        "score/test_f1",
        "score/f1_kept",
        "size/parameters",
        "size/onnx_mib",
        "latency/onnx_ms",
        "train/seconds",
    ),
    best="score/test_f1",
    parallel=("latency/onnx_ms", "size/onnx_mib", "size/parameters", "score/f1_kept", "score/test_f1"),
    scatter=(("latency/onnx_ms", "score/test_f1"), ("size/parameters", "score/test_f1")),
    bars=("score/test_f1", "latency/onnx_ms"),
)

DESCRIPTION = """Runs of the suite **{suite}**: teachers, students and measurements.

Filter by tags, as `tags.role = 'train' AND tags.smoke = 'false'`; group by `student` and `setting` to average seeds.
`score/test_f1` is F1 in 0..1, `size/*_mib` MiB, `latency/*_ms` milliseconds.
"""

LAYOUT = Layout(groups=GROUPS, view=VIEW, description=DESCRIPTION)


def open_store(uri: str | None = None, *, create: bool = True) -> Store:
    """Opens the store at `uri`, by default the one that the environment or mlflow.yml names; see `Store.open`."""
    return Store.open(uri, layout=LAYOUT, create=create, is_ending=is_interrupted)


def download(store: Store, run_id: str, name: str, path: str, to: Path) -> Path:
    """Copies a file or folder of the finished run `name` into `to`. Raises RunError if the store lacks it."""
    try:
        return store.download(run_id, path, to)
    except StoreError as error:
        raise RunError(
            f"The stored files of {name} cannot be read: {error} Restore the store's artifacts, or run it again with "
            "--force."
        ) from error


def merge_stores(source_uri: str, target_uri: str | None = None) -> Merge:
    """The merge of one store into another, by default the one that `open_store` opens; see `Merge.between`."""
    return Merge.between(source_uri, target_uri, layout=LAYOUT, is_ending=is_interrupted)
