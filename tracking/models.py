"""Models that answer from text, kept in MLflow's registry under an alias, ready for `mlflow models serve`."""

import hashlib
import re
import shutil
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracking.registry import Registry

SCRIPT = Path(__file__).with_name("served_model.py")
ARTIFACT, LOADER = "model", "loader"
"""As served_model.py names them, which imports nothing from here: it is kept by itself."""
RUN_TAG, CONTENT_TAG = "run_id", "content"
_FORBIDDEN = re.compile(r"[/:.%\"'\s]+")


@dataclass(frozen=True, kw_only=True)
class TextModel:
    """A folder with what answers, the code that loads it, and what has to be installed beside."""

    folder: Path
    loader: str
    """`module:Class.method`, which takes the folder."""
    code: Mapping[str, Path]
    """Source files by their place under the import path: the model needs no checkout."""
    requirements: Sequence[str]


def publish(registry: "Registry", run_id: str, name: str, alias: str, model: TextModel) -> str:
    """Registers the model of a run as `name@alias` and returns that address; nothing is done where it stands there.

    The alias moves when it is set on another version; earlier versions stay.
    """
    name, content = registered_name(name), _digest(model)
    if registry.published(name, alias) != {RUN_TAG: run_id, CONTENT_TAG: content}:
        with tempfile.TemporaryDirectory() as scratch:
            saved = _save(model, Path(scratch))
            registry.publish(run_id, name, alias, saved, {RUN_TAG: run_id, CONTENT_TAG: content})
    return f"models:/{name}@{alias}"


def registered_name(name: str) -> str:
    """A name that the registry takes."""
    return _FORBIDDEN.sub("-", name).strip("-")


def _save(model: TextModel, scratch: Path) -> Path:
    """As MLflow's folder of a model, in `scratch`."""
    from mlflow.pyfunc import save_model

    for place, source in model.code.items():
        (scratch / "code" / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, scratch / "code" / place)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        save_model(
            str(scratch / "saved"),
            python_model=str(SCRIPT),
            artifacts={ARTIFACT: str(model.folder)},
            model_config={LOADER: model.loader},
            code_paths=[str(path) for path in sorted((scratch / "code").iterdir())],
            pip_requirements=list(model.requirements),
        )
    return scratch / "saved"


def _digest(model: TextModel) -> str:
    """Of all bytes that would be kept."""
    total = hashlib.sha256(repr((model.loader, list(model.requirements))).encode())
    files = {path.name: path for path in model.folder.iterdir()} | dict(model.code) | {SCRIPT.name: SCRIPT}
    for name, path in sorted(files.items()):
        total.update(name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
