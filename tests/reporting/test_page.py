"""The page's data: every value is that of results.csv, missing results have a kind, and no name can leave its data."""

import csv
import random
import shutil
from itertools import pairwise
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pytest

from benchmark.core.run_store import open_store
from benchmark.reporting.error_analysis import Prediction, confusion, length_bins
from benchmark.reporting.report import write_report
from students.registry import PAPER
from tests.support.big_report import write_big_page
from tests.support.made_once import MadeOnce
from tests.support.pages import page_data
from tests.support.run_factory import add_run, fill
from tracking import Store

HOSTILE = '</script><script>alert("x")</script> \u202egnp \u2028 ' + "very long " * 40


@pytest.fixture(scope="session")
def made(made_once: MadeOnce, migrated_db: Path) -> Path:
    """A report of two data sets with a run that failed; read only."""

    def make(folder: Path) -> None:
        shutil.copy(migrated_db, folder / "mlflow.db")
        store = open_store(f"sqlite:///{folder / 'mlflow.db'}")
        fill(store, add_run, students=["bilstm", "cnn"], datasets=["emot", "smsa"], settings=["vanilla", "kd"], seeds=2)
        add_run(store, student="bert_small", test_f1=0.8)
        memory = "OutOfMemoryError: CUDA out of memory.\nTraceback"
        add_run(store, student="bert_small", dataset="smsa", status="failed", reason=memory)
        write_report(store, "classification", folder)

    return made_once("page", make)


