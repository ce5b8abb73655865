"""What each student costs: the paper's Tables 7 and 8 from our measurements, and what the paper did not count.

One set of tables for each data set, preset, teacher and machine: milliseconds of two machines never share a column.
A student is one network whatever it was taught with, and its latest run speaks for all. What INT8 loses is each run's
own, and so is which form serves: there each form has a line.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmark.core.spec import TEACHER
from benchmark.reporting.control import session_note
from benchmark.reporting.cost_columns import BEYOND_TITLE, REFERENCE, Show, cost_columns
from benchmark.reporting.markdown import escaped, table
from benchmark.reporting.served import Figures, Line, forms
from benchmark.reporting.teachers import teacher_names
from tracking import Record

REFERENCE_PARAMETERS = 124_442_882
STUDENTS = (REFERENCE, TEACHER, "bilstm", "cnn", "bert_tiny", "bert_mini", "bert_small")


@dataclass(frozen=True, kw_only=True)
class CostTable:
    """Texts, ready to be shown; the first column names the student, the others hold numbers."""

    title: str
    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class CostSection:
    """One data set, preset, teacher and machine."""

    title: str
    notes: tuple[str, ...]
    tables: tuple[CostTable, ...]


def cost_markdown(records: Iterable[Record]) -> str:
    """The chapter of a report; empty where nothing was measured."""
    parts = [part for section in cost_sections(records) for part in _markdown(section)]
    return "\n\n".join(["", "## What each costs", *parts, *map(escaped, READING)]) + "\n" if parts else ""


def cost_sections(records: Iterable[Record]) -> list[CostSection]:
    """From the inference runs of the newest protocol; smoke runs are left out."""
    known = list(records)
    teachers = teacher_names(known)
    groups: dict[tuple[str, ...], list[Record]] = defaultdict(list)
    for record in _newest(known):
        names = [record.tags.get(name, "") for name in ("dataset", "preset", "machine")]
        groups[*names, teachers[record.run_id]].append(record)
    several = len({teacher for *_, teacher in groups}) > 1
    return [_section(_title(*key, several=several), key[2], group) for key, group in groups.items()]


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


def _section(title: str, machine: str, group: Sequence[Record]) -> CostSection:
    by_student: dict[str, Record] = {record.tags["student"]: record for record in group}  # the latest of each
    latest = group[-1]
    reference = [(REFERENCE, _reference(latest.metrics))] if "latency_reference_torch_ms" in latest.metrics else []
    students: list[Line] = [*reference, *((name, record.metrics) for name, record in by_student.items())]
    served = [*reference, *forms(group)]
    columns = cost_columns(latest.tags.get("task", ""), [told for _, told in students])
    made = [_table(name, columns[name], served if name == BEYOND_TITLE else students) for name in columns]
    return CostSection(title=title, notes=session_note(machine, by_student), tables=tuple(made))


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


def _markdown(section: CostSection) -> list[str]:
    parts = [f"### {escaped(section.title)}", *map(escaped, section.notes)]
    for made in section.tables:
        numbers = [False, *(True for _ in made.titles[1:])]
        parts += [f"**{escaped(made.title)}**", table(made.titles, made.rows, numbers)]
    return parts
