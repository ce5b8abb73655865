"""Statistics and metrics against numbers worked out by hand."""

import numpy as np
import pytest

from benchmark.measurement.footprint import Footprint
from benchmark.measurement.protocol import Samples
from benchmark.measurement.session import ExecutionMode
from benchmark.measurement.statistics import Control, Estimate, control, is_slower, latency_summary, speed_up
from benchmark.measurement.summary import SessionResult, cost_metrics, int8_won, latency_metrics, price


def samples(*round_ms: float, n: int = 4) -> Samples:
    return Samples(passes=np.array([[ms] * n for ms in round_ms]), rounds=np.arange(len(round_ms)))


def session_result(passed: bool = True, noise_floor: float = 1.05, **cases: Samples) -> SessionResult:
    ratio = Estimate(value=1.0, low=1.0, high=1.0) if passed else Estimate(value=1.2, low=1.1, high=1.3)
    named = {name.replace("__", " "): one for name, one in cases.items()}
    return SessionResult(
        mode=ExecutionMode(suffix="", n_threads=1),
        samples=named,
        control=Control(ratio=ratio, noise_floor=noise_floor),
        tries=1,
    )


def test_a_speed_up_is_the_median_of_the_rounds_ratios() -> None:
    ratio = speed_up(samples(10, 20, 30), samples(1, 4, 2))
    assert ratio.value == 10  # of 10, 5 and 15; the ratio of the medians would be 10 too, of the means 8.6
    assert (ratio.low, ratio.high) == (5, 15)


def test_a_machine_that_slows_down_slows_both() -> None:
    ratio = speed_up(samples(10, 20, 40), samples(1, 2, 4))
    assert (ratio.value, ratio.low, ratio.high) == (10, 10, 10)


def test_rounds_count_alike_however_many_passes_they_hold() -> None:
    uneven = Samples(passes=np.array([[1.0], [1.0], [1.0], [3.0]]), rounds=np.array([0, 0, 0, 1]))
    assert uneven.round_medians.tolist() == [1, 3]
    assert speed_up(samples(6, 6, n=1), uneven).value == 4
    summary = latency_summary(uneven)
    assert (summary["ms"], summary["low_ms"], summary["high_ms"]) == (1.0, 1.0, 3.0)


def test_summary_against_numbers_written_down() -> None:
    passes = np.arange(1, 1002, dtype=np.float64).reshape(7, 143)
    summary = latency_summary(Samples(passes=passes, rounds=np.arange(7)))
    assert (summary["n"], summary["ms"], summary["mean_ms"]) == (1001, 501.0, 501.0)
    assert (summary["p95_ms"], summary["p99_ms"]) == (951.0, 991.0)
    assert summary["spread"] == pytest.approx(500 / 501)


@pytest.mark.parametrize(
    ("n", "p95", "p99"), [(129, False, False), (130, True, False), (661, True, False), (662, True, True)]
)
def test_no_percentile_of_too_few_samples(n: int, p95: bool, p99: bool) -> None:
    summary = latency_summary(samples(1, n=n))
    assert (summary["p95_ms"] is not None, summary["p99_ms"] is not None) == (p95, p99)


def test_the_noise_floor_is_the_largest_factor_between_the_two_names() -> None:
    same = control(samples(1.0, 1.1, 0.8), samples(1.0, 1.0, 1.0))
    assert same.noise_floor == pytest.approx(1.25)
    assert same.passed
    assert not control(samples(1.1, 1.2, 1.3), samples(1, 1, 1)).passed


@pytest.mark.parametrize(
    ("value", "low", "high", "slower"),
    [(2.0, 1.5, 2.5, False), (0.5, 0.4, 0.6, True), (0.5, 0.4, 1.1, False), (0.93, 0.92, 0.95, False)],
)
def test_slower_needs_an_interval_below_1_and_a_factor_above_the_floor(
    value: float, low: float, high: float, slower: bool
) -> None:
    assert is_slower(Estimate(value=value, low=low, high=high), noise_floor=1.1) == slower


