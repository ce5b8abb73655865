"""The paper's claims: effects computed by hand, fair pairs alone, and verdicts that follow from their intervals."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import count
from math import exp, log
from pathlib import Path
from typing import Any

import pytest
from conftest import AddRun
from made_runs import fill
from test_page import page_data

from benchmark.presets import STUDENT_RATES
from benchmark.report import write_report
from benchmark.reporting.claims.statements import CLAIMS
from benchmark.reporting.claims.tables import COLUMNS as CLAIM_COLUMNS
from benchmark.reporting.claims.tables import claims_markdown, paper_here_text, verdict_text
from benchmark.reporting.claims.verdicts import Effect, Finding, findings
from benchmark.reporting.intervals import Expected, interval
from benchmark.reporting.paper import paper_discussion_f1, paper_lengths
from benchmark.reporting.results import COLUMNS, KINDS, Row, results
from benchmark.reporting.tuned_rates import BEST_RATE, LESSON, lesson_key
from benchmark.spec import RunSpec
from tracking import Record, Store

NUMBERS = count()
T_2 = 4.302653 / 3**0.5
"""What one standard deviation is worth in half an interval of three values: t of 0.975 at 2 degrees of freedom."""


def row(student: str, setting: str, f1: float, seed: int = 0, **given: Any) -> Row:
    values: dict[str, Any] = {name: "" if KINDS[name] is str else None for name in COLUMNS}
    values |= {"suite": "s", "task": "classification", "dataset": "emot", "status": "finished", "smoke": False}
    values |= {"teacher": "bert", "teacher_key": "t", "protocol": "1", "data": "d", "machine": "m", "budget": "b"}
    values |= {"preset": "paper", "rate_from": "given", "learning_rate": 1e-3, "run_id": str(next(NUMBERS))}
    values |= {"student": student, "setting": setting, "test_f1": f1, "valid_f1": f1, "seed": seed}
    return Row(**values | {"configuration": setting} | given)


def cell(student: str, setting: str, scores: Sequence[float], **given: Any) -> list[Row]:
    """One run a seed; scores are F1 x100."""
    return [row(student, setting, score / 100, seed, **given) for seed, score in enumerate(scores)]


def judged(name: str, rows: Sequence[Row], words: Mapping[str, float] | None = None) -> Finding:
    [found] = [one for one in findings(rows, words or {}) if one.claim.name == name]
    return found


def ours(name: str, rows: Sequence[Row], words: Mapping[str, float] | None = None) -> Effect:
    effect = judged(name, rows, words).ours
    assert effect
    return effect


THREE = [*cell("cnn", "vanilla", [50, 50, 50]), *cell("cnn", "kd", [51, 52, 53])]


def test_an_effect_is_the_mean_of_its_pairs_with_students_interval() -> None:
    found = judged("kd_helps_cnn", THREE)
    assert found.ours == Effect(
        mean=pytest.approx(2.0), low=pytest.approx(2 - T_2, rel=1e-5), high=pytest.approx(2 + T_2, rel=1e-5),
        n_pairs=3, n_seeds=3, datasets=("emot",), students=("cnn",),
    )  # fmt: skip
    assert found.verdict == "undecided", "2 - 2.48 is below 0"
    assert judged("kd_helps_bilstm", THREE).ours is None, "each student is asked for itself"


@pytest.mark.parametrize(
    ("gains", "expected", "verdict"),
    [
        ([2, 3, 4], "above", "holds"),
        ([2, 3, 4], "below", "does not hold"),
        ([2, 3, 4], "not above", "does not hold"),
        ([-2, -3, -4], "above", "does not hold"),
        ([-2, -3, -4], "below", "holds"),
        ([-2, -3, -4], "not above", "holds"),
        ([-2, 3, 4], "above", "undecided"),
        ([-2, 3, 4], "below", "undecided"),
        ([-2, 3, 4], "not above", "undecided"),
        ([0, 0], "not above", "holds"),
        ([0, 0], "below", "undecided"),
        ([2], "above", "not enough runs"),
        ([-2], "not above", "not enough runs"),
    ],
)
def test_a_verdict_needs_the_whole_interval_on_one_side(gains: list[float], expected: Expected, verdict: str) -> None:
    found = interval(gains)
    assert found
    assert found.verdict_on(expected) == verdict


def test_what_is_decided_on_one_data_set_says_so() -> None:
    rows = [*cell("cnn", "vanilla", [50, 50]), *cell("cnn", "kd", [60, 61])]
    assert verdict_text(judged("kd_helps_cnn", rows)) == "holds on emot"
    more = [*rows, *cell("cnn", "vanilla", [50], dataset="smsa"), *cell("cnn", "kd", [60], dataset="smsa")]
    assert verdict_text(judged("kd_helps_cnn", more)) == "holds"
    assert verdict_text(judged("kd_helps_bilstm", more)) == "not enough runs"


def test_one_pair_is_not_enough_and_none_is_no_effect() -> None:
    one = judged("kd_helps_cnn", [row("cnn", "vanilla", 0.5), row("cnn", "kd", 0.6)])
    assert one.ours
    assert (one.verdict, one.ours.mean, one.ours.low) == ("not enough runs", pytest.approx(10), None)
    none = judged("kd_helps_cnn", [row("cnn", "vanilla", 0.5, seed=0), row("cnn", "kd", 0.6, seed=1)])
    assert (none.verdict, none.ours) == ("not enough runs", None)


DIFFERENT: dict[str, Any] = {
    "teacher_key": "another",
    "data": "another",
    "protocol": "2",
    "budget": "another",
    "learning_rate": 3e-3,
    "rate_from": "grid",
    "dataset": "smsa",
    "smoke": True,
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_runs_that_differ_in_more_than_the_claim_are_no_pair(name: str) -> None:
    rows = [*cell("cnn", "vanilla", [50, 50]), *cell("cnn", "kd", [60, 60], **{name: DIFFERENT[name]})]
    assert judged("kd_helps_cnn", rows).ours is None


def test_presets_and_the_name_of_a_teacher_part_no_pair() -> None:
    rows = [*cell("cnn", "vanilla", [50]), *cell("cnn", "kd", [60], preset="quickstart", teacher="bert again")]
    assert ours("kd_helps_cnn", rows).mean == pytest.approx(10)


def test_two_rates_of_one_seed_are_one_value() -> None:
    rows = [*THREE, *cell("cnn", "vanilla", [40], learning_rate=3e-3), *cell("cnn", "kd", [45], learning_rate=3e-3)]
    found = ours("kd_helps_cnn", rows)
    assert (found.n_pairs, found.mean) == (3, pytest.approx(((1 + 5) / 2 + 2 + 3) / 3))


def test_runs_of_the_grid_are_paired_whatever_rate_each_chose() -> None:
    rows = [
        *cell("cnn", "vanilla", [50, 50], rate_from="grid", learning_rate=5e-3),
        *cell("cnn", "kd", [53, 53], rate_from="grid", learning_rate=1e-4),
    ]
    assert ours("kd_helps_cnn", rows).mean == pytest.approx(3)


def test_not_helping_holds_where_the_effect_ends_at_or_below_none() -> None:
    plain = cell("cnn", "kd_ulb", [60, 60, 60])
    for scores, verdict in (([57, 58, 59], "undecided"), ([58, 58, 58], "holds"), ([61, 61, 61], "does not hold")):
        found = judged("balance_median_does_not_help", [*plain, *cell("cnn", "kd_ulb_median", scores)])
        assert found.verdict == verdict
    assert found.paper
    assert found.paper.mean == pytest.approx(83.27 - 84.05)


def test_embeddings_are_compared_on_one_pool() -> None:
    rows = [
        *cell("cnn", "kd_ulb_fasttext", [60, 60], pool="p"),
        *cell("cnn", "kd_ulb_bert", [61, 62], pool="p"),
        *cell("cnn", "kd_ulb_bert", [90, 90], pool="q"),
    ]
    assert ours("bert_beats_fasttext", rows).mean == pytest.approx(1.5)


def test_converging_faster_is_a_ratio_of_steps() -> None:
    rows = [
        *(row("cnn", "kd_ulb", 0.5, seed, steps_to_best=steps) for seed, steps in enumerate([400, 900])),
        *(row("cnn", "kd_ulb_bert", 0.5, seed, steps_to_best=steps) for seed, steps in enumerate([200, 100])),
    ]
    found = ours("bert_converges_faster", rows)
    assert found.mean == pytest.approx((2 * 9) ** 0.5)
    half = 12.7062 * log(9 / 2) / 2  # t at 1 degree of freedom, times the deviation over the root of 2
    assert found.low == pytest.approx(exp(log(18) / 2 - half), rel=1e-4)
    assert judged("bert_converges_faster", rows).paper is None, "the paper's steps stand in a figure alone"


def test_short_texts_are_those_of_few_words() -> None:
    rows = [
        *cell("cnn", "kd", [80, 80]), *cell("cnn", "kd_ulb", [70, 72]),
        *cell("cnn", "kd", [60], dataset="chat"), *cell("cnn", "kd_ulb", [55], dataset="chat"),
    ]  # fmt: skip
    words = {"emot": 25.0, "chat": 6.5}
    assert ours("ulb_hurts_cnn_on_short_texts", rows, words).mean == pytest.approx(-5)
    assert ours("ulb_hurts_cnn", rows, words).mean == pytest.approx((-10 - 8 - 5) / 3)
    assert judged("ulb_hurts_cnn_on_short_texts", rows).ours is None, "no text of known length"


def gains(**by_student: Sequence[float]) -> list[Row]:
    """Each student's gains by unlabelled text, one a seed."""
    return [
        one
        for student, found in by_student.items()
        for one in (*cell(student, "kd", [50] * len(found)), *cell(student, "kd_ulb", [50 + gain for gain in found]))
    ]


