"""Studies of the discussion: what they compare, and effects as in the report's claims."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmark.core.settings import SETTINGS
from benchmark.reporting.claims.comparisons import Contrast
from benchmark.reporting.claims.findings import Finding, findings, verdict
from benchmark.reporting.leaderboard_entry import interval
from benchmark.reporting.paper import paper_discussion_f1
from benchmark.reporting.results import Row, results
from benchmark.reporting.studies.experiments import EXPERIMENTS, Experiment
from benchmark.reporting.studies.study import Study, alike, study, write_study
from tests.support.claim_factory import cell, record, row, spec
from tests.support.run_factory import AddRun
from tracking import Store

LOSSES = EXPERIMENTS["losses"]


def study_of(name: str, rows: Sequence[Row]) -> Study:
    return study(name, rows, {one.key for one in rows})


def effects(found: Study) -> dict[tuple[str, str], Finding]:
    """By claim and students."""
    return {(one.claim.name, "+".join(one.claim.comparison.students)): one for one in found.findings}  # type: ignore[attr-defined]


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=list(EXPERIMENTS))
def test_conditions_are_settings_and_claims_are_contrasts_of_them(experiment: Experiment) -> None:
    assert set(experiment.conditions.values()) <= set(SETTINGS)
    assert len(set(experiment.conditions.values())) == len(experiment.conditions)
    for claim in experiment.claims:
        assert isinstance(claim.comparison, Contrast)
        assert set(claim.comparison.weights) <= set(experiment.conditions.values())


def test_losses_are_what_their_conditions_say() -> None:
    settings = {name: SETTINGS[setting] for name, setting in LOSSES.conditions.items()}
    assert {name: (s.loss, s.temperature) for name, s in settings.items()} == {
        "mse": ("mse", 1.0),
        "kld_t1": ("kld", 1.0),
        "kld_t2": ("kld", 2.0),
        "kld_t4": ("kld", 4.0),
        "hard_labels": ("hard", 1.0),
    }


def test_an_interval_is_students() -> None:
    found = interval([1.0, 2.0, 3.0])
    assert found
    assert found.mean == 2.0
    assert found.high == pytest.approx(2 + 4.302653 / 3**0.5)  # t of 0.975 at 2 degrees of freedom
    assert found.low == pytest.approx(2 - 4.302653 / 3**0.5)
    assert interval([]) is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 1.1, 0.9], "holds"),
        ([-1.0, -1.1], "does not hold"),
        ([-1.0, 1.0], "undecided"),
        ([1.0], "not enough runs"),
    ],
)
def test_verdicts(values: list[float], expected: str) -> None:
    found = interval(values)
    assert found
    assert verdict(found, "above") == expected


@pytest.fixture
def rows(store: Store, add_run: AddRun) -> list[Row]:
    """MSE ahead of KLD by 2, 3 and 4 points; a seed of KLD that has no partner; a run that failed."""
    for seed, (mse, kld) in enumerate([(0.62, 0.60), (0.64, 0.61), (0.66, 0.62)]):
        add_run(store, student="cnn", setting="kd", seed=seed, test_f1=mse)
        add_run(store, student="cnn", setting="kd_kld", seed=seed, test_f1=kld)
    add_run(store, student="cnn", setting="kd_kld", seed=9, test_f1=0.1)
    add_run(store, student="cnn", setting="vanilla", status="failed", reason="no memory")
    return results(store.records())


def test_effects_are_paired(rows: list[Row]) -> None:
    found = study_of("losses", rows)
    assert found.summary[0] == (
        "MSE on logits outperforms KL divergence (cnn): "
        "holds on emot, +3.00 [+0.52, +5.48] over 3 pairs; the paper: +1.66."
    )
    assert all("not enough runs" in sentence for sentence in found.summary[1:])


LOW, HIGH = 1e-3, 3e-3


def at(rate: float, setting: str, scores: Sequence[float], student: str = "cnn", **fields: Any) -> list[Row]:
    """Runs at a learning rate, best on validation where they are best on test."""
    return [
        row(student, setting, score / 100, seed, learning_rate=rate, key=f"{student}{setting}{rate}{seed}", **fields)
        for seed, score in enumerate(scores)
    ]


def two_rates() -> list[Row]:
    """A high rate that suits distillation and hurts training on gold labels; two budgets of one student."""
    return [
        *at(LOW, "vanilla", [59, 60, 61]), *at(HIGH, "vanilla", [50, 51, 55]),
        *at(LOW, "kd", [60, 60, 62]), *at(HIGH, "kd", [62, 65, 64]), *at(HIGH, "kd_kld", [61, 62, 62]),
        *at(LOW, "vanilla", [40, 42], "bilstm"), *at(LOW, "kd", [49, 49], "bilstm"),
        *at(HIGH, "kd", [50, 51], "bilstm"),
        *at(LOW, "kd", [60], "bilstm", budget="longer"), *at(LOW, "vanilla", [58], "bilstm", budget="longer"),
    ]  # fmt: skip


def test_a_study_and_the_claims_have_the_same_figures() -> None:
    rows = two_rates()
    claims = {one.claim.name: one for one in findings(rows, {})}
    found = effects(study_of("losses", rows))
    for student, gain in (("cnn", (3 + 5 + 3) / 3), ("bilstm", ((9 + 2) / 2 + 7) / 2)):
        ours, claim = found["kd_helps", student], claims[f"kd_helps_{student}"]
        assert (ours.ours, ours.verdict, ours.paper, ours.paper_here) == (
            claim.ours, claim.verdict, claim.paper, claim.paper_here,
        )  # fmt: skip
        assert ours.ours
        assert ours.ours.mean == pytest.approx(gain)
    overall, kld = found["kd_helps", "cnn+bilstm"].ours, found["mse_beats_kld", "cnn+bilstm"]
    assert ("mse_beats_kld", "bilstm") not in found, "without pairs a claim is stated over all students alone"
    assert found["mse_beats_kld", "cnn"].paper is None, "the paper states its effect over all students"
    assert kld.paper
    assert overall
    assert (overall.n_pairs, overall.students) == (5, ("cnn", "bilstm"))
    assert (kld.ours, kld.verdict) == (claims["mse_beats_kld"].ours, claims["mse_beats_kld"].verdict)


def test_each_condition_stands_at_its_best_rate() -> None:
    rows = [one for one in two_rates() if one.student == "cnn"]
    found = {one.condition: one for one in study_of("losses", rows).conditions}
    assert {name: (one.learning_rate, one.mean_f1) for name, one in found.items()} == {
        "mse": (HIGH, pytest.approx(191 / 300)), "kld_t1": (HIGH, pytest.approx(185 / 300)),
        "hard_labels": (LOW, pytest.approx(0.6)),
    }  # fmt: skip


def test_runs_of_a_condition_differ_in_seed_and_rate_alone() -> None:
    planned = spec(setting="kd")
    given = [planned, spec(setting="kd", seed=1, learning_rate=3e-3), spec(setting="kd", learning_rate="grid")]
    others = [spec(), spec(setting="kd", max_steps=5), spec(setting="kd", agreed=True), spec(setting="kd", limit=40)]
    assert alike([planned], [record(one) for one in (*given, *others)]) == {record(one).key for one in given}


def test_a_study_is_of_its_data_sets_and_students() -> None:
    rows = [
        *two_rates(),
        *cell("cnn", "kd", [90, 90], dataset="smsa"),
        *cell("cnn", "vanilla", [10, 10], dataset="smsa"),
    ]
    found = study("losses", rows, {one.key for one in rows if (one.dataset, one.student) == ("emot", "cnn")})
    assert {one.student for one in found.conditions} == {"cnn"}
    assert all(one.ours is None or one.ours.datasets == ("emot",) for one in found.findings)
    assert list(effects(found)) == [(claim.name, "cnn") for claim in LOSSES.claims]


def test_an_effect_of_several_conditions_needs_all_of_them() -> None:
    conditions = EXPERIMENTS["interplay"].conditions.values()
    rows = [
        row("cnn", setting, 0.5 + number / 100, seed)
        for seed in (0, 1)
        for number, setting in enumerate(conditions)
        if (seed, setting) != (1, "kd_ulb")
    ]
    found = effects(study_of("interplay", rows))["interplay_length", "cnn"].ours
    assert found
    assert found.n_pairs == 1  # seed 1 lacks a condition
    assert found.mean == pytest.approx(100 * (0.54 - 0.53))  # 51, 53, 55, 57 against 50, 52, 54, 56


def test_figures_of_the_texts_stand_in_the_table(store: Store, add_run: AddRun, tmp_path: Path) -> None:
    for seed, n_texts in enumerate((100, 103)):
        run = add_run(store, student="cnn", setting="kd_ulb_median", seed=seed, test_f1=0.5)
        store.add_metrics(run, {"n_texts": n_texts, "label_count_std": 2.5 + seed})
    path = write_study(tmp_path, study_of("balance", results(store.records())), "## More")
    with (tmp_path / "study.csv").open() as file:
        (line,) = csv.DictReader(file)
    assert (line["condition"], line["n_texts"], line["label_count_std"]) == ("ulb_median", "102", "3.0")
    assert float(line["paper_f1"]) == pytest.approx(0.8327)  # Table 10
    assert line["paper_dataset"] == "telco"
    assert "| 83.27 (on telco) |" in path.read_text()
    assert path.read_text().endswith("## More\n")


def test_the_papers_own_conditions_are_all_compared() -> None:
    for experiment in EXPERIMENTS.values():
        settings = {setting for _, setting, dataset in paper_discussion_f1() if dataset == experiment.paper_dataset}
        assert not experiment.paper_dataset or settings & set(experiment.conditions.values())
    compared = {setting for experiment in EXPERIMENTS.values() for setting in experiment.conditions.values()}
    assert {setting for _, setting, _ in paper_discussion_f1()} <= compared


@pytest.mark.parametrize("max_epochs", [100, 20])
def test_fewer_steps_are_a_gain_where_training_converged(store: Store, add_run: AddRun, max_epochs: int) -> None:
    for setting, factor in (("kd_ulb", 3), ("kd_ulb_bert", 1)):
        for seed in (0, 1):
            run = add_run(store, setting=setting, seed=seed, test_f1=0.5, patience=10, max_epochs=max_epochs)
            store.add_metrics(run, {"steps_to_best": factor * (100 + seed), "epochs": 20})
    found = effects(study_of("convergence", results(store.records())))["bert_converges_faster", "bilstm"]
    if max_epochs == 20:
        assert (found.ours, found.verdict) == (None, "not enough runs")
        return
    assert found.ours
    assert (found.ours.mean, found.verdict) == (pytest.approx(3), "holds")


def test_the_table_has_the_contracts_columns(rows: list[Row], tmp_path: Path) -> None:
    path = write_study(tmp_path, study_of("losses", rows))
    with (tmp_path / "study.csv").open() as file:
        read = list(csv.DictReader(file))
    wanted = [
        "study",
        "condition",
        "dataset",
        "student",
        "mean_f1",
        "f1_low",
        "f1_high",
        "n_seeds",
        "n_texts",
        "label_count_std",
        "paper_f1",
    ]
    assert list(read[0])[: len(wanted)] == wanted
    assert [line["condition"] for line in read] == ["mse", "kld_t1"]
    assert float(read[0]["mean_f1"]) == pytest.approx(0.64)
    assert (read[0]["n_seeds"], read[1]["n_seeds"]) == ("3", "4")
    assert read[0]["n_texts"] == ""
    assert float(read[0]["paper_f1"]) == pytest.approx(0.639)  # Table 5: CNN, KD, EmoT
    assert (read[1]["paper_f1"], read[1]["paper_dataset"]) == ("", "")
    assert read[0]["paper_dataset"] == "emot"
    assert "| emot | cnn | mse | 64.00 |" in path.read_text()
    assert "| 63.90 |" in path.read_text(), "of the same data set: nothing to be said"


def test_a_single_seed_has_no_interval(store: Store, add_run: AddRun) -> None:
    add_run(store, setting="kd", test_f1=0.5)
    (line,) = study_of("losses", results(store.records())).conditions
    assert (line.f1_low, line.f1_high) == (None, None)
