"""Made texts as one file, so that processes that teach side by side make them once."""

import json
from collections.abc import Callable
from dataclasses import asdict

from benchmark.core.cache import augmented_path, write_text
from benchmark.data.augmentation.augment import Augmented


def stored_augmented(digest: str, make: Callable[[], Augmented]) -> Augmented:
    """The texts kept under `digest`; made and kept first where there are none, or no whole file of them."""
    path = augmented_path(digest)
    try:
        return Augmented(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        made = make()
        write_text(path, json.dumps(asdict(made), ensure_ascii=False))
        return made
