"""The files of a study, from runs that are finished already: conditions, and the effects of the claims' engine."""

import json
import random
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmark import study
from benchmark.cli.arguments import parser
from benchmark.cli.options import benchmark_config
from benchmark.core.spec import RunSpec
from benchmark.execution.plan import plan_runs
from tests.frozen.golden import check_text
from tests.frozen.made_store import Run, write_store

ARGUMENTS = ("-d", "smalltalk_demo", "-s", "cnn", "-s", "bilstm", "--seeds", "3")
CONDITIONS = {"kd": 0.82, "kd_kld": 0.79, "kd_kld_t2": 0.80, "kd_kld_t4": 0.825, "vanilla": 0.74}
"""F1 of a setting, before chance."""
FILES = ("study.csv", "effects.csv", "study.md")
MANIFEST = {
    "format": 1,
    "task": "classification",
    "max_length": 128,
    "pad_id": 0,
    "fallback_label": "happy",
    "files": dict.fromkeys(("model.onnx", "tokenizer.json", "labels.json"), ""),
}


def planned(*arguments: str) -> list[RunSpec]:
    """Specs of the plan that `python -m benchmark.run` would make."""
    config = benchmark_config(parser("run").parse_args(arguments))
    return [item.spec for item in plan_runs(config, config.suite_data())]


def finished(spec: RunSpec) -> Run:
    params = {name: str(value) for name, value in asdict(spec).items()}
    names = ("suite", "dataset", "task", "student", "setting", "teacher", "seed", "protocol")
    tags = {name: params[name] for name in names} | {"role": "train", "smoke": "false", "preset": "quickstart"}
    f1 = CONDITIONS.get(spec.setting, 0.9) + random.Random(spec.name).gauss(0, 0.01)
    rate = float(spec.learning_rate)
    scores = {"score/test_f1": f1, "score/valid_f1": f1 + 0.01, "score/teacher_test_f1": 0.9, "score/f1_kept": f1 / 0.9}
    return Run(
        label=spec.name,
        suite=spec.suite,
        tags=tags | {"role": "teacher" if spec.student == "teacher" else "train", "key": spec.key},
        params=params,
        metrics=scores
        | {"train/learning_rate": rate, "train/texts": 900, "train/steps_to_best": 100, "train/epochs": 9},
        files={"bundle/model.onnx": "no model", "bundle/manifest.json": json.dumps(MANIFEST)},
    )


@pytest.fixture
def folder(desk_folder: Path, store_uri: str, tiny_teacher: Path) -> Path:
    """The study's folder."""
    shared = (*ARGUMENTS, "--teacher", str(tiny_teacher))
    settings = [word for setting in CONDITIONS for word in ("-x", setting)]
    specs = planned("--suite", "classification", *shared, *settings)
    write_store(store_uri, desk_folder / "artifacts", list(map(finished, specs)))
    assert study.main(["losses", *shared, "--no-latency", "--tracking-uri", store_uri, "--out", "out"]) == 0
    return desk_folder / "out" / "studies" / "losses"


def test_a_study_is_the_same_to_the_letter(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == set(FILES)
    for name in FILES:
        check_text(f"study/{name}", (folder / name).read_text(encoding="utf-8"))