def test_most_is_against_the_rival_who_gains_most() -> None:
    rivals = {"cnn": [1, 1, 1], "bert_tiny": [3, 3, 3], "bert_mini": [0, 0, 0], "bert_small": [2, 2, 2]}
    found = judged("ulb_helps_bilstm_most", gains(bilstm=[5, 5.1, 5.2], **rivals))
    assert found.ours
    assert (found.ours.mean, found.verdict) == (pytest.approx(2.1), "holds")
    assert "against bert_tiny" in found.note
    del rivals["bert_small"]
    assert judged("ulb_helps_bilstm_most", gains(bilstm=[5, 5.1, 5.2], **rivals)).verdict == "not enough runs"
    behind = judged("ulb_helps_bilstm_most", gains(bilstm=[2, 2.1, 2.2], **rivals))
    assert behind.verdict == "does not hold", "one rival is enough to refute it"
    assert "bert_small" in behind.note


def timed(student: str, ms: float, scores: Sequence[float], setting: str = "kd", **given: Any) -> list[Row]:
    return cell(student, setting, scores, latency_onnx_ms=ms, **given)


def test_files_and_milliseconds_are_a_pair_a_student_and_data_set() -> None:
    sizes = {"latency_torch_ms": 4.0, "size_checkpoint_mib": 30.0, "size_weights_mib": 10.0, "size_onnx_mib": 10.0}
    rows = [*timed("cnn", 1.0, [50, 60, 70], **sizes), *timed("bilstm", 2.0, [50], **sizes)]
    faster, smaller, alone = (
        judged(name, rows) for name in ("onnx_is_faster", "onnx_is_smaller", "onnx_is_smaller_than_weights")
    )
    assert faster.ours
    assert (faster.ours.n_pairs, faster.ours.n_seeds, faster.ours.mean) == (2, 0, pytest.approx(8**0.5))
    assert smaller.ours
    assert (smaller.ours.mean, smaller.verdict, alone.verdict) == (pytest.approx(3), "holds", "undecided")


