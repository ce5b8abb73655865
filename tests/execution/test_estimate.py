"""The expected time of a run: from runs like it, else from its sentences and its budget of steps."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from benchmark.cli.arguments import parser
from benchmark.cli.options import benchmark_config
from benchmark.core.presets import BUNDLED_TEACHER, SEARCH_COST
from benchmark.core.spec import GRID
from benchmark.execution.estimate import (
    LIKELY_EPOCHS,
    OVERHEAD_SECONDS,
    Estimator,
    expected_seconds,
    measuring_seconds,
    n_epochs,
)
from benchmark.execution.plan import plan_runs
from benchmark.execution.run_status import RunStatus
from students import STUDENTS
from tests.core.test_spec import SPEC
from tracking import Record

UNKNOWN = Estimator(seconds={})
LONG = replace(SPEC, max_epochs=100)


def record(
    seconds: float,
    *,
    smoke: str = "false",
    status: str = "finished",
    role: str = "train",
    params: Mapping[str, str] = {},
) -> Record:
    tags = {"role": role, "dataset": "emot", "student": "bilstm", "setting": "kd_ulb", "smoke": smoke}
    return Record(
        run_id="r",
        suite="s",
        name="n",
        status=status,  # type: ignore[arg-type]
        tags=tags,
        params=params,
        metrics={},
        start_time=1_000,
        end_time=1_000 + round(seconds * 1000),
    )


def texts(n: int) -> list[str]:
    """Of ten pieces each."""
    return ["x" * 40] * n


def test_runs_like_it_tell_best() -> None:
    records = [record(60), record(80), record(300), record(1, smoke="true"), record(2, status="failed")]
    estimate = Estimator.from_records([*records, record(3, role="inference")])
    assert estimate(SPEC, texts(10)) == 80
    assert estimate(replace(SPEC, setting="kd"), texts(10)) == UNKNOWN(SPEC, texts(10))
    assert estimate(replace(SPEC, limit=8), texts(8)) == UNKNOWN(SPEC, texts(8)), "a smoke run takes less"


def test_a_search_takes_as_long_as_all_its_trials() -> None:
    one, first, second = (
        replace(LONG, learning_rate=rate, seed=seed, search_seed=0) for rate, seed in ((1e-3, 0), (GRID, 0), (GRID, 1))
    )
    seconds = [UNKNOWN(spec, texts(1000)) - OVERHEAD_SECONDS for spec in (one, first, second)]
    assert seconds == pytest.approx([seconds[0], SEARCH_COST * seconds[0], seconds[0]])


def test_runs_with_and_without_a_search_tell_of_each_other() -> None:
    spec = replace(SPEC, learning_rate=GRID, search_seed=0)
    searched = record(100, params={name: str(value) for name, value in asdict(spec).items()})
    estimate = Estimator.from_records([searched])
    assert estimate(spec, texts(10)) == pytest.approx(100)
    assert estimate(replace(spec, seed=1), texts(10)) == pytest.approx(100 / SEARCH_COST)


def seconds_of_step(n_texts: int, student: str = "bilstm") -> float:
    """Of texts of ten pieces, and two of the tokenizer's own."""
    cost = STUDENTS[student]
    return 1e-3 * cost.milliseconds_per_step + 12 * n_texts * 1e-6 * cost.microseconds_per_token


def test_early_stopping_and_budgets_bound_the_steps() -> None:
    def n_steps(n_texts: int = 1000, **changes: Any) -> float:
        seconds = UNKNOWN(replace(LONG, **changes), texts(n_texts)) - OVERHEAD_SECONDS
        return seconds / seconds_of_step(min(32, n_texts))

    assert n_steps() == pytest.approx(LIKELY_EPOCHS[LONG.loss] * 32)
    assert n_steps(max_epochs=2) == pytest.approx(2 * 32)
    assert n_steps(max_steps=50) == pytest.approx(50)
    assert n_steps(max_epochs=9000, max_steps=9000) == 9000, "soft targets spend their budget"
    assert n_steps(loss="hard", max_epochs=9000, max_steps=9000) == pytest.approx(LIKELY_EPOCHS["hard"] * 32)
    assert n_steps(n_texts=8) == pytest.approx(LIKELY_EPOCHS[LONG.loss])


def test_a_step_on_short_texts_costs_more_than_its_tokens() -> None:
    short, long = (UNKNOWN(LONG, ["x" * n] * 1000) - OVERHEAD_SECONDS for n in (4 * 5, 4 * 50))
    assert long < 5 * short


