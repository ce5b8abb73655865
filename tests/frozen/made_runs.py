"""Runs of a fixed store: the same at every call."""

import hashlib
import json
import random
from collections.abc import Iterator
from itertools import product
from typing import Any

from tests.frozen.made_store import Run

MACHINE = "host, some processor, 8 cores, Linux x86_64"
LADDER = {"vanilla": -0.06, "kd": -0.035, "kd_ulb": -0.02, "kd_ulb_fasttext": -0.018, "kd_ulb_bert": -0.008}
"""F1 of a setting less that of the teacher."""
OTHERS = {"kd_kld": -0.05, "kd_kld_t2": -0.045, "kd_ulb_min_max": -0.015, "kd_subs": -0.03}
STUDENTS = {"bilstm": 0.0, "cnn": -0.01, "bert_small": 0.012}
COSTS: dict[str, dict[str, float]] = {
    "teacher": {"parameters": 124.4e6, "weights_mib": 474.7, "onnx_mib": 475.1, "torch": 102.9, "onnx": 69.6},
    "bilstm": {"parameters": 3.34e6, "weights_mib": 12.7, "onnx_mib": 12.9, "torch": 1.49, "onnx": 0.37},
    "cnn": {"parameters": 4.02e6, "weights_mib": 15.3, "onnx_mib": 15.4, "torch": 1.04, "onnx": 0.22},
    "bert_small": {"parameters": 28.8e6, "weights_mib": 109.9, "onnx_mib": 110.0, "torch": 19.5, "onnx": 11.6},
}
DATASETS = {
    "emot": ("classification", 0.80, ("anger", "fear", "happy", "love", "sadness")),
    "smsa": ("classification", 0.91, ("negative", "neutral", "positive")),
    "smltk": ("classification", 0.0, ()),
    "smalltalk_demo": ("classification", 0.95, ("bye", "hello")),
    "nerp": ("sequence_labeling", 0.78, ("O", "B-PER", "I-PER", "B-LOC")),
}


def made_runs() -> list[Run]:
    """Two suites: the ladder, other settings, two rates, a grid, a study, and everything that is not ranked."""
    dice = random.Random(0)
    runs = [*_classification(dice), *_tagging(dice), *_unranked(dice)]
    measured = [m for run in runs if (m := _inference(run))]
    return [*runs, *measured, *_study(dice)]


def _classification(dice: random.Random) -> Iterator[Run]:
    for dataset, seeds in (("emot", 3), ("smsa", 2)):
        yield _run(dice, dataset, "teacher", "fine_tuned", 0.0)
        for (student, more), (setting, gain), seed in product(STUDENTS.items(), LADDER.items(), range(seeds)):
            yield _run(dice, dataset, student, setting, more + gain, seed)
    for (setting, gain), seed in product(OTHERS.items(), range(2)):
        yield _run(dice, "emot", "cnn", setting, gain, seed)
    for setting, rate, seed in product(("kd", "vanilla"), ("0.003", "0.0003"), range(3)):
        yield _run(dice, "emot", "cnn", setting, LADDER[setting] + 0.004, seed, learning_rate=rate)
    for seed in range(2):
        grid = {"learning_rate": "grid", "max_steps": "0", "decay": "False", "max_epochs": "100"}
        yield (run := _run(dice, "emot", "bilstm", "kd_ulb", -0.01, seed, **grid))
        yield from _trials(dice, run, ("0.005", "0.001"))


def _tagging(dice: random.Random) -> Iterator[Run]:
    yield _run(dice, "nerp", "teacher", "fine_tuned", 0.0)
    for student, setting, seed in product(("bilstm", "cnn"), ("vanilla", "kd", "kd_ulb"), range(2)):
        yield _run(dice, "nerp", student, setting, STUDENTS[student] + LADDER[setting], seed)


