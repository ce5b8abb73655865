"""The teacher in a model card: models of the Hugging Face Hub by their addresses, folders without their paths."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmark.core.hub import HUB_ID
from benchmark.core.spec import ENSEMBLE, TEACHER_SETTINGS, WITH, encoders

HUB = "https://huggingface.co/"
PACKAGE = "package:"
Spec = Mapping[str, Any]
"""The spec in a manifest; those of older bundles lack `teacher_folders`, the teachers that were folders at export."""


def public_manifest(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest with the folders of teachers named without their paths, which are of one machine."""
    text, spec = json.dumps(manifest), manifest["spec"]
    for name in encoders(str(spec.get("teacher", ""))):
        if "/" in name and not is_on_hub(name, spec):
            text = text.replace(json.dumps(name)[1:-1], json.dumps(Path(name).name)[1:-1])
    return dict(json.loads(text))


def is_on_hub(name: str, spec: Spec) -> bool:
    return bool(HUB_ID.fullmatch(name.partition("@")[0])) and name not in spec.get("teacher_folders", ())


def folders(spec: Spec) -> list[str]:
    """Teachers that are folders of the machine that trained the student."""
    names = encoders(str(spec.get("teacher", "")))
    return [name for name in names if name and not name.startswith(PACKAGE) and not is_on_hub(name, spec)]


def base_models(spec: Spec) -> list[str] | None:
    """Teachers on the Hub."""
    names = encoders(str(spec.get("teacher", "")))
    return [name.partition("@")[0] for name in names if is_on_hub(name, spec)] or None


def described(spec: Spec) -> str:
    """The teacher's name, and how it came about."""
    local = folders(spec)
    file, joint, _ = str(spec.get("teacher", "?")).rpartition(WITH)
    names = [f"`{name}`{' (a local folder)' * (name in local)}" for name in encoders(spec.get("teacher", "?"))]
    setting = TEACHER_SETTINGS.get(str(spec.get("teacher_setting", "")), "")
    return (f"`{file}`{joint}" if joint else "") + " + ".join(names) + (f", {setting}" if setting else "")


def licence(spec: Spec) -> str:
    """Where to look for the licence of each teacher; of a folder nothing is known."""
    places = {name: f"see {HUB}{name.partition('@')[0]}" for name in encoders(str(spec.get("teacher", "")))}
    places |= {name: f"unknown ({name} is a local folder)" for name in folders(spec)}
    places |= {name: f"see the package {name.removeprefix(PACKAGE)}" for name in places if name.startswith(PACKAGE)}
    return "; ".join(place for name, place in places.items() if name) or "unknown"


def has_unknown_training(spec: Spec) -> bool:
    """Whether the fine-tuning of an ensemble's teachers is not in the manifest."""
    return spec.get("teacher_setting") == ENSEMBLE and not any(
        str(value) not in ("", "0", "0.0", "None") for value in spec.get("teacher_training", {}).values()
    )
