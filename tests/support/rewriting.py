"""Calls of the models that rewrite texts, counted."""

from typing import Any

import pytest

from tests.support.model_factory import smalltalk

TEXTS = smalltalk()[:10]


class Calls(list[int]):
    """Texts of each call of a model; the call numbered `last` is the process's last."""

    last = 0


def count_calls(monkeypatch: pytest.MonkeyPatch, model: type, method: str) -> Calls:
    calls, original = Calls(), getattr(model, method)

    def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
        calls.append(len(kwargs["input_ids"]))
        if len(calls) == calls.last:
            raise KeyboardInterrupt
        return original(self, *args, **kwargs)

    monkeypatch.setattr(model, method, counted)
    return calls
