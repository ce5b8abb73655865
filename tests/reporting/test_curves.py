"""Figure 2: how F1 on validation grows in training, from the curves that runs keep."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from benchmark.reporting.results import results
from benchmark.reporting.studies.experiments import EXPERIMENTS
from benchmark.reporting.studies.sections import EPOCHS, STEPS, Curve, draw, read_curves, write_curves
from benchmark.reporting.studies.study import study
from tests.support.run_factory import AddRun
from tracking import ActiveRun, Store

CONVERGENCE = EXPERIMENTS["convergence"]
F1 = {1: 40.0, 2: 60.0, 3: 50.0}
LOSSES = (3.0, 1.0, 2.0)


def keep_curve(store: Store, run_id: str, f1: Mapping[int, float] = F1, losses: Sequence[float] = LOSSES) -> None:
    for (epoch, points), loss in zip(f1.items(), losses, strict=True):
        ActiveRun(store._client, run_id).log_epoch(epoch, {"valid_f1": points / 100, "valid_loss": loss})


def read(store: Store) -> list[Curve]:
    records = store.records()
    rows = results(records)
    return read_curves(CONVERGENCE, study("convergence", rows, {row.key for row in rows}).rows, records, store)


def curve(f1: Mapping[int, float] = F1, steps_per_epoch: float | None = 100.0, **given: Any) -> Curve:
    of = {"dataset": "emot", "student": "cnn", "condition": "random", "max_steps": 0.0} | given
    return Curve(f1=f1, steps_per_epoch=steps_per_epoch, **of)


def test_the_best_epoch_tells_the_steps_of_one(store: Store, add_run: AddRun) -> None:
    run_id = add_run(store, setting="kd_ulb_bert", test_f1=0.5, max_steps=1000)  # 400 steps to the best
    keep_curve(store, run_id)
    add_run(store, setting="kd", test_f1=0.5)
    add_run(store, setting="kd_ulb", test_f1=0.5)
    add_run(store, setting="kd_ulb", seed=1, status="failed", reason="no memory")
    [one] = read(store)
    assert (one.condition, one.dataset, one.student) == ("bert", "emot", "bilstm")
    assert one.f1 == pytest.approx(F1)
    assert [one.x(epoch, STEPS) for epoch in F1] == [200, 400, 600]
    assert [one.x(epoch, EPOCHS) for epoch in F1] == [1, 2, 3]


def test_a_run_cut_off_within_an_epoch_tells_by_what_it_read(store: Store, add_run: AddRun) -> None:
    run_id = add_run(store, setting="kd_ulb", test_f1=0.5, max_steps=400)
    keep_curve(store, run_id, losses=(3.0, 2.0, 1.0))  # best at the last epoch, of which only half was read
    store.add_metrics(run_id, {"n_texts": 50, "sentences_per_second": 10, "epochs": 3})  # in 12.5 s: 2.5 passes
    [one] = read(store)
    assert [one.x(epoch, STEPS) for epoch in F1] == [160, 320, 400]


def test_a_run_that_cannot_tell_its_steps_is_drawn_by_epochs(store: Store, add_run: AddRun, tmp_path: Path) -> None:
    run_id = add_run(store, setting="kd_ulb", test_f1=0.5, max_steps=400)  # no count of its texts, as of old
    keep_curve(store, run_id)
    [one] = read(store)
    assert one.steps_per_epoch is None
    assert "by epochs" in write_curves(tmp_path, CONVERGENCE, [one, curve()])
    assert [line.get_xdata()[-1] for line in draw(CONVERGENCE, [one, curve()]).axes[1].lines] == [3]


def test_a_grids_curve_is_that_of_the_rate_that_was_chosen(store: Store, add_run: AddRun) -> None:
    """Of its last trial: an earlier one of the same rate had but a share of the budget."""
    run_id = add_run(store, setting="kd_ulb", test_f1=0.5, learning_rate=5e-3)
    for rate, f1 in ((1e-3, 10.0), (5e-3, 20.0), (5e-3, 70.0)):
        trial = store.begin("classification", "trial", tags={"role": "trial", "key": ""}, params={}, parent=run_id)
        keep_curve(store, trial.run_id, {1: f1}, (1.0,))
        trial.finish({"learning_rate": rate})
    assert [one.f1 for one in read(store)] == [{1: pytest.approx(70.0)}]


def lines(figure: Figure) -> list[list[list[tuple[float, float]]]]:
    return [[list(zip(*line.get_data(), strict=True)) for line in axes.lines] for axes in figure.axes]


def test_seeds_share_a_line_and_a_band_as_far_as_all_of_them_went() -> None:
    seeds = [curve(), curve({1: 50.0, 2: 70.0}), curve(condition="bert"), curve(student="bilstm")]
    figure = draw(CONVERGENCE, seeds)
    assert [axes.get_title() for axes in figure.axes] == ["emot, cnn", "emot, bilstm"]
    (random, bert), (bilstm,) = lines(figure)
    assert random == [(100, 45), (200, 65)]
    assert bert == bilstm == [(100, 40), (200, 60), (300, 50)]
    [band] = figure.axes[0].collections
    assert band.get_paths()[0].get_extents().extents.tolist() == [100, 40, 200, 70]


def test_a_student_has_one_colour_and_a_condition_one_line_style() -> None:
    figure = draw(CONVERGENCE, [curve(), curve(condition="bert"), curve(student="bilstm", condition="bert")])
    random, bert, bilstm = (line for axes in figure.axes for line in axes.lines)
    assert random.get_color() == bert.get_color() != bilstm.get_color()
    assert random.get_linestyle() != bert.get_linestyle() == bilstm.get_linestyle()


@pytest.mark.usefixtures("drawn_figures")
def test_the_figure_is_written_and_shown(tmp_path: Path) -> None:
    assert write_curves(tmp_path, CONVERGENCE, []) == ""
    assert list(tmp_path.iterdir()) == [], "no picture of nothing"
    text = write_curves(tmp_path, CONVERGENCE, [curve(dataset="a$b"), curve(dataset="c$d")])
    assert "![Validation F1 by optimiser steps](curves.png)" in text
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "curves.svg").read_text()
