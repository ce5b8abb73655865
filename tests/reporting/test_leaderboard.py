"""The leaderboard: means without holes, choices without the test split, and an answer that the rows support."""

from itertools import count
from typing import Any

import pytest

from benchmark.reporting.best import Budget, best
from benchmark.reporting.leaderboard import dataset_leaderboards, leaderboards
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry, MissingResult
from benchmark.reporting.results import FIELDS, Row
from benchmark.reporting.summary import summary, verdict
from benchmark.reporting.table import significant

NUMBERS = count()
COSTS: dict[str, tuple[int, float, float]] = {
    "teacher": (100_000_000, 400.0, 50.0),
    "bilstm": (3_000_000, 12.0, 0.5),
    "cnn": (4_000_000, 16.0, 0.25),
}


def row(student: str, test_f1: float | None, dataset: str = "emot", **given: Any) -> Row:
    values: dict[str, Any] = {column.name: "" if column.kind is str else None for column in FIELDS}
    n_parameters, size, latency = COSTS[student]
    setting = "fine_tuned" if student == "teacher" else "kd"
    values |= {"suite": "s", "task": "classification", "student": student, "setting": setting, "status": "finished"}
    values |= {"seed": 0, "smoke": False, "preset": "paper", "teacher": "bert", "protocol": "1", "machine": "m"}
    values |= {"run_id": str(next(NUMBERS)), "valid_f1": test_f1, "configuration": "c", "data": "d"}
    values |= {"teacher_test_f1": 0.9}
    values |= {"n_parameters": n_parameters, "size_onnx_mib": size, "latency_onnx_ms": latency}
    return Row(**values | {"dataset": dataset, "test_f1": test_f1} | given)


def leaderboard(*rows: Row) -> Leaderboard:
    [made] = leaderboards(rows)
    return made


def entry(made: Leaderboard, student: str) -> LeaderboardEntry:
    [found] = [s for s in made.entries if s.student == student]
    return found


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
    assert cnn.spread == pytest.approx(50**0.5 / 2), "of the means 55 and 60, over the seeds that both data sets have"
    assert cnn.speed_up == {"latency_onnx_ms": 200.0}
    assert entry(made, "teacher").spread is None


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
    assert (bilstm.f1, bilstm.spread, bilstm.f1_kept, bilstm.costs, bilstm.speed_up) == (None, None, None, {}, {})
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


def test_equal_figures_share_a_rank() -> None:
    made = leaderboard(
        row("cnn", 0.5), row("cnn", 0.5, setting="vanilla"), row("bilstm", 0.4), row("bilstm", 0.6, setting="x")
    )
    assert [s.rank for s in made.entries] == [1, 2, 2, 4]


def seeded(student: str, *scores: float, **given: Any) -> list[Row]:
    return [row(student, f1, seed=seed, **given) for seed, f1 in enumerate(scores)]


def test_differences_within_the_noise_of_seeds_share_a_rank() -> None:
    made = leaderboard(
        *seeded("cnn", 0.700, 0.702, 0.704),
        *seeded("cnn", 0.695, 0.700, 0.703, setting="reaches it"),
        *seeded("bilstm", 0.600, 0.602, 0.604),
        *seeded("bilstm", 0.500, 0.600, 0.700, setting="wide"),
    )
    assert [(s.name, s.rank) for s in made.entries] == [
        ("cnn kd", 1),
        ("cnn reaches it", 1),
        ("bilstm kd", 3),
        ("bilstm wide", 3),
    ]
    best = made.entries[0]
    assert best.margin == pytest.approx(4.3027 * 0.2 / 3**0.5, rel=1e-4), "Student's t of three seeds"
    assert best.interval is None, "its predictions cannot be read"


def test_a_rank_is_shared_with_its_best_and_not_by_a_chain() -> None:
    """Each is within noise of the next, yet the last is not within noise of the first."""
    scores = {"a": 0.70, "b": 0.695, "c": 0.69}
    made = leaderboard(
        *(one for name, f1 in scores.items() for one in seeded("cnn", f1 - 0.003, f1, f1 + 0.003, setting=name))
    )
    assert [(s.setting, s.rank) for s in made.entries] == [("a", 1), ("b", 1), ("c", 3)]


def test_a_single_seed_without_predictions_counts_as_exact() -> None:
    made = leaderboard(*seeded("cnn", 0.60, 0.62, 0.64), row("bilstm", 0.61), row("bilstm", 0.5, setting="x"))
    assert [(s.student, s.rank) for s in made.entries] == [("cnn", 1), ("bilstm", 1), ("bilstm", 3)]
    assert made.entries[1].margin is None


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


