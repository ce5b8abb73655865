"""Configuration of tracking: the store's address, its errors, and MLflow's environment variables.

The address is an argument, else MLFLOW_TRACKING_URI, else that of mlflow.yml, else an SQLite file in this folder.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path

CONFIG = Path("mlflow.yml")
DEFAULT_URI = "sqlite:///mlflow.db"
URI_VARIABLE = "MLFLOW_TRACKING_URI"
SQLITE = "sqlite:///"
SERVERS = ("http://", "https://")
POSTGRESQL = "postgresql"
"""The only database of several machines whose locks are known (`benchmark.core.locks`)."""
ARTIFACTS = "mlartifacts"
"""Folder of the runs' files, beside the SQLite file; mlflow.yml may name another."""
ENVIRONMENT: dict[str, str] = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_TRUNCATE_LONG_VALUES": "false",
    # Waits 2 + 4 + ... + 32 s in all, which a restart of the server in the middle of a sweep takes.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "5",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}
"""Defaults; some are read while mlflow is imported, so they are set when this package is."""
PROBE: dict[str, str] = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": "6"}
"""For a server's first request: a wrong address fails quickly."""

for _name, _value in ENVIRONMENT.items():
    os.environ.setdefault(_name, _value)

LONGEST_PASSWORD = 1000
"""Characters up to which a password is looked for without `://`: a long message is searched in linear time."""
_USER = r"[^\s:/@'\"]*"
_PASSWORDS = (
    # `http://user:password@host`; the second form hides an unescaped slash with the rest of the password
    re.compile(r"(://[^:/@]*:|://[^:@\s]*:)(?:[^/\n]*|\S*)@"),
    # without `://`, such as `https//user:password@host` or `user:password@host`
    re.compile(rf"(?<![^\s:/@'\"])({_USER}:)(?!//|\s)\S{{0,{LONGEST_PASSWORD}}}@"),
    # with a space in the password, where an address can be told from other text
    re.compile(rf"((?:\A|['\"/]){_USER}:)(?![/\s])(?:(?!: )[^'\"\n])*@"),
)
_TOKEN = re.compile(r"(\bbearer )[^\s'\"]+", re.IGNORECASE)
_PASSWORD_OPTION = re.compile(r"((?:password|passwd|pwd)=)[^&\s'\"]+", re.IGNORECASE)


IsEnding = Callable[[], bool]
"""Whether the process is to end, as after Ctrl-C: then no wait for a store is long. It is pickled with the store."""


class StoreError(Exception):
    """The store does not answer, cannot be written, or refuses a request."""


class NoStoreError(StoreError):
    """The store does not exist; readers do not create one."""


@dataclass(frozen=True, kw_only=True)
class TrackingConfig:
    """Content of mlflow.yml."""

    tracking_uri: str | None = None
    artifact_location: str | None = None
    """Folder or URI of the runs' files; None: the server's own, or a folder beside the SQLite file."""

    @classmethod
    def read(cls, path: Path | None = None) -> "TrackingConfig":
        """Reads `path`, or mlflow.yml of the working folder if there is one."""
        if path is None and not CONFIG.is_file():
            return cls()
        path, names = path or CONFIG, [field.name for field in fields(cls)]
        values = _mapping(path)
        for name, value in values.items():
            if name not in names:
                [near] = get_close_matches(str(name), names, n=1, cutoff=0.0)
                raise StoreError(
                    f"{path}: unknown key {name!r}. Did you mean {near!r}? Allowed: {', '.join(sorted(names))}."
                )
            if not isinstance(value, str | None):
                raise StoreError(f"{path}: {name} must be text, not {value!r}.")
        return cls(**{str(name): str(value) for name, value in values.items() if value})


def cache_folder() -> Path:
    """Folder of everything that can be downloaded or computed again: `BENCHMARK_CACHE`, or `~/.cache/which-student`."""
    return Path(os.environ.get("BENCHMARK_CACHE") or "~/.cache/which-student").expanduser()


def resolve(uri: str | None = None, config: Path | None = None) -> TrackingConfig:
    """Address of the store and of its runs' files; paths of SQLite stores are made absolute."""
    settings = TrackingConfig.read(config)
    uri = _absolute(_checked(uri or os.environ.get(URI_VARIABLE) or settings.tracking_uri or DEFAULT_URI))
    location = settings.artifact_location
    if location is None and is_local(uri):
        location = str(sqlite_path(uri).parent / ARTIFACTS)
    if location is not None and "://" not in location:
        location = _path(location).as_uri()
    return TrackingConfig(tracking_uri=uri, artifact_location=location)


def is_local(uri: str) -> bool:
    """Whether the store is an SQLite file."""
    return uri.startswith(SQLITE)


def is_server(uri: str) -> bool:
    """Whether the store is an MLflow server."""
    return uri.startswith(SERVERS)


def sqlite_path(uri: str) -> Path:
    return Path(uri.removeprefix(SQLITE).partition("?")[0])


def without_password(text: str) -> str:
    """The text, an address or one that contains some, with `***` for passwords, and for tokens of HTTP headers."""
    for password in _PASSWORDS if "@" in text else ():
        text = password.sub(r"\1***@", text)
    return _TOKEN.sub(r"\1***", _PASSWORD_OPTION.sub(r"\1***", text))


def never() -> bool:
    """The answer of a process that is not about to end."""
    return False


@contextmanager
def environment(values: Mapping[str, str | None]) -> Iterator[None]:
    """Sets environment variables for a `with` block; those of None stay as they are, and are restored too."""
    before = {name: os.environ.get(name) for name in values}
    os.environ |= {name: value for name, value in values.items() if value is not None}
    try:
        yield
    finally:
        for name in values:
            os.environ.pop(name, None)
        os.environ |= {name: value for name, value in before.items() if value is not None}


def _absolute(uri: str) -> str:
    if not is_local(uri):
        return uri
    path, mark, options = uri.removeprefix(SQLITE).partition("?")
    return f"{SQLITE}{_path(path)}{mark}{options}"


def _path(name: str) -> Path:
    try:
        return Path(name).expanduser().resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise StoreError(f"{name!r} is no path of a file: {error}.") from error


def _checked(uri: str) -> str:
    if is_server(uri):
        return uri.rstrip("/")
    scheme, _, place = uri.partition("://")
    if place.strip("/") and (is_local(uri) if scheme == "sqlite" else scheme.partition("+")[0] == POSTGRESQL):
        return uri
    raise StoreError(
        f"Unknown tracking address {without_password(uri)!r}. Give a server (http://HOST:5000), an SQLite file "
        "(sqlite:///mlflow.db) or a PostgreSQL database (postgresql+psycopg2://...)."
    )


def _mapping(path: Path) -> Mapping[object, object]:
    import yaml  # here: benchmark.predict runs without it

    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{path} cannot be read: {error}") from error
    except Exception as error:  # the loader raises a dozen builtin errors besides YAMLError
        raise StoreError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise StoreError(f"{path} must contain `key: value` lines, not {type(values).__name__}.")
    return values
