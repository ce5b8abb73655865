from collections.abc import Sequence
from typing import Any

import pytest

from benchmark.reporting.costs import cost_markdown, cost_sections
from benchmark.reporting.table import Table
from tests.support.run_factory import AddRun
from tracking import Store

MACHINE = "host, EPYC"


def measured(add_run: AddRun, store: Store, student: str, metrics: dict[str, float], **tags: str) -> None:
    """A run and its inference run, as the measuring stage leaves them."""
    parent = add_run(store, student=student, test_f1=0.5)
    defaults = {"role": "inference", "dataset": "emot", "task": "classification", "student": student, "preset": "paper"}
    defaults |= {"smoke": "false", "latency_protocol": "2", "latency_budget": "full", "latency_control": "passed"}
    tags = defaults | {"machine": MACHINE} | tags
    run = store.begin("classification", f"emot.{student}.inference", tags=tags, params={}, parent=parent)
    run.finish(metrics)


REFERENCE = {"latency_reference_torch_ms": 100.0, "latency_reference_onnx_ms": 70.0, "latency_noise_floor": 1.05}
BILSTM = REFERENCE | {
    "n_parameters": 3_350_000,
    "size_checkpoint_mib": 38.4,
    "size_onnx_mib": 12.8,
    "size_onnx_int8_mib": 3.2,
    "latency_torch_ms": 1.5,
    "latency_torch_spread": 0.3,
    "latency_onnx_ms": 0.4,
    "latency_onnx_spread": 0.1,
    "latency_onnx_int8_ms": 0.2,
    "latency_text_ms": 0.25,
    "latency_text_n": 100,
    "onnx_int8_won": 1.0,
    "onnx_int8_f1_lost": 0.0012,
    "cost_memory_mib": 80.0,
}


def ratio(name: str, value: float, low: float, high: float) -> dict[str, float]:
    return {name: value, f"{name}_low": low, f"{name}_high": high}


@pytest.fixture
def tables(store: Store, add_run: AddRun) -> dict[str, Table[Sequence[str]]]:
    speed = ratio("speedup_onnx_over_reference_torch", 250, 240, 260)
    speed |= ratio("speedup_torch_over_teacher_torch", 1.04, 1.01, 1.06)
    measured(add_run, store, "bilstm", BILSTM | speed)
    measured(add_run, store, "teacher", REFERENCE | {"n_parameters": 33_900_000, "latency_torch_ms": 30.0})
    [section] = cost_sections(store.records())
    assert section.title == "emot, preset paper"
    assert section.note == f"Machine: {MACHINE}. Budget: full. A/A control: passed; noise floor x1.050."
    return {made.title: made for made in section.tables}


def cells(made: Table[Sequence[str]], student: str) -> dict[str, str]:
    texts = next(texts for texts in made.texts if texts[0] == student)
    return dict(zip(titles(made), texts, strict=True))


def titles(made: Table[Sequence[str]]) -> list[str]:
    return [column.name for column in made.columns]


def test_table_7_has_the_papers_figure_beside_ours(tables: dict[str, Table[Sequence[str]]]) -> None:
    made = tables["Table 7: parameters and latency in PyTorch"]
    assert [row[0] for row in made.rows] == ["BERT-base shape", "teacher", "bilstm"]
    bilstm = cells(made, "bilstm")
    assert (bilstm["million parameters"], bilstm["ms CPU"]) == ("3.35 / 3.35", "1.50* / 1.74")
    assert bilstm["x in the paper"] == "22.5"  # 39.15 / 1.74
    assert bilstm["x teacher"] == "same"  # within the noise floor of 1.05, although the interval leaves 1
    assert cells(made, "BERT-base shape")["ms CPU"] == "100 / 39.15"
    assert cells(made, "teacher")["ms CPU"] == "30.0 / 39.15"


def test_table_8_has_sizes_and_ratios_with_intervals(tables: dict[str, Table[Sequence[str]]]) -> None:
    bilstm = cells(tables["Table 8: before and after export to ONNX"], "bilstm")
    assert (bilstm["MiB original"], bilstm["MiB ONNX"], bilstm["MiB INT8"]) == ("38.4 / 38.40", "12.8 / 12.80", "3.20")
    assert (bilstm["ms ONNX"], bilstm["ms INT8"]) == ("0.400 / 0.36", "0.200")
    assert bilstm["ONNX x reference"] == "250 [240, 260]"
    assert bilstm["ONNX x teacher"] == "-"
    assert bilstm["x in the paper"] == "109"  # 39.15 / 0.36


def test_beyond_the_paper(tables: dict[str, Table[Sequence[str]]]) -> None:
    made = tables["Serving"]
    bilstm = cells(made, "bilstm")
    assert (bilstm["served form"], bilstm["F1 points lost by INT8"], bilstm["MiB memory"]) == ("INT8", "0.12", "80.0")
    assert bilstm["ms tokenisation"] == "0.050"  # beside the INT8 form, which serves
    assert bilstm["ms text p95"] == "n/a (n=100)"
    assert "price per million" not in titles(made)


