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
    Budget,
    Samples,
    Subject,
    measure_latency,
    offline,
    onnx_subject,
    torch_subject,
)
from benchmark.measurement.reference_model import NAME as REFERENCE
from benchmark.measurement.reference_model import VOCABULARY, build_reference, reference_onnx
from tracking import environment

CONTROL = "control"
"""The second name of the model that appears twice."""

Argument = TypeVar("Argument")
Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class Lane:
    """With how many threads, and where torch computes. `suffix` ends the names of its figures."""

    suffix: str
    n_threads: int
    device: str = "cpu"


@dataclass(frozen=True, kw_only=True)
class Entrant:
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
    """What one process measures: `pieces` and `texts` are the same sentences."""

    entrants: Sequence[Entrant]
    pieces: Sequence[list[int]]
    texts: Sequence[Any]
    budget: Budget
    lane: Lane


def lanes() -> list[Lane]:
    """One thread; all physical cores where there are several; the GPU where there is one."""
    cores = _physical_cores()
    made = [Lane(suffix="", n_threads=1)]
    made += [Lane(suffix="_all", n_threads=cores)] if cores > 1 else []
    return made + ([Lane(suffix="_cuda", n_threads=1, device="cuda")] if torch.cuda.is_available() else [])


def hold(session: Session) -> dict[str, Samples]:
    """Holds the session in a new process; samples by `entrant subject`, as `cnn onnx` or `teacher torch_offline`."""
    threads = str(session.lane.n_threads)
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
    subjects: dict[str, Subject] = {}
    for entrant in session.entrants:
        subjects |= {f"{entrant.name} {name}": subject for name, subject in _subjects(entrant, session).items()}
    subjects |= {CONTROL: _copy(subjects)}
    return measure_latency(subjects, session.budget, n_threads=session.lane.n_threads)


def controlled(names: Sequence[str]) -> str:
    """Which subject appears twice: the ONNX form of the last entrant, or what there is."""
    return next((name for name in reversed(names) if name.endswith(" onnx")), names[-1])


def _copy(subjects: Mapping[str, Subject]) -> Subject:
    return subjects[controlled(list(subjects))]


def _subjects(entrant: Entrant, session: Session) -> dict[str, Subject]:
    pieces = [[piece % entrant.vocab_size for piece in ids] for ids in session.pieces]
    model, device = _eager(entrant).to(session.lane.device), session.lane.device
    made = {"torch": torch_subject(model, pieces, device), "torch_offline": _torch_offline(model, pieces, device)}
    if device != "cpu":
        return made
    for name, file in _onnx_files(entrant).items():
        onnx = OnnxModel(file, n_threads=session.lane.n_threads)
        made |= {name: onnx_subject(onnx, pieces), f"{name}_offline": offline(onnx.logits, pieces)}
    for name, folder in {"text": entrant.bundle, "text_int8": entrant.int8_bundle}.items():
        if folder:
            made |= _text_subjects(name, Bundle.load(folder, n_threads=session.lane.n_threads), session.texts)
    return made if entrant.name != REFERENCE else {name: made[name] for name in ("torch", "onnx")}


def _torch_offline(model: nn.Module, pieces: list[list[int]], device: str) -> Subject:
    def answer(*batch: Any) -> object:
        return model(*(torch.from_numpy(part).to(device) for part in batch)).cpu()

    return offline(answer, pieces)


def _text_subjects(name: str, bundle: Bundle, texts: Sequence[Any]) -> dict[str, Subject]:
    """Scope `text`: a string (or words) in, a label (or tags) out."""
    return {
        name: Subject(lambda i: bundle.predict([texts[i]]), len(texts)),
        f"{name}_offline": Subject(lambda _: bundle.predict(texts, batch_size=BATCH_SIZE), 1, weight=len(texts)),
    }


def _onnx_files(entrant: Entrant) -> dict[str, Path]:
    if entrant.name == REFERENCE:
        return {"onnx": reference_onnx(entrant.task)}
    files = {"onnx": entrant.bundle and entrant.bundle / MODEL}
    files |= {"onnx_int8": entrant.int8_bundle and entrant.int8_bundle / INT8}
    return {name: file for name, file in files.items() if file}


def _eager(entrant: Entrant) -> nn.Module:
    if entrant.name == REFERENCE:
        return build_reference(entrant.task)
    if entrant.name == TEACHER:
        return load_teacher(str(entrant.weights), entrant.task, entrant.n_labels).eval()
    student = students.build(
        entrant.name,
        task=entrant.task,
        vocab_size=entrant.vocab_size,
        n_labels=entrant.n_labels,
        pad_id=entrant.pad_id,
    )
    student.load_state_dict(load_file(entrant.weights))  # type: ignore[arg-type]
    return student.eval()


def reference_entrant(task: Task) -> Entrant:
    """The paper's BERT-base shape; its ONNX form is exported here, where there is none yet."""
    reference_onnx(task)
    return Entrant(name=REFERENCE, task=task, vocab_size=VOCABULARY, n_labels=0, pad_id=0)


def _physical_cores() -> int:
    return min(psutil.cpu_count(logical=False) or usable_cores(), usable_cores())
