"""The benchmark's run store, and the presentation of its runs in MLflow's UI."""

from tracking import Layout, Merge, MetricGroups, Store, View

GROUPS = MetricGroups(
    names={
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
    },
    prefixes=("latency", "size", "speedup", "throughput", "cost"),
)

VIEW = View(
    name="leaderboard",
    title="What F1 costs",
    # students alone: with the teacher's costs on an axis, theirs could not be told apart
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
    parallel=("latency/onnx_ms", "size/parameters", "train/seconds", "score/valid_f1", "score/test_f1"),
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
    return Store.open(uri, layout=LAYOUT, create=create)


def merge_stores(source_uri: str, target_uri: str | None = None) -> Merge:
    """The merge of one store into another, by default the one that `open_store` opens; see `Merge.between`."""
    return Merge.between(source_uri, target_uri, layout=LAYOUT)
