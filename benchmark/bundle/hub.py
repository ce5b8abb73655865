"""Bundles on the Hugging Face Hub: hf://owner/name[@revision]. huggingface_hub is imported for them alone."""

from functools import partial
from pathlib import Path

from benchmark.bundle.files import MANIFEST, BundleError, read_manifest, served_files

SCHEME = "hf://"
TIMEOUT_SECONDS = 10
REFUSED = "the Hub refuses the token. Set HF_TOKEN to one with the right to do this, or run `hf auth login`."
CAUSES = {
    "GatedRepoError": "access is given on the repository's page; then set HF_TOKEN, or run `hf auth login`.",
    "RepositoryNotFoundError": "the Hub has no such repository, or a private one. Check the name; for a private one "
    "set HF_TOKEN to a token that may read it, or run `hf auth login`.",
    "RevisionNotFoundError": "the repository has no such revision.",
    "RemoteEntryNotFoundError": "the repository lacks its files; a slim bundle lacks the fp32 model.",
    "LocalProtocolError": "HF_TOKEN cannot be sent: it holds characters that no token has. Copy the token again.",
    "UnicodeEncodeError": "HF_TOKEN cannot be sent: it holds characters that no token has. Copy the token again.",
}
"""Causes by exception of huggingface_hub, the narrowest first."""


def located(folder: Path | str, *, int8: bool = True) -> Path:
    """A folder on this machine: `folder`, or that of an address of the Hub."""
    return fetch(folder, int8=int8) if isinstance(folder, str) and folder.startswith(SCHEME) else Path(folder)


def fetch(address: str, *, int8: bool = True) -> Path:
    """Folder of a bundle in huggingface_hub's cache; served files that are missing there are downloaded.

    All files are of the commit that the revision is at, by default that of main, or at which it was last seen if the
    Hub cannot be reached. Raises BundleError.
    """
    repository, _, revision = address.removeprefix(SCHEME).partition("@")
    try:
        import huggingface_hub as hub
        from huggingface_hub.errors import HFValidationError
    except ImportError:
        raise BundleError(f"{address} needs huggingface_hub. Install it, or give a bundle's folder.") from None
    try:
        _require_name(repository)
        url = hub.hf_hub_url(repository, MANIFEST, revision=revision or None)
        download = partial(hub.hf_hub_download, repository, local_files_only=not _is_reachable(url))
        folder = Path(download(MANIFEST, revision=revision or None)).parent
        for name in served_files(read_manifest(folder), int8=int8):
            download(name, revision=folder.name)
    except HFValidationError:
        raise BundleError(
            f"{address} is no address: write {SCHEME}owner/name or {SCHEME}owner/name@revision."
        ) from None
    except BundleError:
        raise
    except Exception as error:
        raise BundleError(f"No bundle {address}: {problem(error)}") from None
    return folder


def _require_name(repository: str) -> None:
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    if repository.count("/") != 1:
        raise BundleError(
            f"{SCHEME}{repository} is no address: write {SCHEME}owner/name or {SCHEME}owner/name@revision."
        )
    validate_repo_id(repository)


def _is_reachable(url: str) -> bool:
    """Whether the Hub answers; it is asked once, where hf_hub_download tries for half a minute. Raises its refusal."""
    from huggingface_hub import get_hf_file_metadata

    try:
        get_hf_file_metadata(url, timeout=TIMEOUT_SECONDS)
    except Exception as error:
        if is_refusal(error):
            raise
        return False  # no network, or offline mode
    return True


def is_refusal(error: Exception) -> bool:
    """Whether asking again is of no use: the Hub says no, or the token cannot be sent."""
    return (_status(error) or 500) < 500 or _cause(error) != ""


def problem(error: Exception) -> str:
    """Cause and remedy of an error of huggingface_hub, in words that hold neither requests nor tokens."""
    from huggingface_hub import constants

    status, cause = _status(error), _cause(error)
    if not cause and status in (401, 403):
        return REFUSED
    unknown = f"the Hub answers with status {status}. Try again later."
    unreachable = f"the Hub ({constants.ENDPOINT}) cannot be reached. Check the network, or give a folder."
    return cause or (unknown if status else unreachable)


def _status(error: Exception) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _cause(error: Exception) -> str:
    kinds = {kind.__name__ for kind in type(error).__mro__}
    return next((text for kind, text in CAUSES.items() if kind in kinds), "")
