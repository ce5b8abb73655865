"""The leaderboard: means without holes, choices without the test split, and an answer that the rows support."""

from typing import Any

import pytest

from benchmark.reporting.leaderboard import dataset_leaderboards
from benchmark.reporting.leaderboard_entry import MissingResult
from tests.support.rows import entry, leaderboard, row


def test_the_mean_is_over_seeds_then_over_data_sets() -> None:
    made = leaderboard(
        row("teacher", 0.9),
        row("teacher", 0.7, "smsa"),
        *(row("cnn", f1, seed=seed) for seed, f1 in enumerate([0.6, 0.7, 0.8])),
        *(row("cnn", f1, "smsa", seed=seed) for seed, f1 in enumerate([0.5, 0.5])),
    )
    cnn = entry(made, "cnn")
    assert cnn.f1 == pytest.approx((70 + 50) / 2), "not the mean of all five runs"
    assert cnn.f1_by_dataset == pytest.approx({"emot": 70.0, "smsa": 50.0})
    assert cnn.seeds == (2, 3)
    assert cnn.f1_kept == pytest.approx(100 * 60 / 80)
    assert cnn.margin == pytest.approx(12.7062 * 50**0.5 / 2 / 2**0.5, rel=1e-4), (
        "of the means 55 and 60, over the seeds that both data sets have"
    )
    assert cnn.speed_up == {"latency_onnx_ms": 200.0}
    assert entry(made, "teacher").margin is None


def test_a_teacher_as_it_is_on_one_data_set_and_fine_tuned_on_another_is_one_row() -> None:
    made = leaderboard(
        row("teacher", 0.9, setting="as_is", key="asis"),
        row("teacher", 0.7, "smsa", key="tuned"),
        row("teacher", 0.5, key="tuned once too"),
        row("cnn", 0.6, teacher_key="asis"),
        row("cnn", 0.6, "smsa", teacher_key="tuned"),
    )
    teacher = entry(made, "teacher")
    assert (teacher.setting, teacher.f1) == ("as_is, fine_tuned", pytest.approx(80))
    assert entry(made, "cnn").f1_kept == pytest.approx(100 * 60 / 80)


def test_a_mean_with_a_hole_is_none_and_its_row_stands_unranked_below() -> None:
    made = leaderboard(
        row("teacher", 0.9),
        row("teacher", 0.9, "smsa"),
        row("bilstm", 0.99),
        row("bilstm", None, "smsa", status="failed", reason="no memory"),
        row("cnn", 0.2),
        row("cnn", 0.2, "smsa"),
    )
    assert [(s.student, s.rank) for s in made.entries] == [("teacher", None), ("cnn", 1), ("bilstm", None)]
    bilstm = entry(made, "bilstm")
    assert (bilstm.f1, bilstm.margin, bilstm.f1_kept, bilstm.costs, bilstm.speed_up) == (None, None, None, {}, {})
    assert bilstm.f1_by_dataset == {"emot": 99.0}
    assert {name: str(missing) for name, missing in bilstm.missing.items()} == {"smsa": "failed: no memory"}
    assert entry(made, "cnn").missing == {}


def test_a_data_set_with_a_teacher_alone_is_no_competition() -> None:
    teachers = [row("teacher", 0.9), row("teacher", 0.8, "senta")]
    assert leaderboard(*teachers).datasets == ("senta", "emot")
    assert leaderboard(*teachers, row("cnn", 0.7)).datasets == ("emot",)
    failed = row("cnn", None, "senta", status="failed", reason="no memory")
    assert leaderboard(*teachers, row("cnn", 0.7), failed).datasets == ("senta", "emot")


def test_what_was_never_tried_is_said_to_be_not_run() -> None:
    made = leaderboard(row("teacher", 0.9), row("teacher", 0.9, "smsa"), row("cnn", 0.2), row("bilstm", 0.3, "smsa"))
    assert entry(made, "cnn").missing == {"smsa": MissingResult(kind="not_run")}


def test_a_cost_that_one_data_set_lacks_is_left_out() -> None:
    made = leaderboard(row("cnn", 0.2), row("cnn", 0.4, "smsa", latency_onnx_ms=None, n_parameters=2_000_000))
    assert entry(made, "cnn").costs == {"n_parameters": 3_000_000, "size_onnx_mib": 16.0}


def test_a_bundle_has_the_size_of_the_seeds_whose_served_form_is_known() -> None:
    untimed = [row("cnn", 0.4, seed=n, latency_onnx_ms=None, more={"size_bundle_mib": 17.7}) for n in (1, 2)]
    timed = row("cnn", 0.4, more={"size_bundle_mib": 5.4})
    assert entry(leaderboard(timed, *untimed), "cnn").costs["size_bundle_mib"] == 5.4
    assert entry(leaderboard(*untimed), "cnn").costs["size_bundle_mib"] == 17.7


def test_each_data_set_alone_is_a_board() -> None:
    rows = [row("cnn", 0.5), row("cnn", 0.9, "smsa"), row("bilstm", 0.7)]
    alone = dataset_leaderboards(leaderboard(*rows), rows)
    assert [[(s.student, s.rank) for s in one.entries] for one in alone] == [
        [("bilstm", 1), ("cnn", 2)],
        [("cnn", 1)],
    ]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"status": "failed", "reason": "DivergedError: nan"}, "failed"),
        ({"status": "failed", "reason": "torch.OutOfMemoryError: CUDA out of memory"}, "out_of_memory"),
        ({"status": "failed", "reason": "MemoryError: "}, "out_of_memory"),
        ({"status": "skipped", "reason": "private"}, "skipped"),
        ({"test_f1": 0.9, "smoke": True}, "smoke"),
        ({"test_f1": 0.9, "protocol": "0"}, "older"),
    ],
)
def test_each_hole_is_of_its_kind(given: dict[str, Any], kind: str) -> None:
    made = leaderboard(
        row("cnn", 0.5),
        row("bilstm", 0.5),
        row("bilstm", 0.5, "smsa"),
        row("cnn", **{"test_f1": None, "dataset": "smsa"} | given),
    )
    assert entry(made, "cnn").missing["smsa"].kind == kind
    assert entry(made, "cnn").rank is None


def test_configurations_are_chosen_by_seeds_then_validation_never_by_test() -> None:
    made = leaderboard(
        row("cnn", 0.9, valid_f1=0.50, configuration="lucky on test"),
        row("cnn", 0.6, valid_f1=0.70, configuration="best on validation"),
    )
    assert entry(made, "cnn").f1 == 60.0
    made = leaderboard(
        row("cnn", 0.6, valid_f1=0.70, configuration="one seed"),
        row("cnn", 0.3, valid_f1=0.10, configuration="two seeds", seed=0),
        row("cnn", 0.5, valid_f1=0.10, configuration="two seeds", seed=1),
    )
    assert entry(made, "cnn").f1 == pytest.approx(40.0)


def test_the_papers_data_sets_come_in_its_order_then_the_others() -> None:
    made = leaderboard(*(row("cnn", 0.5, name) for name in ("zebra", "emot", "apple", "smltk")))
    assert made.datasets == ("smltk", "emot", "apple", "zebra")
