"""Runs made up from a seed, with the files and curves that real ones keep: what a report is tested with."""

import json
import random
import tempfile
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from benchmark.reporting.bootstrap import Resampler
from benchmark.reporting.leaderboard_entry import COSTS
from tracking import ActiveRun, Record, Store

LADDER = ("vanilla", "kd", "kd_ulb", "kd_ulb_fasttext", "kd_ulb_bert")
GAIN = {"vanilla": -0.05, "kd": -0.03, "kd_ulb": -0.018, "kd_ulb_fasttext": -0.014, "kd_ulb_bert": -0.008}
LABELS = ("anger", "fear", "happy", "love", "sadness")
N_TEST = 240
TAGS = {"key": "k", "role": "train"}
"""Of a run, the fewest that it may have."""


AddRun = Callable[..., str]


def fill(
    store: Store,
    add_run: AddRun,
    *,
    students: Sequence[str],
    datasets: Sequence[str],
    settings: Sequence[str] = LADDER,
    seeds: int = 3,
    n_epochs: int = 4,
    suite: str = "classification",
    **given: Any,
) -> None:
    """A teacher a data set, and every student, setting and seed; F1 grows along the ladder."""
    dice = random.Random(0)
    for number, dataset in enumerate(datasets):
        base = 0.92 - 0.03 * number
        lines, base = _predictions(base, dice)
        run_id = add_run(
            store, suite, student="teacher", dataset=dataset, test_f1=base, valid_f1=base, teacher_test_f1=base, **given
        )
        _keep(store, run_id, lines, base, n_epochs, dice)
        for (place, student), setting, seed in product(enumerate(students), settings, range(seeds)):
            f1 = base + GAIN.get(setting, -0.02) - 0.012 * place + dice.gauss(0, 0.004)
            lines, f1 = _predictions(f1, dice)
            run_id = add_run(
                store, suite, student=student, setting=setting, seed=seed, dataset=dataset,
                test_f1=f1, valid_f1=f1 + 0.01, teacher_test_f1=base, f1_kept=f1 / base, **given,
            )  # fmt: skip
            _keep(store, run_id, lines, f1, n_epochs if seed == 0 else 0, dice)


def _predictions(f1: float, dice: random.Random) -> tuple[list[dict[str, str]], float]:
    """Predictions of about this F1, more of them wrong in long texts, and their F1."""
    lengths = [2 + number * 7 % 39 for number in range(N_TEST)]
    gold = [LABELS[number * 3 % 7 % len(LABELS)] for number in range(N_TEST)]
    hard = sorted(range(N_TEST), key=lambda number: -lengths[number] + dice.gauss(0, 15))
    wrong = set(hard[: round((1 - f1) * N_TEST)])
    predicted = [LABELS[(LABELS.index(g) + 1) % len(LABELS)] if n in wrong else g for n, g in enumerate(gold)]
    lines = [
        {"text": " ".join(["kata"] * n), "gold": g, "predicted": p}
        for n, g, p in zip(lengths, gold, predicted, strict=True)
    ]
    return lines, float(Resampler("macro_f1", gold, "").f1(predicted)[0])