def _unranked(dice: random.Random) -> Iterator[Run]:
    """Failed, skipped, killed, going on, a smoke run, another preset, another protocol, another version, a retry."""
    for seed, status in enumerate(("failed", "killed", "running"), 7):
        run = _run(dice, "emot", "bert_small", "kd", 0.0, seed, status=status)
        run.tags |= {"reason": "no memory\nTraceback | `x` <b>"} if status == "failed" else {}
        yield run
    yield (skipped := _run(dice, "smltk", "cnn", "kd", 0.0, status="skipped"))
    skipped.tags["reason"] = "smltk is private to the paper's authors and no files of it are given"
    yield (smoke := _run(dice, "emot", "cnn", "kd", 0.2, limit="40"))
    smoke.tags["smoke"] = "true"
    for student, gain in (("teacher", 0.0), ("cnn", -0.02)):
        yield (quick := _run(dice, "smalltalk_demo", student, "fine_tuned" if student == "teacher" else "kd", gain))
        quick.tags["preset"] = "quickstart"
    yield (older := _run(dice, "smsa", "cnn", "kd", 0.05, protocol="0"))
    older.tags["protocol"] = "0"
    yield (lacking := _run(dice, "smsa", "bilstm", "kd", -0.03, seed=9))
    for name in ("text_source", "agreed", "balance", "length_filter"):
        del lacking.params[name]
    yield _run(dice, "emot", "bilstm", "kd", -0.5, seed=3, status="failed", again="first")
    yield _run(dice, "emot", "bilstm", "kd", -0.03, seed=3, again="second")


def _run(
    dice: random.Random, dataset: str, student: str, setting: str, gain: float, seed: int = 0,
    status: str = "finished", again: str = "", **given: str,
) -> Run:  # fmt: skip
    """A teacher's or a student's; `gain` is its F1 less the teacher's."""
    task, base, labels = DATASETS[dataset]
    f1, params = base + gain + dice.gauss(0, 0.003), _params(task, dataset, student, setting, seed) | given
    key = _key(params)
    label = f"{dataset}.{student}.{setting}.seed{seed}" + "".join(f".{name}-{given[name]}" for name in given)
    run = Run(label=f"{label}.{again or status}", suite=task, status=status, params=params)
    run.tags = _tags(task, "teacher" if student == "teacher" else "train", key) | {
        name: params[name] for name in ("dataset", "task", "student", "setting", "teacher", "seed", "protocol")
    }
    if status == "finished":
        run.metrics = _metrics(dice, student, setting, f1, base, params)
    if status == "finished" and seed == 0:
        run.curve = [f1 * (1 - 0.6 ** (epoch + 1)) for epoch in range(4)]
        run.files = _files(dice, labels, f1, task)
    return run


def _params(task: str, dataset: str, student: str, setting: str, seed: int) -> dict[str, str]:
    is_teacher, unlabeled = student == "teacher", "ulb" in setting or "subs" in setting
    embeddings = {"kd_ulb_fasttext": "fasttext", "kd_ulb_bert": "bert"}.get(setting, "random")
    loss = "hard" if is_teacher or setting == "vanilla" else "kld" if "kld" in setting else "mse"
    return {
        "suite": task, "dataset": dataset, "task": task, "student": student, "setting": setting, "seed": str(seed),
        "learning_rate": "0.0001" if is_teacher else "0.001", "teacher": "indobenchmark/indobert-base-p1",
        "teacher_key": _digest("encoder") if is_teacher else _teacher_key(task, dataset),
        "data_digest": _digest(dataset), "pool_digest": _digest(["pool", task]) if unlabeled else "", "loss": loss,
        "temperature": "2.0" if setting.endswith("t2") else "1.0", "unlabeled": str(unlabeled),
        "text_source": "subs" if "subs" in setting else "pool", "agreed": "False", "balance": "",
        "length_filter": "min_max" if setting.endswith("min_max") else "", "embeddings": embeddings,
        "embedding_source": "", "max_epochs": "10" if is_teacher else "30", "max_steps": "0" if is_teacher else "4000",
        "patience": "2" if is_teacher else "10", "batch_size": "32", "max_length": "128",
        "weight_decay": "0.01" if is_teacher else "0.0", "decay": "True", "limit": "0", "protocol": "1",
    }  # fmt: skip


