"""What a store said when it would not do what was asked, in words for people."""

from mlflow.exceptions import MlflowException

from tracking.interface import without_password

ADVICE: dict[int, str] = {
    401: "the server does not know this account (401). Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD to "
    "one that it has.",
    403: "the account may not do this (403). Ask an administrator of the server for the permission.",
}
"""By HTTP status."""
OTHER_NAME = (
    "the server does not answer under this name (403). Use another address of it, or have the name added to its "
    "allowed hosts: SERVER_NAME in its .env."
)


def in_words(error: Exception, or_else: str = "") -> str:
    """What to do where an account or a name was refused; else what the store said, ended by `or_else`."""
    said = _said(error)
    if (status := _status(error)) in ADVICE:
        return OTHER_NAME if "Invalid Host" in said else ADVICE[status]
    return f"{said}{or_else}"


def _status(error: Exception) -> int:
    """HTTP status behind the error; 0 where there is none."""
    if isinstance(error, MlflowException):
        return int(error.get_http_status_code())  # type: ignore[no-untyped-call]
    return int(getattr(getattr(error, "response", None), "status_code", 0))


def _said(error: Exception) -> str:
    """The first lines of what the store said; tracebacks and SQL stay with the chained exception, passwords too."""
    text = str(error).partition("[SQL:")[0].strip() or type(error).__name__
    return without_password(" ".join(text.split()))[:600]
