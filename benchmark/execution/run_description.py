"""Tags by which runs are filtered in MLflow, and the description that its UI shows."""

from collections.abc import Mapping

from benchmark.core.spec import AS_IS, ENSEMBLE, FINE_TUNED, FROM_FILE, RunSpec


def role(spec: RunSpec) -> str:
    """Role of the run in the store."""
    return "teacher" if spec.is_teacher else "train"


def tags(spec: RunSpec, role: str, preset: str) -> dict[str, str]:
    """Tags to filter and group runs by, and the note."""
    return {
        NOTE: note(spec, role),
        "role": role,
        "key": spec.key,
        "preset": preset,
        "dataset": spec.dataset,
        "task": spec.task,
        "student": spec.student,
        "setting": spec.setting,
        "teacher": spec.teacher,
        "seed": str(spec.seed),
        "protocol": spec.protocol,
        "smoke": str(spec.smoke).lower(),
    }


NOTE = "mlflow.note.content"
"""The tag that MLflow's UI shows as a run's description, as Markdown."""
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


def note(spec: RunSpec, role: str) -> str:
    """Description of the run, in Markdown."""
    text = ROLES[role].format(
        dataset=spec.dataset, student=spec.student, setting=spec.setting, teacher=spec.teacher, how=_how(spec)
    )
    return text + FILES if role in ("teacher", "train") and spec.has_model else text


def file_set_note(title: str) -> str:
    """Description of a file set's run, in Markdown."""
    return f"Files of **{title}** under Artifacts: machines of a cluster that lack them read them here."


def _how(spec: RunSpec) -> str:
    if spec.is_teacher:
        return TEACHERS[spec.setting].format(teacher=spec.teacher)
    text = ", on unlabelled text too" if spec.unlabeled else ""
    return LOSSES.get(spec.loss, spec.loss) + text + STARTS.get(spec.embeddings, "")
