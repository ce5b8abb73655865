"""Metrics, tags and files of measuring sessions, as stored with a run.

latency_CASE[_all|_cuda]_ms      median, scenario single, and its _low, _high, _mean, _p95, _p99
speedup_CASE[...]_over_BASELINE  median of the rounds' ratios, and its _low and _high; of `text` over PyTorch alone,
                                 whose tokenisation does not count
throughput_CASE[...]             sentences per second, scenario offline
cost_...                         memory, start-up, sentences per second per core of the served form, price
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.measurement.footprint import Footprint
from benchmark.measurement.machine import machine_fingerprint
from benchmark.measurement.protocol import LATENCY_PROTOCOL, Budget, Samples, SentenceSample
from benchmark.measurement.session import ExecutionMode
from benchmark.measurement.statistics import Control, is_slower, latency_summary, speed_up
from benchmark.reporting.results import INVALID

OFFLINE = "_offline"
INT8_SUFFIX = "_int8"
BASELINES = {
    "teacher_torch": ("teacher torch",),
    "teacher_best": ("teacher onnx", "teacher onnx_int8"),
    "reference_torch": ("reference torch",),
    "reference_onnx": ("reference onnx",),
}
"""Cases by baseline; of several, the fastest is the baseline."""
TEXT_BASELINES = ("teacher_torch", "reference_torch")
"""Baselines of the scope `text`: so slow that their tokenisation, which is left out, would hardly count."""
MAX_F1_LOST = 0.005
"""Maximum loss of validation F1 at which INT8 is served; the test split takes no part in that choice."""
SECONDS_PER_HOUR, MILLION = 3600, 1_000_000
SESSION = "latency_session.json"


@dataclass(frozen=True, kw_only=True)
class SessionResult:
    """Result of a session: samples by `CANDIDATE CASE`, as `cnn onnx` or `teacher torch_offline`."""

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

    def metadata(self) -> dict[str, object]:
        control = asdict(self.control) | {"passed": self.control.passed}
        loads = {"load_before": self.load_before, "load_after": self.load_after}
        return asdict(self.mode) | {"control": control, "tries": self.tries} | loads


def int8_won(name: str, result: SessionResult, metrics: Mapping[str, float]) -> bool:
    """Whether INT8, which is smaller, loses little F1 and is not significantly slower than fp32.

    `metrics` are the run's; runs of earlier versions have the larger of the losses on validation and test alone.
    """
    f1_lost = metrics.get("onnx_int8_valid_f1_lost", metrics.get("onnx_int8_f1_lost"))
    fp32, int8 = (result.samples.get(f"{name} {form}") for form in ("onnx", "onnx_int8"))
    if fp32 is None or int8 is None or f1_lost is None or not result.control.passed:
        return False
    return f1_lost <= MAX_F1_LOST and not is_slower(speed_up(fp32, int8), result.control.noise_floor)


def latency_metrics(name: str, results: Iterable[SessionResult], *, int8_serves: bool) -> dict[str, float | None]:
    """Metrics of one model; with `int8_serves`, those of `text` are of the INT8 form."""
    metrics: dict[str, float | None] = {}
    for result in results:
        end = result.mode.suffix
        metrics[f"latency_noise_floor{end}"] = result.control.noise_floor
        metrics[f"latency_control_passed{end}"] = float(result.control.passed)
        for case, samples in _samples_of(name, result, int8_serves).items():
            metrics |= _case_metrics(case, samples, result)
        for form in ("torch", "onnx"):
            if reference := result.samples.get(f"reference {form}"):
                metrics[f"latency_reference_{form}{end}_ms"] = _median(reference)
    return metrics


def cost_metrics(footprint: Footprint, sentences_per_second: float) -> dict[str, float]:
    """Costs of the served form, on one thread."""
    return {f"cost_{name}": value for name, value in asdict(footprint).items()} | {
        "cost_sentences_per_second_per_core": sentences_per_second
    }


def price(per_core_hour: float, sentences_per_second: float) -> float:
    """Price of a million sentences, in the currency of `per_core_hour`."""
    return per_core_hour * MILLION / (sentences_per_second * SECONDS_PER_HOUR)


def session_metadata(results: Sequence[SessionResult], budget: Budget, sample: SentenceSample) -> dict[str, Any]:
    """Budget, machine, sentences and sessions, as stored in JSON."""
    return {
        "protocol": LATENCY_PROTOCOL,
        "budget": asdict(budget),
        "machine": machine_fingerprint(),
        "dtype": "float32",
        **sample.metadata(),
        "sessions": [result.metadata() for result in results],
    }


def session_tags(results: Sequence[SessionResult], budget: Budget) -> dict[str, str]:
    """Tags of the inference runs; the first session is that of one thread on the CPU."""
    passed = all(result.control.passed for result in results)
    return {
        "latency_protocol": LATENCY_PROTOCOL,
        "latency_budget": budget.name,
        "latency_control": "passed" if passed else "failed",
        **invalidity(results[0]),
    }


def invalidity(result: SessionResult) -> dict[str, str]:
    """The tag that excludes latencies from every table if the control failed on the last try; else empty."""
    if result.control.passed:
        return {}
    ratio = result.control.ratio
    return {
        INVALID: f"one model under two names was {ratio.value:.3f} [{ratio.low:.3f}, {ratio.high:.3f}] times as fast "
        f"as itself in the last of {result.tries} tries: the machine was not quiet; "
        "python -m benchmark.latency --again repeats it"
    }


def write_samples(folder: Path, results: Sequence[SessionResult], metadata: Mapping[str, object]) -> None:
    """Writes latency_samples_ms.npz (each case's passes [P, n] and their rounds [P]) and latency_session.json."""
    for result in results:
        arrays: dict[str, Any] = {name: samples.passes for name, samples in result.samples.items()}
        arrays |= {f"{name} rounds": samples.rounds for name, samples in result.samples.items()}
        np.savez_compressed(folder / samples_file(result.mode), **arrays)
    (folder / SESSION).write_text(json.dumps(metadata, indent=2) + "\n", encoding="utf-8")


def samples_file(mode: ExecutionMode) -> str:
    return f"latency_samples{mode.suffix}_ms.npz"


def _samples_of(name: str, result: SessionResult, int8_serves: bool) -> dict[str, Samples]:
    """The model's samples by case; `text` is of the served form."""
    own = {full.partition(" ")[2]: s for full, s in result.samples.items() if full.partition(" ")[0] == name}
    texts = [case for case in own if case.startswith("text")]
    served = {case.replace(INT8_SUFFIX, ""): own[case] for case in texts if (INT8_SUFFIX in case) == int8_serves}
    return {case: samples for case, samples in own.items() if case not in texts} | served


def _case_metrics(case: str, samples: Samples, result: SessionResult) -> dict[str, float | None]:
    end = result.mode.suffix
    if case.endswith(OFFLINE):
        return {f"throughput_{case.removesuffix(OFFLINE)}{end}": 1e3 * result.n_sentences / _median(samples)}
    metrics = {f"latency_{case}{end}_{name}": value for name, value in latency_summary(samples).items()}
    return metrics | _speed_ups(case, samples, result)


def _speed_ups(case: str, samples: Samples, result: SessionResult) -> dict[str, float | None]:
    metrics: dict[str, float | None] = {}
    for baseline in TEXT_BASELINES if case == "text" else BASELINES:
        names = BASELINES[baseline]
        measured = [result.samples[name] for name in names if name in result.samples]
        if measured:
            ratio, stem = speed_up(min(measured, key=_median), samples), f"{case}{result.mode.suffix}_over_{baseline}"
            metrics |= {f"speedup_{stem}": ratio.value, f"speedup_{stem}_low": ratio.low}
            metrics |= {f"speedup_{stem}_high": ratio.high}
    return metrics


def _median(samples: Samples) -> float:
    return float(np.median(samples.passes))
