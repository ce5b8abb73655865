"""A measurement that was stopped goes on after the sessions that it finished."""

from pathlib import Path

import numpy as np
import pytest

from benchmark.core.errors import RunError
from benchmark.measurement.finished_sessions import FinishedSessions
from benchmark.measurement.protocol import Samples
from benchmark.measurement.session import CONTROL, ExecutionMode, control_of
from benchmark.measurement.summary import SessionResult, latency_metrics

ONE, ALL = ExecutionMode(suffix="", n_threads=1), ExecutionMode(suffix="_all", n_threads=2)


def samples(seed: int) -> Samples:
    return Samples(passes=np.random.default_rng(seed).uniform(1, 2, (6, 4)), rounds=np.arange(6))


def session(mode: ExecutionMode, same: float = 1.0) -> SessionResult:
    measured = {
        name: samples(seed) for seed, name in enumerate(("teacher torch", "teacher onnx", "cnn onnx", "cnn text"))
    }
    measured[CONTROL] = Samples(passes=same * measured["cnn onnx"].passes, rounds=np.arange(6))
    return SessionResult(
        mode=mode, samples=measured, control=control_of(measured), tries=2, load_before=0.25, load_after=1.5
    )


def stopped(_: ExecutionMode) -> SessionResult:
    raise RunError("The measuring process ended without an answer.")


def test_what_ends_a_measurement_loses_one_session(tmp_path: Path) -> None:
    finished = FinishedSessions(tmp_path / "sessions")
    first = finished.result(ONE, session)
    with pytest.raises(RunError):
        finished.result(ALL, stopped)
    kept = FinishedSessions(tmp_path / "sessions").result(ONE, stopped)
    assert (kept.mode, kept.metadata()) == (first.mode, first.metadata())
    assert list(kept.samples) == list(first.samples)
    assert latency_metrics("cnn", [kept], int8_serves=False) == latency_metrics("cnn", [first], int8_serves=False)


def test_what_is_stored_is_measured_anew_when_it_is_wanted_again(tmp_path: Path) -> None:
    finished = FinishedSessions(tmp_path / "sessions")
    finished.result(ONE, session)
    finished.forget()
    assert not (tmp_path / "sessions").exists()
    finished.forget()


def test_a_session_whose_control_failed_is_not_kept(tmp_path: Path) -> None:
    finished = FinishedSessions(tmp_path / "sessions")
    result = finished.result(ONE, lambda mode: session(mode, same=1.5))
    assert not result.control.passed
    with pytest.raises(RunError):
        finished.result(ONE, stopped)


def test_a_damaged_session_is_measured_anew(tmp_path: Path) -> None:
    finished = FinishedSessions(tmp_path / "sessions")
    finished.result(ONE, session)
    [file] = (tmp_path / "sessions").rglob("*.npz")
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(RunError):
        finished.result(ONE, stopped)


def test_a_cache_that_cannot_be_written_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert FinishedSessions(tmp_path / "file" / "sessions").result(ONE, session).control.passed