def _teacher_key(task: str, dataset: str) -> str:
    return _key(_params(task, dataset, "teacher", "fine_tuned", 0))


def _key(params: dict[str, str]) -> str:
    return _digest([params[name] for name in sorted(params) if name != "teacher"])


def _tags(suite: str, role: str, key: str) -> dict[str, str]:
    return {
        "suite": suite, "role": role, "key": key, "preset": "paper", "smoke": "false", "machine": MACHINE,
        "git_commit": "c" * 40, "versions": "python 3.11.7, torch 2.13.0, mlflow 3.17.2", "owner": "host/boot/1/1",
        "command": f"python -m benchmark.run --suite {suite} --preset paper", "mlflow.note.content": "A note.",
    }  # fmt: skip


def _metrics(
    dice: random.Random, student: str, setting: str, f1: float, base: float, params: dict[str, str]
) -> dict[str, float]:
    costs, steps = COSTS[student], {"kd_ulb_bert": 600, "kd_ulb_fasttext": 800}.get(setting, 1000)
    rate = params["learning_rate"]
    found = {
        "score/valid_f1": f1 + 0.01, "score/test_f1": f1, "score/teacher_test_f1": base, "score/f1_kept": f1 / base,
        "size/parameters": costs["parameters"], "size/parameters_non_embedding": costs["parameters"] / 4,
        "size/checkpoint_mib": 3 * costs["weights_mib"], "size/weights_mib": costs["weights_mib"],
        "size/onnx_mib": costs["onnx_mib"], "size/onnx_int8_mib": costs["onnx_mib"] / 4,
        "train/learning_rate": 0.001 if rate == "grid" else float(rate), "train/seconds": round(dice.uniform(9, 99), 3),
        "train/steps_to_best": steps + dice.randrange(200), "train/epochs": 22, "train/overhead_share": 0.05,
        "train/sentences_per_second": 1000.0, "check/onnx_max_logit_gap": 1e-6, "more/onnx_test_f1": f1,
        "more/onnx_int8_test_f1": f1 - 0.002, "more/onnx_int8_valid_f1_lost": 0.002, "more/onnx_int8_f1_lost": 0.002,
        "train/texts": 5000 if params["unlabeled"] == "True" else 1000, "epoch/train_loss": 0.1,
    }  # fmt: skip
    return found | ({"train/label_count_std": 12.5} if params["unlabeled"] == "True" else {})


def _files(dice: random.Random, labels: tuple[str, ...], f1: float, task: str) -> dict[str, str]:
    lines = []
    for n_words in (2 + number * 7 % 19 for number in range(40)):
        n_targets = n_words if task == "sequence_labeling" else 1
        gold = [dice.choice(labels) for _ in range(n_targets)]
        said = [label if dice.random() < f1 - 0.004 * n_words else dice.choice(labels) for label in gold]
        text: Any = ["kata"] * n_words
        if task == "classification":
            lines.append({"text": " ".join(text), "gold": gold[0], "predicted": said[0]})
        else:
            lines.append({"text": text, "gold": gold, "predicted": said})
    scores = {label: round(f1 - 0.01 * number, 4) for number, label in enumerate(labels)}
    predictions = "".join(json.dumps(line) + "\n" for line in lines)
    return {"predictions.jsonl": predictions, "test_f1_per_label.json": json.dumps(scores)}


