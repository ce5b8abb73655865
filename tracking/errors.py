"""Errors of a run store, and their messages: short, without passwords, with advice where there is some."""

import re


class StoreError(Exception):
    """The store does not answer, cannot be written, or refuses a request."""


class NoStoreError(StoreError):
    """The store does not exist; readers do not create one."""


ADVICE: dict[int, str] = {
    401: "the server does not know this account (401). Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD to "
    "one that it has.",
    403: "this account lacks the permission (403). Ask an administrator of the server for it.",
}
"""Message by HTTP status."""
UNKNOWN_HOST = (
    "the server does not answer under this name (403). Use another address of it, or add the name to SERVER_NAME in "
    "its .env."
)
MAX_CHARACTERS = 600
_PASSWORD = re.compile(r"(://[^:/@]*|://[^:@\s]*):(?:[^/\n]*|\S*)@")
"""The second form hides an unescaped slash with the rest of the password."""


def error_message(error: Exception, hint: str = "") -> str:
    """Advice for a refused account or host name; else the error's own message, followed by `hint`."""
    message = _first_lines(error)
    if (status := _http_status(error)) in ADVICE:
        return UNKNOWN_HOST if "Invalid Host" in message else ADVICE[status]
    return f"{message}{hint}"


def without_password(text: str) -> str:
    """The text, an address or one that contains some, with `***` in the place of passwords."""
    return _PASSWORD.sub(r"\1:***@", text)


def _http_status(error: Exception) -> int:
    """HTTP status of an error of MLflow or requests; 0 if it has none."""
    if hasattr(error, "get_http_status_code"):
        return int(error.get_http_status_code())
    return int(getattr(getattr(error, "response", None), "status_code", 0))


def _first_lines(error: Exception) -> str:
    """SQL and tracebacks stay with the chained exception."""
    text = str(error).partition("[SQL:")[0].strip() or type(error).__name__
    return without_password(" ".join(text.split()))[:MAX_CHARACTERS]