def test_the_encoder_of_the_quickstart_is_no_bert_base() -> None:
    spec = replace(SPEC, student="teacher", setting="fine_tuned", loss="hard")
    assert UNKNOWN(replace(spec, teacher=BUNDLED_TEACHER), texts(1000)) < UNKNOWN(spec, texts(1000)) / 2


def of_encoder(**config: object) -> float:
    """Seconds of fine-tuning an encoder of that config.json."""
    spec = replace(SPEC, student="teacher", setting="fine_tuned", loss="hard")
    return Estimator(seconds={}, config_of=lambda _: config)(spec, texts(1000)) - OVERHEAD_SECONDS


@pytest.mark.parametrize(
    ("config", "share"),
    [
        ({}, 1),
        ({"num_hidden_layers": 12, "hidden_size": 768, "intermediate_size": 3072}, 1),
        ({"num_hidden_layers": 12, "hidden_size": 384, "intermediate_size": 1536}, 1 / 4),
        ({"n_layers": 6, "dim": 768, "hidden_dim": 3072}, 1 / 2),
        ({"n_layer": 12, "n_embd": 768, "n_inner": None}, 1),
    ],
)
def test_fine_tuning_takes_time_by_the_size_of_the_encoder(config: dict[str, object], share: float) -> None:
    assert of_encoder(**config) == pytest.approx(share * of_encoder())


@pytest.mark.parametrize(
    ("bounds", "n_texts", "epochs"),
    [
        ({"max_epochs": 30}, 320, 30),
        ({"max_epochs": 30, "max_steps": 100}, 320, 10),
        ({"max_epochs": 30, "max_steps": 101}, 320, 11),
        ({"max_epochs": 30, "max_steps": 9000}, 320, 30),
        ({"max_epochs": 30, "max_steps": 10}, 0, 10),
    ],
)
def test_a_budget_of_steps_allows_fewer_epochs_of_more_texts(bounds: dict[str, int], n_texts: int, epochs: int) -> None:
    assert n_epochs(replace(SPEC, **bounds), n_texts) == epochs  # type: ignore[arg-type]


def test_soft_targets_train_for_longer_than_labels() -> None:
    assert UNKNOWN(replace(LONG, loss="mse"), texts(1000)) > UNKNOWN(replace(LONG, loss="hard"), texts(1000))


def test_measuring_takes_time_by_data_set_and_by_run() -> None:
    one = measuring_seconds([LONG])
    assert measuring_seconds([]) == 0
    assert one < measuring_seconds([LONG, LONG]) < measuring_seconds([LONG, replace(LONG, dataset="b")]) == 2 * one


def test_words_weigh_as_their_text_does() -> None:
    assert UNKNOWN(LONG, [("satu", "dua")]) == UNKNOWN(LONG, ["satu dua"])


def waits(*teachers: str, finished: str = "") -> dict[str, float]:
    """Seconds that students wait for outputs of their teacher, by setting and seed."""
    given = ["--suite", "classification", "-s", "cnn", "-x", "vanilla", "-x", "kd", "-x", "kd_ulb", "--seeds", "2"]
    config = benchmark_config(parser("run").parse_args([*given, *(f"--teacher={teacher}" for teacher in teachers)]))
    suite_data = config.suite_data()
    planned = plan_runs(config, suite_data)
    students = {f"{run.spec.setting}.{run.spec.seed}": run.spec for run in planned if not run.spec.is_teacher}
    params = {name: {field: str(value) for field, value in asdict(spec).items()} for name, spec in students.items()}
    status = RunStatus(finished={finished: record(60, params=params[finished])} if finished else {})
    seconds = expected_seconds(planned, planned, status, suite_data, UNKNOWN, 1)
    alone = {name: UNKNOWN(spec, suite_data.training_texts(spec)) for name, spec in students.items()}
    return {name: seconds[students[name].key] - alone[name] for name in students}


@pytest.mark.usefixtures("desk_folder")
def test_the_first_student_that_reads_outputs_waits_for_them(tiny_teacher: Path) -> None:
    def waiting(seconds: Mapping[str, float]) -> set[str]:
        return {name for name, value in seconds.items() if value > 1e-9}

    of_one = waits(str(tiny_teacher))
    assert waiting(of_one) == {"kd.0", "kd_ulb.0"}
    assert waiting(waits(str(tiny_teacher), finished="kd.1")) == {"kd_ulb.0"}
    assert not waiting(waits(str(tiny_teacher), finished="kd_ulb.1"))
    of_both = waits(str(tiny_teacher), BUNDLED_TEACHER)
    assert of_both["kd.0"] > of_one["kd.0"] > 0, "an ensemble's models each compute theirs"
