"""A server of the Hub's API on loopback: repositories in memory, as huggingface_hub and datasets ask for them.

Routes and headers are those of huggingface.co: https://huggingface.co/docs/hub/api
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "hf_LoopbackTokenThatOpensPrivateRepositories"


@dataclass
class Repository:
    files: dict[str, bytes] = field(default_factory=dict)
    private: bool = False

    @property
    def commit(self) -> str:
        content = sorted((name, hashlib.sha1(data).hexdigest()) for name, data in self.files.items())
        return hashlib.sha1(repr(content).encode()).hexdigest()


@dataclass
class Hub:
    """Repositories by type ("models", "datasets") and id."""

    url: str = ""
    repositories: dict[tuple[str, str], Repository] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def environment(self, home: Path, token: str = "") -> dict[str, str]:
        """Variables with which huggingface_hub asks this server alone."""
        variables = {
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(home),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_ETAG_TIMEOUT": "5",
        }
        return variables | ({"HF_TOKEN": token} if token else {})

    def add(self, kind: str, name: str, folder: Path, private: bool = False) -> Repository:
        """A repository with the files of a folder."""
        files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        self.repositories[kind, name] = Repository(files, private)
        return self.repositories[kind, name]


class _RefusedError(Exception):
    def __init__(self, status: int, code: str, message: str, commit: str = "") -> None:
        self.status, self.message = status, message
        self.headers = {"X-Error-Code": code} | ({"X-Repo-Commit": commit} if commit else {})


@contextmanager
def hub_server() -> Iterator[Hub]:
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        hub.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield hub
        server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(urlsplit(self.path).path)
        self.hub.requests.append(f"{self.command} {path}")
        try:
            for pattern, method in ROUTES:
                if found := re.fullmatch(pattern, path):
                    return getattr(self, method)(**found.groupdict())
            raise _RefusedError(404, "", f"no such route: {path}")
        except _RefusedError as refusal:
            self._send(refusal.status, {"error": refusal.message}, refusal.headers)

    def _send(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _repository(self, kind: str, name: str, revision: str = "main") -> Repository:
        """Private repositories are, without a token, as if they did not exist."""
        repository = self.hub.repositories.get((kind, name))
        if repository is None or (repository.private and not self._is_allowed()):
            raise _RefusedError(404 if self._is_allowed() else 401, "RepoNotFound", "Repository not found")
        if revision not in ("main", repository.commit):
            raise _RefusedError(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return repository

    def _is_allowed(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def _require_token(self) -> None:
        if not self._is_allowed():
            raise _RefusedError(401, "", "Invalid username or password.")

    def whoami(self) -> None:
        self._require_token()
        self._send(200, {"type": "user", "name": "owner", "orgs": [], "auth": {"type": "access_token"}})

    def create(self) -> None:
        self._require_token()
        wanted = json.loads(self.body)
        name = f"{wanted.get('organization') or 'owner'}/{wanted['name']}"
        kind = f"{wanted.get('type') or 'model'}s"
        if (kind, name) in self.hub.repositories:
            self._send(409, {"url": f"{self.hub.url}/{name}", "error": "You already created this model repo"})
            return
        self.hub.repositories[kind, name] = Repository(private=bool(wanted.get("private")))
        self._send(200, {"url": f"{self.hub.url}/{name}", "name": name})

    def validate(self) -> None:
        self._send(200, {"errors": [], "warnings": []})

    def preupload(self, kind: str, name: str, revision: str) -> None:
        self._require_token()
        self._repository(kind, name, revision)
        files = json.loads(self.body)["files"]
        modes = [{"path": one["path"], "uploadMode": "regular", "shouldIgnore": False} for one in files]
        self._send(200, {"files": modes})

    def commit(self, kind: str, name: str, revision: str) -> None:
        self._require_token()
        repository = self._repository(kind, name, revision)
        for line in self.body.splitlines():
            part = json.loads(line)
            if part["key"] == "file":
                repository.files[part["value"]["path"]] = base64.b64decode(part["value"]["content"])
            elif part["key"] == "deletedFile":
                del repository.files[part["value"]["path"]]
        address = f"{self.hub.url}/{name}/commit/{repository.commit}"
        self._send(200, {"success": True, "commitOid": repository.commit, "commitUrl": address})

    def info(self, kind: str, name: str, revision: str = "main") -> None:
        repository = self._repository(kind, name, revision)
        files = [{"rfilename": path} for path in sorted(repository.files)]
        about = {"id": name, "sha": repository.commit, "private": repository.private, "siblings": files, "tags": []}
        self._send(200, about | {"gated": False, "disabled": False, "downloads": 0, "likes": 0})

    def tree(self, kind: str, name: str, revision: str, folder: str | None = None) -> None:
        repository = self._repository(kind, name, revision)
        inside = [path for path in sorted(repository.files) if path.startswith(f"{folder}/" if folder else "")]
        if folder and not inside:
            raise _RefusedError(404, "EntryNotFound", f"{folder} does not exist on {revision}")
        depth = folder.count("/") + 1 if folder else 0
        deeper = {"/".join(path.split("/")[: depth + 1]) for path in inside if path.count("/") > depth}
        shown = inside if "recursive=true" in self.path.lower() else [p for p in inside if p.count("/") == depth]
        folders = [{"type": "directory", "path": path, "size": 0, "oid": "0" * 40} for path in sorted(deeper)]
        self._send(200, [*folders, *(_about(path, repository.files[path]) for path in shown)])

    def paths(self, kind: str, name: str, revision: str) -> None:
        repository = self._repository(kind, name, revision)
        text = self.body.decode()
        wanted = json.loads(text)["paths"] if text.startswith("{") else re.findall("paths=([^&]*)", unquote(text))
        wanted = [wanted] if isinstance(wanted, str) else wanted
        self._send(200, [_about(path, repository.files[path]) for path in wanted if path in repository.files])

    def resolve(self, name: str, revision: str, path: str, kind: str | None = None) -> None:
        repository = self._repository((kind or "models/").rstrip("/"), name, revision)
        if path not in repository.files:
            raise _RefusedError(404, "EntryNotFound", "Entry not found", repository.commit)
        data = repository.files[path]
        etag = {"ETag": f'"{hashlib.sha1(data).hexdigest()}"', "X-Repo-Commit": repository.commit}
        self._send(200, data, etag | {"Accept-Ranges": "none"})


def _about(path: str, data: bytes) -> dict[str, Any]:
    return {"type": "file", "path": path, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}


REPOSITORY = "(?P<kind>models|datasets)/(?P<name>[^/]+/[^/]+)"
ROUTES = (
    ("/api/whoami-v2", "whoami"),
    ("/api/repos/create", "create"),
    ("/api/validate-yaml", "validate"),
    (f"/api/{REPOSITORY}/preupload/(?P<revision>[^/]+)", "preupload"),
    (f"/api/{REPOSITORY}/commit/(?P<revision>[^/]+)", "commit"),
    (f"/api/{REPOSITORY}/tree/(?P<revision>[^/]+)(?:/(?P<folder>.*))?", "tree"),
    (f"/api/{REPOSITORY}/paths-info/(?P<revision>[^/]+)", "paths"),
    (f"/api/{REPOSITORY}/revision/(?P<revision>[^/]+)", "info"),
    (f"/api/{REPOSITORY}", "info"),
    ("/(?P<kind>datasets/)?(?P<name>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)", "resolve"),
)
