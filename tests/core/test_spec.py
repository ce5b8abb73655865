"""What identifies a run, and what came of it."""

from dataclasses import asdict, fields, replace

import pytest

from benchmark.core.result import RunResult
from benchmark.core.spec import GRID, LATER, RunSpec, digest

SPEC = RunSpec(
    suite="s",
    dataset="emot",
    task="classification",
    student="bilstm",
    setting="kd_ulb",
    seed=0,
    learning_rate=1e-3,
    teacher="a/b",
    teacher_key="t",
    data_digest="d",
    loss="mse",
    max_epochs=10,
    patience=3,
    batch_size=32,
    max_length=128,
)
RESULT = RunResult(
    learning_rate=1e-3,
    valid_f1=0.7,
    test_f1=0.6,
    teacher_test_f1=0.8,
    n_parameters=10,
    n_parameters_non_embedding=4,
    size_checkpoint_mib=3.0,
    size_weights_mib=1.0,
    size_onnx_mib=1.1,
    train_seconds=9.0,
    steps_to_best=40,
    epochs=5,
    sentences_per_second=100.0,
    overhead_share=0.05,
    onnx_max_logit_gap=1e-6,
    test_f1_per_label={"a": 0.5, "b": 0.7},
)


def other(value: object) -> object:
    """A value of the same type that is not `value`."""
    if isinstance(value, bool):
        return not value
    return f"{value}x" if isinstance(value, str) else value + 1  # type: ignore[operator]


@pytest.mark.parametrize("name", [field.name for field in fields(RunSpec)])
def test_every_value_is_in_the_key_but_the_teachers_name(name: str) -> None:
    changed = replace(SPEC, **{name: other(getattr(SPEC, name))})
    assert (changed.key == SPEC.key) is (name in ("teacher", "search_seed"))


def test_a_key_stays_from_version_to_version() -> None:
    """Written down: another value here means that every result kept so far would be computed again."""
    assert SPEC.key == digest(
        {f.name: getattr(SPEC, f.name) for f in fields(SPEC) if f.name not in ("teacher", "search_seed", *LATER)}
    )
    assert digest({"b": 1, "a": ["é", 0.001]}) == "67b0a0ed1b190dd36e3b8a03d53e2016859ea3cd2cee8b1285edd4edd5a68ff9"


def test_who_searches_a_rate_is_in_the_key_where_it_is_searched() -> None:
    """A rate that is given is the same whoever is first."""
    older = replace(SPEC, learning_rate=GRID)
    first = replace(older, search_seed=0)
    assert len({older.key, first.key, replace(first, search_seed=1).key}) == 3
    hashed = SPEC.key_fields() | {"learning_rate": GRID}
    assert older.key == digest({name: value for name, value in hashed.items() if name != "teacher"})
    second = replace(first, seed=1)
    assert (first.searches, second.searches, replace(SPEC, search_seed=0).searches) == (True, False, False)
    assert second.searched == first


@pytest.mark.parametrize(("name", "text"), [("seed", "many"), ("learning_rate", "fast"), ("max_epochs", "1.5")])
def test_params_that_are_none_of_ours_tell_no_spec(name: str, text: str) -> None:
    params = {name: str(value) for name, value in asdict(SPEC).items()}
    assert RunSpec.is_readable(params)
    assert RunSpec.read(params) == SPEC
    assert not RunSpec.is_readable(params | {name: text})
    assert not RunSpec.is_readable({hashed: value for hashed, value in params.items() if hashed != name})


def test_names_are_for_people() -> None:
    assert SPEC.name == "emot.bilstm.kd_ulb.seed0"
    assert not SPEC.is_teacher
    assert not SPEC.smoke
    assert replace(SPEC, student="teacher").is_teacher
    assert replace(SPEC, limit=1).smoke


def test_metrics_are_the_scalars_of_a_result() -> None:
    assert RESULT.metrics()["f1_kept"] == pytest.approx(0.75)
    measured = {f.name for f in fields(RunResult) if getattr(RESULT, f.name) is not None} - {"test_f1_per_label"}
    assert RESULT.metrics().keys() == measured | {"f1_kept"}


def test_nothing_is_kept_of_a_teacher_that_knows_nothing() -> None:
    assert "f1_kept" not in replace(RESULT, teacher_test_f1=0.0).metrics()
