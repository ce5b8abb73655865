"""The results table: its columns, which run stands for a key, and how a missing value is written."""

import csv
import subprocess
import sys
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from benchmark.core.cache import write_atomic, write_text
from benchmark.core.errors import InputError
from benchmark.reporting import report_folder
from benchmark.reporting.results import COLUMNS, Row, results, results_table
from benchmark.reporting.table import write_csv, write_parquet
from tracking import Record, Store

CONTRACT = (
    "suite, dataset, task, student, setting, seed, status, reason, learning_rate, valid_f1, test_f1, teacher_test_f1, "
    "f1_kept, n_parameters, n_parameters_non_embedding, size_checkpoint_mib, size_weights_mib, size_onnx_mib, "
    "size_onnx_int8_mib, latency_torch_ms, latency_onnx_ms, latency_onnx_int8_ms, latency_text_ms, train_seconds, "
    "steps_to_best, smoke, run_id"
)


def record(run_id: str, start: int, **given: Any) -> Record:
    base: dict[str, Any] = {
        "suite": "s",
        "name": run_id,
        "status": "finished",
        "metrics": {"test_f1": 0.5},
        "params": {},
    }
    base |= {"tags": {"key": "k", "role": "train", "smoke": "false"}, "end_time": None}
    for name, value in given.items():
        base[name] = base[name] | value if isinstance(value, dict) else value
    return Record(run_id=run_id, start_time=start, **base)


def test_columns_are_those_of_the_contract_in_its_order() -> None:
    assert ", ".join(column.name for column in COLUMNS).startswith(CONTRACT)


def test_a_row_holds_what_the_run_wrote(store: Store, add_run: Any) -> None:
    run_id = add_run(
        store, student="cnn", setting="kd", seed=2, valid_f1=0.5, test_f1=0.25, f1_kept=0.4, data_digest="d" * 64
    )
    [row] = results(store.records())
    assert (row.suite, row.dataset, row.task, row.student) == ("classification", "emot", "classification", "cnn")
    assert (row.setting, row.seed, row.status, row.reason) == ("kd", 2, "finished", "")
    assert (row.learning_rate, row.valid_f1, row.test_f1, row.f1_kept) == (1e-3, 0.5, 0.25, 0.4)
    assert (row.n_parameters, row.latency_onnx_ms, row.size_onnx_mib) == (4_020_000, 0.22, 15.4)
    assert (row.train_seconds, row.steps_to_best, row.smoke, row.run_id) == (12.5, 400, False, run_id)
    assert (row.teacher_test_f1, row.latency_text_ms, row.size_onnx_int8_mib) == (None, None, None)
    assert (row.preset, row.teacher, row.protocol, row.data) == ("paper", "indobert", "1", "d" * 12)


@pytest.mark.parametrize("order", list(permutations(["finished", "failed", "skipped"])))
def test_finished_beats_failed_beats_skipped(order: tuple[str, ...]) -> None:
    records = [record(status, time, status=status) for time, status in enumerate(order)]
    assert [row.status for row in results(records)] == ["finished"]
    assert [row.status for row in results([r for r in records if r.status != "finished"])] == ["failed"]


def test_the_latest_of_equals_wins() -> None:
    records = [
        record("first", 1),
        record("second", 2, metrics={"test_f1": 0.75}),
        record("other", 0, tags={"key": "o"}),
    ]
    assert [row.run_id for row in results(records)] == ["other", "second"]


def test_only_teachers_and_students_are_rows_and_only_once_they_ended() -> None:
    roles = [record(role, 1, tags={"role": role, "key": role}) for role in ("teacher", "train", "inference", "trial")]
    ended = [record(status, 1, status=status, tags={"key": status}) for status in ("running", "killed")]
    assert [row.run_id for row in results([*roles, *ended])] == ["teacher", "train"]