@pytest.mark.parametrize(
    ("budget", "best_name"),
    [
        (Budget(), "bilstm kd"),
        (Budget(max_ms=0.3), "cnn kd"),
        (Budget(max_ms=0.25), "cnn kd"),
        (Budget(max_mib=13), "bilstm kd"),
        (Budget(max_mib=13, max_ms=0.3), None),
        (Budget(min_kept=95), "bilstm kd"),
        (Budget(min_kept=99.9), None),
    ],
)
def test_a_budget_has_one_best_student(budget: Budget, best_name: str | None) -> None:
    found = best(leaderboard(row("teacher", 0.9), row("cnn", 0.8), row("bilstm", 0.88)), budget)
    assert (found.name if found else None) == best_name


def test_a_figure_that_was_not_measured_meets_no_bound() -> None:
    made = leaderboard(row("teacher", 0.9), row("cnn", 0.8, latency_onnx_ms=None))
    assert best(made, Budget(max_ms=100)) is None
    assert verdict(made, Budget(max_mib=20)) == "1 of 1 fit; the best is cnn kd: F1 80.0, 88.9 % kept, 16.0 MiB."


def test_smoke_runs_are_never_ranked() -> None:
    assert leaderboards([row("cnn", 0.9, smoke=True)]) == []
    assert entry(leaderboard(row("cnn", 0.9, smoke=True), row("cnn", 0.5)), "cnn").f1 == 50.0


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


def test_protocols_and_versions_of_the_data_are_never_mixed() -> None:
    made = leaderboard(row("cnn", 0.9, protocol="9"), row("bilstm", 0.5, protocol="10"), row("cnn", 0.4, protocol="10"))
    assert {s.student: s.f1 for s in made.entries} == {"bilstm": 50.0, "cnn": 40.0}
    made = leaderboard(row("cnn", 0.9, data="old"), row("bilstm", 0.5, data="new"))
    assert [(s.student, s.f1) for s in made.entries] == [("bilstm", 50.0)]
    made = leaderboard(row("cnn", 0.9), row("bilstm", None, protocol="2", status="failed"))
    assert entry(made, "cnn").f1 == 90.0, "a protocol with no score yet empties no board"


def test_presets_suites_and_teachers_stand_apart() -> None:
    made = leaderboards([row("cnn", 0.1), row("cnn", 0.2, preset="quickstart"), row("cnn", 0.3, suite="t")])
    assert [(b.suite, b.preset, b.entries[0].f1) for b in made] == [
        ("s", "paper", 10.0),
        ("s", "quickstart", 20.0),
        ("t", "paper", 30.0),
    ]
    rows = [row(student, f1, teacher=t) for t, f1 in (("a", 0.8), ("b", 0.4)) for student in ("teacher", "cnn")]
    assert {s.teacher: s.f1_kept for s in leaderboard(*rows).ranked} == {"a": 100.0, "b": 100.0}


def test_a_student_is_held_against_the_teacher_that_taught_it() -> None:
    """Two fine-tunings of one encoder: the board's line is the one that taught most, whatever validation says of it."""
    teachers = [row("teacher", 0.8, key="short", configuration="1"), row("teacher", 0.9, key="long", configuration="2")]
    trained = [row("cnn", 0.78, seed=seed, teacher_key="short") for seed in (0, 1)]
    assert (
        entry(leaderboard(*teachers, *trained, row("cnn", 0.85, teacher_key="long", configuration="x")), "cnn").f1
        == 78.0
    )
    made = leaderboard(*teachers, *trained, row("bilstm", 0.85, teacher_key="long"))
    assert entry(made, "teacher").f1 == 80.0
    assert {s.student: s.f1_kept for s in made.ranked} == pytest.approx({"cnn": 97.5, "bilstm": 100 * 0.85 / 0.9})
    assert [one.f1_kept for one in leaderboard(*teachers, row("cnn", 0.8, teacher_key="not here")).ranked] == [None]


