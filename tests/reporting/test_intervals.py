"""Intervals of F1 over test items: their counts, what they cover, and the ranks that follow."""

import random
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from benchmark.data.entry import Metric
from benchmark.distillation.scores import macro_f1
from benchmark.report import main
from benchmark.reporting.bootstrap import N_RESAMPLES, Draws, Estimate, Resampler
from benchmark.reporting.leaderboard import leaderboards
from benchmark.reporting.predictions import with_intervals
from benchmark.reporting.results import results
from tests.support.rows import row
from tests.support.run_factory import AddRun, fill
from tracking import Store

TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
SCHEMES: dict[str, tuple[Metric, tuple[str, ...]]] = {
    "classes": ("macro_f1", ("a", "b", "c")),
    "words": ("word_f1", ("NN", "VB", "X")),
    "iob": ("entity_f1", TAGS),
    "iobes": ("entity_f1", (*TAGS, "E-PER", "S-PER", "E-LOC", "S-LOC")),
    "bilou": ("entity_f1", (*TAGS, "L-PER", "U-PER", "L-LOC", "U-LOC")),
    "bmes": ("entity_f1", ("O", "B-PER", "M-PER", "E-PER", "S-PER")),
    "bare": ("entity_f1", ("O", "B", "I")),
}


def drawn(metric: Metric, labels: tuple[str, ...], n: int, seed: int) -> list[Any]:
    dice = random.Random(seed)
    if metric == "macro_f1":
        return [dice.choice(labels) for _ in range(n)]
    sizes = random.Random(0)
    return [[dice.choice(labels) for _ in range(sizes.randrange(1, 9))] for _ in range(n)]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_f1_of_the_split_and_of_a_resample_are_those_of_the_metric(scheme: str) -> None:
    metric, labels = SCHEMES[scheme]
    gold, predicted = drawn(metric, labels, 60, 1), drawn(metric, labels, 60, 2)
    resampler = Resampler(metric, gold, "any")
    scores = resampler.uncentred(predicted)
    assert scores[0] == pytest.approx(macro_f1(gold, predicted, metric, labels))
    times = np.concatenate(resampler._weights)[17]
    repeated = [number for number, n in enumerate(times) for _ in range(n)]
    again = macro_f1([gold[n] for n in repeated], [predicted[n] for n in repeated], metric, labels)
    assert scores[17] == pytest.approx(again, abs=1e-6)


def test_resamples_are_the_same_at_every_call_and_for_every_model() -> None:
    gold = drawn("macro_f1", ("a", "b"), 50, 1)
    first, second = Resampler("macro_f1", gold, "emot"), Resampler("macro_f1", gold, "emot")
    assert (first.f1(gold[::-1]) == second.f1(gold[::-1])).all()
    assert len(first.f1(gold)) == 1 + N_RESAMPLES
    other = Resampler("macro_f1", gold, "smsa")
    assert (other.f1(gold[::-1]) != first.f1(gold[::-1])).any(), "data sets are drawn on their own"


def test_draws_lie_around_the_f1_of_the_split_where_classes_are_rare() -> None:
    """With 52 classes, the F1 of resamples lies half a point and more below."""
    dice = random.Random(0)
    gold = [str(dice.randrange(52)) for _ in range(400)]
    predicted = [label if dice.random() < 0.6 else dice.choice(gold) for label in gold]
    resampler = Resampler("macro_f1", gold, "any")
    of_split, *draws = resampler.f1(predicted)
    assert np.mean(draws) == pytest.approx(of_split)
    assert of_split == resampler.uncentred(predicted)[0]
    assert np.mean(resampler.uncentred(predicted)[1:]) < of_split - 0.005


def test_no_draw_lies_beyond_1() -> None:
    gold = [str(number % 40) for number in range(80)]
    draws = Resampler("macro_f1", gold, "any").f1([*gold[:-1], "0"])
    assert 0.99 < draws.max() <= 1


def test_the_bootstrap_covers_what_the_binomial_covers() -> None:
    """Macro-F1 of one class is 2 accuracy / (1 + accuracy) if a wrong label is of no class."""
    gold = ["a"] * 400
    scores = Resampler("macro_f1", gold, "any").f1(["a"] * 300 + ["-"] * 100)[1:]
    share = NormalDist(0.75, (0.75 * 0.25 / 400) ** 0.5)
    low, high = (2 * share.inv_cdf(p) / (1 + share.inv_cdf(p)) for p in (0.025, 0.975))
    assert np.quantile(scores, [0.025, 0.975]) == pytest.approx([low, high], abs=0.005)