def test_latencies_measured_later_stand_on_the_run_they_belong_to() -> None:
    trained = record("trained", 1, tags={"machine": "busy"}, metrics={"latency_torch_ms": 9.0})
    measured = [
        record("old", 2, tags={"role": "inference", "key": "a", "machine": "old"}, metrics={"latency_onnx_ms": 5.0}),
        record("new", 3, tags={"role": "inference", "key": "b", "machine": "quiet"}, metrics={"latency_onnx_ms": 2.0}),
        record("lost", 4, status="failed", tags={"role": "inference", "key": "c"}, metrics={"latency_onnx_ms": 1.0}),
    ]
    [row] = results([trained, *(Record(**(vars(r) | {"parent": "trained"})) for r in measured)])
    assert (row.latency_onnx_ms, row.latency_torch_ms, row.machine, row.test_f1) == (2.0, 9.0, "quiet", 0.5)


def test_runs_that_differ_in_the_seed_alone_share_a_configuration() -> None:
    params = [{"seed": "0", "loss": "mse"}, {"seed": "1", "loss": "mse"}, {"seed": "0", "loss": "kld"}]
    a, b, c = results(record(str(i), i, tags={"key": str(i)}, params=p) for i, p in enumerate(params))
    assert a.configuration == b.configuration != c.configuration


def test_a_rate_that_a_grid_chose_is_the_rows() -> None:
    chosen = record("chosen", 1, params={"learning_rate": "grid"}, metrics={"learning_rate": 5e-4})
    failed = record("failed", 1, status="failed", tags={"key": "f"}, params={"learning_rate": "grid"})
    assert [row.learning_rate for row in results([chosen, failed])] == [5e-4, None]


def test_a_teachers_folder_is_called_by_its_name_where_that_tells_it_apart() -> None:
    def teachers(*named: str) -> list[str]:
        tagged = [record(str(i), i, tags={"key": str(i), "teacher": name}) for i, name in enumerate(named)]
        return [row.teacher for row in results(tagged)]

    assert teachers("/home/me/bert", "../bert-b", "hub/id") == ["bert", "bert-b", "hub/id"]
    assert teachers("/a/best", "/b/best") == ["/a/best", "/b/best"]
    assert teachers("/a/one + /b/two + hub/id") == ["one + two + hub/id"]
    assert teachers("a.csv with the tokenizer of /b/bert") == ["a.csv with the tokenizer of bert"]


def test_one_encoder_is_one_teacher_wherever_it_lies() -> None:
    def trained(name: str, seed: int, teacher: str, key: str = "tuned") -> Record:
        params = {"teacher": teacher, "teacher_key": key, "seed": str(seed)}
        return record(name, seed + 1, tags={"key": name, "teacher": teacher}, params=params)

    def tuned(name: str, encoder: str, teacher: str, key: str = "tuned") -> Record:
        tags = {"key": key, "role": "teacher", "student": "teacher", "teacher": teacher}
        return record(name, 0, tags=tags, params={"teacher": teacher, "teacher_key": encoder})

    records = [tuned("t", "e" * 64, "./models/b"), trained("a", 0, "../b"), trained("c", 1, "/abs/b")]
    teacher, a, c = results(records)
    assert teacher.teacher == a.teacher == c.teacher == "b"
    assert a.configuration == c.configuration, "seeds of one configuration, whatever the folder was called"
    edited = [*records, tuned("u", "f" * 64, "./models/b", "again"), trained("d", 2, "./models/b", "again")]
    names = [row.teacher for row in results(edited)]
    assert names == ["./models/b@eeeeeeeeeeee", "./models/b@ffffffffffff", *["./models/b@eeeeeeeeeeee"] * 2, names[1]]
    assert [row.teacher for row in results([*records, trained("lost", 3, "../b", "its teacher is elsewhere")])] == [
        "b"
    ] * 4