def test_f1_a_millisecond_is_compared_setting_by_setting() -> None:
    rows = [
        *timed("cnn", 1.0, [50]), *timed("bert_mini", 4.0, [60]), *timed("bert_small", 8.0, [75]),
        *timed("cnn", 1.0, [90], setting="kd_ulb"),
        *timed("cnn", 1.0, [50], dataset="smsa"), *timed("bert_mini", 4.0, [80], dataset="smsa", machine="other"),
    ]  # fmt: skip
    found = judged("cnn_keeps_more_per_ms", rows)
    assert found.ours
    assert found.ours.n_pairs == 1, "machines are not compared"
    assert found.ours.mean == pytest.approx((50 / 1 / (60 / 4) * 50 / 1 / (75 / 8)) ** 0.5)


FRONT = {"bert_tiny": 1.5, "bert_mini": 3.0, "bert_small": 6.0}


def front(bilstm: Sequence[float], cnn: Sequence[float], **others: float) -> list[Row]:
    """CNN is the fastest."""
    rest = [one for name, ms in others.items() for one in timed(name, ms, [40, 40, 40])]
    return [*timed("cnn", 0.5, cnn), *timed("bilstm", 1.0, bilstm), *rest]


def test_the_front_is_told_by_the_best_student_that_is_as_fast() -> None:
    found = judged("bilstm_is_on_the_front", front([63, 64, 65], [60, 61, 62], **FRONT))
    assert found.ours
    assert (found.ours.mean, found.verdict, found.note) == (
        pytest.approx(3), "holds", "against cnn, the best of those as fast",
    )  # fmt: skip
    fastest = judged("cnn_is_on_the_front", front([63, 64, 65], [60, 61, 62], **FRONT))
    assert (fastest.ours, fastest.verdict, fastest.note) == (None, "holds", "no student is as fast")
    assert judged("bert_tiny_is_off_the_front", front([63, 64, 65], [60, 61, 62], **FRONT)).verdict == "holds"


