"""The paper's claims as they are shown: its own figures, and one set of figures in page, table and text."""

import csv
import json
from pathlib import Path

import pytest

from benchmark.reporting.claims.claims_table import COLUMNS, claims_markdown
from benchmark.reporting.claims.findings import Finding, findings
from benchmark.reporting.claims.statements import CLAIMS
from benchmark.reporting.paper import paper_discussion_f1, paper_lengths
from benchmark.reporting.report import write_report
from tests.support.claim_factory import cell, judged, row
from tests.support.pages import page_data
from tests.support.run_factory import AddRun, fill
from tracking import Store

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
    "domain_does_not_beat_pool": (-1.48 + 0.40) / 2,
    "augmentation_helps_cnn_more": 7.91 - 0.36,
    "length_min_max_helps_cnn_more": 7.16 + 1.21,
    "kd_helps_bilstm_most": 5.50 - 4.88,
    "fasttext_helps": (0.29 + 0.49 + 0.34 + 0.39 - 0.29) / 5,
    "baseline_bert_small_is_best": 80.78 - 78.81,
    "baseline_bert_mini_is_second": 78.81 - 78.01,
    "baseline_cnn_over_bilstm": 78.01 - 77.22,
    "onnx_is_faster": (1.74 / 0.36 * 2.36 / 0.34 * 2.07 / 0.30 * 4.52 / 1.78 * 8.93 / 7.25) ** 0.2,
    "onnx_is_smaller": 3.0,
    "onnx_is_smaller_than_weights": 1.0,
    "tuning_helps_cnn": (74.68 - 74.32 + 87.74 - 84.05) / 2,
}


@pytest.mark.parametrize("name", PAPERS)
def test_the_papers_figures_are_those_of_its_tables(name: str) -> None:
    found = judged(name, [row("cnn", "kd", 0.5)])
    assert found.paper
    assert found.paper.mean == pytest.approx(PAPERS[name], rel=2e-3, abs=0.01)


def test_the_papers_tables_are_judged_by_the_same_rule() -> None:
    texts = {one.claim.name: one for one in findings([row("cnn", "kd", 0.5)], {})}
    assert texts["kd_helps_bert_tiny"].paper_verdict == "holds"
    assert texts["kd_helps_bilstm"].paper_verdict == "undecided", "p 0.17 with Holm, of six data sets"
    assert texts["ulb_helps_bilstm_most"].paper_verdict == "undecided", "1.51 beside the 1.49 of BERT-Tiny"
    assert texts["cnn_is_on_the_front"].paper_verdict != "holds", "BERT-Tiny is faster in Table 8, better in Table 5"
    off = texts["bert_tiny_is_off_the_front"]
    assert (off.paper_verdict, off.paper and off.paper.mean) == ("undecided", pytest.approx(83.60 - 84.72, abs=0.01)), (
        "in PyTorch (Table 7) BiLSTM is as fast; in ONNX (Table 8) none is"
    )
    assert texts["mse_beats_kld"].paper_verdict is None, "a figure of its text"
    tags = {one.claim.name: one for one in findings([row("cnn", "kd", 0.5, task="sequence_labeling")], {})}
    assert _mean(tags["ulb_helps_bert_mini_most"]) == pytest.approx(3.41 - 4.39, abs=0.01), "BERT-Tiny gains more"
    assert _mean(tags["kd_helps_bert_small_most"]) == pytest.approx(11.39 - 10.42, abs=0.01), "BERT-Mini beside it"
    assert _mean(tags["baseline_bilstm_over_berts"]) == pytest.approx(75.14 - 71.67, abs=0.01)
    assert _mean(tags["kd_cnn_over_bilstm"]) == pytest.approx(82.70 - 81.43, abs=0.01)


def _mean(found: Finding) -> float:
    assert found.paper
    return found.paper.mean


def test_the_papers_figure_is_told_for_our_data_sets_too() -> None:
    found = judged("kd_helps_bilstm", [*cell("bilstm", "vanilla", [50, 51]), *cell("bilstm", "kd", [60, 61])])
    assert found.paper_here == pytest.approx(66.72 - 55.96)
    assert found.paper_here_text == "+10.76"


def test_the_papers_discussion_tables_are_whole() -> None:
    f1 = paper_discussion_f1()
    assert {dataset for _, _, dataset in f1} == {"telco", "smltk"}
    assert f1["bilstm", "kd_in_domain", "telco"] == 91.23
    assert f1["cnn", "kd_ulb_mean_oversampled_min_max", "telco"] == 88.34
    assert f1["cnn", "kd_ulb_q1_q3", "smltk"] == 92.30
    assert [line["data"] for line in paper_lengths()] == ["smltk", "ulb_without_smltk", "ulb_min_max", "ulb_q1_q3"]


def test_claims_are_told_apart_and_made_for_a_task() -> None:
    names = [claim.name for claim in CLAIMS]
    assert len(set(names)) == len(names)
    assert len({claim.text for claim in CLAIMS}) == len(CLAIMS)
    assert all(claim.comparison.needs and claim.tasks for claim in CLAIMS)
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
    names = [column.name for column in COLUMNS]
    assert list(written[0]) == names
    assert len(written) == len(shown["lines"]) > 25
    for line, one in zip(written, shown["lines"], strict=True):
        assert line == {name: "" if one[name] is None else str(one[name]) for name in names}
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
    for source, counted in zip(("paper", "us"), shown["summary"].split(". "), strict=True):
        verdicts = [line["verdict"] for line in written if line["made_by"] == source]
        assert f" {len(verdicts)} claims" in counted
        assert f": holds {verdicts.count('holds')}, " in counted
        assert f", not enough runs {verdicts.count('not enough runs')}" in counted


def test_claims_of_ours_are_marked() -> None:
    found = findings([row("cnn", "kd", 0.5)], {})
    ours = {one.claim.name: one.section_text for one in found if one.claim.source == "us"}
    assert ours == {
        "mse_beats_kld_t2": "5.1.2 (ours)",
        "mse_beats_kld_t4": "5.1.2 (ours)",
        "substitution_beats_pool": "6.2 (ours)",
        "onnx_is_smaller_than_weights": "5.2.3 (ours)",
    }
    text = claims_markdown(found)
    assert "| Word substitution outperforms the unlabelled pool | 6.2 (ours) |" in text
    assert "Our 4 claims: holds 0," in text
    assert "Our " not in claims_markdown([one for one in found if one.claim.source == "paper"])


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
    assert page_data(tmp_path)["sections"][0]["analyses"][0]["mean_words"] == 6
    [line] = [one for one in page_data(tmp_path)["claims"]["lines"] if one["claim"] == "ulb_hurts_cnn_on_short_texts"]
    assert line["effect"] == pytest.approx(-10)


def test_nothing_to_judge_is_no_chapter() -> None:
    assert claims_markdown([]) == ""