def estimate(mean: float, draws: Draws, *by_seed: float, name: str = "a") -> Estimate:
    return Estimate.of(mean, draws, by_seed, np.tile(draws, (len(by_seed), 1)), name)


NOISE = np.random.default_rng(0).normal(0, 2, N_RESAMPLES)


def test_a_single_seed_is_covered_by_its_items_alone() -> None:
    assert estimate(60, 60 + NOISE).interval == pytest.approx((56.1, 63.9), abs=0.3)


def test_seeds_widen_the_interval() -> None:
    low, high = estimate(60, 60 + NOISE, 57, 60, 63).interval
    alone, _ = estimate(60, 60 + NOISE).interval
    assert low < alone
    assert high - low > 8
    exact = estimate(60, np.full(N_RESAMPLES, 60.0), 57, 60, 63).interval
    assert exact == pytest.approx((60 - 4.3027 * 3**0.5, 60 + 4.3027 * 3**0.5), abs=1e-3), "Student's t of three seeds"


def test_what_the_items_explain_leaves_the_seeds_as_little_known() -> None:
    draws = 60 + np.random.default_rng(1).normal(0, 2, (3, N_RESAMPLES))
    seeds = Estimate.of(60, draws.mean(axis=0), [58, 60, 62], draws, "a")
    alone = Estimate.of(60, draws.mean(axis=0), [60], draws, "a")
    assert seeds.seed_errors["a"].added == pytest.approx(0, abs=0.1), "seeds differ as their items let them"
    wide, narrow = (high - low for low, high in (seeds.interval, alone.interval))
    assert wide > 1.1 * narrow


def test_a_small_difference_is_found_where_the_same_items_are_wrong() -> None:
    better, worse = estimate(61, 61 + NOISE), estimate(60, 60 + NOISE, name="b")
    assert better.beats(worse)
    assert better.interval[0] < worse.interval[1], "though their intervals overlap"
    assert not better.beats(estimate(60, 60 - NOISE, name="b"))
    assert not worse.beats(better)


def test_ranks_are_shared_by_the_paired_difference() -> None:
    def with_draws(student: str, f1: float, draws: Draws, **given: Any) -> Any:
        return replace(row(student, f1, **given), resamples=f1 + draws / 100)

    [made] = leaderboards(
        [
            with_draws("cnn", 0.61, NOISE),
            with_draws("bilstm", 0.60, -NOISE),
            with_draws("cnn", 0.59, NOISE, setting="vanilla"),
        ]
    )
    assert [(one.name, one.rank) for one in made.entries] == [("cnn kd", 1), ("bilstm kd", 1), ("cnn vanilla", 3)]
    low, high = made.entries[0].interval or (0, 0)
    assert low < 61 < high


def test_every_run_with_predictions_has_an_interval(store: Store, add_run: AddRun) -> None:
    fill(store, add_run, students=["cnn"], datasets=["emot"], settings=["kd"], seeds=2)
    add_run(store, student="cnn", setting="vanilla", test_f1=0.5)
    *read, unread = with_intervals(results(store.records()), store)
    assert len(read) == 3
    assert all((one.test_f1_low or 1) < (one.test_f1 or 0) < (one.test_f1_high or 0) for one in read)
    assert (unread.test_f1_low, unread.test_f1_high, unread.resamples) == (None, None, None)


def test_predictions_that_do_not_give_the_runs_f1_are_none_of_it(store: Store, add_run: AddRun, tmp_path: Path) -> None:
    run_id = add_run(store, student="cnn", test_f1=0.9)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "predictions.jsonl").write_text('{"text": "t", "gold": "a", "predicted": "a"}\n')
    store.add_artifacts(run_id, tmp_path / "files")
    assert with_intervals(results(store.records()), store)[0].resamples is None


def test_the_report_has_intervals_and_says_which_are_left_out(store: Store, add_run: AddRun, tmp_path: Path) -> None:
    fill(store, add_run, students=["cnn"], datasets=["emot"], settings=["kd"], seeds=1)
    add_run(store, student="bilstm", setting="kd", test_f1=0.5)
    assert main(["--tracking-uri", store.uri, "--out", str(tmp_path / "out")]) == 0
    text = (tmp_path / "out" / "classification" / "report.md").read_text()
    assert "| cnn | kd | 88." in text
    assert "\\[" in next(line for line in text.splitlines() if "| cnn | kd |" in line)
    assert "**intervals left out**: bilstm kd (their predictions on the test split cannot be read" in text
    head, *lines = (tmp_path / "out" / "classification" / "leaderboard.csv").read_text().splitlines()
    assert {"test_f1_low", "test_f1_high"} <= set(head.split(","))
    assert len(lines) == 3
