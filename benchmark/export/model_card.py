"""Model card of a bundle: README.md of its repository on the Hugging Face Hub, from its manifest alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from huggingface_hub import EvalResult, ModelCardData

from benchmark.bundle.files import INT8, served_model
from benchmark.core.metrics import OF_INT8
from benchmark.core.settings import SETTINGS
from benchmark.core.spec import TASKS, Task
from benchmark.data.catalogue import DATASETS, SUITES
from benchmark.export import card_teacher
from benchmark.reporting.reproduction import TYPED, student_options, training_command

PIPELINES = {"classification": "text-classification", "sequence_labeling": "token-classification"}
"""The Hub's name of each task."""
SAMPLE = "a text"
BUNDLE_CODE = """```python
# `pip install .` in a checkout of which-student; the bundle itself needs numpy, onnxruntime and tokenizers alone
from benchmark.bundle import Bundle

bundle = Bundle.load("hf://{name}")
print(bundle.predict(["{sample}"], scores=True))
```"""
SERVES_INT8 = """The bundle answers in INT8. A few answers differ from those in fp32, and a few with the texts that \
share their batch; `predict(texts, batch_size=1)` answers each text as if it were alone."""
HAS_FP32 = ' `Bundle.load("hf://{name}", int8=False)` answers in fp32.'
PIPELINE_CODE = """```python
from transformers import pipeline

answer = pipeline("{task}", model="{name}")
answer("{sample}")
```"""
LATENCIES = {
    "latency_text_ms": "ms from a text to its answer",
    "latency_onnx_ms": "ms of the network in ONNX Runtime",
    "latency_onnx_int8_ms": "ms of the network in ONNX Runtime, INT8",
    "latency_torch_ms": "ms of the network in PyTorch",
}
MACHINE = ("cpu", "usable_cores", "system", "onnxruntime")
"""Fields of a machine's fingerprint that a reader compares with theirs."""
SECTIONS = ("spec", "scores", "sizes", "latency", "licences", "data")
"""Parts of a manifest that older bundles may lack."""
SCORES = {
    "F1 of the teacher": "teacher_test_f1",
    "F1 on the validation split": "valid_f1",
    "calibration error": "test_ece",
    "calibration error before temperature scaling": "test_ece_uncalibrated",
}
"""Scores by title, after test F1; those but the teacher's are of the student in fp32."""
Manifest = Mapping[str, Any]


def model_card(
    name: str, manifest: Manifest, labels: Sequence[str], with_pipeline: bool, *, with_fp32: bool = True
) -> str:
    """`name` is owner/name on the Hub.

    `with_pipeline` tells whether the folder holds the form of transformers too, `with_fp32` whether the fp32 model.
    """
    manifest = {section: {} for section in SECTIONS} | dict(manifest)
    spec = manifest["spec"]
    sections = (
        f"# {name.partition('/')[2]}",
        _introduction(spec, manifest, labels),
        "## Use\n\n" + _use(name, manifest, with_pipeline, with_fp32),
        "## Scores\n\n" + _table(("on the test split", "x100"), _scores(manifest)),
        "## Size and speed\n\n" + _table(("", ""), _costs(manifest)),
        "## Data and licence\n\n" + _table(("", ""), _data(manifest)),
        "## Reproduce\n\n" + "\n\n".join([f"```sh\n{command(spec)}\n```", *_not_in_command(spec)]),
    )
    return f"---\n{_metadata(name, manifest).to_yaml()}\n---\n\n" + "\n\n".join(sections) + "\n"


def command(spec: Mapping[str, Any]) -> str:
    """The command that trains the student, and its teacher if that is missing."""
    suite, dataset, student = (str(spec.get(name, "")) for name in ("suite", "dataset", "student"))
    is_teacher = student == "teacher"
    return training_command(
        suite,
        presets=[_preset(suite, dataset)] if suite in TASKS else [],
        teacher=str(spec.get("teacher", "")),
        trained=[spec if is_teacher else spec.get("teacher_training", {})],
        datasets=[dataset],
        student=[] if is_teacher else student_options(student, str(spec.get("setting", "")), [spec]),
    )


def _not_in_command(spec: Mapping[str, Any]) -> Iterator[str]:
    """What a stranger has to put into the command."""
    if (suite := str(spec.get("suite", ""))) not in TASKS:
        yield f"`{suite}.yml` is the file of the suite, which is not part of the bundle."
    for folder in card_teacher.folders(spec):
        yield f"`{folder}` is a local folder, which is not part of the bundle: put a folder of your own there."
    if card_teacher.has_unknown_training(spec):
        yield "Where a teacher was fine-tuned, the command takes the usual epochs and rate: the bundle lacks its own."
    if lost := [option for option, (_, is_needed) in TYPED.items() if is_needed(spec)]:
        yield f"The bundle lacks the values of {', '.join(f'`{option}`' for option in lost)}, where they were given."


