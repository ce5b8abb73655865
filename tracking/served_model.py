"""What `mlflow models serve` runs: MLflow keeps this file as it stands (models from code, no pickle).

Which object answers is said by the model's configuration, `loader`: `module:Class.method`, called with the folder of
the artifact `model`; what it returns has `predict(list of texts)`.
"""

from functools import reduce
from importlib import import_module
from typing import Any

from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext

ARTIFACT, LOADER = "model", "loader"


class TextModel(PythonModel):  # type: ignore[misc]
    """Texts in, one answer each out."""

    def load_context(self, context: PythonModelContext) -> None:
        module, _, name = context.model_config[LOADER].partition(":")
        load = reduce(getattr, name.split("."), import_module(module))
        self._answers: Any = load(context.artifacts[ARTIFACT])

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def] # noqa: ARG002
        """`model_input` is a table of one column; anything but text in it is the caller's fault, answered with 400.

        Without type hints: MLflow would make a schema of its own of them.
        """
        if model_input.shape[1] != 1:
            raise MlflowException.invalid_parameter_value(
                f"One text a row is wanted, not {model_input.shape[1]} columns."
            )
        texts = model_input.iloc[:, 0].tolist()
        wrong = next((text for text in texts if not isinstance(text, str)), None)
        if wrong is not None or None in texts:
            raise MlflowException.invalid_parameter_value(f"Every input has to be a text, not {wrong!r:.60}.")
        return self._answers.predict(texts)


set_model(TextModel())
