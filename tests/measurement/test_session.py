"""Measuring sessions, each in a process of its own."""

import os
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from benchmark.core.errors import InputError, RunError
from benchmark.measurement.protocol import Samples
from benchmark.measurement.session import REFERENCE, build_reference, execution_modes, in_fresh_process
from benchmark.measurement.statistics import control
from benchmark.measurement.summary import SessionResult, invalidity


def steady(ms: float) -> Samples:
    return Samples(passes=np.full((5, 4), ms), rounds=np.arange(5))


def test_a_session_that_failed_its_control_is_invalid_and_says_so() -> None:
    session_result = SessionResult(
        mode=execution_modes()[0], samples={}, control=control(steady(1.4), steady(1.0)), tries=2
    )
    assert (
        "1.400 [1.400, 1.400] times as fast as itself in the last of 2 tries" in invalidity(session_result)["invalid"]
    )
    assert invalidity(replace(session_result, control=control(steady(1.0), steady(1.0)))) == {}


def environment_of_a_process(names: list[str]) -> list[Any]:
    return [[os.environ.get(name) for name in names], torch.get_num_threads()]


def test_a_new_process_begins_with_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    values, threads = in_fresh_process(environment_of_a_process, ["OMP_NUM_THREADS"], {"OMP_NUM_THREADS": "1"})
    assert (values, threads) == (["1"], 1)
    assert "OMP_NUM_THREADS" not in os.environ


def fail(reason: str) -> None:
    raise InputError(reason)


def end(code: int) -> None:
    os._exit(code)


@pytest.mark.usefixtures("warm_workers")
def test_what_goes_wrong_in_a_new_process_is_said_here() -> None:
    with pytest.raises(InputError, match="no such thing"):
        in_fresh_process(fail, "no such thing", {})
    with pytest.raises(RunError, match="ended without an answer, exit code 7"):
        in_fresh_process(end, 7, {})


def test_the_reference_has_the_papers_shape() -> None:
    with torch.device("meta"):
        built = build_reference("classification")
    assert sum(p.numel() for p in built.parameters()) / 1e6 == pytest.approx(124.5, abs=0.1)
    assert REFERENCE == "reference"
