"""Requests to the team's server, by account."""

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping

from tests.support.team_server import Team

EXPERIMENT = "/api/2.0/mlflow/experiments/get?experiment_id=0"
USERS = "/api/2.0/mlflow/users/create"
FILES = "/api/2.0/mlflow-artifacts/artifacts"
MEMBER = {"MLFLOW_TRACKING_USERNAME": "ani", "MLFLOW_TRACKING_PASSWORD": "a password of ani's own"}


def ask(
    team: Team,
    path: str,
    account: Mapping[str, str] | None = None,
    *,
    body: object = None,
    method: str | None = None,
    **headers: str,
) -> int:
    """HTTP status of a request that goes out as it stands."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(
        team.uri + path, data, {"Content-Type": "application/json"} | headers, method=method
    )
    if account:
        pair = f"{account['MLFLOW_TRACKING_USERNAME']}:{account['MLFLOW_TRACKING_PASSWORD']}"
        request.add_header("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code