def test_milliseconds_of_two_machines_never_share_a_table() -> None:
    slow = {"latency_onnx_ms": 1.0, "machine": "laptop"}
    rows = [row("teacher", 0.9, machine="laptop"), row("cnn", 0.89, **slow)]
    made = leaderboard(*rows, row("bilstm", 0.89, latency_onnx_ms=0.6, machine="server"))
    assert entry(made, "cnn").speed_up == {"latency_onnx_ms": 50.0}
    assert entry(made, "bilstm").costs == {"n_parameters": 3_000_000, "size_onnx_mib": 12.0}
    assert entry(made, "bilstm").invalid == "measured on server, most of the leaderboard on laptop"
    assert summary(made).startswith(
        "The best student is cnn kd: F1 89.0, 1.0 points below the teacher, 1.00 ms in ONNX"
    )
    assert best(made, Budget(max_ms=0.7)) is None
    assert [r.latency_onnx_ms for r in made.rows] == [50.0, 1.0, None]


def test_a_machine_that_only_trained_hides_no_milliseconds() -> None:
    made = leaderboard(
        row("teacher", 0.9), row("cnn", 0.8), row("cnn", 0.8, seed=1, latency_onnx_ms=None, machine="cluster")
    )
    assert entry(made, "cnn").speed_up == {"latency_onnx_ms": 200.0}
    assert entry(made, "cnn").invalid == ""


def test_a_seed_whose_figures_do_not_count_leaves_those_that_do() -> None:
    made = leaderboard(row("cnn", 0.8), row("cnn", 0.8, seed=1, latency_onnx_ms=None, invalid="not quiet"))
    assert (entry(made, "cnn").costs["latency_onnx_ms"], entry(made, "cnn").invalid) == (0.25, "")


def test_the_papers_data_sets_come_in_its_order_then_the_others() -> None:
    made = leaderboard(*(row("cnn", 0.5, name) for name in ("zebra", "emot", "apple", "smltk")))
    assert made.datasets == ("smltk", "emot", "apple", "zebra")


def test_the_best_is_the_fastest_within_a_point_of_the_highest() -> None:
    made = leaderboard(row("teacher", 0.9), row("cnn", 0.891), row("bilstm", 0.9), row("cnn", 0.8, setting="vanilla"))
    assert best(made) == entry(made, "bilstm"), "beats the faster one: without predictions, differences are exact"
    noisy = [*seeded("cnn", 0.881, 0.891, 0.901), *seeded("bilstm", 0.88, 0.90, 0.92)]
    made = leaderboard(row("teacher", 0.9), *noisy)
    assert best(made) == entry(made, "cnn")
    assert summary(made) == (
        "The best student is cnn kd: F1 89.1, 0.9 points below the teacher, 0.250 ms in ONNX, 200x faster, "
        "4.0 % of its size."
    )
    assert best(made, Budget(max_mib=13)) == entry(made, "bilstm")


def test_the_best_is_not_more_than_a_point_below_the_highest() -> None:
    made = leaderboard(*seeded("cnn", 0.87, 0.88, 0.89), *seeded("bilstm", 0.88, 0.90, 0.92))
    assert [one.rank for one in made.entries] == [1, 1]
    assert best(made) == entry(made, "bilstm")


def test_nearly_equal_latencies_let_the_higher_f1_decide() -> None:
    """As in the quickstart: the faster one is within noise of no one, or faster by 9 % only."""
    slower = seeded("bilstm", 0.88, 0.90, 0.92, latency_onnx_ms=0.27)
    made = leaderboard(*seeded("cnn", 0.881, 0.891, 0.901), *slower)
    assert best(made) == entry(made, "bilstm")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [row("cnn", 0.5)],
            "The best student is cnn kd: F1 50.0, 0.250 ms, 16.0 MiB; no teacher was run to compare it with.",
        ),
        ([row("teacher", 0.9)], "No result yet: no student has an F1 on every data set."),
        (
            [row("cnn", None, status="failed"), row("teacher", 0.5), row("teacher", None, "smsa", status="failed"),
             row("cnn", 0.5, "smsa")],
            "No result yet: the teacher has no F1 on smsa.",
        ),
        (
            [row("teacher", 0.9, latency_onnx_ms=None), row("cnn", 0.9, latency_onnx_ms=None)],
            "The best student is cnn kd: F1 90.0, 0.0 points below the teacher, 4.0 % of its size.",
        ),
    ],
)  # fmt: skip
def test_the_answer_where_something_is_missing(rows: list[Row], said: str) -> None:
    assert summary(leaderboard(*rows)) == said


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.22444, "0.224"), (1.485, "1.49"), (69.64, "69.6"), (1425.17, "1425"), (0.0, "0"), (0.0037, "0.00370")],
)
def test_numbers_keep_three_digits(value: float, written: str) -> None:
    assert significant(value) == written
