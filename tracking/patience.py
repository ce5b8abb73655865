"""How long a store is asked again: another process holds its file, or what has answered before is away."""

import re

from requests.exceptions import ConnectionError as NoConnection

BUSY = ("database is locked", "database table is locked")
"""What SQLite says while another process writes; the question is asked again."""
PATIENCE_SECONDS = 60.0
AWAY = re.compile("failed with (timeout )?exception(?!.*too many 500 )", re.DOTALL)
"""How MLflow ends the message where a server did not answer at all, after its own tries."""
OUTAGE_SECONDS = 600.0
"""For which a server or database that has answered before is waited for."""


def patience(error: Exception, *, local: bool, first: bool) -> float:
    """Seconds for which what ended in `error` is worth another try; `first` is a store's first question."""
    if local:
        return PATIENCE_SECONDS if _is_busy(error) else 0
    return OUTAGE_SECONDS if _is_away(error) and not first else 0


def _is_busy(error: Exception) -> bool:
    return any(word in str(error) for word in BUSY)


def _is_away(error: Exception) -> bool:
    """A server that does not answer, or a database that does not answer the server."""
    unavailable = getattr(error, "error_code", "") == "TEMPORARILY_UNAVAILABLE"
    return unavailable or isinstance(error, NoConnection) or AWAY.search(str(error)) is not None
