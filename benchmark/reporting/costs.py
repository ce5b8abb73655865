"""What each student costs: the paper's Tables 7 and 8 from our measurements, and what the paper did not count.

One set of tables for each data set, preset, teacher and machine: milliseconds of two machines never share a column.
A student is one network whatever it was taught with, and its latest run speaks for all. What INT8 loses is each run's
own, and so is which form serves: there each form has a line.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmark.reporting.columns import NONE
from benchmark.reporting.control import session_note
from benchmark.reporting.markdown import escaped, table
from benchmark.reporting.numerals import significant
from benchmark.reporting.paper import paper_onnx, paper_sizes
from benchmark.reporting.served import Figures, Line, form, forms, points_lost
from benchmark.reporting.teachers import teacher_names
from benchmark.spec import TEACHER
from tracking import Record

REFERENCE = "BERT-base shape"
REFERENCE_PARAMETERS = 124_442_882
STUDENTS = (REFERENCE, TEACHER, "bilstm", "cnn", "bert_tiny", "bert_mini", "bert_small")
NOISY_SPREAD = 0.25
Show = Callable[[str, Figures], str]


@dataclass(frozen=True, kw_only=True)
class CostTable:
    """Texts, ready to be shown; the first column names the student, the others hold numbers."""

    title: str
    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class CostChapter:
    """One data set, preset, teacher and machine."""

    title: str
    notes: tuple[str, ...]
    tables: tuple[CostTable, ...]


def cost_markdown(records: Iterable[Record]) -> str:
    """The chapter of a report; empty where nothing was measured."""
    parts = [part for chapter in cost_chapters(records) for part in _markdown(chapter)]
    return "\n\n".join(["", "## What each costs", *parts, *map(escaped, READING)]) + "\n" if parts else ""


def cost_chapters(records: Iterable[Record]) -> list[CostChapter]:
    """From the inference runs of the newest protocol; smoke runs are left out."""
    known = list(records)
    teachers = teacher_names(known)
    groups: dict[tuple[str, ...], list[Record]] = defaultdict(list)
    for record in _newest(known):
        names = [record.tags.get(name, "") for name in ("dataset", "preset", "machine")]
        groups[*names, teachers[record.run_id]].append(record)
    several = len({teacher for *_, teacher in groups}) > 1
    return [_chapter(_title(*key, several=several), key[2], group) for key, group in groups.items()]


def _title(dataset: str, preset: str, _: str, teacher: str, *, several: bool) -> str:
    return f"{dataset}, preset {preset}" + (f", teacher {teacher}" if several else "")


def _newest(records: Iterable[Record]) -> list[Record]:
    measured = [
        record
        for record in records
        if record.tags.get("role") == "inference"
        and record.status == "finished"
        and record.tags.get("smoke") == "false"
    ]
    versions = [record.tags.get("latency_protocol", "") for record in measured]
    newest = max(versions, key=lambda version: (len(version), version), default="")
    return [record for record, version in zip(measured, versions, strict=True) if version == newest]


def _chapter(title: str, machine: str, group: Sequence[Record]) -> CostChapter:
    by_student: dict[str, Record] = {record.tags["student"]: record for record in group}  # the latest of each
    latest = group[-1]
    reference = [(REFERENCE, _reference(latest.metrics))] if "latency_reference_torch_ms" in latest.metrics else []
    students: list[Line] = [*reference, *((name, record.metrics) for name, record in by_student.items())]
    served = [*reference, *forms(group)]
    columns = _tables(latest.tags.get("task", ""), [told for _, told in students])
    made = [_table(name, columns[name], served if name == BEYOND_TITLE else students) for name in columns]
    return CostChapter(title=title, notes=session_note(machine, by_student), tables=tuple(made))


def _reference(told: Figures) -> Figures:
    """Its own row, from the session that measured it."""
    own = {f"latency_{runtime}_ms": told[f"latency_reference_{runtime}_ms"] for runtime in ("torch", "onnx")}
    return own | {"n_parameters": REFERENCE_PARAMETERS}


def _table(title: str, columns: Mapping[str, Show], lines: Iterable[Line]) -> CostTable:
    rows = tuple((name, *(show(name, told) for show in columns.values())) for name, told in sorted(lines, key=_place))
    return CostTable(title=title, titles=("student", *columns), rows=rows)


def _place(line: Line) -> tuple[int, str]:
    name = line[0]
    return (STUDENTS.index(name) if name in STUDENTS else len(STUDENTS), name)


def _tables(task: str, figures: Iterable[Figures]) -> dict[str, dict[str, Show]]:
    """Columns by the title of their table."""
    sizes = {row["student"]: row for row in paper_sizes() if row["task"] == task}
    onnx = {row["student"]: row for row in paper_onnx()} if task == "classification" else {}
    names = {name for told in figures for name in told}
    table7: dict[str, Show] = {
        "million parameters": _beside("n_parameters", sizes, "parameters_million", 1e-6),
        "ms CPU": _beside("latency_torch_ms", sizes, "cpu_ms", spread="latency_torch_spread"),
        "x reference": _ratio("speedup_torch_over_reference_torch"),
        "x teacher": _ratio("speedup_torch_over_teacher_torch"),
        "x in the paper": _paper_ratio(sizes, "cpu_ms", "cpu_ms"),
    }
    if "latency_torch_cuda_ms" in names:
        table7["ms GPU"] = _beside("latency_torch_cuda_ms", sizes, "gpu_ms", spread="latency_torch_cuda_spread")
    table8: dict[str, Show] = {
        "MiB original": _beside("size_checkpoint_mib", onnx, "original_size_mb"),
        "MiB ONNX": _beside("size_onnx_mib", onnx, "onnx_size_mb"),
        "MiB INT8": _ours("size_onnx_int8_mib"),
        "ms PyTorch": _beside("latency_torch_ms", onnx, "original_cpu_ms", spread="latency_torch_spread"),
        "ms ONNX": _beside("latency_onnx_ms", onnx, "onnx_cpu_ms", spread="latency_onnx_spread"),
        "ms INT8": _ours("latency_onnx_int8_ms", spread="latency_onnx_int8_spread"),
        "ONNX x reference": _ratio("speedup_onnx_over_reference_torch"),
        "ONNX x teacher": _ratio("speedup_onnx_over_teacher_torch"),
        "ONNX x teacher's best": _ratio("speedup_onnx_over_teacher_best"),
        "x in the paper": _paper_ratio(onnx, "original_cpu_ms", "onnx_cpu_ms"),
    }
    return {
        "Table 7: parameters and one sentence in PyTorch": table7,
        "Table 8: before and after ONNX": table8,
        BEYOND_TITLE: BEYOND | ({"price": _ours(PRICE)} if PRICE in names else {}),
    }


def _beside(
    name: str, paper: Mapping[str, Mapping[str, str]], column: str, factor: float = 1, spread: str = ""
) -> Show:
    """Ours / the paper's; the reference stands beside the paper's teacher, whose shape it has."""

    def show(student: str, told: Figures) -> str:
        theirs = paper.get(TEACHER if student == REFERENCE else student, {}).get(column, NONE)
        return f"{_figure(told, name, factor, spread)} / {theirs}"

    return show


def _ours(name: str, factor: float = 1, spread: str = "") -> Show:
    return lambda _, told: _figure(told, name, factor, spread)


def _figure(told: Figures, name: str, factor: float = 1, spread: str = "") -> str:
    if name not in told:
        return NONE
    return significant(factor * told[name]) + ("*" if told.get(spread, 0.0) > NOISY_SPREAD else "")


def _ratio(name: str) -> Show:
    """With its interval; `same` where the session cannot tell the two apart."""

    def show(_: str, told: Figures) -> str:
        if name not in told:
            return NONE
        value, low, high = told[name], told[f"{name}_low"], told[f"{name}_high"]
        if low <= 1 <= high or max(value, 1 / value) <= told.get("latency_noise_floor", 1.0):
            return "same"
        return f"{significant(value)} [{significant(low)}, {significant(high)}]"

    return show


def _paper_ratio(paper: Mapping[str, Mapping[str, str]], of_teacher: str, of_student: str) -> Show:
    """The paper's own factor: its teacher in PyTorch against the student."""

    def show(student: str, _: Figures) -> str:
        if student == REFERENCE or student not in paper:
            return NONE
        return significant(float(paper[TEACHER][of_teacher]) / float(paper[student][of_student]))

    return show


