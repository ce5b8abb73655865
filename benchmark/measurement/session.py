"""Measuring session: all models of a data set in one fresh process, taking turns.

The process is new so that its thread counts are set before torch is loaded and no earlier work affects it. One case is
measured twice, under two names: the control.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

import psutil
import torch
from safetensors.torch import load_file
from torch import nn
from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification, BertConfig

import students
from benchmark.bundle.files import INT8, MODEL
from benchmark.bundle.onnx_model import OnnxModel
from benchmark.core.cache import verify, write_dir_atomic
from benchmark.core.errors import RunError
from benchmark.core.interrupts import without_interrupts
from benchmark.core.spec import TEACHER, Task
from benchmark.distillation.teacher import Teacher, load_teacher
from benchmark.export.onnx_export import export_onnx
from benchmark.measurement.footprint import Served, load_served
from benchmark.measurement.machine import usable_cores
from benchmark.measurement.protocol import (
    BATCH_SIZE,
    BenchmarkCase,
    Budget,
    Samples,
    measure_latency,
    offline,
    onnx_case,
    torch_case,
)
from benchmark.measurement.statistics import Control, control
from students.registry import BASELINES
from tracking import cache_folder, environment

CONTROL = "control"
"""Second name of the case that is measured twice."""
REFERENCE = "reference"
VOCABULARY = 50_000
N_LABELS = 5
HEADS = {"classification": AutoModelForSequenceClassification, "sequence_labeling": AutoModelForTokenClassification}
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")

Argument = TypeVar("Argument")
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class ExecutionMode:
    """Number of threads, and torch's device. `suffix` ends the names of its metrics."""

    suffix: str
    n_threads: int
    device: str = "cpu"


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A model to be measured. Its weights stand for all runs of the same shape."""

    name: str
    """Its student, with the vocabulary, or REFERENCE."""
    student: str = ""
    task: Task
    vocab_size: int
    n_labels: int
    pad_id: int
    token_ids: Sequence[list[int]]
    """The session's texts in the tokens of the model."""
    weights: Path | None = None
    """A student's file, a teacher's folder; None for a baseline, which has no other case than `text`."""
    bundle: Path | None = None
    """The folder that serves."""
    int8_bundle: Path | None = None
    """The same bundle with its INT8 form, if there is one."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """Input of a measuring process."""

    candidates: Sequence[Candidate]
    texts: Sequence[Any]
    budget: Budget
    mode: ExecutionMode


def execution_modes() -> list[ExecutionMode]:
    """One thread; all physical cores if there are several; the GPU if there is one."""
    cores = min(psutil.cpu_count(logical=False) or usable_cores(), usable_cores())
    modes = [ExecutionMode(suffix="", n_threads=1)]
    modes += [ExecutionMode(suffix="_all", n_threads=cores)] if cores > 1 else []
    return modes + ([ExecutionMode(suffix="_cuda", n_threads=1, device="cuda")] if torch.cuda.is_available() else [])


def run_session(session: Session) -> dict[str, Samples]:
    """Samples by `CANDIDATE CASE`, as `cnn onnx` or `teacher torch_offline`, and of the control."""
    variables = dict.fromkeys(THREADS, str(session.mode.n_threads)) | {"TOKENIZERS_PARALLELISM": "false"}
    return in_fresh_process(_measure, session, variables)


def in_fresh_process(work: Callable[[Argument], Result], argument: Argument, variables: Mapping[str, str]) -> Result:
    """Result of `work` in a process started with these environment variables; its exceptions are raised here.

    The process ends with this call, interrupted or not. Raises RunError if it ended without a result.
    """
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send_result, args=(sender, work, argument))
    with environment(variables), without_interrupts():
        process.start()
    sender.close()
    failure: Exception | None
    result: Result
    try:
        failure, result = receiver.recv()
    except EOFError:
        process.join()
        raise RunError(f"The measuring process ended without an answer, exit code {process.exitcode}.") from None
    finally:
        process.terminate()
        process.join()
    if failure is not None:
        raise failure
    return result


def controlled(names: Sequence[str]) -> str:
    """Name of the case that is measured twice: the ONNX form of the last candidate, else the last case."""
    return next((name for name in reversed(names) if name.endswith(" onnx")), names[-1])


def control_of(samples: Mapping[str, Samples]) -> Control:
    """Control of a session from its samples by case."""
    measured_twice = controlled([name for name in samples if name != CONTROL])
    return control(samples[measured_twice], samples[CONTROL])


def reference_candidate(task: Task, token_ids: Sequence[list[int]]) -> Candidate:
    """The paper's BERT-base shape, the same on every machine; its ONNX form is exported if the cache lacks it."""
    reference_onnx(task)
    return Candidate(name=REFERENCE, task=task, vocab_size=VOCABULARY, n_labels=0, pad_id=0, token_ids=token_ids)


