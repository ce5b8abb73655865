"""How a person gets to see the runs."""

import re
import shlex
from pathlib import Path

from tracking.config import SERVERS, is_local, sqlite_path
from tracking.view import view_query

LOCAL_UI = "http://127.0.0.1:5000"
_PASSWORD = re.compile(r"(://[^:/@]*|://[^:@\s]*):(?:[^/\n]*|\S*)@")
"""A slash that should have been escaped is hidden with the rest."""


def ui_command(uri: str) -> str:
    """The command line that opens the runs in a browser; a password in the address is not shown."""
    if uri.startswith(SERVERS):
        return f"python -m webbrowser {shlex.quote(without_password(uri))}"
    return f"mlflow ui --backend-store-uri {shlex.quote(_short(uri) if is_local(uri) else without_password(uri))}"


def runs_url(uri: str, experiment: str) -> str:
    """Start of the address of an experiment's runs in the tracking UI, to be followed by a run's id.

    A store without a server is seen where `ui_command` shows it by default.
    """
    server = without_password(uri) if uri.startswith(SERVERS) else LOCAL_UI
    return f"{server}/#/experiments/{experiment}/runs/"


def view_url(uri: str, experiment: str) -> str:
    """Where the tracking UI shows an experiment's saved view; see `runs_address` for stores without a server."""
    return runs_url(uri, experiment).rstrip("/") + view_query()


def without_password(text: str) -> str:
    """An address, or a text with addresses in it, as people may see it."""
    return _PASSWORD.sub(r"\1:***@", text)


def _short(uri: str) -> str:
    path = sqlite_path(uri)
    try:
        return f"sqlite:///{path.resolve().relative_to(Path.cwd())}"
    except ValueError:
        return uri
