"""The paper's figures, and the tables that set ours beside them."""

from dataclasses import replace
from statistics import fmean

import pytest

from benchmark.core.settings import LADDER
from benchmark.core.spec import TASKS, Task
from benchmark.reporting.leaderboard import leaderboards
from benchmark.reporting.paper import (
    AVERAGE,
    paper_counts,
    paper_datasets,
    paper_f1,
    paper_onnx,
    paper_order,
    paper_sizes,
)
from benchmark.reporting.paper_comparison import Pair, PaperComparison, paper_comparisons, paper_points
from benchmark.reporting.rendering import report_latex
from benchmark.reporting.results import Row, results
from tests.support.run_factory import AddRun
from tracking import Record, Store

STUDENTS = ("bilstm", "cnn", "bert_tiny", "bert_mini", "bert_small")


def row(student: str, test_f1: float, dataset: str = "emot", **tags: str) -> Row:
    spec = {"task": "classification", "student": student, "dataset": dataset, "seed": "0", "teacher": "a"}
    spec |= {"setting": "fine_tuned" if student == "teacher" else "kd", "role": "train"} | tags
    metrics = {"test_f1": test_f1, "teacher_test_f1": 0.7}
    record = Record(
        run_id="",
        suite="s",
        name="",
        status="finished",
        tags=spec,
        params={},
        metrics=metrics,
        start_time=0,
        end_time=1,
    )
    return results([record])[0]


@pytest.mark.parametrize("task", TASKS)
def test_the_papers_table_is_whole(task: Task) -> None:
    assert paper_order(task) == (("teacher", "fine_tuned"), *((s, x) for s in STUDENTS for x in LADDER))
    assert len(paper_datasets(task)) == 6
    assert len(paper_f1(task)) == 26 * 7
    off = {
        key: fmean(paper_f1(task)[*key, name] for name in paper_datasets(task)) - paper_f1(task)[*key, AVERAGE]
        for key in paper_order(task)
    }
    assert max(map(abs, off.values())) < 0.05, off


def test_the_other_tables_are_there() -> None:
    assert {row["dataset"] for row in paper_counts()} == {name for task in TASKS for name in paper_datasets(task)}
    assert [list(paper_sizes(task)) for task in TASKS] == [["teacher", *STUDENTS]] * 2
    assert list(paper_onnx("classification")) == ["teacher", *STUDENTS]


def pairs(comparison: PaperComparison) -> dict[tuple[str, ...], dict[str, Pair]]:
    return {line.keys: dict(zip(comparison.columns, line.pairs, strict=True)) for line in comparison.lines}


def test_ours_stands_beside_the_papers() -> None:
    rows = [row("teacher", 0.7), row("cnn", 0.6, setting="kd"), row("cnn", 0.5, setting="of_ours")]
    comparison, *_ = paper_comparisons(*leaderboards(rows))
    assert (comparison.title, comparison.columns) == (
        "Table 5, teacher a",
        (*paper_datasets("classification"), AVERAGE),
    )
    cells = pairs(comparison)
    assert cells["cnn", "kd"]["emot"] == (60.0, 63.9)
    assert cells["cnn", "kd"]["emot"].difference == pytest.approx(-3.9)
    assert cells["cnn", "kd"]["smsa"].ours is None
    assert cells["cnn", "kd"][AVERAGE].ours is None, "one of six is no average"
    assert cells["cnn", "kd"][AVERAGE].difference is None
    assert cells["bilstm", "kd"]["emot"].ours is None
    assert cells["cnn", "of_ours"]["emot"] == (50.0, None)


def test_the_average_stands_where_all_six_do() -> None:
    f1 = dict(zip(paper_datasets("classification"), (0.1, 0.2, 0.3, 0.4, 0.5, 0.6), strict=True))
    [leaderboard] = leaderboards([*(row("cnn", value, name) for name, value in f1.items()), row("cnn", 0.9, "another")])
    comparison, *_ = paper_comparisons(leaderboard)
    assert pairs(comparison)["cnn", "kd"][AVERAGE].ours == pytest.approx(35.0), "of the paper's six alone"


