"""Metadata of measuring sessions as stored with a run: tags, raw samples, protocol and machine."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.measurement.machine import machine_fingerprint
from benchmark.measurement.protocol import LATENCY_PROTOCOL, Budget
from benchmark.measurement.sample import Sample
from benchmark.measurement.summary import SessionResult
from benchmark.reporting.results import INVALID


def session_metadata(sessions: Sequence[SessionResult], budget: Budget, sample: Sample) -> dict[str, Any]:
    """Budget, machine, sentences, and how each session went; as JSON has it."""
    return {
        "protocol": LATENCY_PROTOCOL,
        "budget": asdict(budget),
        "machine": machine_fingerprint(),
        "dtype": "float32",
        **sample.metadata(),
        "sessions": [_session_dict(session_result) for session_result in sessions],
    }


def session_tags(sessions: Sequence[SessionResult], budget: Budget) -> dict[str, str]:
    """What runs are filtered by; the first session is that of one thread on the CPU."""
    passed = all(session_result.control.passed for session_result in sessions)
    return {
        "latency_protocol": LATENCY_PROTOCOL,
        "latency_budget": budget.name,
        "latency_control": "passed" if passed else "failed",
        **invalidity(sessions[0]),
    }


def invalidity(session_result: SessionResult) -> dict[str, str]:
    """The tag that keeps milliseconds out of every table where the control failed on the last try; else empty."""
    if session_result.control.passed:
        return {}
    same = session_result.control.ratio
    return {
        INVALID: f"one model under two names was {same.value:.3f} [{same.low:.3f}, {same.high:.3f}] times as fast as "
        f"itself in the last of {session_result.tries} tries: the machine was not quiet; "
        "python -m benchmark.latency --again measures anew"
    }


def write_samples(folder: Path, sessions: Sequence[SessionResult], metadata: Mapping[str, object]) -> None:
    """latency_samples_ms.npz: each subject's passes [P, n] and the round of each; latency_session.json: `about`."""
    for session_result in sessions:
        arrays: dict[str, Any] = {name: samples.passes for name, samples in session_result.samples.items()}
        arrays |= {f"{name} rounds": samples.rounds for name, samples in session_result.samples.items()}
        np.savez_compressed(folder / f"latency_samples{session_result.mode.suffix}_ms.npz", **arrays)
    (folder / "latency_session.json").write_text(json.dumps(metadata, indent=2) + "\n", encoding="utf-8")


def _session_dict(session_result: SessionResult) -> dict[str, object]:
    mode, same = asdict(session_result.mode), asdict(session_result.control) | {"passed": session_result.control.passed}
    loads = {"load_before": session_result.load_before, "load_after": session_result.load_after}
    return mode | {"control": same, "tries": session_result.tries} | loads