def _keep(
    store: Store, run_id: str, lines: list[dict[str, str]], f1: float, n_epochs: int, dice: random.Random
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "predictions.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
        scores = {label: min(1.0, f1 + dice.gauss(0, 0.05)) for label in LABELS}
        (Path(folder) / "test_f1_per_label.json").write_text(json.dumps(scores))
        store.add_artifacts(run_id, Path(folder))
    for epoch in range(1, n_epochs + 1):
        ActiveRun(store._client, run_id).log_epoch(
            epoch, {"valid_f1": f1 * (1 - 0.6 ** (epoch + 1)) + dice.gauss(0, 0.004)}
        )


def many_records(n_datasets: int, students: Sequence[str], settings: Sequence[str], seeds: int) -> list[Record]:
    """Finished runs of a large grid, without a store."""
    dice = random.Random(0)
    grid = product(range(n_datasets), students, settings, range(seeds))
    cells = [(d, "teacher", "fine_tuned", 0) for d in range(n_datasets)]
    cells += grid
    return [_record(number, *cell, dice) for number, cell in enumerate(cells)]


def _record(number: int, dataset: int, student: str, setting: str, seed: int, dice: random.Random) -> Record:
    key = f"{number:064x}"
    tags = {"role": "train", "key": key, "preset": "paper", "smoke": "false", "protocol": "1", "teacher": "indobert"}
    tags |= {"dataset": f"set{dataset}", "student": student, "setting": setting, "seed": str(seed)}
    tags |= {"task": "classification", "git_commit": "c" * 40, "machine": "host, some processor, 8 cores, Linux x86_64"}
    f1 = dice.uniform(0.5, 0.9)
    costs = {name: dice.uniform(1, 100) for name in COSTS}
    return Record(
        run_id=f"{number:032x}",
        suite="classification",
        name=key,
        status="finished",
        tags=tags,
        params={"learning_rate": "0.001", "teacher": "indobert"},
        metrics={"test_f1": f1, "valid_f1": f1, "teacher_test_f1": 0.9, "f1_kept": f1 / 0.9} | costs,
        start_time=number,
        end_time=number + 1,
    )


EXAMPLE_COSTS: dict[str, dict[str, float]] = {
    "teacher": {"n_parameters": 124_450_000, "size_weights_mib": 474.7, "size_onnx_mib": 475.1}
    | {"latency_torch_ms": 102.9, "latency_onnx_ms": 69.6, "size_checkpoint_mib": 1424.2},
    "bilstm": {"n_parameters": 3_350_000, "size_weights_mib": 12.8, "size_onnx_mib": 12.9}
    | {"latency_torch_ms": 1.49, "latency_onnx_ms": 0.37, "size_checkpoint_mib": 38.4},
    "cnn": {"n_parameters": 4_020_000, "size_weights_mib": 15.3, "size_onnx_mib": 15.4}
    | {"latency_torch_ms": 1.04, "latency_onnx_ms": 0.22, "size_checkpoint_mib": 46.1},
    "bert_small": {"n_parameters": 28_810_000, "size_weights_mib": 109.9, "size_onnx_mib": 110.0}
    | {"latency_torch_ms": 19.5, "latency_onnx_ms": 11.6, "size_checkpoint_mib": 329.8},
}


def add_run(
    store: Store,
    suite: str = "classification",
    *,
    student: str = "bilstm",
    status: str = "finished",
    reason: str = "",
    costs: bool = True,
    **columns: Any,
) -> str:
    """One run as the benchmark would store it; `columns` are tags, params and metrics by their column names."""
    is_teacher = student == "teacher"
    metric_names = ("valid_f1", "test_f1", "teacher_test_f1", "f1_kept", "test_share")
    metrics = {name: columns.pop(name) for name in metric_names if name in columns}
    rate = columns.pop("learning_rate", 1e-3)
    setting = columns.pop("setting", "fine_tuned" if is_teacher else "vanilla")
    spec = {"task": "classification", "dataset": "emot", "student": student, "setting": setting, "seed": 0}
    spec |= {"teacher": "indobert", "protocol": "1"} | columns
    name = f"{spec['dataset']}.{student}.{setting}.seed{spec['seed']}"
    tags = {"key": f"{spec}{rate}", "preset": "paper", "smoke": "false", "role": "teacher" if is_teacher else "train"}
    tags |= {name: str(value) for name, value in spec.items()}
    run = store.begin(suite, name, tags=tags, params=spec | {"learning_rate": rate})
    if status == "finished":
        example_costs = EXAMPLE_COSTS.get(student, {}) if costs else {}
        seconds = {"train_seconds": 12.5, "steps_to_best": 400}
        run.finish(example_costs | seconds | {"learning_rate": rate} | metrics)
    elif status != "running":
        {"failed": run.fail, "skipped": run.skip}[status](reason)
    return run.run_id
