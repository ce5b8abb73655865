"""The paper's figures, and the tables that set ours beside them."""

from statistics import fmean

import pytest

from benchmark.reporting.leaderboard import boards
from benchmark.reporting.paper import (
    AVERAGE,
    paper_counts,
    paper_datasets,
    paper_f1,
    paper_onnx,
    paper_order,
    paper_sizes,
    table_number,
)
from benchmark.reporting.results import Row, results
from benchmark.reporting.tables import paper_tables
from benchmark.settings import LADDER
from benchmark.spec import TASKS, Task
from tracking import Record

STUDENTS = ("bilstm", "cnn", "bert_tiny", "bert_mini", "bert_small")


def row(student: str, test_f1: float, dataset: str = "emot", **tags: str) -> Row:
    spec = {"task": "classification", "student": student, "dataset": dataset, "seed": "0", "teacher": "a"}
    spec |= {"setting": "fine_tuned" if student == "teacher" else "kd", "role": "train"} | tags
    metrics = {"test_f1": test_f1}
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
    assert len(paper_sizes()) == 12
    assert [row["student"] for row in paper_onnx()] == ["teacher", *STUDENTS]
    assert [table_number(task) for task in TASKS] == [5, 6]


def test_ours_stands_beside_the_papers() -> None:
    [board] = boards([row("teacher", 0.7), row("cnn", 0.6, setting="kd"), row("cnn", 0.5, setting="of_ours")])
    [table] = paper_tables(board)
    assert (table.number, table.columns) == (5, (*paper_datasets("classification"), AVERAGE))
    cell = table.cells["cnn", "kd"]["emot"]
    assert (cell.ours, cell.paper) == (60.0, 63.9)
    assert cell.difference == pytest.approx(-3.9)
    assert table.cells["cnn", "kd"]["smsa"].ours is None
    assert table.cells["cnn", "kd"][AVERAGE].ours is None, "one of six is no average"
    assert table.cells["cnn", "kd"][AVERAGE].difference is None
    assert table.cells["bilstm", "kd"]["emot"].ours is None
    assert (table.cells["cnn", "of_ours"]["emot"].ours, table.cells["cnn", "of_ours"]["emot"].paper) == (50.0, None)


def test_the_average_stands_where_all_six_do() -> None:
    f1 = dict(zip(paper_datasets("classification"), (0.1, 0.2, 0.3, 0.4, 0.5, 0.6), strict=True))
    [board] = boards([*(row("cnn", value, name) for name, value in f1.items()), row("cnn", 0.9, "another")])
    [table] = paper_tables(board)
    assert table.cells["cnn", "kd"][AVERAGE].ours == pytest.approx(35.0), "of the paper's six alone"


def test_other_data_has_no_such_table() -> None:
    [board] = boards([row("cnn", 0.5, "support_desk")])
    assert paper_tables(board) == []


def test_each_teacher_has_its_table() -> None:
    [board] = boards([row("cnn", 0.5, teacher="a"), row("cnn", 0.6, teacher="b")])
    assert {t.teacher: t.cells["cnn", "kd"]["emot"].ours for t in paper_tables(board)} == {"a": 50.0, "b": 60.0}
