"""Versions of models in MLflow's registry."""

from pathlib import Path

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from tracking.asking import Asker
from tracking.config import URI_VARIABLE
from tracking.environment import environment


class Registry:
    """That of the store at `uri`. Every method raises StoreError, with what the store said, and nothing else."""

    def __init__(self, uri: str, mlflow: MlflowClient, asker: Asker) -> None:
        self._uri, self._mlflow, self._asker = uri, mlflow, asker

    def published(self, name: str, alias: str) -> dict[str, str]:
        """Tags of the version that the alias stands for; empty where there is none."""
        return self._asker.ask(lambda: self._tags(name, alias))

    def publish(self, run_id: str, name: str, alias: str, saved: Path, tags: dict[str, str]) -> None:
        """Keeps the folder `saved` as a model of the run, registers it as a version, and moves the alias there."""
        experiment = self._asker.ask(lambda: self._mlflow.get_run(run_id)).info.experiment_id
        logged = self._asker.ask(lambda: self._mlflow.create_logged_model(experiment, name, source_run_id=run_id))
        self._asker.ask(lambda: self._mlflow.log_model_artifacts(logged.model_id, str(saved)))
        self._asker.ask(lambda: self._mlflow.finalize_logged_model(logged.model_id, "READY"))
        self._asker.ask(lambda: self._registered(name))
        source = f"models:/{logged.model_id}"
        with environment({URI_VARIABLE: self._uri}):  # where the client looks the source up, whatever store is its own
            version = self._asker.ask(
                lambda: self._mlflow.create_model_version(name, source, run_id, tags=tags, model_id=logged.model_id)
            )
        self._asker.ask(lambda: self._mlflow.set_registered_model_alias(name, alias, version.version))

    def _tags(self, name: str, alias: str) -> dict[str, str]:
        try:
            return dict(self._mlflow.get_model_version_by_alias(name, alias).tags)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return {}
            raise

    def _registered(self, name: str) -> None:
        try:
            self._mlflow.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
