"""How MLflow is asked to behave: no telemetry, no chatter, no silent loss, no endless waiting.

MLflow reads these variables from the environment, some of them while it is being imported; they are therefore set
when this package is, before any `import mlflow`. What the user has set stays as it is.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

ENVIRONMENT: dict[str, str] = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_TRUNCATE_LONG_VALUES": "false",
    # Waits 2 + 4 + ... + 32 s in all: a server that restarts in the middle of a sweep is waited for.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "5",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}

PROBE: dict[str, str] = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": "6"}
"""For the first question to a server: it answers at once or not at all."""

for _name, _value in ENVIRONMENT.items():
    os.environ.setdefault(_name, _value)


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Sets variables for the length of a `with` block."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