def build_reference(task: Task) -> Teacher:
    """BERT-base with random weights, which do not affect latency.

    12 layers, width 768, vocabulary 50,000: 124.44 M parameters (Table 7 has 124.51 M).
    """
    torch.manual_seed(0)
    config = BertConfig(vocab_size=VOCABULARY, num_labels=N_LABELS)  # type: ignore[call-arg]
    return Teacher(HEADS[task].from_config(config)).eval()  # type: ignore[no-untyped-call]


def reference_onnx(task: Task) -> Path:
    """Path of the reference's ONNX form in the cache."""
    folder = cache_folder() / REFERENCE / task
    if not verify(folder):
        write_dir_atomic(folder, lambda draft: export_onnx(build_reference(task), draft / MODEL))
    return folder / MODEL


def _send_result(sender: Connection, work: Callable[[Argument], Result], argument: Argument) -> None:
    try:
        sender.send((None, work(argument)))
    except Exception as error:
        sender.send((error, None))


def _measure(session: Session) -> dict[str, Samples]:
    cases: dict[str, BenchmarkCase] = {}
    for candidate in session.candidates:
        cases |= {f"{candidate.name} {name}": case for name, case in _cases(candidate, session).items()}
    cases[CONTROL] = cases[controlled(list(cases))]
    return measure_latency(cases, session.budget, n_threads=session.mode.n_threads)


def _cases(candidate: Candidate, session: Session) -> dict[str, BenchmarkCase]:
    n_threads, device = session.mode.n_threads, session.mode.device
    cases: dict[str, BenchmarkCase] = {}
    if candidate.student not in BASELINES:
        token_ids = [[token_id % candidate.vocab_size for token_id in ids] for ids in candidate.token_ids]
        model = _torch_model(candidate).to(device)
        cases["torch"] = torch_case(model, token_ids, device)
        cases["torch_offline"] = offline(
            lambda *batch: model(*(torch.from_numpy(part).to(device) for part in batch)).cpu(), token_ids
        )
        for name, file in _onnx_files(candidate).items() if device == "cpu" else ():
            onnx = OnnxModel(file, n_threads=n_threads)
            cases |= {name: onnx_case(onnx, token_ids), f"{name}_offline": offline(onnx.logits, token_ids)}
    for name, folder in {"text": candidate.bundle, "text_int8": candidate.int8_bundle}.items():
        if folder and device == "cpu":
            cases |= _text_cases(name, load_served(folder, n_threads), session.texts)
    if candidate.name == REFERENCE and device == "cpu":
        return {name: cases[name] for name in ("torch", "onnx")}
    return cases


def _text_cases(name: str, served: Served, texts: Sequence[Any]) -> dict[str, BenchmarkCase]:
    """Scope `text`: from a string (or words) to a label (or tags)."""
    return {
        name: BenchmarkCase(lambda i: served.predict([texts[i]]), len(texts)),
        f"{name}_offline": BenchmarkCase(lambda _: served.predict(texts, batch_size=BATCH_SIZE), 1, weight=len(texts)),
    }


def _onnx_files(candidate: Candidate) -> dict[str, Path]:
    if candidate.name == REFERENCE:
        return {"onnx": reference_onnx(candidate.task)}
    files = {"onnx": candidate.bundle and candidate.bundle / MODEL}
    files |= {"onnx_int8": candidate.int8_bundle and candidate.int8_bundle / INT8}
    return {name: file for name, file in files.items() if file}


def _torch_model(candidate: Candidate) -> nn.Module:
    if candidate.name == REFERENCE:
        return build_reference(candidate.task)
    if candidate.student == TEACHER:
        return load_teacher(str(candidate.weights), candidate.task, as_is=True).eval()
    student = students.build(
        candidate.student,
        task=candidate.task,
        vocab_size=candidate.vocab_size,
        n_labels=candidate.n_labels,
        pad_id=candidate.pad_id,
    )
    student.load_state_dict(load_file(candidate.weights))  # type: ignore[arg-type]
    return student.eval()
