"""Model card of a bundle: README.md of its repository on the Hugging Face Hub, from its manifest alone."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from huggingface_hub import EvalResult, ModelCardData

from benchmark.core.settings import SETTINGS
from benchmark.core.spec import AND, TASKS, TEACHER_SETTINGS, Task
from benchmark.data.catalogue import SUITES
from benchmark.reporting.provenance import STUDENT_OPTIONS, TEACHER_OPTIONS, run_command, seed_options, set_options

PIPELINES = {"classification": "text-classification", "sequence_labeling": "token-classification"}
"""The Hub's name of each task."""
SAMPLE = "a text"
BUNDLE_CODE = """```python
from benchmark.bundle import Bundle  # of which-student; needs onnxruntime, tokenizers, huggingface_hub

bundle = Bundle.load("hf://{name}")
print(bundle.predict(["{sample}"], scores=True))
```"""
PIPELINE_CODE = """```python
from transformers import pipeline

answer = pipeline("{task}", model="{name}")
answer("{sample}")
```"""
HUB_LICENCES = {"cc-by-sa-4.0", "cc-by-4.0", "cc-by-3.0", "cc-by-sa-3.0", "cc0-1.0", "mit", "apache-2.0"}
"""Licences that the Hub knows by these names."""
LATENCIES = {
    "latency_text_ms": "ms from a text to its answer",
    "latency_onnx_ms": "ms of the network in ONNX Runtime",
    "latency_onnx_int8_ms": "ms of the network in ONNX Runtime, INT8",
    "latency_torch_ms": "ms of the network in PyTorch",
}
MACHINE = ("cpu", "usable_cores", "system", "onnxruntime")
"""Fields of a machine's fingerprint that a reader compares with theirs."""
HUB_ID = re.compile(r"\w[\w.-]*/[\w.-]+(@.+)?")
SECTIONS = ("spec", "scores", "sizes", "latency", "licences", "data")
"""Parts of a manifest that older bundles may lack."""
Manifest = Mapping[str, Any]


def model_card(name: str, manifest: Manifest, labels: Sequence[str], with_pipeline: bool) -> str:
    """`name` is owner/name on the Hub; `with_pipeline` tells whether the folder holds the form of transformers too."""
    manifest = {section: {} for section in SECTIONS} | dict(manifest)
    spec = manifest["spec"]
    sections = (
        f"# {name.partition('/')[2]}",
        _introduction(spec, manifest, labels),
        "## Use\n\n" + _use(name, manifest["task"], with_pipeline),
        "## Scores\n\n" + _table(("on the test split", "x100"), _scores(manifest)),
        "## Size and speed\n\n" + _table(("", ""), _costs(manifest)),
        "## Data and licence\n\n" + _table(("", ""), _data(manifest)),
        "## Reproduce\n\n" + f"```sh\n{command(spec)}\n```",
    )
    return f"---\n{_metadata(name, manifest).to_yaml()}\n---\n\n" + "\n\n".join(sections) + "\n"


def public_manifest(manifest: Manifest) -> dict[str, Any]:
    """The manifest with the folders of teachers named without their paths, which are of one machine."""
    text = json.dumps(manifest)
    for teacher in str(manifest["spec"].get("teacher", "")).split(AND):
        if "/" in teacher and not HUB_ID.fullmatch(teacher):
            text = text.replace(json.dumps(teacher)[1:-1], json.dumps(Path(teacher).name)[1:-1])
    return dict(json.loads(text))


def command(spec: Mapping[str, Any]) -> str:
    """The command that trains the student, and its teacher if that is missing."""
    suite, dataset, teacher = (str(spec.get(name, "")) for name in ("suite", "dataset", "teacher"))
    words = ["--preset", _preset(suite, dataset)] if suite in TASKS else []
    words += ["--teacher", teacher] if suite in TASKS or " " not in teacher else []  # of outputs, which the file names
    is_teacher = spec.get("student") == "teacher"
    words += _given(TEACHER_OPTIONS, spec if is_teacher else spec.get("teacher_training", {}))
    words += ["-d", dataset]
    if not is_teacher:
        words += ["-s", str(spec.get("student", "")), "-x", str(spec.get("setting", ""))]
        words += [*_given(STUDENT_OPTIONS, spec), *seed_options([spec])]
    return run_command(suite, *words)


def _given(options: Mapping[str, str], params: Mapping[str, Any]) -> list[str]:
    return set_options({option: params.get(name) for name, option in options.items()})


def _preset(suite: str, dataset: str) -> str:
    """The preset that has the data set."""
    return next((preset for preset, suites in SUITES.items() if dataset in suites[cast("Task", suite)]), "paper")


def _metadata(name: str, manifest: Manifest) -> ModelCardData:
    licence = str(manifest["licences"].get("data", "")).lower()
    teacher = str(manifest["spec"].get("teacher", ""))
    task = PIPELINES[manifest["task"]]
    return ModelCardData(
        model_name=name.partition("/")[2],
        pipeline_tag=task,
        library_name="onnx",
        license=licence if licence in HUB_LICENCES else "other",
        base_model=teacher.partition("@")[0] if HUB_ID.fullmatch(teacher) else None,
        tags=["knowledge-distillation", "onnx", "which-student"],
        eval_results=_results(manifest, task) or None,
    )


