"""What `mlflow models serve` runs: MLflow keeps this file as it stands (models from code, no pickle).

Which object answers is said by the model's configuration, `loader`: `module:Class.method`, called with the folder of
the artifact `model`; what it returns has `predict(list of texts)`.
"""

from functools import reduce
from importlib import import_module
from typing import Any

from mlflow.models.model import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

ARTIFACT, LOADER = "model", "loader"


class TextModel(PythonModel):
    """Texts in, one answer each out."""

    def load_context(self, context: PythonModelContext) -> None:
        module, _, name = context.model_config[LOADER].partition(":")
        load: Any = reduce(getattr, name.split("."), import_module(module))
        self._answers: Any = load(context.artifacts[ARTIFACT])

    def predict(self, context, model_input: list[str], params=None):  # type: ignore[no-untyped-def] # noqa: ARG002
        """MLflow makes the signature of this type hint and answers anything but a list of texts with 400."""
        return self._answers.predict(model_input)


set_model(TextModel())
