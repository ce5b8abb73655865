"""Claims on the best student: against the best competitor, and against the students that are as fast."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from benchmark.reporting.claims.findings import Finding
from benchmark.reporting.results import Row
from tests.support.claim_factory import cell, judged, ours, row, timed


def gains(**by_student: Sequence[float]) -> list[Row]:
    """Each student's gains by unlabelled text, one a seed."""
    return [
        one
        for student, found in by_student.items()
        for one in (*cell(student, "kd", [50] * len(found)), *cell(student, "kd_ulb", [50 + gain for gain in found]))
    ]


def test_the_largest_effect_is_compared_with_the_best_competitors() -> None:
    competitors = {"cnn": [1, 1, 1], "bert_tiny": [3, 3, 3], "bert_mini": [0, 0, 0], "bert_small": [2, 2, 2]}
    found = judged("ulb_helps_bilstm_most", gains(bilstm=[5, 5.1, 5.2], **competitors))
    assert found.ours
    assert (found.ours.mean, found.verdict) == (pytest.approx(2.1), "holds")
    assert "against bert_tiny" in found.note
    del competitors["bert_small"]
    assert judged("ulb_helps_bilstm_most", gains(bilstm=[5, 5.1, 5.2], **competitors)).verdict == "not enough runs"
    behind = judged("ulb_helps_bilstm_most", gains(bilstm=[2, 2.1, 2.2], **competitors))
    assert behind.verdict == "does not hold", "one competitor is enough to refute it"
    assert "bert_small" in behind.note


def test_students_are_compared_at_their_best_rates_within_one_budget() -> None:
    others = [one for name in ("bert_tiny", "bert_mini") for one in cell(name, "vanilla", [40, 40, 40])]
    small = [*cell("bert_small", "vanilla", [60, 61, 62]), *cell("cnn", "vanilla", [58, 58, 58], budget="longer")]
    bilstm = cell("bilstm", "vanilla", [50, 50, 50], learning_rate=3e-3, configuration="quick")
    found = judged("baseline_bert_small_is_best", [*others, *small, *bilstm])
    assert found.ours
    assert (found.ours.mean, found.verdict) == (pytest.approx(11), "not enough runs")
    assert found.note == "against bilstm, the best competitor; no comparable runs of cnn"
    better = cell("bilstm", "vanilla", [70, 70, 70], learning_rate=1e-3, configuration="slow")
    assert judged("baseline_bert_small_is_best", [*others, *small, *bilstm, *better]).verdict == "does not hold"
    worse_on_validation = [replace(one, valid_f1=0.1) for one in better]
    found = judged("baseline_bert_small_is_best", [*others, *small, *bilstm, *worse_on_validation])
    assert found.ours
    assert found.ours.mean == pytest.approx(11)


def test_students_are_compared_within_each_block() -> None:
    rows = [*cell("bilstm", "vanilla", [50]), *cell("bilstm", "vanilla", [50], budget="longer")]
    rows += [*cell("cnn", "vanilla", [52]), *cell("cnn", "vanilla", [54], budget="longer", configuration="longer")]
    assert ours("baseline_cnn_over_bilstm", rows).mean == pytest.approx(3)


def test_students_are_compared_in_one_setting_and_a_single_competitor_needs_no_note() -> None:
    rows = [*cell("cnn", "vanilla", [52, 53]), *cell("bilstm", "vanilla", [50, 50])]
    rows += [*cell("cnn", "kd", [60, 60]), *cell("bilstm", "kd", [70, 70])]
    found = judged("baseline_cnn_over_bilstm", rows)
    assert (found.note, found.ours and found.ours.mean) == ("", pytest.approx(2.5))


def test_a_contrast_of_two_students_has_one_competitor() -> None:
    rows = [*cell("cnn", "kd_ulb", [50, 50]), *cell("cnn", "kd_ulb_q1_q3", [57, 58])]
    rows += [*cell("bilstm", "kd_ulb", [60, 60]), *cell("bilstm", "kd_ulb_q1_q3", [60, 61])]
    rows += [*cell("bert_tiny", "kd_ulb", [10, 10]), *cell("bert_tiny", "kd_ulb_q1_q3", [90, 90])]
    found = judged("length_q1_q3_helps_cnn_more", rows)
    assert found.ours
    assert (found.ours.mean, found.ours.students, found.note) == (pytest.approx(7), ("cnn",), "")


FRONT = {"bert_tiny": 1.5, "bert_mini": 3.0, "bert_small": 6.0}


def front(bilstm: Sequence[float], cnn: Sequence[float], **others: float) -> list[Row]:
    """CNN is the fastest."""
    rest = [one for name, ms in others.items() for one in timed(name, ms, [40, 40, 40])]
    return [*timed("cnn", 0.5, cnn), *timed("bilstm", 1.0, bilstm), *rest]


def test_the_pareto_front_is_decided_by_the_best_student_that_is_as_fast() -> None:
    found = judged("bilstm_is_on_the_front", front([63, 64, 65], [60, 61, 62], **FRONT))
    assert found.ours
    assert (found.ours.mean, found.verdict, found.note) == (
        pytest.approx(3), "holds", "against cnn, the best student that is as fast",
    )  # fmt: skip
    fastest = judged("cnn_is_on_the_front", front([63, 64, 65], [60, 61, 62], **FRONT))
    assert (fastest.ours, fastest.verdict, fastest.note) == (None, "holds", "no student is as fast")


def test_bert_tiny_is_compared_with_those_as_fast_in_pytorch() -> None:
    def in_pytorch(ms: float) -> Finding:
        torch = {"bilstm": ms, "cnn": 9.0, "bert_tiny": 2.0, "bert_mini": 4.0, "bert_small": 8.0}
        rows = [replace(one, latency_torch_ms=torch[one.student]) for one in front([63, 64, 65], [60, 61, 62], **FRONT)]
        return judged("bert_tiny_is_off_the_front", rows)

    found = in_pytorch(1.7)
    assert (found.verdict, found.note) == ("holds", "against bilstm, the best student that is as fast")
    alone = in_pytorch(2.1)
    assert (alone.verdict, alone.note) == ("does not hold", "no student is as fast"), "in ONNX two are"


def test_a_front_of_some_students_can_be_refuted_not_shown() -> None:
    for name in ("bilstm_is_on_the_front", "cnn_is_on_the_front"):
        assert judged(name, front([63, 64, 65], [60, 61, 62])).verdict == "not enough runs"
    assert judged("bilstm_is_on_the_front", front([50, 51, 52], [60, 61, 62])).verdict == "does not hold"


def test_each_student_stands_on_the_front_in_its_best_setting_by_validation() -> None:
    rows = front([63, 64, 65], [60, 61, 62], **FRONT)
    better_on_test = [row("cnn", "kd_ulb", 0.9, seed, valid_f1=0.1, latency_onnx_ms=0.5) for seed in range(3)]
    assert ours("bilstm_is_on_the_front", [*rows, *better_on_test]).mean == pytest.approx(3)
