"""Where runs are kept: the argument, else the environment, else mlflow.yml, else an SQLite file beside one."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path

import yaml

from tracking.errors import StoreError

CONFIG = Path("mlflow.yml")
DEFAULT_URI = "sqlite:///mlflow.db"
URI_VARIABLE = "MLFLOW_TRACKING_URI"
SQLITE = "sqlite:///"
SERVERS = ("http://", "https://")
DATABASES = ("postgresql", "mysql", "mssql", "sqlite")
ARTIFACTS = "mlartifacts"
"""The folder beside an SQLite store where runs have their files, unless mlflow.yml says otherwise."""


@dataclass(frozen=True, kw_only=True)
class TrackingConfig:
    """What mlflow.yml may say."""

    tracking_uri: str | None = None
    artifact_location: str | None = None
    """Folder or URI for files of runs; None leaves it to the server, or to a folder beside the SQLite file."""

    @classmethod
    def read(cls, path: Path | None = None) -> "TrackingConfig":
        """Reads `path`, or mlflow.yml of the working folder where there is one."""
        if path is None:
            if not CONFIG.is_file():
                return cls()
            path = CONFIG
        values = _mapping(path)
        known = {field.name for field in fields(cls)}
        texts: dict[str, str] = {}
        for name, value in values.items():
            if name not in known:
                raise StoreError(f"{path}: unknown key {name!r}.{_nearest(str(name), known)}")
            if not isinstance(value, str | None):
                raise StoreError(f"{path}: {name} must be text, not {value!r}.")
            texts |= {str(name): value} if value else {}
        return cls(**texts)


def cache_folder() -> Path:
    """Of what can be had again: `BENCHMARK_CACHE`, or `~/.cache/which-student`."""
    return Path(os.environ.get("BENCHMARK_CACHE") or "~/.cache/which-student").expanduser()


def resolve(uri: str | None = None, config: Path | None = None) -> TrackingConfig:
    """The address to open and where files go; paths of SQLite stores are made absolute."""
    settings = TrackingConfig.read(config)
    chosen = uri or os.environ.get(URI_VARIABLE) or settings.tracking_uri or DEFAULT_URI
    chosen = _absolute(_checked(chosen))
    location = settings.artifact_location
    if location is None and is_local(chosen):
        location = str(sqlite_path(chosen).parent / ARTIFACTS)
    if location is not None and "://" not in location:
        location = _path(location).as_uri()
    return TrackingConfig(tracking_uri=chosen, artifact_location=location)


def is_local(uri: str) -> bool:
    return uri.startswith(SQLITE)


def sqlite_path(uri: str) -> Path:
    return Path(uri.removeprefix(SQLITE).partition("?")[0])


def _absolute(uri: str) -> str:
    if not is_local(uri):
        return uri
    path, mark, options = uri.removeprefix(SQLITE).partition("?")
    return f"{SQLITE}{_path(path)}{mark}{options}"


def _path(name: str) -> Path:
    try:
        return Path(name).expanduser().resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise StoreError(f"{name!r} names no file that runs can be kept in: {error}.") from error


def _checked(uri: str) -> str:
    scheme = uri.partition(":")[0]
    if uri.startswith(SERVERS):
        return uri.rstrip("/")
    if "://" in uri and scheme.partition("+")[0] in DATABASES and (scheme != "sqlite" or len(uri) > len(SQLITE)):
        return uri
    raise StoreError(
        f"Tracking address {uri!r} is none that can be opened. Give a server (http://HOST:5000), "
        f"an SQLite file (sqlite:///mlflow.db) or a database (postgresql+psycopg2://...)."
    )


def _mapping(path: Path) -> Mapping[object, object]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{path} cannot be read: {error}") from error
    except Exception as error:  # the loader answers odd values with a dozen builtin errors besides YAMLError
        raise StoreError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise StoreError(f"{path} must hold `key: value` lines, not {type(values).__name__}.")
    return values


def _nearest(name: str, known: set[str]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.0)
    return f" Did you mean {near[0]!r}? Known: {', '.join(sorted(known))}."
