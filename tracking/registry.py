"""Models that take texts, registered in MLflow under an alias for `mlflow models serve`."""

import hashlib
import re
import shutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tracking.config import URI_VARIABLE, environment
from tracking.scratch import scratch_folder

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from tracking.connection import Connection

SCRIPT = Path(__file__).with_name("served_model.py")
ARTIFACT, LOADER = "model", "loader"
"""As in served_model.py, which is stored by itself and so imports nothing from here."""
RUN_TAG, CONTENT_TAG = "run_id", "content"
_FORBIDDEN = re.compile(r"[/:.%\"']+")
"""Characters that a logged model's name must not have, unlike a registered one's."""


@dataclass(frozen=True, kw_only=True)
class TextModel:
    """A model's files, its code and its requirements."""

    folder: Path
    loader: str
    """`module:Class.method`; called with the folder, it returns an object with `predict(list of texts, **params)`."""
    code: Mapping[str, Path]
    """Source files by path below the import path: a served model needs no checkout."""
    requirements: Sequence[str]
    description: str = ""
    """Markdown that MLflow's UI shows of the version."""
    params: Mapping[str, bool | float] = field(default_factory=dict)
    """Parameters that a request may have, with their default values."""


class Registry:
    """Model registry of the store at `uri`. Methods raise StoreError, with the store's message, and nothing else."""

    def __init__(self, uri: str, mlflow: "MlflowClient", connection: "Connection") -> None:
        self._uri, self._mlflow, self._connection = uri, mlflow, connection

    def publish(self, run_id: str, name: str, alias: str, model: TextModel) -> str:
        """Registers a run's model as `name@alias`, unless it is that already; returns `models:/NAME@ALIAS`.

        The alias moves to the new version; earlier versions stay.
        """
        tags = {RUN_TAG: run_id, CONTENT_TAG: _digest(model)}
        if self._connection.call(lambda: self._tags(name, alias)) != tags:
            with scratch_folder() as scratch:
                self._register(run_id, name, alias, save_model(model, scratch / "saved"), tags)
            self._describe(name, alias, model.description)
        return f"models:/{name}@{alias}"

    def _register(self, run_id: str, name: str, alias: str, saved: Path, tags: dict[str, str]) -> None:
        call = self._connection.call
        experiment = call(lambda: self._mlflow.get_run(run_id)).info.experiment_id
        logged_name = _FORBIDDEN.sub("-", name)
        logged = call(lambda: self._mlflow.create_logged_model(experiment, logged_name, source_run_id=run_id))
        call(lambda: self._mlflow.log_model_artifacts(logged.model_id, str(saved)))
        call(lambda: self._mlflow.finalize_logged_model(logged.model_id, "READY"))
        call(lambda: self._create(name))
        source = f"models:/{logged.model_id}"
        with environment({URI_VARIABLE: self._uri}):  # MLflow looks the source up there, not at the client's address
            version = call(
                lambda: self._mlflow.create_model_version(name, source, run_id, tags=tags, model_id=logged.model_id)
            )
        call(lambda: self._mlflow.set_registered_model_alias(name, alias, version.version))

    def _describe(self, name: str, alias: str, text: str) -> None:
        """Describes the model and the version that has the alias."""
        call = self._connection.call
        version = call(lambda: self._mlflow.get_model_version_by_alias(name, alias)).version
        call(lambda: self._mlflow.update_model_version(name, version, text))
        call(lambda: self._mlflow.update_registered_model(name, text))

    def _tags(self, name: str, alias: str) -> dict[str, str]:
        """Tags of the version that has the alias; empty if there is none."""
        from mlflow.exceptions import MlflowException

        try:
            return dict(self._mlflow.get_model_version_by_alias(name, alias).tags)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return {}
            raise

    def _create(self, name: str) -> None:
        from mlflow.exceptions import MlflowException

        try:
            self._mlflow.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise


def save_model(model: TextModel, folder: Path) -> Path:
    """Writes the model into a new folder, for `mlflow models serve -m FOLDER`."""
    from mlflow import pyfunc
    from mlflow.models import Model, infer_signature

    with warnings.catch_warnings(), scratch_folder() as code:
        warnings.simplefilter("ignore")
        for path, source in model.code.items():
            (code / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, code / path)
        pyfunc.save_model(
            str(folder),
            python_model=str(SCRIPT),
            artifacts={ARTIFACT: str(model.folder)},
            model_config={LOADER: model.loader},
            code_paths=[str(path) for path in sorted(code.iterdir())],
            pip_requirements=list(model.requirements),
        )
        if model.params:
            saved = Model.load(str(folder))
            saved.signature.params = infer_signature("", params=dict(model.params)).params
            saved.save(str(folder / "MLmodel"))
    return folder


def _digest(model: TextModel) -> str:
    total = hashlib.sha256(repr((model.loader, list(model.requirements), sorted(model.params.items()))).encode())
    files = {path.name: path for path in model.folder.iterdir()} | dict(model.code) | {SCRIPT.name: SCRIPT}
    for name, path in sorted(files.items()):
        total.update(name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
