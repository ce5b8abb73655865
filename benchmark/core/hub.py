"""Pretrained models by folder or hub id: their location and their identity.

`role` is what the model is to the user, such as "teacher", for messages.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url, try_to_load_from_cache

from benchmark.core.cache import file_digest
from benchmark.core.errors import DataError, InputError

CONFIG = "config.json"
TIMEOUT_SECONDS = 10

NO_REVISIONS: Mapping[str, str] = {}


def resolve(name: str, role: str, revisions: Mapping[str, str] = NO_REVISIONS) -> dict[str, str]:
    """Arguments of `from_pretrained` for a folder, or for a hub id as owner/model[@revision].

    `revisions` are the default revisions of hub ids; main for others. Raises InputError for a name that is neither a
    folder nor a model on the hub.
    """
    if Path(name).is_dir():
        return {"pretrained_model_name_or_path": name}
    hub_id, _, revision = name.partition("@")
    if hub_id.count("/") != 1 or hub_id.startswith((".", "/", "~")):
        raise InputError(f"No {role} at {name!r}: give a folder that exists, or a hub id as owner/model[@revision].")
    commit = resolve_revision(hub_id, revision or revisions.get(hub_id, "main"), role)
    return {"pretrained_model_name_or_path": hub_id, "revision": commit}


@cache
def resolve_revision(hub_id: str, revision: str, role: str) -> str:
    """Current commit of a branch or tag, so that a moved branch is another model. Raises InputError."""
    if re.fullmatch("[0-9a-f]{40}", revision):
        return revision
    require_on_hub(hub_id, revision, role)
    try:
        return Path(hf_hub_download(hub_id, CONFIG, revision=revision)).parent.name  # .../snapshots/COMMIT/config.json
    except Exception as error:
        raise _unavailable(hub_id, revision, role, error) from error


def require_on_hub(hub_id: str, revision: str, role: str) -> None:
    """Raises InputError if the model is neither in this machine's hub cache nor downloadable.

    It is called before anything else is done: transformers itself retries for most of a minute and then says less.
    """
    if isinstance(try_to_load_from_cache(hub_id, CONFIG, revision=revision), str):
        return
    try:
        get_hf_file_metadata(hf_hub_url(hub_id, CONFIG, revision=revision), timeout=TIMEOUT_SECONDS)
    except Exception as error:  # no network, no such model, no such revision, no access
        raise _unavailable(hub_id, revision, role, error) from error


def _unavailable(hub_id: str, revision: str, role: str, error: Exception) -> InputError:
    return InputError(
        f"No {role} {hub_id!r}: there is no folder of that name, and the hub does not give revision "
        f"{revision!r} of such a model: {_first_line(error)}. Check the name and the network, or give a folder "
        "with a model and its tokenizer."
    )


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__


def require_files(folder: Path, role: str, required: Mapping[str, tuple[str, ...]]) -> None:
    """Raises DataError naming what the folder lacks; a thing is there if one of its patterns matches a file."""
    missing = [thing for thing, patterns in required.items() if not contains(folder, patterns)]
    if missing:
        raise DataError(
            f"The {role} folder {str(folder)!r} lacks {' and '.join(missing)}. "
            "Save model and tokenizer to it with save_pretrained()."
        )


def contains(folder: Path, patterns: Iterable[str]) -> bool:
    """Whether a file in the folder matches one of the patterns."""
    return any(any(folder.glob(pattern)) for pattern in patterns)


def folder_digest(folder: Path, patterns: Iterable[str]) -> str:
    """Hex SHA-256 over names and bytes of the files that match the patterns."""
    total = hashlib.sha256()
    for path in sorted({path for pattern in patterns for path in folder.glob(pattern)}):
        total.update(f"{path.name}:{file_digest(path)}\n".encode())
    return total.hexdigest()
