"""Model class of `mlflow models serve`. MLflow stores this file itself (models from code, no pickle).

`loader` in the model's configuration is `module:Class.method`; called with the folder of the artifact `model`, it
returns an object with `predict(list of texts, **params)`.
"""

from functools import reduce
from importlib import import_module
from typing import Any

from mlflow.models.model import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

ARTIFACT, LOADER = "model", "loader"


class TextModel(PythonModel):
    """Takes texts and returns one prediction for each.

    `params` of a request are keyword arguments of the object's `predict`; those that it omits have the default values
    of the signature.
    """

    def load_context(self, context: PythonModelContext) -> None:
        module, _, name = context.model_config[LOADER].partition(":")
        load: Any = reduce(getattr, name.split("."), import_module(module))
        self._model: Any = load(context.artifacts[ARTIFACT])

    def predict(self, context, model_input: list[str], params=None):  # type: ignore[no-untyped-def] # noqa: ARG002
        """MLflow derives the signature from the type hint, and refuses anything but a list of texts (400)."""
        return self._model.predict(model_input, **(params or {}))


set_model(TextModel())