def test_other_data_has_no_such_table() -> None:
    [leaderboard] = leaderboards([row("cnn", 0.5, "support_desk")])
    assert paper_comparisons(leaderboard) == []


def test_each_teacher_has_its_table() -> None:
    [leaderboard] = leaderboards([row("cnn", 0.5, teacher="a"), row("cnn", 0.6, teacher="b")])
    found = {one.title: pairs(one)["cnn", "kd"]["emot"].ours for one in paper_comparisons(leaderboard)[:2]}
    assert found == {"Table 5, teacher a": 50.0, "Table 5, teacher b": 60.0}


def test_costs_and_counts_stand_beside_the_papers() -> None:
    measured = {"n_parameters": 3.5e6, "latency_torch_ms": 2.0, "size_onnx_mib": 13.0}
    [leaderboard] = leaderboards([replace(row("bilstm", 0.6), **measured), row("bilstm", 0.5, "health")])
    tables = {table.title.partition(",")[0]: table for table in paper_comparisons(leaderboard)}
    assert list(tables) == ["Table 5", "Table 7", "Table 8", "Table 4"]
    lines = {name: dict(table.lines) for name, table in tables.items()}
    seven, eight = (tables[name].texts(lines[name]["bilstm",][0]) for name in ("Table 7", "Table 8"))
    assert seven == ("3.50", "3.35", "+0.150")
    assert eight == ("-", "38.4", "-"), "no checkpoint was weighed"
    assert tables["Table 8"].texts(lines["Table 8"]["bilstm",][2]) == ("13.0", "12.8", "+0.200")
    counts = lines["Table 4"]
    assert [tables["Table 4"].texts(cell)[:2] for cell in counts["emot",]][2] == ("440", "442")
    assert counts["health",][0].ours is None, "a private data set was never seen"


def test_milliseconds_of_a_gpu_stand_beside_the_papers(store: Store, add_run: AddRun) -> None:
    run_id = add_run(store, student="bilstm", setting="kd", test_f1=0.6)
    tags = {"role": "inference", "key": "k", "dataset": "emot"}
    store.begin("classification", "timed", tags=tags, params={}, parent=run_id).finish({"latency_torch_cuda_ms": 1.2})
    [leaderboard] = leaderboards(results(store.records()))
    seven = next(table for table in paper_comparisons(leaderboard) if table.title == "Table 7")
    gpu = dict(zip(seven.columns, dict(seven.lines)["bilstm",], strict=True))["ms GPU"]
    assert seven.texts(gpu) == ("1.20", "1.09", "+0.110")
    assert "The paper's are averages" in seven.note


def test_tagging_has_the_papers_tagging_figures() -> None:
    [leaderboard] = leaderboards([row("bilstm", 0.6, "nergrit", task="sequence_labeling")])
    assert [table.title.partition(",")[0] for table in paper_comparisons(leaderboard)] == [
        "Table 6",
        "Table 7",
        "Table 4",
    ]
    [teacher, *_] = paper_points(leaderboard)
    assert teacher["costs"] == {"n_parameters": pytest.approx(124.46e6), "latency_torch_ms": 67.18}


def test_the_papers_points_are_means_over_our_data_sets() -> None:
    [leaderboard] = leaderboards([row("bilstm", 0.6), row("bilstm", 0.6, "smsa")])
    points = {(p["student"], p["setting"]): p for p in paper_points(leaderboard)}
    f1 = paper_f1("classification")
    assert points["cnn", "kd"]["f1"] == pytest.approx((f1["cnn", "kd", "emot"] + f1["cnn", "kd", "smsa"]) / 2)
    assert points["teacher", "fine_tuned"]["f1_kept"] == 100
    [own] = leaderboards([row("bilstm", 0.6, "mine")])
    assert paper_points(own) == []


def test_latex_holds_the_leaderboard_and_the_tables_beside_the_paper() -> None:
    text = report_latex(leaderboards([row("teacher", 0.7), row("cnn", 0.6)]))
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 5
    assert r"1 & cnn & kd & 60.00 & 85.7 & 60.00" in text
    assert "60.00 / 63.90 / -3.90" in text
