"""Pretrained models by folder or hub id: their location and identity, and errors of reading them.

`role` names the model in messages, such as "teacher". A location holds the arguments of `from_pretrained`.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url, try_to_load_from_cache

from benchmark.core.cache import file_digest
from benchmark.core.errors import DataError, InputError

CONFIG = "config.json"
HUB_ID = re.compile(r"\w[\w.-]*/[\w.-]+")
TIMEOUT_SECONDS = 10


def resolve(name: str, role: str, revisions: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """Location of a folder, or of a hub id as owner/model[@revision].

    `revisions` are the default revisions of hub ids; main for others. Raises InputError for a name that is neither a
    folder nor a model on the hub.
    """
    if Path(name).is_dir():
        return {"pretrained_model_name_or_path": name}
    hub_id, _, revision = name.partition("@")
    if not HUB_ID.fullmatch(hub_id):
        raise InputError(f"No {role} at {name!r}: give a folder that exists, or a hub id as owner/model[@revision].")
    commit = resolve_revision(hub_id, revision or revisions.get(hub_id, "main"), role)
    return _location(hub_id, commit)


def _location(hub_id: str, revision: str) -> dict[str, str]:
    return {"pretrained_model_name_or_path": hub_id, "revision": revision}


@cache
def resolve_revision(hub_id: str, revision: str, role: str) -> str:
    """Current commit of a branch or tag, so that a moved branch is another model. Raises InputError."""
    if re.fullmatch("[0-9a-f]{40}", revision):
        return revision
    require_available(_location(hub_id, revision), role)
    try:
        return Path(hf_hub_download(hub_id, CONFIG, revision=revision)).parent.name  # .../snapshots/COMMIT/config.json
    except Exception as error:
        raise _unavailable(hub_id, revision, role, error) from None


def require_available(location: Mapping[str, str], role: str) -> None:
    """Raises InputError for a model of the hub that is neither in this machine's hub cache nor downloadable.

    Called first, since transformers retries for most of a minute and then reports less.
    """
    hub_id, revision = location["pretrained_model_name_or_path"], location.get("revision")
    if revision is None:
        return
    try:
        if isinstance(try_to_load_from_cache(hub_id, CONFIG, revision=revision), str):
            return
        get_hf_file_metadata(hf_hub_url(hub_id, CONFIG, revision=revision), timeout=TIMEOUT_SECONDS)
    except Exception as error:  # no network, no such model, no such revision, no access
        raise _unavailable(hub_id, revision, role, error) from None


def _unavailable(hub_id: str, revision: str, role: str, error: Exception) -> InputError:
    from benchmark.bundle.hub import problem  # imports onnxruntime

    return InputError(
        f"No {role} {hub_id!r}: there is no folder of that name, and the hub does not give revision {revision!r} of "
        f"such a model: {problem(error)}"
    )


def said(error: Exception) -> str:
    """What a library says, in one line; of an error of the Hub its cause, since its words hold requests and tokens."""
    from benchmark.bundle.hub import problem

    for each in (error, error.__cause__):
        if isinstance(each, Exception) and type(each).__module__.startswith(("httpx", "huggingface_hub")):
            return problem(each).rstrip(".")
    return " ".join(str(error).strip().partition("\n")[0].split())[:300].rstrip(".")


def identify(
    location: Mapping[str, str], role: str, required: Mapping[str, tuple[str, ...]], patterns: Iterable[str]
) -> str:
    """Identity of a model: its hub id with the commit, or a digest of the folder's files that match `patterns`.

    Raises DataError naming the `required` files that a folder lacks; each is present if one of its patterns matches.
    """
    name = location["pretrained_model_name_or_path"]
    if "revision" in location:
        return f"{name}@{location['revision']}"
    if missing := [thing for thing, any_of in required.items() if not contains(Path(name), any_of)]:
        raise DataError(
            f"The {role} folder {name!r} lacks {' and '.join(missing)}. "
            "Save model and tokenizer to it with save_pretrained()."
        )
    require_self_contained(location, role)
    files = sorted({path for pattern in patterns for path in Path(name).glob(pattern)})
    return _digest(tuple((path, path.stat().st_size, path.stat().st_mtime_ns) for path in files))


def require_self_contained(location: Mapping[str, str], role: str) -> None:
    """Raises DataError for a model whose files name weights or code elsewhere, which its identity does not cover."""
    name = location["pretrained_model_name_or_path"]
    folder = None if "revision" in location else Path(name)
    if code := [value for value in _implementations(read_config(location, role)) if "/" in value]:
        raise DataError(
            f"{CONFIG} of the {role} {name!r} names code on the hub, {code[0]!r}. Remove that key, or name an "
            "implementation of transformers, such as 'sdpa'."
        )
    for index in sorted(folder.glob("*.index.json")) if folder else ():
        if outside := sorted(shard for shard in _shards(_read_json(index)) if shard != Path(shard).name):
            raise DataError(
                f"{index.name} of the {role} {name!r} names {outside[0]!r}, which is outside the folder. Save the "
                "model again with save_pretrained()."
            )


def read_config(location: Mapping[str, str], role: str) -> dict[str, Any]:
    """Content of a model's config.json; empty if it is not available or broken, which loading the model reports."""
    name, revision = location["pretrained_model_name_or_path"], location.get("revision")
    file = Path(name) / CONFIG
    if revision:
        try:
            require_available(location, role)
            file = Path(hf_hub_download(name, CONFIG, revision=revision))
        except Exception:
            return {}
    config = _read_json(file)
    return config if isinstance(config, dict) else {}


def _read_json(file: Path) -> Any:
    """The content of a JSON file; None if it cannot be read, which loading the model reports."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _implementations(config: Any, named: bool = False) -> Iterator[str]:
    """Strings at keys such as `attn_implementation`, at any depth of a config."""
    if isinstance(config, dict):
        for key, value in config.items():
            yield from _implementations(value, named or key.endswith("_implementation"))
    elif isinstance(config, str) and named:
        yield config


def _shards(index: Any) -> set[str]:
    weight_map = index.get("weight_map") if isinstance(index, dict) else None
    return {str(shard) for shard in weight_map.values()} if isinstance(weight_map, dict) else set()


def has_file(location: Mapping[str, str], file: str) -> bool:
    """Whether the model has a file of that name; False if the hub does not answer."""
    name, revision = location["pretrained_model_name_or_path"], location.get("revision")
    if revision is None:
        return (Path(name) / file).is_file()
    if cached := try_to_load_from_cache(name, file, revision=revision):
        return isinstance(cached, str)  # otherwise the cache knows that there is none
    try:
        return bool(hf_hub_download(name, file, revision=revision))
    except Exception:
        return False


def contains(folder: Path, patterns: Iterable[str]) -> bool:
    """Whether a file in the folder matches one of the patterns."""
    return any(any(folder.glob(pattern)) for pattern in patterns)


@cache
def _digest(files: tuple[tuple[Path, int, int], ...]) -> str:
    """Hex SHA-256 over names and bytes; read once per process, and again if a size or modification time changes."""
    total = hashlib.sha256()
    for path, *_ in files:
        total.update(f"{path.name}:{file_digest(path)}\n".encode())
    return total.hexdigest()


@contextmanager
def readable(name: str, role: str, remedy: str) -> Iterator[None]:
    """Turns what the libraries raise over unreadable files, bare Exception included, into a DataError."""
    try:
        yield
    except Exception as error:
        raise DataError(
            f"The {role} {name!r} cannot be read ({type(error).__name__}: {said(error)}). Give a folder written by "
            f"save_pretrained() for model and tokenizer, or {remedy}."
        ) from error
