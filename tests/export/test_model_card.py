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
from benchmark.export.card_teacher import public_manifest
from benchmark.export.model_card import command, model_card
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
        "| licence of the teacher | see https://huggingface.co/indobenchmark/indobert-base-p1 |",
        "`pip install .` in a checkout of which-student",
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
    assert (data.language, data.pipeline_tag) == ("id", "text-classification")
    assert data.base_model == ["indobenchmark/indobert-base-p1"]
    assert data.license is None, "that of the data is not that of the model"
    [result] = data.eval_results
    assert (result.dataset_name, result.metric_type, result.metric_value) == ("emot", "f1", 0.6636)


def test_what_is_not_known_is_left_out(tmp_path: Path) -> None:
    text = card(tmp_path, scores={}, sizes={}, licences={}, data={}, spec={})
    assert "interval" not in text
    assert "nan" not in text.lower()
    assert not {"license", "language", "base_model"} & yaml.safe_load(text.split("---")[1]).keys()


def test_a_tagger_and_its_pipeline_are_named_so(tmp_path: Path) -> None:
    text = card(tmp_path, "sequence_labeling", with_pipeline=True)
    assert 'pipeline("token-classification", model="owner/mood")' in text
    assert "pipeline(" not in card(tmp_path)


def int8_card(**given: Any) -> str:
    """Of a bundle whose INT8 form serves."""
    scores = ABOUT["scores"] | {"valid_f1": 0.65, "onnx_int8_test_f1": 0.651, "onnx_int8_test_ece": 0.05}
    about = {"task": "classification", "max_length": 128, "files": {"model.int8.onnx": ""}} | ABOUT
    return model_card(NAME, about | {"scores": scores} | given, ("happy", "sad"), with_pipeline=True)


@pytest.mark.parametrize(
    "fact",
    [
        "| F1, macro-averaged over classes, INT8 (which serves) | 65.10 |",
        "| F1, macro-averaged over classes, fp32 | 66.36 (95 % interval 61.00 to 71.00, over test items) |",
        "| F1 of the teacher | 66.70 |",
        "| F1 on the validation split, fp32 | 65.00 |",
        "| calibration error, INT8 (which serves) | 5.00 |",
        "| calibration error, fp32 | 4.00 |",
        "| served form | INT8 |",
        "int8=False)` answers in fp32.",
        "Or with transformers, in fp32:",
    ],
)
def test_a_card_of_an_int8_bundle_states(fact: str) -> None:
    assert fact in int8_card()
    [result] = ModelCard(int8_card()).data.eval_results
    assert result.metric_value == 0.651


def test_a_card_of_an_older_int8_bundle_lacks_the_scores_of_int8() -> None:
    text = int8_card(scores=ABOUT["scores"])
    assert "| F1, macro-averaged over classes, INT8 (which serves) | unknown |" in text
    assert "| calibration error, INT8 (which serves) | unknown |" in text
    assert not ModelCard(text).data.eval_results


def test_a_card_of_a_slim_bundle_offers_no_fp32() -> None:
    slim = model_card(NAME, {"task": "classification", "max_length": 128, "spec": {}, "files": {"model.int8.onnx": ""}},
                      ("happy", "sad"), with_pipeline=False, with_fp32=False)  # fmt: skip
    assert "answers in INT8" in slim
    assert "int8=False" not in slim


@pytest.mark.parametrize(
    ("teacher", "known_folders", "named", "licence", "base"),
    [
        ("../models/e5", [], "`e5` (a local folder)", "unknown (e5 is a local folder)", None),
        ("models/e5", ["models/e5"], "`e5` (a local folder)", "unknown (e5 is a local folder)", None),
        ("owner/e5@v1", [], "`owner/e5@v1`", "see https://huggingface.co/owner/e5", ["owner/e5"]),
        (
            "models/a + owner/b",
            ["models/a"],
            "`a` (a local folder) + `owner/b`",
            "unknown (a is a local folder); see https://huggingface.co/owner/b",
            ["owner/b"],
        ),
        ("package:benchmark", [], "`package:benchmark`", "see the package benchmark", None),
        (
            "outputs.jsonl with the tokenizer of ../models/e5",
            [],
            "`outputs.jsonl` with the tokenizer of `e5` (a local folder)",
            "unknown (e5 is a local folder)",
            None,
        ),
    ],
)
def test_a_teacher_is_named_as_what_it_is(
    teacher: str, known_folders: list[str], named: str, licence: str, base: list[str] | None
) -> None:
    spec = SPEC | {"teacher": teacher, "teacher_folders": known_folders}
    about = {"task": "classification", "max_length": 128, "files": {}} | ABOUT | {"spec": spec}
    text = model_card(NAME, public_manifest(about), ("happy", "sad"), with_pipeline=False)
    assert f"Its teacher is {named}. It runs" in text
    assert f"| licence of the teacher | {licence} |" in text
    assert ModelCard(text).data.base_model == base
    assert ("put a folder of your own there" in text) == ("local folder" in named)


def test_the_command_of_an_ensemble_names_each_teacher() -> None:
    ensemble = SPEC | {"teacher": "../models/a + owner/b", "teacher_setting": "ensemble"}
    options = {"max_epochs": "3", "learning_rate": "0.0001"}
    words = shlex.split(command(ensemble | {"teacher_training": options}))
    args = parser("run").parse_args(words[3:])
    assert (args.teacher, args.teacher_epochs) == (["../models/a", "owner/b"], 3)
    own = shlex.split(command(ensemble | {"suite": "desk"}))
    assert parser("run").parse_args(own[3:]).teacher == ["../models/a", "owner/b"]


def test_a_card_says_what_its_command_lacks() -> None:
    about = {"task": "classification", "max_length": 128, "files": {}} | ABOUT
    spec = SPEC | {"suite": "desk", "teacher": "owner/a + owner/b", "teacher_setting": "ensemble"}
    spec |= {"teacher_training": {"max_epochs": None, "learning_rate": "0.0"}, "embedding_source": "5a1e"}
    text = model_card(NAME, about | {"spec": spec}, ("happy", "sad"), with_pipeline=False)
    assert "`desk.yml` is the file of the suite, which is not part of the bundle." in text
    assert "the command takes the usual epochs and rate" in text
    assert "lacks the values of `--vectors`, where they were given" in text
    assert "lacks" not in model_card(NAME, about, ("happy", "sad"), with_pipeline=False)


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