def test_a_front_of_some_students_can_be_refuted_not_shown() -> None:
    for name in ("bilstm_is_on_the_front", "cnn_is_on_the_front"):
        assert judged(name, front([63, 64, 65], [60, 61, 62])).verdict == "not enough runs"
    assert judged("bilstm_is_on_the_front", front([50, 51, 52], [60, 61, 62])).verdict == "does not hold"


def test_each_student_stands_on_the_front_in_its_best_setting_by_validation() -> None:
    rows = front([63, 64, 65], [60, 61, 62], **FRONT)
    better_on_test = [row("cnn", "kd_ulb", 0.9, seed, valid_f1=0.1, latency_onnx_ms=0.5) for seed in range(3)]
    assert ours("bilstm_is_on_the_front", [*rows, *better_on_test]).mean == pytest.approx(3)


PAPERS = {
    "kd_helps_bilstm": (6.18 + 2.03 + 3.25 + 5.93 + 10.76 + 4.83) / 6,
    "mse_beats_kld": 1.66,
    "ulb_hurts_cnn_on_short_texts": (-7.93 - 6.90) / 2,
    "length_min_max_repairs_cnn": 91.66 - 84.50,
    "length_q1_q3_repairs_cnn": 92.30 - 84.50,
    "length_repairs_balanced": 88.34 - 80.68,
    "balance_median_does_not_help": -0.78,
    "balance_mean_does_not_help": -3.37,
    "augmentation_beats_pool": (0.36 + 7.91) / 2,
    "domain_beats_pool": (-1.48 + 0.40) / 2,
    "onnx_is_faster": (1.74 / 0.36 * 2.36 / 0.34 * 2.07 / 0.30 * 4.52 / 1.78 * 8.93 / 7.25) ** 0.2,
    "onnx_is_smaller": 3.0,
    "onnx_is_smaller_than_weights": 1.0,
    "tuning_helps_cnn": (74.68 - 74.32 + 87.74 - 84.05) / 2,
}


@pytest.mark.parametrize("name", PAPERS)
def test_the_papers_figures_are_those_of_its_tables(name: str) -> None:
    found = judged(name, [row("cnn", "kd", 0.5)])
    assert found.paper
    assert found.paper.mean == pytest.approx(PAPERS[name], rel=2e-3)