def _preset(suite: str, dataset: str) -> str:
    """The preset that has the data set."""
    return next((preset for preset, suites in SUITES.items() if dataset in suites[cast("Task", suite)]), "paper")


def _metadata(name: str, manifest: Manifest) -> ModelCardData:
    """Without a licence: those of data and teacher are in the text, and the student's is its owner's choice."""
    task = PIPELINES[manifest["task"]]
    return ModelCardData(
        model_name=name.partition("/")[2],
        pipeline_tag=task,
        library_name="onnx",
        language=_language(manifest["spec"]),
        base_model=card_teacher.base_models(manifest["spec"]),
        tags=["knowledge-distillation", "onnx", "which-student"],
        eval_results=_results(manifest, task) or None,
    )


def _language(spec: Mapping[str, Any]) -> str | None:
    """Language of a built-in data set; unknown of others."""
    dataset = str(spec.get("dataset", ""))
    return DATASETS[dataset].language if spec.get("suite") in TASKS and dataset in DATASETS else None


def _results(manifest: Manifest, task: str) -> list[EvalResult]:
    """F1 of the form that serves, where that is known."""
    dataset, scores = manifest["spec"].get("dataset"), manifest["scores"]
    test_f1 = scores.get(OF_INT8["test_f1"] if _serves_int8(manifest) else "test_f1")
    if not dataset or test_f1 is None:
        return []
    named = {"dataset_type": dataset, "dataset_name": dataset, "dataset_split": "test"}
    f1 = {"metric_type": "f1", "metric_name": _metric(manifest), "metric_value": round(test_f1, 4)}
    return [EvalResult(task_type=task, **named, **f1)]


def _introduction(spec: Mapping[str, Any], manifest: Manifest, labels: Sequence[str]) -> str:
    kind = "teacher" if spec.get("student") == "teacher" else "student"
    setting = SETTINGS.get(str(spec.get("setting", "")))
    how = f", setting `{spec.get('setting')}`" if setting else ""
    does = {"classification": "Classifies texts into", "sequence_labeling": "Tags words with"}[manifest["task"]]
    return (
        f"{does} {len(labels)} labels: {', '.join(f'`{label}`' for label in labels)}.\n\n"
        f"A `{spec.get('student', '?')}` {kind} of the data set `{spec.get('dataset', '?')}`, trained by the benchmark "
        f"Which student is best?{how}. Its teacher is {card_teacher.described(spec)}. It runs "
        f"in ONNX Runtime and reads {manifest['max_length']} tokens at a time; longer texts in overlapping windows."
    )


def _use(name: str, manifest: Manifest, with_pipeline: bool, with_fp32: bool) -> str:
    int8 = _serves_int8(manifest)
    parts = [BUNDLE_CODE.format(name=name, sample=SAMPLE)]
    parts += [SERVES_INT8 + (HAS_FP32.format(name=name) if with_fp32 else "")] if int8 else []
    if with_pipeline:
        parts += [f"Or with transformers{', in fp32' if int8 else ''}:"]
        parts += [PIPELINE_CODE.format(name=name, sample=SAMPLE, task=PIPELINES[manifest["task"]])]
    return "\n\n".join(parts)


def _serves_int8(manifest: Manifest) -> bool:
    return served_model(manifest) == INT8


def _scores(manifest: Manifest) -> Iterable[tuple[str, str]]:
    scores, int8 = manifest["scores"], _serves_int8(manifest)
    for title, name in {_metric(manifest): "test_f1", **SCORES}.items():
        if scores.get(name) is None:
            continue
        if int8 and name in OF_INT8:
            served = scores.get(OF_INT8[name])
            yield f"{title}, INT8 (which serves)", "unknown" if served is None else f"{100 * served:.2f}"
        form = ", fp32" if int8 and name != "teacher_test_f1" else ""
        yield title + form, f"{100 * scores[name]:.2f}" + _interval(scores, name)


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
    yield "served form", "INT8" if _serves_int8(manifest) else "fp32"
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
    yield "licence of the teacher", card_teacher.licence(spec)
    yield "SHA-256 of the data", str(spec.get("data_digest", "?"))


def _table(header: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    lines = [header, ("---", "---:"), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
