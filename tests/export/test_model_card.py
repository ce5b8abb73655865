"""The model card of a bundle, read as a stranger would."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard

from benchmark.cli.arguments import parser
from benchmark.cli.options import benchmark_config
from benchmark.export.model_card import command, model_card, public_manifest
from tests.support.bundles import make_bundle, manifest_of

NAME = "owner/mood"
SPEC = {
    "suite": "classification",
    "dataset": "emot",
    "student": "bilstm",
    "setting": "kd_ulb_bert",
    "seed": 2,
    "teacher": "indobenchmark/indobert-base-p1",
    "learning_rate": 0.003,
    "max_epochs": 60,
    "max_steps": 4000,
    "data_digest": "5a1e",
}
ABOUT: dict[str, Any] = {
    "spec": SPEC,
    "scores": {
        "test_f1": 0.66361,
        "test_f1_low": 0.61,
        "test_f1_high": 0.71,
        "teacher_test_f1": 0.667,
        "test_ece": 0.04,
    },
    "sizes": {"n_parameters": 3600605, "size_onnx_mib": 13.8},
    "licences": {"data": "CC-BY-SA-4.0", "teacher": "see indobenchmark/indobert-base-p1"},
    "data": {"source": "IndoNLP/indonlu@ce728f6", "rows": {"train": 3521, "test": 440}, "in_train": {"test": 1}},
}


def card(folder: Path, task: str = "classification", with_pipeline: bool = False, **about: Any) -> str:
    manifest = manifest_of(make_bundle(folder / "bundle", task, **(ABOUT | about)))
    manifest["latency"] = {"latency_text_ms": 0.218, "machine": {"cpu": "EPYC", "usable_cores": "2"}}
    return model_card(NAME, manifest, ("happy", "sad"), with_pipeline)


@pytest.mark.parametrize(
    "fact",
    [
        "| F1, macro-averaged over classes | 66.36 (95 % interval 61.00 to 71.00, over test items) |",
        "| F1 of the teacher | 66.70 |",
        "| calibration error | 4.00 |",
        "| parameters | 3.60 M |",
        "| MiB ONNX | 13.8 |",
        "| ms from a text to its answer | 0.218 |",
        "cpu EPYC, usable cores 2",
        "| data set | IndoNLP/indonlu@ce728f6 |",
        "| texts | 3521 in train, 440 in test |",
        "| held-out texts that are in train too | 1 of test |",
        "| licence of the data | CC-BY-SA-4.0 |",
        "Its teacher is `indobenchmark/indobert-base-p1`",
        'bundle = Bundle.load("hf://owner/mood")',
        "2 labels: `happy`, `sad`",
    ],
)
def test_a_card_states(fact: str, tmp_path: Path) -> None:
    assert fact in card(tmp_path)


@pytest.mark.parametrize(("setting", "words"), [("as_is", ", as is."), ("fine_tuned", ", fine-tuned here."), ("", ".")])
def test_a_card_says_how_the_teacher_came_about(setting: str, words: str, tmp_path: Path) -> None:
    made = card(tmp_path, spec=SPEC | {"teacher_setting": setting})
    assert f"Its teacher is `indobenchmark/indobert-base-p1`{words} It runs" in made


def test_the_hub_reads_its_metadata(tmp_path: Path) -> None:
    data = ModelCard(card(tmp_path)).data
    assert (data.license, data.pipeline_tag, data.base_model) == (
        "cc-by-sa-4.0",
        "text-classification",
        "indobenchmark/indobert-base-p1",
    )
    [result] = data.eval_results
    assert (result.dataset_name, result.metric_type, result.metric_value) == ("emot", "f1", 0.6636)


def test_what_is_not_known_is_left_out(tmp_path: Path) -> None:
    text = card(tmp_path, scores={}, sizes={}, licences={}, data={}, spec={})
    assert "interval" not in text
    assert "nan" not in text.lower()
    assert yaml.safe_load(text.split("---")[1])["license"] == "other"


def test_a_tagger_and_its_pipeline_are_named_so(tmp_path: Path) -> None:
    text = card(tmp_path, "sequence_labeling", with_pipeline=True)
    assert 'pipeline("token-classification", model="owner/mood")' in text
    assert "pipeline(" not in card(tmp_path)


def test_the_command_is_one_that_run_takes() -> None:
    words = shlex.split(command(SPEC))
    assert words[:3] == ["python", "-m", "benchmark.run"]
    args = parser("run").parse_args(words[3:])
    assert (args.dataset, args.student, args.setting, args.seed) == (["emot"], ["bilstm"], ["kd_ulb_bert"], 2)
    config = benchmark_config(args)
    assert (config.learning_rate, config.preset.max_steps, config.teacher.name) == (0.003, 4000, SPEC["teacher"])


def test_the_command_fine_tunes_the_same_teacher() -> None:
    words = shlex.split(command(SPEC | {"teacher_training": {"max_epochs": "3", "learning_rate": "0.0001"}}))
    args = parser("run").parse_args(words[3:])
    assert (args.teacher_epochs, args.teacher_learning_rate) == (3, 0.0001)
    as_is = command(SPEC | {"teacher_training": {"max_epochs": "0", "learning_rate": "0.0"}})
    assert "--teacher-" not in as_is


@pytest.mark.parametrize(("search_seed", "seeds"), [(0, (0, 1, 2)), (2, (2,)), (-1, (2,))])
def test_the_command_searches_the_learning_rate_on_the_same_seed(search_seed: int, seeds: tuple[int, ...]) -> None:
    words = shlex.split(command(SPEC | {"learning_rate": "grid", "search_seed": search_seed}))
    config = benchmark_config(parser("run").parse_args(words[3:]))
    assert (config.learning_rate, config.seeds) == ("grid", seeds)


@pytest.mark.parametrize("teacher", ["/home/ana/my-bert", "owner/model + /home/ana/my-bert"])
def test_a_public_manifest_has_no_paths(teacher: str) -> None:
    about = {"spec": SPEC | {"teacher": teacher}, "licences": {"teacher": f"see {teacher}"}}
    text = json.dumps(public_manifest(about))
    assert "ana" not in text
    assert text.count("my-bert") == 2
    assert text.count("owner/model") == 2 * teacher.startswith("owner")


@pytest.mark.parametrize(("dataset", "preset"), [("smalltalk_demo", "quickstart"), ("emot", "paper")])
def test_the_command_names_the_preset_of_its_data_set(dataset: str, preset: str) -> None:
    assert f"--preset {preset} " in command(SPEC | {"dataset": dataset})