def test_the_papers_tables_are_judged_by_the_same_rule() -> None:
    texts = {one.claim.name: one for one in findings([row("cnn", "kd", 0.5)], {})}
    assert texts["kd_helps_bilstm"].paper_verdict == "holds"
    assert texts["ulb_helps_bilstm_most"].paper_verdict == "undecided", "1.51 beside the 1.49 of BERT-Tiny"
    assert texts["cnn_is_on_the_front"].paper_verdict != "holds", "BERT-Tiny is faster in Table 8, better in Table 5"
    assert texts["bert_tiny_is_off_the_front"].paper_verdict == "does not hold", "none is as fast in Table 8"
    assert texts["mse_beats_kld"].paper_verdict is None, "a figure of its text"
    tags = {one.claim.name: one for one in findings([row("cnn", "kd", 0.5, task="sequence_labeling")], {})}
    [most] = [one for name, one in tags.items() if "most" in name]
    assert most.paper
    assert most.paper.mean == pytest.approx(3.41 - 4.39, abs=0.01), "BERT-Tiny gains more than the text says"


def test_the_papers_figure_is_told_for_our_data_sets_too() -> None:
    found = judged("kd_helps_bilstm", [*cell("bilstm", "vanilla", [50, 51]), *cell("bilstm", "kd", [60, 61])])
    assert found.paper_here == pytest.approx(66.72 - 55.96)
    assert paper_here_text(found) == "+10.76"


def test_the_papers_discussion_tables_are_whole() -> None:
    f1 = paper_discussion_f1()
    assert {dataset for _, _, dataset in f1} == {"telco", "smltk"}
    assert f1["bilstm", "kd_in_domain", "telco"] == 91.23
    assert f1["cnn", "kd_ulb_mean_oversampled_min_max", "telco"] == 88.34
    assert f1["cnn", "kd_ulb_q1_q3", "smltk"] == 92.30
    assert [line["data"] for line in paper_lengths()] == ["smltk", "ulb_without_smltk", "ulb_min_max", "ulb_q1_q3"]


def spec(**given: Any) -> RunSpec:
    values: dict[str, Any] = {"suite": "s", "dataset": "emot", "task": "classification", "student": "cnn", "seed": 0}
    values |= {"setting": "kd_ulb", "learning_rate": STUDENT_RATES["cnn"], "teacher": "bert", "teacher_key": "t"}
    values |= {"data_digest": "d", "loss": "mse", "max_epochs": 9, "patience": 3, "batch_size": 32, "max_length": 128}
    return RunSpec(**values | given)


def record(asked: RunSpec, role: str = "train", **metrics: float) -> Record:
    params = {name: str(value) for name, value in asdict(asked).items()}
    names = ("dataset", "task", "student", "setting", "seed", "teacher", "protocol")
    tags = {name: params[name] for name in names} | {"role": role, "key": asked.key + role, "preset": "paper"}
    number = next(NUMBERS)
    return Record(
        run_id=str(number), suite="s", name="", status="finished", tags=tags, params=params,
        metrics=metrics, start_time=number, end_time=number,
    )  # fmt: skip


def test_tuning_compares_a_studys_rate_with_the_students_own() -> None:
    study = record(spec(), role="study", **{BEST_RATE: 2e-3})
    tuned, others = spec(learning_rate=2e-3), spec(learning_rate=1e-4)
    runs = [record(spec(), test_f1=0.60, learning_rate=3e-3), record(tuned, test_f1=0.65, learning_rate=2e-3)]
    runs += [record(others, test_f1=0.10, learning_rate=1e-4)]
    rows = results([study, *runs])
    assert [one.rate_from for one in rows] == ["given", "tuned", "given"]
    assert ours("tuning_helps_cnn", rows).mean == pytest.approx(5), "a rate that was named is nobody's own"
    elsewhere = record(spec(dataset="smsa"), role="study", **{BEST_RATE: 2e-3})
    assert judged("tuning_helps_cnn", results([elsewhere, *runs])).ours is None


def test_a_study_of_an_older_version_is_known_by_its_tag() -> None:
    known = record(spec(), role="study", **{BEST_RATE: 2e-3})
    tags = dict(known.tags) | {LESSON: lesson_key(spec())}
    older = Record(**asdict(known) | {"params": {}, "tags": tags})
    [found] = results([older, record(spec(learning_rate=2e-3), test_f1=0.65, learning_rate=2e-3)])
    assert found.rate_from == "tuned"


