"""Runs made up from a seed, with the files and curves that real ones keep: what a report is tested with."""

import json
import random
import tempfile
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from tracking import LiveRun, Store

LADDER = ("vanilla", "kd", "kd_ulb", "kd_ulb_fasttext", "kd_ulb_bert")
GAIN = {"vanilla": -0.05, "kd": -0.03, "kd_ulb": -0.018, "kd_ulb_fasttext": -0.014, "kd_ulb_bert": -0.008}
LABELS = ("anger", "fear", "happy", "love", "sadness")

AddRun = Callable[..., str]


def fill(
    store: Store,
    add_run: AddRun,
    *,
    students: Sequence[str],
    datasets: Sequence[str],
    settings: Sequence[str] = LADDER,
    seeds: int = 3,
    files: bool = True,
    suite: str = "classification",
    **given: Any,
) -> None:
    """A teacher a data set, and every student, setting and seed; F1 grows along the ladder."""
    dice = random.Random(0)
    for number, dataset in enumerate(datasets):
        base = 0.92 - 0.03 * number
        run_id = add_run(
            store, suite, student="teacher", dataset=dataset, test_f1=base, valid_f1=base, teacher_test_f1=base, **given
        )
        if files:
            _keep(store, run_id, base, dice)
        for (place, student), setting, seed in product(enumerate(students), settings, range(seeds)):
            f1 = base + GAIN.get(setting, -0.02) - 0.012 * place + dice.gauss(0, 0.004)
            run_id = add_run(
                store, suite, student=student, setting=setting, seed=seed, dataset=dataset,
                test_f1=f1, valid_f1=f1 + 0.01, teacher_test_f1=base, f1_kept=f1 / base, **given,
            )  # fmt: skip
            if files and seed == 0:
                _keep(store, run_id, f1, dice)


def _keep(store: Store, run_id: str, f1: float, dice: random.Random) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lengths = [2 + number * 7 % 39 for number in range(240)]
        lines = [_line(f1, n_words, dice) for n_words in lengths]
        (Path(folder) / "predictions.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
        scores = {label: min(1.0, f1 + dice.gauss(0, 0.05)) for label in LABELS}
        (Path(folder) / "test_f1_per_label.json").write_text(json.dumps(scores))
        store.add_files(run_id, Path(folder))
    for epoch in range(1, 15):
        LiveRun(store._client, run_id).log_epoch(
            epoch, {"valid_f1": f1 * (1 - 0.6 ** (epoch + 1)) + dice.gauss(0, 0.004)}
        )


def _line(f1: float, n_words: int, dice: random.Random) -> dict[str, str]:
    gold = dice.choice(LABELS)
    right = dice.random() < f1 - 0.002 * n_words
    return {"text": " ".join(["kata"] * n_words), "gold": gold, "predicted": gold if right else dice.choice(LABELS)}
