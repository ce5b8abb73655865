"""The audit of the pinned packages, against a database of advisories that listens here."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.support import ROOT

pytestmark = pytest.mark.slow

PINNED = {
    canonicalize_name(name): version
    for name, _, version in (line.partition("==") for line in (ROOT / "constraints.txt").read_text().splitlines())
    if version
}
ADVISORY = "PYSEC-0000-1"
NAMED = f"mlflow {PINNED['mlflow']} {ADVISORY}"


class Advisories(HTTPServer):
    """Answers as https://google.github.io/osv.dev/post-v1-query/ says; knows at most one hole."""

    def __init__(self, advisory: str = "", broken: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), Query)
        self.advisory, self.broken = advisory, broken
        self.requested: dict[str, str] = {}


class Query(BaseHTTPRequestHandler):
    server: Advisories

    def do_POST(self) -> None:
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        package, version = query["package"], query["version"]
        self.server.requested[package["name"]] = version
        vulnerabilities = [{"id": ADVISORY, "affected": [{"package": package, "versions": [version]}]}]
        answer = json.dumps({"vulns": vulnerabilities} if package["name"] == self.server.advisory else {}).encode()
        self.send_response(503 if self.server.broken else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def listening(advisories: Advisories) -> Iterator[str]:
    with advisories:
        threading.Thread(target=advisories.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{advisories.server_port}"
        finally:
            advisories.shutdown()


def audit(advisories: Advisories, lenient: str = "") -> tuple[int, str]:
    """The exit code, and what it said."""
    with listening(advisories) as url:
        ended = subprocess.run(
            [ROOT / ".ci" / "audit", "--vulnerability-service", "osv", "--osv-url", url],
            env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "LENIENT": lenient},
            capture_output=True,
            text=True,
            check=False,
        )
    return ended.returncode, ended.stdout + ended.stderr


def test_every_pinned_package_is_asked_about_and_a_known_hole_fails() -> None:
    advisories = Advisories(advisory="mlflow")
    code, said = audit(advisories)
    assert advisories.requested == PINNED
    assert code == 1
    assert NAMED in " ".join(said.split())


@pytest.mark.nightly
def test_without_a_known_hole_it_passes() -> None:
    code, said = audit(Advisories())
    assert code == 0, said


@pytest.mark.nightly
def test_a_known_hole_fails_where_no_answer_would_not() -> None:
    code, said = audit(Advisories(advisory="mlflow"), lenient="1")
    assert code == 1
    assert NAMED in " ".join(said.split())


@pytest.mark.nightly
def test_a_database_that_does_not_answer_is_no_pass() -> None:
    code, said = audit(Advisories(broken=True))
    assert code != 0, said
    code, said = audit(Advisories(broken=True), lenient="1")
    assert code == 0, said
    assert "No known vulnerabilities" not in said