def test_figures_of_the_served_form_are_of_int8_where_it_won() -> None:
    metrics = {"test_f1": 0.7, "test_ece": 0.04, "onnx_int8_won": 1.0, "onnx_int8_test_f1": 0.69}
    [row] = results([record("a", 1, metrics=metrics)])
    assert (row.serves_int8, row.served("test_f1"), row.served("test_ece")) == (True, 0.69, None)
    assert "onnx_int8_won" not in {column.name for column in COLUMNS}
    [plain] = results([record("a", 1, metrics=metrics | {"onnx_int8_won": 0.0})])
    assert (plain.serves_int8, plain.served("test_f1")) == (False, 0.7)


NEW_METRIC = """
from benchmark.core import metrics
metrics.METRICS = (*metrics.METRICS, metrics.Metric(name="energy_joules", group="size", better="lower", title="J"))
from benchmark.reporting.columns import leaderboard_table
from benchmark.reporting.leaderboard import leaderboards
from benchmark.reporting.results import results, results_table
from tracking import Record

tags = {"key": "k", "role": "train", "smoke": "false", "student": "cnn", "dataset": "emot"}
values = {"test_f1": 0.5, "energy_joules": 2.5}
run = {"run_id": "r", "suite": "s", "name": "r", "status": "finished", "start_time": 1, "end_time": None}
rows = results([Record(**run, tags=tags, params={}, metrics=values)])
assert rows[0].more == {"energy_joules": 2.5}
for table in (results_table(rows), leaderboard_table(leaderboards(rows)[0])):
    print(*(column.text(table.rows[0]) for column in table.columns if column.name == "energy_joules"))
"""


def test_a_new_metric_with_a_title_is_a_column_of_results_and_of_the_leaderboard() -> None:
    done = subprocess.run([sys.executable, "-c", NEW_METRIC], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2.5", "2.50"]


def rows() -> list[Row]:
    full = {"test_f1": 0.1 + 0.2, "n_parameters": 3e6, "latency_onnx_ms": 0.37, "size_onnx_mib": float("nan")}
    hostile = 'a "quoted", name\nof | two lines'
    return results(
        [
            record("full", 1, metrics=full, params={"dataset": hostile, "seed": "3"}),
            record("failed", 2, status="failed", metrics={}, tags={"key": "f", "smoke": "true", "reason": hostile}),
        ]
    )


def test_csv_reads_back_and_is_empty_where_nothing_was_measured(tmp_path: Path) -> None:
    with write_csv(tmp_path / "results.csv", results_table(rows())).open(newline="") as file:
        full, failed = csv.DictReader(file)
    assert list(full) == [column.name for column in COLUMNS]
    assert float(full["test_f1"]) == 0.1 + 0.2, "in full, not rounded"
    assert (full["n_parameters"], full["seed"], full["smoke"]) == ("3000000", "3", "false")
    assert full["dataset"] == 'a "quoted", name\nof | two lines'
    assert (full["size_onnx_mib"], full["latency_torch_ms"], full["learning_rate"]) == ("", "", "")
    assert (failed["status"], failed["smoke"], failed["latency_onnx_ms"]) == ("failed", "true", "")
    assert (tmp_path / "results.csv").stat().st_mode & 0o777 == 0o644


def test_parquet_holds_the_same(tmp_path: Path) -> None:
    table = parquet.read_table(write_parquet(tmp_path / "results.parquet", results_table(rows())))
    assert table.to_pylist() == [{column.name: column.value(row) for column in COLUMNS} for row in rows()]
    empty = parquet.read_table(write_parquet(tmp_path / "empty.parquet", results_table([])))
    assert empty.schema == table.schema


def test_a_file_that_could_not_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    path.write_text("old")

    def half(draft: Path) -> None:
        draft.write_text("ha")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_atomic(path, half)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("results.csv", "old")]


def test_a_text_is_there_for_all_to_read_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "new" / "texts.json"
    assert write_text(path, "é\n") == path
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == ("é\n".encode(), 0o644)
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "\ud800")
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert path.read_text() == "é\n"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        report_folder(tmp_path / "file" / "report")
