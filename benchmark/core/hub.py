"""Pretrained models by folder or hub id: location and identity.

`what` names the model's part in the user's words, as "teacher", for messages.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url, try_to_load_from_cache

from benchmark.core.errors import DataError, InputError

CONFIG = "config.json"
SECONDS = 10

NO_REVISIONS: Mapping[str, str] = {}


def resolve(name: str, what: str, revisions: Mapping[str, str] = NO_REVISIONS) -> dict[str, str]:
    """Arguments for `from_pretrained`: where the model is, and which revision of it.

    `revisions` holds what a hub id stands for where the user names none with ID@REVISION; main otherwise. Raises
    InputError for a name that is neither a folder nor a model of the hub.
    """
    if Path(name).is_dir():
        return {"pretrained_model_name_or_path": name}
    hub_id, _, revision = name.partition("@")
    if hub_id.count("/") != 1 or hub_id.startswith((".", "/", "~")):
        raise InputError(f"No {what} at {name!r}: give a folder that exists, or a hub id as owner/model[@revision].")
    commit = resolve_revision(hub_id, revision or revisions.get(hub_id, "main"), what)
    return {"pretrained_model_name_or_path": hub_id, "revision": commit}


@cache
def resolve_revision(hub_id: str, revision: str, what: str) -> str:
    """The commit that a branch or tag stands for now, so that a moved branch is another model."""
    if re.fullmatch("[0-9a-f]{40}", revision):
        return revision
    require_on_hub(hub_id, revision, what)
    try:
        return Path(hf_hub_download(hub_id, CONFIG, revision=revision)).parent.name  # .../snapshots/COMMIT/config.json
    except Exception as error:
        raise _not_given(hub_id, revision, what, error) from error


def require_on_hub(hub_id: str, revision: str, what: str) -> None:
    """Raises InputError where the model is neither in the hub's cache on this machine nor to be downloaded.

    Asked once, at once, before anything is made or waited for: transformers itself would try again for most of a
    minute, and then say less.
    """
    if isinstance(try_to_load_from_cache(hub_id, CONFIG, revision=revision), str):
        return
    try:
        get_hf_file_metadata(hf_hub_url(hub_id, CONFIG, revision=revision), timeout=SECONDS)
    except Exception as error:  # no network, no such model, no such revision, not allowed
        raise _not_given(hub_id, revision, what, error) from error


def _not_given(hub_id: str, revision: str, what: str, error: Exception) -> InputError:
    return InputError(
        f"No {what} {hub_id!r}: there is no folder of that name, and the hub does not give revision "
        f"{revision!r} of such a model: {_first_line(error)}. Check the name and the network, or give a folder "
        "that holds model and tokenizer."
    )


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__


def require_files(folder: Path, what: str, wanted: Mapping[str, tuple[str, ...]]) -> None:
    """Raises DataError naming what the folder lacks; of each wanted thing's file patterns one must match."""
    missing = [thing for thing, patterns in wanted.items() if not contains(folder, patterns)]
    if missing:
        raise DataError(
            f"The {what} folder {str(folder)!r} lacks {' and '.join(missing)}. "
            "Save model and tokenizer into it with save_pretrained()."
        )


def contains(folder: Path, patterns: Iterable[str]) -> bool:
    return any(any(folder.glob(pattern)) for pattern in patterns)


def folder_digest(folder: Path, patterns: Iterable[str]) -> str:
    """SHA-256 over names and bytes of the files that make the model what it is."""
    total = hashlib.sha256()
    for path in sorted({p for pattern in patterns for p in folder.glob(pattern)}):
        with path.open("rb") as file:
            total.update(f"{path.name}:{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()