def test_a_row_says_what_bounds_its_training_whatever_its_setting() -> None:
    asked = [spec(), spec(setting="kd", pool_digest="p", unlabeled=True), spec(max_steps=5), spec(learning_rate="grid")]
    first, setting, budget, grid = results([record(one, test_f1=0.5, learning_rate=3e-3) for one in asked])
    assert first.budget == setting.budget != budget.budget
    assert (setting.pool, first.teacher_key, grid.rate_from) == ("p", "t", "grid")
    older = record(spec(), test_f1=0.5)
    params = {name: value for name, value in older.params.items() if name not in ("decay", "max_steps")}
    assert results([Record(**asdict(older) | {"params": params})])[0].budget == first.budget


def test_claims_are_told_apart_and_made_for_a_task() -> None:
    names = [claim.name for claim in CLAIMS]
    assert len(set(names)) == len(names)
    assert len({claim.text for claim in CLAIMS}) == len(CLAIMS)
    assert all(claim.kind.needs and claim.tasks for claim in CLAIMS)
    tags = {one.claim.name for one in findings([row("cnn", "kd", 0.5, task="sequence_labeling")], {})}
    assert "kd_helps_cnn" in tags
    assert "balance_median_does_not_help" not in tags
    assert findings([], {}) == []


def test_page_table_and_text_hold_the_same_figures(store: Store, add_run: AddRun, tmp_path: Path) -> None:
    fill(store, add_run, students=["bilstm", "cnn"], datasets=["emot", "senta"], seeds=2)
    text = write_report(store, "classification", tmp_path).read_text()
    with (tmp_path / "claims.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    shown = page_data(tmp_path)["claims"]
    assert list(written[0]) == list(CLAIM_COLUMNS)
    assert len(written) == len(shown["lines"]) > 25
    for line, one in zip(written, shown["lines"], strict=True):
        assert line == {name: "" if one[name] is None else str(one[name]) for name in CLAIM_COLUMNS}
        assert (
            f"| {one['verdict_text']} | {one['ours_text'].replace('[', chr(92) + '[').replace(']', chr(92) + ']')} |"
            in text
        )
    [helps] = [line for line in written if line["claim"] == "kd_helps_cnn"]
    with (tmp_path / "results.csv").open(newline="") as file:
        f1 = {
            (r["setting"], r["dataset"], r["seed"]): 100 * float(r["test_f1"])
            for r in csv.DictReader(file)
            if r["student"] == "cnn"
        }
    differences = [f1["kd", d, s] - f1["vanilla", d, s] for d in ("emot", "senta") for s in "01"]
    assert float(helps["effect"]) == pytest.approx(sum(differences) / 4)
    assert (helps["n_pairs"], helps["n_datasets"], helps["n_seeds"]) == ("4", "2", "2")
    assert sum(line["verdict"] == "holds" for line in written) == int(shown["summary"].split(", ")[1].split()[0])


def test_texts_are_short_by_the_answers_that_runs_kept(store: Store, add_run: AddRun, tmp_path: Path) -> None:
    for setting, f1 in (("kd", 0.8), ("kd_ulb", 0.7)):
        run = add_run(store, student="cnn", setting=setting, test_f1=f1, valid_f1=f1)
        folder = tmp_path / setting
        folder.mkdir()
        lines = [
            {"text": "dua kata", "gold": "a", "predicted": "a"},
            {"text": "k " * 10, "gold": "a", "predicted": "a"},
        ]
        (folder / "predictions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        store.add_artifacts(run, folder)
    write_report(store, "classification", tmp_path)
    assert page_data(tmp_path)["chapters"][0]["insights"][0]["mean_words"] == 6
    [line] = [one for one in page_data(tmp_path)["claims"]["lines"] if one["claim"] == "ulb_hurts_cnn_on_short_texts"]
    assert line["effect"] == pytest.approx(-10)


def test_nothing_to_judge_is_no_chapter() -> None:
    assert claims_markdown([]) == ""