def _results(manifest: Manifest, task: str) -> list[EvalResult]:
    dataset, test_f1 = manifest["spec"].get("dataset"), manifest["scores"].get("test_f1")
    if not dataset or test_f1 is None:
        return []
    named = {"dataset_type": dataset, "dataset_name": dataset, "dataset_split": "test"}
    f1 = {"metric_type": "f1", "metric_name": _metric(manifest), "metric_value": round(test_f1, 4)}
    return [EvalResult(task_type=task, **named, **f1)]


def _introduction(spec: Mapping[str, Any], manifest: Manifest, labels: Sequence[str]) -> str:
    kind = "teacher" if spec.get("student") == "teacher" else "student"
    setting = SETTINGS.get(str(spec.get("setting", "")))
    how = f", setting `{spec.get('setting')}`" if setting else ""
    teacher, training = f"`{spec.get('teacher', '?')}`", TEACHER_SETTINGS.get(str(spec.get("teacher_setting", "")), "")
    teacher += f", {training}" if training else ""
    does = {"classification": "Classifies texts into", "sequence_labeling": "Tags words with"}[manifest["task"]]
    return (
        f"{does} {len(labels)} labels: {', '.join(f'`{label}`' for label in labels)}.\n\n"
        f"A `{spec.get('student', '?')}` {kind} of the data set `{spec.get('dataset', '?')}`, trained by the benchmark "
        f"Which student is best?{how}. Its teacher is {teacher}. It runs "
        f"in ONNX Runtime and reads {manifest['max_length']} tokens at a time; longer texts in overlapping windows."
    )


def _use(name: str, task: str, with_pipeline: bool) -> str:
    bundle = BUNDLE_CODE.format(name=name, sample=SAMPLE)
    pipeline = PIPELINE_CODE.format(name=name, sample=SAMPLE, task=PIPELINES[task])
    return f"{bundle}\n\nOr with transformers:\n\n{pipeline}" if with_pipeline else bundle


def _scores(manifest: Manifest) -> Iterable[tuple[str, str]]:
    scores = manifest["scores"]
    names = {
        _metric(manifest): "test_f1",
        "F1 of the teacher": "teacher_test_f1",
        "F1 on the validation split": "valid_f1",
        "calibration error": "test_ece",
        "calibration error before temperature scaling": "test_ece_uncalibrated",
    }
    for title, name in names.items():
        if scores.get(name) is not None:
            yield title, f"{100 * scores[name]:.2f}" + _interval(scores, name)


def _metric(manifest: Manifest) -> str:
    of = {"entity_f1": "entity types", "word_f1": "tags of words"}.get(manifest.get("metric", ""), "classes")
    return f"F1, macro-averaged over {of}"


def _interval(scores: Mapping[str, Any], name: str) -> str:
    low, high = (scores.get(f"{name}_{end}") for end in ("low", "high"))
    if low is None or high is None:
        return ""
    return f" (95 % interval {100 * low:.2f} to {100 * high:.2f}, over test items)"


def _costs(manifest: Manifest) -> Iterable[tuple[str, str]]:
    sizes, latency = manifest["sizes"], manifest["latency"]
    if "n_parameters" in sizes:
        yield "parameters", f"{sizes['n_parameters'] / 1e6:.2f} M"
    for name, title in (("size_onnx_mib", "MiB ONNX"), ("size_onnx_int8_mib", "MiB ONNX, INT8")):
        if name in sizes:
            yield title, f"{sizes[name]:.1f}"
    yield "served form", "INT8" if "model.int8.onnx" in manifest["files"] else "fp32"
    for name, title in LATENCIES.items():
        if name in latency:
            yield title, f"{latency[name]:.3f}"
    if machine := latency.get("machine"):
        about = ", ".join(f"{name.replace('_', ' ')} {machine[name]}" for name in MACHINE if name in machine)
        yield "latencies: medians of one text at a time on one thread of", about


def _data(manifest: Manifest) -> Iterable[tuple[str, str]]:
    spec, data = manifest["spec"], manifest.get("data", {})
    yield "data set", str(data.get("source") or spec.get("dataset", "?"))
    if rows := data.get("rows"):
        yield "texts", ", ".join(f"{n} in {split}" for split, n in rows.items())
    if "in_train" in data:
        found = ", ".join(f"{n} of {split}" for split, n in data["in_train"].items() if n)
        yield "held-out texts that are in train too", found or "none"
    yield "licence of the data", str(manifest["licences"].get("data", "unknown"))
    yield "licence of the teacher", str(manifest["licences"].get("teacher", "unknown"))
    yield "SHA-256 of the data", str(spec.get("data_digest", "?"))


def _table(header: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    lines = [header, ("---", "---:"), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