def _tokenising(_: str, told: Figures) -> str:
    """What scope `text` takes beyond scope `model` of the form that is served."""
    served = "latency_onnx_int8_ms" if told.get("onnx_int8_won") else "latency_onnx_ms"
    if "latency_text_ms" not in told or served not in told:
        return NONE
    return f"{told['latency_text_ms'] - told[served]:.3f}"


def _tail(_: str, told: Figures) -> str:
    """No p95 of too few samples."""
    known = told.get("latency_text_p95_ms")
    count = told.get("latency_text_n")
    if known is not None:
        return significant(known)
    return NONE if count is None else f"n/a (n={count:.0f})"


PRICE = "cost_per_million_sentences"
BEYOND_TITLE = "Beyond the paper"
BEYOND: dict[str, Show] = {
    "serves": form,
    "F1 points lost in INT8": points_lost,
    "ms text": _ours("latency_text_ms", spread="latency_text_spread"),
    "ms text p95": _tail,
    "ms of it for words": _tokenising,
    "ms ONNX, all cores": _ours("latency_onnx_all_ms", spread="latency_onnx_all_spread"),
    "sentences/s a core": _ours("cost_sentences_per_second_per_core"),
    "MiB memory": _ours("cost_memory_mib"),
    "ms to load": _ours("cost_load_ms"),
    "ms first answer": _ours("cost_first_answer_ms"),
}

READING = (
    "Milliseconds are of one sentence at a time, ours / the paper's. Ours are medians, on one thread unless said "
    "otherwise. The paper's are averages on a 6-core CPU; it does not say of how many threads. `x` is how many times "
    "as fast as the reference (BERT-base shape, random weights), our teacher, or our teacher at its own best, each in "
    "PyTorch unless said otherwise, as the median of the rounds' ratios with its 95 % interval; `same` where the "
    "interval holds 1 or the factor is within the noise floor. `*`: interquartile range above 25 % of the median.",
    "The size that the paper calls original is a training checkpoint: fp32 weights with two optimiser moments, "
    "three times the weights. MiB are 2**20 bytes.",
    "`ms text` is from a string to a label or tags, by the form that serves. Sentences/s are of that bundle in batches "
    "of 32 on one thread. The price is that of a million sentences, from the price of a core-hour that was given.",
)


def _markdown(chapter: CostChapter) -> list[str]:
    parts = [f"### {escaped(chapter.title)}", *map(escaped, chapter.notes)]
    for made in chapter.tables:
        numbers = [False, *(True for _ in made.titles[1:])]
        parts += [f"**{escaped(made.title)}**", table(made.titles, made.rows, numbers)]
    return parts