@pytest.mark.parametrize(
    ("int8_ms", "f1_lost", "passed", "won"),
    [
        (1.0, 0.005, True, True),
        (1.0, 0.0051, True, False),
        (1.0, None, True, False),
        (1.0, 0.0, False, False),
        (1.95, 0.0, True, True),
        (2.05, 0.0, True, True),
        (3.0, -0.1, True, False),
    ],
)
def test_int8_serves_where_it_is_not_slower_and_loses_half_a_point_at_most(
    int8_ms: float, f1_lost: float | None, passed: bool, won: bool
) -> None:
    session = session_result(passed, cnn__onnx=samples(2, 2, 2), cnn__onnx_int8=samples(int8_ms, int8_ms, int8_ms))
    metrics = {} if f1_lost is None else {"onnx_int8_valid_f1_lost": f1_lost}
    assert int8_won("cnn", session, metrics) == won


@pytest.mark.parametrize(
    ("metrics", "won"),
    [
        ({"onnx_int8_valid_f1_lost": 0.0, "onnx_int8_f1_lost": 0.1}, True),
        ({"onnx_int8_valid_f1_lost": 0.1, "onnx_int8_f1_lost": 0.0}, False),
        ({"onnx_int8_f1_lost": 0.0}, True),
        ({"onnx_int8_f1_lost": 0.1}, False),
    ],
    ids=["test_alone_loses", "validation_alone_loses", "older_run", "older_run_that_loses"],
)
def test_which_form_serves_is_chosen_without_the_test_split(metrics: dict[str, float], won: bool) -> None:
    session = session_result(cnn__onnx=samples(2, 2, 2), cnn__onnx_int8=samples(1, 1, 1))
    assert int8_won("cnn", session, metrics) == won


def test_without_an_int8_form_fp32_serves() -> None:
    assert not int8_won("cnn", session_result(cnn__onnx=samples(2, 2)), {"onnx_int8_valid_f1_lost": 0.0})


def test_metrics_are_named_by_case_scenario_and_baseline() -> None:
    session = session_result(
        cnn__torch=samples(4, 4, 4),
        cnn__onnx=samples(1, 2, 3, n=50),
        cnn__text=samples(5, 5, 5),
        cnn__text_int8=samples(3, 3, 3),
        cnn__text_offline=samples(20, 20, 20, n=1),
        teacher__torch=samples(40, 80, 120),
        teacher__onnx=samples(30, 60, 90),
        teacher__onnx_int8=samples(10, 20, 30),
        reference__torch=samples(100, 200, 300),
        other__torch=samples(9, 9, 9),
    )
    metrics = latency_metrics("cnn", [session], int8_serves=False)
    assert metrics["latency_torch_ms"] == 4
    assert (metrics["latency_onnx_ms"], metrics["latency_onnx_n"], metrics["latency_onnx_p95_ms"]) == (2, 150, 3)
    assert metrics["latency_torch_p95_ms"] is None
    assert metrics["latency_text_ms"] == 5
    assert metrics["throughput_text"] == 200
    assert metrics["speedup_onnx_over_teacher_torch"] == 40
    assert metrics["speedup_onnx_over_teacher_best"] == 10
    assert (metrics["speedup_onnx_over_reference_torch"], metrics["latency_reference_torch_ms"]) == (100, 200)
    assert (metrics["speedup_text_over_teacher_torch"], metrics["speedup_text_over_reference_torch"]) == (16, 40)
    assert "speedup_text_over_teacher_best" not in metrics
    assert latency_metrics("cnn", [session], int8_serves=True)["latency_text_ms"] == 3


def test_price_of_a_million_sentences() -> None:
    assert price(0.36, 1000) == pytest.approx(0.1)  # 1,000 s of a core at 0.0001 a second
    metrics = cost_metrics(Footprint(memory_mib=80, load_ms=100, first_answer_ms=2), 1000)
    assert metrics["cost_sentences_per_second_per_core"] == 1000
