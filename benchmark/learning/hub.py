"""Whether the Hugging Face hub gives a model here: asked once, at once, before anything is made or waited for."""

from huggingface_hub import get_hf_file_metadata, hf_hub_url, try_to_load_from_cache

from benchmark.errors import InputError

CONFIG = "config.json"
SECONDS = 10


def require_on_hub(hub_id: str, revision: str) -> None:
    """Raises InputError where the model is neither in the hub's cache on this machine nor to be downloaded.

    transformers itself would try again for most of a minute, and then say less.
    """
    if isinstance(try_to_load_from_cache(hub_id, CONFIG, revision=revision), str):
        return
    try:
        get_hf_file_metadata(hf_hub_url(hub_id, CONFIG, revision=revision), timeout=SECONDS)
    except Exception as error:  # no network, no such model, no such revision, not allowed
        raise InputError(
            f"No teacher {hub_id!r}: there is no folder of that name, and the hub does not give revision "
            f"{revision!r} of such a model: {_first_line(error)}. Check the name and the network, or give a folder "
            "that holds model and tokenizer."
        ) from error


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__
