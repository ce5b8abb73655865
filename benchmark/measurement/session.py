"""One measuring session: every model of a data set in one fresh process, taking turns.

The process is new so that its thread counts are set before torch is loaded and nothing that came before lingers. One
model takes part twice, under two names: the control.
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

import students
from benchmark.bundle import Bundle
from benchmark.bundle.files import INT8, MODEL
from benchmark.bundle.onnx_model import OnnxModel
from benchmark.core.errors import RunError
from benchmark.core.spec import TEACHER, Task
from benchmark.distillation.teacher import load_teacher
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
from benchmark.measurement.reference_model import NAME as REFERENCE
from benchmark.measurement.reference_model import VOCABULARY, build_reference, reference_onnx
from tracking import environment

CONTROL = "control"
"""The second name of the model that appears twice."""

Argument = TypeVar("Argument")
Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class ExecutionMode:
    """With how many threads, and where torch computes. `suffix` ends the names of its figures."""

    suffix: str
    n_threads: int
    device: str = "cpu"


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A model that takes part, by the name of its student. Its weights stand for all runs of the same shape."""

    name: str
    task: Task
    vocab_size: int
    n_labels: int
    pad_id: int
    weights: Path | None = None
    """A student's file, a teacher's folder."""
    bundle: Path | None = None
    int8_bundle: Path | None = None
    """The same bundle with its INT8 form, where there is one."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """What one process measures: `token_ids` and `texts` are the same sentences."""

    candidates: Sequence[Candidate]
    token_ids: Sequence[list[int]]
    texts: Sequence[Any]
    budget: Budget
    mode: ExecutionMode


def execution_modes() -> list[ExecutionMode]:
    """One thread; all physical cores where there are several; the GPU where there is one."""
    cores = _physical_cores()
    made = [ExecutionMode(suffix="", n_threads=1)]
    made += [ExecutionMode(suffix="_all", n_threads=cores)] if cores > 1 else []
    return made + ([ExecutionMode(suffix="_cuda", n_threads=1, device="cuda")] if torch.cuda.is_available() else [])


def run_session(session: Session) -> dict[str, Samples]:
    """Holds the session in a new process; samples by `entrant subject`, as `cnn onnx` or `teacher torch_offline`."""
    threads = str(session.mode.n_threads)
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")
    return in_fresh_process(_measured, session, dict.fromkeys(names, threads) | {"TOKENIZERS_PARALLELISM": "false"})


def in_fresh_process(work: Callable[[Argument], Answer], argument: Argument, overrides: Mapping[str, str]) -> Answer:
    """What `work` returns in a process that began with the variables `overrides`; its exceptions are raised here.

    The process ends with this call, interrupted or not. Raises RunError where it ended before it answered.
    """
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer_into, args=(sender, work, argument))
    with environment(overrides):
        process.start()
    sender.close()
    failure: Exception | None
    answer: Answer
    try:
        failure, answer = receiver.recv()
    except EOFError:
        process.join()
        raise RunError(f"The measuring process ended without an answer, exit code {process.exitcode}.") from None
    finally:
        process.terminate()
        process.join()
    if failure is not None:
        raise failure
    return answer


def _answer_into(sender: Connection, work: Callable[[Argument], Answer], argument: Argument) -> None:
    try:
        sender.send((None, work(argument)))
    except Exception as error:
        sender.send((error, None))


def _measured(session: Session) -> dict[str, Samples]:
    cases: dict[str, BenchmarkCase] = {}
    for candidate in session.candidates:
        cases |= {f"{candidate.name} {name}": case for name, case in _cases(candidate, session).items()}
    cases |= {CONTROL: _copy(cases)}
    return measure_latency(cases, session.budget, n_threads=session.mode.n_threads)


def controlled(names: Sequence[str]) -> str:
    """Which subject appears twice: the ONNX form of the last entrant, or what there is."""
    return next((name for name in reversed(names) if name.endswith(" onnx")), names[-1])


def _copy(cases: Mapping[str, BenchmarkCase]) -> BenchmarkCase:
    return cases[controlled(list(cases))]


def _cases(candidate: Candidate, session: Session) -> dict[str, BenchmarkCase]:
    token_ids = [[token_id % candidate.vocab_size for token_id in ids] for ids in session.token_ids]
    model, device = _eager(candidate).to(session.mode.device), session.mode.device
    made = {"torch": torch_case(model, token_ids, device), "torch_offline": _torch_offline(model, token_ids, device)}
    if device != "cpu":
        return made
    for name, file in _onnx_files(candidate).items():
        onnx = OnnxModel(file, n_threads=session.mode.n_threads)
        made |= {name: onnx_case(onnx, token_ids), f"{name}_offline": offline(onnx.logits, token_ids)}
    for name, folder in {"text": candidate.bundle, "text_int8": candidate.int8_bundle}.items():
        if folder:
            made |= _text_cases(name, Bundle.load(folder, n_threads=session.mode.n_threads), session.texts)
    return made if candidate.name != REFERENCE else {name: made[name] for name in ("torch", "onnx")}


def _torch_offline(model: nn.Module, token_ids: list[list[int]], device: str) -> BenchmarkCase:
    def answer(*batch: Any) -> object:
        return model(*(torch.from_numpy(part).to(device) for part in batch)).cpu()

    return offline(answer, token_ids)


def _text_cases(name: str, bundle: Bundle, texts: Sequence[Any]) -> dict[str, BenchmarkCase]:
    """Scope `text`: a string (or words) in, a label (or tags) out."""
    return {
        name: BenchmarkCase(lambda i: bundle.predict([texts[i]]), len(texts)),
        f"{name}_offline": BenchmarkCase(lambda _: bundle.predict(texts, batch_size=BATCH_SIZE), 1, weight=len(texts)),
    }


def _onnx_files(candidate: Candidate) -> dict[str, Path]:
    if candidate.name == REFERENCE:
        return {"onnx": reference_onnx(candidate.task)}
    files = {"onnx": candidate.bundle and candidate.bundle / MODEL}
    files |= {"onnx_int8": candidate.int8_bundle and candidate.int8_bundle / INT8}
    return {name: file for name, file in files.items() if file}


def _eager(candidate: Candidate) -> nn.Module:
    if candidate.name == REFERENCE:
        return build_reference(candidate.task)
    if candidate.name == TEACHER:
        return load_teacher(str(candidate.weights), candidate.task, candidate.n_labels).eval()
    student = students.build(
        candidate.name,
        task=candidate.task,
        vocab_size=candidate.vocab_size,
        n_labels=candidate.n_labels,
        pad_id=candidate.pad_id,
    )
    student.load_state_dict(load_file(candidate.weights))  # type: ignore[arg-type]
    return student.eval()


def reference_candidate(task: Task) -> Candidate:
    """The paper's BERT-base shape; its ONNX form is exported here, where there is none yet."""
    reference_onnx(task)
    return Candidate(name=REFERENCE, task=task, vocab_size=VOCABULARY, n_labels=0, pad_id=0)


def _physical_cores() -> int:
    return min(psutil.cpu_count(logical=False) or usable_cores(), usable_cores())