def test_every_figure_of_the_page_is_that_of_results_csv(made: Path) -> None:
    runs = page_data(made)["runs"]
    with (made / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    written = {
        name: ["" if v is None else str(v).lower() if isinstance(v, bool) else str(v) for v in runs[name]]
        for name in runs
    }
    assert written == {name: [row[name] for row in rows] for name in rows[0]}


def test_every_mean_of_the_page_follows_from_results_csv(made: Path) -> None:
    with (made / "results.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["status"] == "finished"]
    [section] = page_data(made)["sections"]
    assert [view["datasets"] for view in section["views"]] == [["emot", "smsa"], ["emot"], ["smsa"]]
    n_checked = 0
    for view in section["views"]:
        names = [column["name"] for column in view["columns"]]
        for entry in view["entries"]:
            values = dict(zip(names, entry["values"], strict=True))
            own = [r for r in rows if (r["student"], r["setting"]) == (entry["student"], entry["setting"])]
            f1 = [[100 * float(r["test_f1"]) for r in own if r["dataset"] == name] for name in view["datasets"]]
            if not all(f1):
                assert values["f1"] is None
                continue
            assert values["f1"] == pytest.approx(fmean(map(fmean, f1)))
            if len(f1[0]) == 2:
                spread = stdev([fmean(seeds) for seeds in zip(*f1, strict=True)])
                assert values["f1_margin"] == pytest.approx(12.7062 * spread / 2**0.5, rel=1e-4)
            if entry["student"] != "bert_small":  # without predictions
                assert entry["interval"] == [values["test_f1_low"], values["test_f1_high"]]
                assert values["test_f1_low"] < values["f1"] < values["test_f1_high"]
            for name in ("n_parameters", "size_onnx_mib", "latency_onnx_ms", "train_seconds"):
                assert values[name] == pytest.approx(fmean(float(r[name]) for r in own))
                n_checked += 1
    assert n_checked > 30


def test_a_hole_says_which_kind_it_is_and_leads_to_its_run(made: Path) -> None:
    [section] = page_data(made)["sections"]
    [entry] = [s for s in section["views"][0]["entries"] if s["student"] == "bert_small"]
    missing = entry["missing"]["smsa"]
    assert (missing["kind"], missing["reason"].splitlines()[0]) == (
        "out_of_memory",
        "OutOfMemoryError: CUDA out of memory.",
    )
    assert missing["run_id"] in page_data(made)["runs"]["run_id"]
    [alone] = [s for s in section["views"][1]["entries"] if s["student"] == "bert_small"]
    assert alone["values"][0] is not None, "on the data set that it has, it is ranked"


def test_what_lies_behind_a_data_set_comes_from_the_runs_files(made: Path) -> None:
    [section] = page_data(made)["sections"]
    [_, smsa] = section["analyses"]
    assert (smsa["dataset"], smsa["n_test"]) == ("smsa", 240)
    assert set(smsa["f1_by_class"]) == {"teacher", smsa["best"]}
    assert sum(map(sum, smsa["confusion"]["counts"])) == 240
    assert {name: sum(b["n_texts"] for b in bins) for name, bins in smsa["lengths"].items()} == dict.fromkeys(
        ("teacher", "bilstm kd", "cnn kd"), 240
    )
    assert [epoch for epoch, _ in smsa["curves"]["cnn vanilla"]] == [1, 2, 3, 4]
    note = {column["name"]: column["note"] for column in section["views"][0]["columns"]}
    assert note["f1/smsa"] == "n = 240"


def test_the_page_of_the_papers_grid_is_small_and_depends_on_its_data_alone(tmp_path: Path) -> None:
    """6 data sets x 5 students x 5 settings x 3 seeds."""
    first, second = (write_big_page(tmp_path / name, 6, PAPER) for name in ("a", "b"))
    assert first.stat().st_size < 1_500_000
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.usefixtures("drawn_figures")
def test_no_name_leaves_the_data(store: Store, add_run: Any, tmp_path: Path) -> None:
    add_run(store, HOSTILE, student="teacher", dataset=HOSTILE, teacher=HOSTILE, test_f1=0.7)
    add_run(store, HOSTILE, student=HOSTILE, setting=HOSTILE, dataset=HOSTILE, teacher=HOSTILE, test_f1=0.7)
    write_report(store, HOSTILE, tmp_path)
    assert page_data(tmp_path)["suite"] == HOSTILE
    assert "<script>alert" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_report_is_kept_in_mlflow_once_and_is_no_row(store: Store, add_run: Any, tmp_path: Path) -> None:
    add_run(store, test_f1=0.8)
    for _ in range(2):
        write_report(store, "classification", tmp_path)
    [kept] = [record for record in store.records("classification") if record.tags["role"] == "report"]
    assert kept.run_id not in page_data(tmp_path)["runs"]["run_id"]
    page = store.download(kept.run_id, "report.html", tmp_path / "fetched")
    assert page.read_bytes() == (tmp_path / "report.html").read_bytes()


def test_the_command_of_a_row_repeats_what_was_asked(store: Store, add_run: Any, tmp_path: Path) -> None:
    add_run(store, student="teacher", teacher="/home/me/my bert", test_f1=0.8)
    add_run(store, setting="kd", teacher="/home/me/my bert", test_f1=0.7, learning_rate=5e-4, max_epochs=3, max_steps=0)
    write_report(store, "classification", tmp_path)
    [section] = page_data(tmp_path)["sections"]
    commands = {s["student"]: s["command"] for s in section["views"][0]["entries"]}
    start = "python -m benchmark.run --suite classification --preset paper --teacher '/home/me/my bert' "
    start += "--teacher-learning-rate 0.001 -d emot"
    assert commands["bilstm"] == f"{start} -s bilstm -x kd --learning-rate 0.0005 --max-epochs 3 --seeds 1"
    assert commands["teacher"] == f"{start} --seeds 1"


def test_the_command_of_a_row_gives_what_else_was_given(store: Store, add_run: Any, tmp_path: Path) -> None:
    typed = "python -m benchmark.run --suite classification -x kd_bt_subs --augmented=500 --vectors 'my vectors.bin' "
    typed += "--translate there back --fill-mask masks --in-domain mine.txt --agreed --max-minutes 5"
    teacher = {"student": "teacher", "test_f1": 0.8, "max_epochs": 7, "learning_rate": 2e-4, "key": "tuned"}
    add_run(store, **teacher)
    made = {"text_source": "bt_subs", "agreed": True, "teacher_key": "tuned", "command": typed, "test_f1": 0.7}
    add_run(store, setting="kd_bt_subs", seed=3, **made)
    add_run(store, setting="kd_ulb_fasttext", seed=0, **made | {"text_source": "pool", "embedding_source": "f"})
    add_run(store, setting="kd_ulb_fasttext", seed=2, **made | {"text_source": "pool", "embedding_source": "f"})
    write_report(store, "classification", tmp_path)
    [section] = page_data(tmp_path)["sections"]
    commands = {s["setting"]: s["command"] for s in section["views"][0]["entries"]}
    start = "python -m benchmark.run --suite classification --preset paper --teacher indobert --teacher-epochs 7 "
    start += "--teacher-learning-rate 0.0002 -d emot"
    made = "--augmented=500 --translate there back --fill-mask masks --agreed"
    assert commands["kd_bt_subs"] == f"{start} -s bilstm -x kd_bt_subs --learning-rate 0.001 {made} --seed 3"
    assert "--vectors 'my vectors.bin' --agreed --seeds 3" in commands["kd_ulb_fasttext"], "seeds 0 and 2"
    assert commands["fine_tuned"] == f"{start} --seeds 1"
    add_run(store, **teacher | {"dataset": "smsa", "max_epochs": 5, "key": "other"})
    add_run(store, setting="kd", dataset="smsa", teacher_key="other", test_f1=0.7)
    write_report(store, "classification", tmp_path)
    [section] = page_data(tmp_path)["sections"]
    commands = {s["setting"]: s["command"] for s in section["views"][0]["entries"]}
    assert "--teacher-epochs" not in commands["fine_tuned"], "each data set's teacher had its own"


def test_the_command_of_a_students_ensemble_names_its_teachers_and_how_they_were_trained(
    store: Store, add_run: Any, tmp_path: Path
) -> None:
    tuned = {"student": "teacher", "test_f1": 0.8, "max_epochs": 7, "learning_rate": 2e-4}
    add_run(store, **tuned, teacher="owner/a", key="a")
    add_run(store, **tuned, teacher="owner/b", key="b")
    mean = {"setting": "ensemble", "max_epochs": 0, "learning_rate": 0.0, "teacher_key": "a b", "key": "mean"}
    add_run(store, **tuned | mean, teacher="owner/a + owner/b")
    add_run(store, setting="kd", teacher="owner/a + owner/b", teacher_key="mean", test_f1=0.7)
    write_report(store, "classification", tmp_path)
    [section] = page_data(tmp_path)["sections"]
    commands = {s["setting"]: s["command"] for s in section["views"][0]["entries"]}
    teachers = "--teacher owner/a --teacher owner/b --teacher-epochs 7 --teacher-learning-rate 0.0002 -d emot"
    assert teachers in commands["kd"]


def test_a_session_that_failed_its_control_shows_no_milliseconds(store: Store, add_run: Any, tmp_path: Path) -> None:
    run_id = add_run(store, test_f1=0.5)
    tags = {"role": "inference", "key": "k", "dataset": "emot", "invalid": "the same model took 1.4 times as long"}
    store.begin("classification", "measured", tags=tags, params={}, parent=run_id).finish({"latency_onnx_ms": 1.0})
    write_report(store, "classification", tmp_path)
    [entry] = page_data(tmp_path)["sections"][0]["views"][0]["entries"]
    assert entry["invalid"] == "the same model took 1.4 times as long"
    assert page_data(tmp_path)["runs"]["latency_onnx_ms"] == [None]


def test_a_confusion_has_one_type_for_tags_without_types() -> None:
    answers = [Prediction(length=4, gold=["B", "I", "O", "B"], predicted=["B", "B", "B", "O"])]
    assert confusion(answers).labels == ("_", "O")
    assert confusion(answers).counts == ((2, 1), (1, 0))


def test_a_confusion_of_texts_keeps_their_labels() -> None:
    answers = [Prediction(length=1, gold=gold, predicted="B-2") for gold in ("B-1", "B-2")]
    assert confusion(answers).labels == ("B-1", "B-2")


def test_a_confusion_counts_tags_by_type_and_leaves_out_what_is_rightly_outside() -> None:
    answers = [Prediction(length=3, gold=["O", "B-PER", "I-PER"], predicted=["O", "B-LOC", "I-PER"])]
    assert confusion(answers).labels == ("PER", "LOC")
    assert confusion(answers).counts == ((1, 1), (0, 0))


@pytest.mark.parametrize("letter", "BIESLUM")
def test_a_confusion_knows_the_letters_of_every_scheme_of_entities(letter: str) -> None:
    answers = [Prediction(length=2, gold=["O", f"{letter}-PER"], predicted=["O", "X-PER"])]
    assert confusion(answers).labels == ("PER", "X-PER")


def test_rare_labels_share_a_row() -> None:
    answers = [Prediction(length=1, gold=f"label{i % 40}", predicted="label0") for i in range(90)]
    made = confusion(answers)
    assert len(made.labels) == 30
    assert made.labels[-1] == "(others)"
    assert sum(map(sum, made.counts)) == 90


def test_bins_hold_about_as_many_texts_each() -> None:
    dice = random.Random(0)
    lengths = [dice.randint(1, 100) for _ in range(500)]
    bins = length_bins([Prediction(length=n, gold="a", predicted="a" if n < 50 else "b") for n in lengths])
    assert len(bins) == 5
    assert all(80 <= one.n_texts <= 120 for one in bins)
    assert (bins[0].error, bins[-1].error) == (0.0, 1.0)
    assert all(a.longest < b.shortest for a, b in pairwise(bins))
    assert length_bins([]) == []
