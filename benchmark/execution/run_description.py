"""What runs are filtered and grouped by in the tracking store."""

from benchmark.core.spec import RunSpec
from benchmark.execution.notes import NOTE, note


def role(spec: RunSpec) -> str:
    """What its run is to the store."""
    return "teacher" if spec.is_teacher else "train"


def tags(spec: RunSpec, role: str, preset: str) -> dict[str, str]:
    """What runs are filtered and grouped by, and their note."""
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