def _inference(run: Run) -> Run | None:
    """Milliseconds of the first seed of a setting that stands in the cost tables; one session failed its control."""
    params = run.params
    if (
        run.status != "finished"
        or params["seed"] != "0"
        or params["setting"] not in ("fine_tuned", "kd", "kd_ulb_bert")
    ):
        return None
    if params["protocol"] == "0" or run.tags["role"] == "trial":
        return None
    costs, failed = COSTS[params["student"]], params["dataset"] == "smsa" and params["student"] == "bert_small"
    metrics = _latencies(costs) | {"latency/noise_floor": 1.02, "latency/control_passed": 0.0 if failed else 1.0}
    metrics |= {"cost/memory_mib": 70 + costs["onnx_mib"], "cost/load_ms": 20.0, "cost/first_answer_ms": 2.0}
    metrics |= {"cost/sentences_per_second_per_core": 1e3 / costs["onnx"], "cost/per_million_sentences": 0.02}
    tags = run.tags | {"role": "inference", "key": _digest(["measured", run.tags["key"]]), "latency_protocol": "2"}
    tags |= {"latency_budget": "full", "latency_control": "failed" if failed else "passed", "sweep": "s"}
    tags |= {"invalid": "the machine was not quiet"} if failed else {}
    machine = {"machine_cpu": "some processor", "machine_torch": "2.13.0"}
    return Run(
        label=f"{run.label}.inference", suite=run.suite, parent=run.label, tags=tags, params=params | machine,
        metrics=metrics,
    )  # fmt: skip


def _latencies(costs: dict[str, float]) -> dict[str, float]:
    torch, onnx = costs["torch"], costs["onnx"]
    forms = {"torch": torch, "onnx": onnx, "onnx_int8": 0.6 * onnx, "text": 0.6 * onnx + 0.05, "torch_all": torch / 2}
    found = {"latency/reference_torch_ms": 100.0, "latency/reference_onnx_ms": 70.0, "more/onnx_int8_won": 1.0}
    for form, ms in forms.items():
        found |= {f"latency/{form}_{end}": ms * factor for end, factor in ENDS.items()}
        found |= {f"latency/{form}_spread": 0.3 if form == "text" else 0.1, f"throughput/{form}": 2e3 / ms}
        for baseline, other in (("teacher_torch", 102.9), ("teacher_best", 41.8), ("reference_torch", 100.0)):
            name = f"speedup/{form}_over_{baseline}"
            found |= {name: other / ms, f"{name}_low": other / ms * 0.95, f"{name}_high": other / ms * 1.05}
    return found


ENDS = {"ms": 1.0, "low_ms": 0.98, "high_ms": 1.02, "mean_ms": 1.01, "p95_ms": 1.1, "p99_ms": 1.3}


def _trials(dice: random.Random, run: Run, rates: tuple[str, ...]) -> Iterator[Run]:
    for number, rate in enumerate(rates):
        f1 = 0.7 + dice.gauss(0, 0.02)
        tags = run.tags | {"role": "trial", "key": _digest([run.tags["key"], rate]), "trial": str(number)}
        yield Run(
            label=f"{run.label}.trial{number}", suite=run.suite, parent=run.label, tags=tags,
            params=run.params | {"learning_rate": rate}, curve=[f1 / 2, f1],
            metrics={"train/learning_rate": float(rate), "score/valid_f1": f1, "train/seconds": 9.5},
        )  # fmt: skip


def _study(dice: random.Random) -> Iterator[Run]:
    """A finished study of four trials, one of them pruned and one diverged; its best rate is that of no other run."""
    made = _run(dice, "emot", "cnn", "kd_ulb", 0.0)
    name = "emot.cnn.kd_ulb.seed0.0a1b2c3d"
    tags = made.tags | {"role": "study", "key": _digest("study"), "study": name, "lesson": _digest("lesson")}
    tags |= {"best_trial": "none"}
    searched = {"low": "5e-05", "high": "0.01", "sampler": "random", "pruner": "none", "lesson": _digest("joined")}
    figures = {"more/best_learning_rate": 0.002, "score/valid_f1": 0.81, "more/n_trials": 4.0, "more/n_pruned": 1.0}
    study = Run(label=f"{name}.study", suite=made.suite, tags=tags, params=made.params | searched, metrics=figures)
    yield study
    for run in _trials(dice, study, ("0.002", "0.0001", "0.0004", "0.009")):
        number = run.tags["trial"]
        run.tags |= {"pruned": "true"} if number == "1" else {}
        run.status = "failed" if number == "3" else "finished"
        yield run


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
