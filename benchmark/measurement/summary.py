"""Metrics of a measuring session by name, as stored with a run.

latency_SUBJECT[_all|_cuda]_ms      median, scenario single, and its _low, _high, _mean, _p95, _p99
speedup_SUBJECT[...]_over_BASELINE  median of the rounds' ratios, and its _low and _high
throughput_SUBJECT[...]             sentences a second, scenario offline
cost_...                            memory, starts, sentences a second and core of what is served, money
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.measurement.candidates import Sample
from benchmark.measurement.footprint import Footprint
from benchmark.measurement.machine import machine_fingerprint
from benchmark.measurement.protocol import LATENCY_PROTOCOL, Budget, Samples, summarize
from benchmark.measurement.session import ExecutionMode
from benchmark.measurement.statistics import Control, median_ms, speed_up, verdict
from benchmark.reporting.results import INVALID

OFFLINE = "_offline"
INT8_SUFFIX = "_int8"
BASELINES = {
    "teacher_torch": ("teacher torch",),
    "teacher_best": ("teacher onnx", "teacher onnx_int8"),
    "reference_torch": ("reference torch",),
    "reference_onnx": ("reference onnx",),
}
"""What a student is compared with; of several the quickest."""
MAX_F1_LOST = 0.005
"""INT8 may cost half a point of F1 on validation: which form serves is a choice, and choices do not read test."""
SECONDS_PER_HOUR, MILLION = 3600, 1_000_000


@dataclass(frozen=True, kw_only=True)
class SessionResult:
    """What a session came to: samples by `entrant subject`."""

    mode: ExecutionMode
    samples: Mapping[str, Samples]
    control: Control
    tries: int
    load_before: float = 0.0
    load_after: float = 0.0
    """Runnable processes, mean over the minute before the session began and before it ended."""

    @property
    def n_sentences(self) -> int:
        return next(int(s.passes.shape[1]) for name, s in self.samples.items() if not name.endswith(OFFLINE))


def int8_won(name: str, session_result: SessionResult, known: Mapping[str, float]) -> bool:
    """Whether INT8 is faster than fp32 by the rule of a session that can tell, and costs little F1 on validation.

    `known` are the figures of the run: of an older one what INT8 loses on validation or on test, whichever is more.
    """
    f1_lost = known.get("onnx_int8_valid_f1_lost", known.get("onnx_int8_f1_lost"))
    plain, int8 = (session_result.samples.get(f"{name} {form}") for form in ("onnx", "onnx_int8"))
    if plain is None or int8 is None or f1_lost is None or not session_result.control.passed:
        return False
    return f1_lost <= MAX_F1_LOST and verdict(speed_up(plain, int8), session_result.control.noise_floor) == "faster"


def figures(name: str, sessions: Iterable[SessionResult], *, int8_serves: bool) -> dict[str, float | None]:
    """All of one model; `int8_serves` says which form stands behind `text`."""
    metrics: dict[str, float | None] = {}
    for session_result in sessions:
        end = session_result.mode.suffix
        metrics |= {f"latency_noise_floor{end}": session_result.control.noise_floor}
        metrics |= {f"latency_control_passed{end}": float(session_result.control.passed)}
        for case, samples in _own(name, session_result, int8_serves).items():
            metrics |= _figures(case, samples, session_result)
        for reference in ("torch", "onnx"):
            if measured := session_result.samples.get(f"reference {reference}"):
                metrics |= {f"latency_reference_{reference}{end}_ms": float(np.median(measured.passes))}
    return metrics


def costs(footprint: Footprint, sentences_per_second: float) -> dict[str, float]:
    """Of the bundle that is served, on one thread."""
    return {
        "cost_memory_mib": footprint.memory_mib,
        "cost_load_ms": footprint.load_ms,
        "cost_first_answer_ms": footprint.first_answer_ms,
        "cost_sentences_per_second_per_core": sentences_per_second,
    }


def price(per_core_hour: float, sentences_per_second: float) -> float:
    """Of a million sentences, in the currency of `per_core_hour`."""
    return per_core_hour * MILLION / (sentences_per_second * SECONDS_PER_HOUR)


def _own(name: str, session_result: SessionResult, int8_serves: bool) -> dict[str, Samples]:
    """The model's samples by subject; `text` is of the form that is served."""
    own = {full.partition(" ")[2]: s for full, s in session_result.samples.items() if full.partition(" ")[0] == name}
    texts = {case.replace(INT8_SUFFIX, ""): s for case, s in own.items() if _serves(case, int8_serves)}
    return {case: s for case, s in own.items() if not case.startswith("text")} | texts


def _serves(case: str, int8_serves: bool) -> bool:
    return case.startswith("text") and (INT8_SUFFIX in case) == int8_serves


def _figures(case: str, samples: Samples, session_result: SessionResult) -> dict[str, float | None]:
    end = session_result.mode.suffix
    if case.endswith(OFFLINE):
        return {f"throughput_{case.removesuffix(OFFLINE)}{end}": per_second(samples, session_result.n_sentences)}
    summary, interval = summarize(samples.passes), median_ms(samples)
    stem = f"latency_{case}{end}"
    metrics: dict[str, float | None] = {f"{stem}_ms": interval.value, f"{stem}_low_ms": interval.low}
    metrics |= {f"{stem}_high_ms": interval.high, f"{stem}_mean_ms": summary.mean_ms, f"{stem}_p95_ms": summary.p95_ms}
    metrics |= {f"{stem}_p99_ms": summary.p99_ms, f"{stem}_spread": summary.spread, f"{stem}_n": summary.n}
    return metrics if case == "text" else metrics | _speed_ups(case, samples, session_result)


def per_second(samples: Samples, n_sentences: int) -> float:
    """Sentences a second, of a subject whose input is all sentences."""
    return 1e3 * n_sentences / float(np.median(samples.passes))


def _speed_ups(case: str, samples: Samples, session_result: SessionResult) -> dict[str, float | None]:
    metrics: dict[str, float | None] = {}
    for baseline, names in BASELINES.items():
        if best := _quickest(names, session_result):
            ratio, stem = speed_up(best, samples), f"speedup_{case}{session_result.mode.suffix}_over_{baseline}"
            metrics |= {stem: ratio.value, f"{stem}_low": ratio.low, f"{stem}_high": ratio.high}
    return metrics


def _quickest(names: Sequence[str], session_result: SessionResult) -> Samples | None:
    there = [session_result.samples[name] for name in names if name in session_result.samples]
    return min(there, key=lambda samples: float(np.median(samples.passes)), default=None)


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
