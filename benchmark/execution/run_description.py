"""Tags by which runs are filtered in MLflow, and the description that its UI shows."""

from collections.abc import Mapping

from benchmark.core.spec import AS_IS, ENSEMBLE, FINE_TUNED, FROM_FILE, RunSpec
from benchmark.data.corpus import Corpus
from tracking import NOTE, RunInput


def inputs(spec: RunSpec, corpus: Corpus) -> list[RunInput]:
    """The data sets that a run reads: its splits, and its unlabelled text."""
    rows = {f"{split}_rows": len(texts) for split, texts in corpus.splits.items()}
    profile = rows | {"labels": len(corpus.labels)}
    labelled = RunInput(
        name=spec.dataset, digest=spec.data_digest, context="training", source=corpus.source, profile=profile
    )
    pool = f"{spec.dataset}.{spec.text_source}"
    unlabelled = RunInput(name=pool, digest=spec.pool_digest, context="distillation", source=spec.suite, profile={})
    return [labelled, unlabelled] if spec.pool_digest else [labelled]


def role(spec: RunSpec) -> str:
    """Role of the run in the store."""
    return "teacher" if spec.is_teacher else "train"


def tags(spec: RunSpec, role: str, preset: str, metrics: Mapping[str, float | None] | None = None) -> dict[str, str]:
    """Tags to filter and group runs by, and the note, which begins with the metrics that are known."""
    return {
        NOTE: note(spec, role, metrics or {}),
        "role": role,
        "key": spec.key,
        "preset": preset,
        "dataset": spec.dataset,
        "task": spec.task,
        "student": spec.model,
        "setting": spec.setting,
        "teacher": spec.teacher,
        "seed": str(spec.seed),
        "protocol": spec.protocol,
        "smoke": str(spec.smoke).lower(),
    }


LOSSES: Mapping[str, str] = {
    "hard": "from the labels",
    "mse": "from the teacher's logits (MSE)",
    "kld": "from the teacher's logits (KL divergence)",
}
STARTS: Mapping[str, str] = {
    "fasttext": "; its embeddings start from fastText's",
    "bert": "; its embeddings start from the teacher's",
}
TEACHERS: Mapping[str, str] = {
    FINE_TUNED: "{teacher}, fine-tuned",
    AS_IS: "{teacher}, as it is",
    FROM_FILE: "outputs of {teacher}",
    ENSEMBLE: "the mean of the probabilities of {teacher}",
}
ROLES: Mapping[str, str] = {
    "teacher": "The teacher of **{dataset}**: {how}.",
    "train": "**{student}** on **{dataset}**, `{setting}`: learns {how}. Teacher: {teacher}.",
    "trial": "One learning rate of **{student}** on **{dataset}**, `{setting}`, judged on validation alone.",
    "study": "An Optuna study of the rate of **{student}** on **{dataset}**, `{setting}`; below it, its trials.",
    "inference": "What **{student}** costs on **{dataset}**: medians as metrics, raw samples under Artifacts.",
}
FILES = (
    "\n\n`score/test_f1` is F1 in 0..1, `size/*_mib` MiB, `latency/*_ms` milliseconds, `epoch/*` the curves. Under "
    "Artifacts: `bundle` (what is served), `predictions.jsonl` (every answer on test), `test_f1_per_label.json`."
)


FIGURES: Mapping[str, tuple[str, float, str]] = {
    "F1 on test": ("test_f1", 100, ".2f"),
    "ms per sentence (ONNX)": ("latency_onnx_ms", 1, ".3g"),
    "MiB (ONNX)": ("size_onnx_mib", 1, ".3g"),
    "million parameters": ("n_parameters", 1e-6, ".2f"),
}
"""Title, metric, factor and format of what a description begins with."""


def note(spec: RunSpec, role: str, metrics: Mapping[str, float | None] | None = None) -> str:
    """Description of the run, in Markdown."""
    text = ROLES[role].format(
        dataset=spec.dataset, student=spec.model, setting=spec.setting, teacher=spec.teacher, how=_how(spec)
    )
    text = _figures(metrics or {}) + text
    return text + FILES if role in ("teacher", "train") and spec.has_bundle else text


def _figures(metrics: Mapping[str, float | None]) -> str:
    """A table of one row; empty where nothing is known."""
    known = {title: value * k for title, (name, k, _) in FIGURES.items() if (value := metrics.get(name)) is not None}
    if not known:
        return ""
    cells = [format(value, FIGURES[title][2]) for title, value in known.items()]
    return "\n".join(f"| {' | '.join(line)} |" for line in (known, ["---:"] * len(known), cells)) + "\n\n"


def _how(spec: RunSpec) -> str:
    if spec.is_teacher:
        return TEACHERS[spec.setting].format(teacher=spec.teacher)
    text = ", on unlabelled text too" if spec.unlabeled else ""
    if spec.is_baseline and spec.loss != "hard":
        return f"from the teacher's labels{text}"
    return LOSSES.get(spec.loss, spec.loss) + text + STARTS.get(spec.embeddings, "")
