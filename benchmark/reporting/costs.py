"""Cost section of a report: the paper's Tables 7 and 8 from our measurements, and costs of serving.

One set of tables for each data set, preset, teacher and machine. A student's size and latency do not depend on its
setting, so its latest inference run stands for all; which form serves, fp32 or INT8, is each run's own.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmark.core.spec import TEACHER
from benchmark.reporting import notes
from benchmark.reporting.cost_columns import REFERENCE, Columns, Measured, serving_table, table_7, table_8
from benchmark.reporting.related_runs import teacher_names
from benchmark.reporting.table import NONE, Table, markdown_section, markdown_table, markdown_text, text_columns
from students.registry import STUDENTS
from tracking import Record

REFERENCE_PARAMETERS = 124_442_882
ORDER = (REFERENCE, TEACHER, *STUDENTS)
SESSIONS = {
    "on one thread": "latency_control_passed",
    "on all cores": "latency_control_passed_all",
    "on the GPU": "latency_control_passed_cuda",
}
"""Metrics of the A/A control of each kind of session."""


@dataclass(frozen=True, kw_only=True)
class CostSection:
    """Costs on one data set, preset, teacher and machine."""

    title: str
    note: str
    """Machine, budget and control of the sessions."""
    tables: tuple[Table[Sequence[str]], ...]


def cost_markdown(records: Iterable[Record]) -> str:
    """The section of report.md; empty if nothing was measured."""
    parts = [part for section in cost_sections(records) for part in _markdown(section)]
    return markdown_section("Costs", *parts, *(map(markdown_text, notes("costs")) if parts else []))


def _markdown(section: CostSection) -> list[str]:
    tables = [part for made in section.tables for part in (f"**{markdown_text(made.title)}**", markdown_table(made))]
    return [f"### {markdown_text(section.title)}", markdown_text(section.note), *tables]


def cost_sections(records: Iterable[Record]) -> list[CostSection]:
    """Sections from inference runs of the newest protocol, without smoke runs."""
    records = list(records)
    teachers = teacher_names(records)
    groups: dict[tuple[str, ...], list[Record]] = defaultdict(list)
    for record in _newest(records):
        names = [record.tags.get(name, "") for name in ("dataset", "preset", "machine")]
        groups[*names, teachers[record.run_id]].append(record)
    several = len({teacher for *_, teacher in groups}) > 1
    return [
        _section(f"{dataset}, preset {preset}" + (f", teacher {teacher}" if several else ""), machine, group)
        for (dataset, preset, machine, teacher), group in groups.items()
    ]


def _newest(records: Iterable[Record]) -> list[Record]:
    counted = {"role": "inference", "smoke": "false"}.items()
    measured = [record for record in records if record.status == "finished" and counted <= record.tags.items()]
    versions = [record.tags.get("latency_protocol", "") for record in measured]
    newest = max(versions, key=lambda version: (len(version), version), default="")
    return [record for record, version in zip(measured, versions, strict=True) if version == newest]


def _section(title: str, machine: str, group: Sequence[Record]) -> CostSection:
    by_student: dict[str, Record] = {record.tags["student"]: record for record in group}  # the latest of each
    latest = group[-1]
    task = latest.tags.get("task", "")
    reference = [Measured(REFERENCE, _reference(latest))] if "latency_reference_torch_ms" in latest.metrics else []
    lines = [*reference, *(Measured(name, record.metrics) for name, record in by_student.items())]
    tables = (
        _table("Table 7: parameters and latency in PyTorch", table_7(task, lines), lines),
        _table("Table 8: before and after export to ONNX", table_8(task), lines),
        _table("Serving", serving_table(lines), [*reference, *_by_form(group)]),
    )
    return CostSection(title=title, note=_session_note(machine, list(by_student.values())), tables=tables)


def _reference(record: Record) -> Mapping[str, float]:
    """Metrics of the reference model, which every session measures."""
    latencies = {f"latency_{name}_ms": record.metrics[f"latency_reference_{name}_ms"] for name in ("torch", "onnx")}
    return latencies | {"n_parameters": REFERENCE_PARAMETERS}


def _table(title: str, columns: Columns, lines: Iterable[Measured]) -> Table[Sequence[str]]:
    rows = [[line.student, *(text(line) for text in columns.values())] for line in sorted(lines, key=_order)]
    return Table(columns=text_columns(["student", *columns], numbers=[*columns]), rows=rows, title=title)


def _order(line: Measured) -> tuple[int, str]:
    return (ORDER.index(line.student) if line.student in ORDER else len(ORDER), line.student)


def _by_form(group: Sequence[Record]) -> list[Measured]:
    """A line per student and form that serves, the commoner first: its latest metrics, and what INT8 loses over all."""
    last = {record.parent or record.run_id: record.run_id for record in group}
    runs = [record for record in group if record.run_id in set(last.values())]
    forms: dict[tuple[str, float | None], list[Mapping[str, float]]] = defaultdict(list)
    for record in runs:
        forms[record.tags["student"], record.metrics.get("onnx_int8_won")].append(record.metrics)
    n_runs = Counter(record.tags["student"] for record in runs)
    commoner = sorted(forms.items(), key=lambda form: -len(form[1]))
    return [_line(student, int8_won, found, n_runs[student]) for (student, int8_won), found in commoner]


def _line(student: str, int8_won: float | None, runs: Sequence[Mapping[str, float]], n_runs: int) -> Measured:
    """Runs that serve one form, among a student's `n_runs`."""
    form = NONE if int8_won is None else "INT8" if int8_won else "fp32"
    served = form if form == NONE or len(runs) == n_runs else f"{form} ({len(runs)} of {n_runs} runs)"
    lost = [100 * run["onnx_int8_f1_lost"] for run in runs if "onnx_int8_f1_lost" in run]
    bounds = dict.fromkeys(f"{bound:.2f}" for bound in (min(lost), max(lost))) if lost else [NONE]
    return Measured(student, runs[-1], served, " to ".join(bounds))


def _session_note(machine: str, records: Sequence[Record]) -> str:
    budgets = ", ".join(sorted({record.tags.get("latency_budget", NONE) for record in records}))
    control = _control(records)
    floors = [floor for record in records if (floor := record.metrics.get("latency_noise_floor"))]
    highest = f"; noise floor x{max(floors):.3f}" if floors else ""
    failed = ". A session whose control failed cannot tell models apart; its latencies do not count"
    return f"Machine: {machine}. Budget: {budgets}. A/A control: {control}{highest}{failed * (control != 'passed')}."


def _control(records: Sequence[Record]) -> str:
    """One word if all sessions agree, else each kind's."""
    verdicts = {
        kind: {bool(record.metrics[name]) for record in records if name in record.metrics}
        for kind, name in SESSIONS.items()
    }
    found = {kind: "passed" if all(passed) else "failed" for kind, passed in verdicts.items() if passed}
    if not found:
        return ", ".join(sorted({record.tags.get("latency_control", NONE) for record in records}))
    if len(set(found.values())) == 1:
        return next(iter(found.values()))
    return ", ".join(f"{verdict} {kind}" for kind, verdict in found.items())