def test_a_price_has_a_column_where_one_was_given(store: Store, add_run: AddRun) -> None:
    measured(add_run, store, "bilstm", BILSTM | {"cost_per_million_sentences": 0.0123})
    [section] = cost_sections(store.records())
    assert cells(section.tables[2], "bilstm")["price per million"] == "0.0123"


def test_machines_protocols_and_smoke_runs_are_never_mixed(store: Store, add_run: AddRun) -> None:
    measured(add_run, store, "cnn", {"latency_torch_ms": 9.0}, latency_protocol="1")
    measured(add_run, store, "bert_tiny", {"latency_torch_ms": 9.0}, smoke="true")
    measured(add_run, store, "bilstm", {"latency_torch_ms": 1.0})
    measured(add_run, store, "bilstm", {"latency_torch_ms": 2.0}, machine="other")
    sections = cost_sections(store.records())
    assert [[row[0] for row in section.tables[0].rows] for section in sections] == [["bilstm"], ["bilstm"]]
    assert [cells(section.tables[0], "bilstm")["ms CPU"] for section in sections] == ["1.00 / 1.74", "2.00 / 1.74"]


def test_teachers_are_never_mixed(store: Store, add_run: AddRun) -> None:
    for name, size in (("small", 40.0), ("large", 475.0)):
        measured(add_run, store, "teacher", {"size_onnx_mib": size}, teacher=name)
        measured(add_run, store, "cnn", {"size_onnx_mib": size / 10}, teacher=name)
    small, large = cost_sections(store.records())
    assert (small.title, large.title) == ("emot, preset paper, teacher small", "emot, preset paper, teacher large")
    assert [cells(small.tables[1], name)["MiB ONNX"] for name in ("teacher", "cnn")] == [
        "40.0 / 475.06",
        "4.00 / 15.35",
    ]
    assert [cells(large.tables[1], name)["MiB ONNX"] for name in ("teacher", "cnn")] == ["475 / 475.06", "47.5 / 15.35"]


def test_what_int8_loses_is_told_of_all_settings(store: Store, add_run: AddRun) -> None:
    """Whether it serves is decided by what a run loses: each form has a line with its own milliseconds."""
    served = {"latency_onnx_ms": 0.4, "latency_onnx_int8_ms": 0.2}
    for setting, won, lost, ms in (("vanilla", 0, 0.09, 0.5), ("kd", 1, 0.001, 0.3), ("kd_ulb", 1, 0.004, 0.31)):
        metrics = served | {"onnx_int8_won": float(won), "onnx_int8_f1_lost": lost, "latency_text_ms": ms}
        measured(add_run, store, "cnn", metrics, setting=setting)
    made = cost_sections(store.records())[0].tables[2]
    assert [texts[:4] for texts in made.texts] == [
        ["cnn", "INT8 (2 of 3 runs)", "0.10 to 0.40", "0.310"],
        ["cnn", "fp32 (1 of 3 runs)", "9.00", "0.500"],
    ]


def test_a_later_measurement_counts(store: Store, add_run: AddRun) -> None:
    measured(add_run, store, "bilstm", {"latency_torch_ms": 1.0})
    measured(add_run, store, "bilstm", {"latency_torch_ms": 2.0})
    assert cells(cost_sections(store.records())[0].tables[0], "bilstm")["ms CPU"] == "2.00 / 1.74"


def test_a_failed_control_is_said(store: Store, add_run: AddRun) -> None:
    measured(add_run, store, "bilstm", BILSTM, latency_control="failed")
    assert "A/A control: failed" in cost_sections(store.records())[0].note


def test_a_control_that_failed_on_all_cores_condemns_those_figures_alone(store: Store, add_run: AddRun) -> None:
    passed = {"latency_control_passed": 1.0, "latency_control_passed_all": 0.0}
    measured(add_run, store, "bilstm", BILSTM | passed, latency_control="failed")
    note = cost_sections(store.records())[0].note
    assert "A/A control: passed on one thread, failed on all cores" in note
    assert "its latencies do not count" in cost_sections(store.records())[0].note


def test_the_chapter_of_a_report(store: Store, add_run: AddRun) -> None:
    assert cost_markdown(store.records()) == ""
    measured(add_run, store, "bilstm", BILSTM)
    text = cost_markdown(store.records())
    assert text.startswith("\n\n## Costs\n\n### emot, preset paper\n\nMachine: host, EPYC.")
    assert "| student | million parameters |" in text
    assert "two optimiser moments" in text
    assert "the paper's are averages on a 6-core CPU with an unknown number of threads." in text


def test_a_tagging_table_stands_beside_the_papers_tagging_figures(store: Store, add_run: AddRun) -> None:
    metrics: dict[str, Any] = {"latency_torch_ms": 2.0, "latency_onnx_ms": 0.5}
    measured(add_run, store, "bilstm", metrics, task="sequence_labeling", dataset="nergrit")
    [section] = cost_sections(store.records())
    assert cells(section.tables[0], "bilstm")["ms CPU"] == "2.00 / 3.19"
    assert cells(section.tables[1], "bilstm")["ms ONNX"] == "0.500 / -"  # Table 8 is of classification
