"""Processes that ask a server of the Hub's API, forked as in `warm`: its settings, read at import, are read again."""

import importlib
import os
from collections.abc import Callable
from pathlib import Path

from tests.support import ROOT
from tests.support.hub_server import Hub
from tests.support.warm import WarmProcess


def hub_process(
    hub: Hub, home: Path, token: str, variables: dict[str, str], target: Callable[..., None], *args: str
) -> tuple[int, str, str]:
    """Exit code, output and errors of `target` on a machine with a cache of its own, which asks `hub` alone."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
    environment = inherited | hub.environment(home, token) | {"PYTHONPATH": str(ROOT)} | variables
    process = WarmProcess(_with_own_settings, target, *args, environment=environment)
    out, err = process.communicate(timeout=600)
    assert not token or token not in out + err
    return process.returncode or 0, out, err


def _with_own_settings(target: Callable[..., None], *args: str) -> None:
    from datasets import config
    from huggingface_hub import constants, hf_api

    for module in (constants, config):
        importlib.reload(module)
    hf_api.api.endpoint = constants.ENDPOINT
    target(*args)
