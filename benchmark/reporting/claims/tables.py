"""Claims as tables: claims.csv, a section of report.md, and the report page's data, all of the same figures."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from benchmark.reporting.claims.effects import Effect, Scale
from benchmark.reporting.claims.findings import RULES, Finding
from benchmark.reporting.formatting import significant
from benchmark.reporting.intervals import Verdict
from benchmark.reporting.table import NONE, Column, Table, Value, markdown_table, markdown_text, write_csv

LARGE_RATIO = 1e4
"""From here on ratios are written with an exponent."""
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
Json = dict[str, Any]


def claims_page(findings: Sequence[Finding]) -> Json:
    """`lines` hold the values of claims.csv and the texts of report.md, by name."""
    lines = [
        {column.name: column.value(finding) for column in COLUMNS}
        | {column.name: column.text(finding) for column in TEXTS}
        for finding in findings
    ]
    return {"summary": summary(findings), "rules": list(RULES), "lines": lines}


def write_claims(path: Path, findings: Sequence[Finding]) -> Path:
    """A CSV file with one line a claim."""
    return write_csv(path, Table(columns=COLUMNS, rows=findings))


def claims_markdown(findings: Sequence[Finding]) -> str:
    """The section of report.md; empty without findings."""
    if not findings:
        return ""
    rules = "\n".join(f"- {markdown_text(rule)}" for rule in RULES)
    parts = ["", "## The paper's claims", markdown_text(summary(findings)), findings_table(findings), rules]
    return "\n\n".join(parts) + "\n"


def findings_table(findings: Sequence[Finding]) -> str:
    """In Markdown."""
    return markdown_table(Table(columns=TEXTS, rows=findings))


def summary(findings: Sequence[Finding]) -> str:
    """Counts of verdicts, on the paper's claims and on ours."""
    papers = [finding.verdict for finding in findings if finding.claim.source == "paper"]
    ours = [finding.verdict for finding in findings if finding.claim.source == "us"]
    text = f"The paper's {_count(len(papers), 'claim')} on students: {_counted(papers)}."
    return f"{text} Our {_count(len(ours), 'claim')}: {_counted(ours)}." if ours else text


def _counted(verdicts: Sequence[Verdict]) -> str:
    counts = Counter(verdicts)
    return ", ".join(f"{verdict} {counts[verdict]}" for verdict in VERDICTS)


def section_text(finding: Finding) -> str:
    return finding.claim.section if finding.claim.source == "paper" else f"{finding.claim.section} (ours)"


def verdict_text(finding: Finding) -> str:
    """With the data set if there is only one: a verdict does not extend to others."""
    datasets = finding.ours.datasets if finding.ours and finding.verdict != "not enough runs" else ()
    return f"{finding.verdict} on {datasets[0]}" if len(datasets) == 1 else finding.verdict


def ours_text(finding: Finding) -> str:
    return _effect_text(finding.ours, finding.claim.comparison.scale)


def paper_text(finding: Finding) -> str:
    return _effect_text(finding.paper, finding.claim.comparison.scale)


def paper_here_text(finding: Finding) -> str:
    """The paper's effect on our data sets; empty if that is its overall effect."""
    here, paper = finding.paper_here, finding.paper
    return "" if here is None or paper is None or here == paper.mean else _number(here, finding.claim.comparison.scale)


def pairs_text(finding: Finding) -> str:
    """Number of pairs, data sets, students and seeds."""
    ours = finding.ours
    if ours is None:
        return "0"
    seeds = f", {_count(ours.n_seeds, 'seed')}" if ours.n_seeds else ""
    return f"{ours.n_pairs} ({_count(len(ours.datasets), 'data set')}, {_count(len(ours.students), 'student')}{seeds})"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _effect_text(effect: Effect | None, scale: Scale) -> str:
    if effect is None:
        return NONE
    if effect.low is None or effect.high is None:
        return _number(effect.mean, scale)
    return f"{_number(effect.mean, scale)} [{_number(effect.low, scale)}, {_number(effect.high, scale)}]"


def _number(value: float, scale: Scale) -> str:
    if scale == "points":
        return f"{value:+.2f}"
    return f"{value:.1e}x" if value >= LARGE_RATIO else f"{significant(value)}x"


def _text(name: str, title: str, value: Callable[[Finding], Value]) -> Column[Finding]:
    return Column(name=name, title=title, value=value, kind=str)


def _values(columns: Mapping[str, Callable[[Finding], Value]]) -> tuple[Column[Finding], ...]:
    return tuple(Column(name=name, value=value) for name, value in columns.items())


COLUMNS = _values(
    {
        "claim": lambda it: it.claim.name,
        "section": lambda it: it.claim.section,
        "text": lambda it: it.claim.text,
        "scale": lambda it: it.claim.comparison.scale,
        "expects": lambda it: it.claim.expects,
        "verdict": lambda it: it.verdict,
        "effect": lambda it: getattr(it.ours, "mean", None),
        "low": lambda it: getattr(it.ours, "low", None),
        "high": lambda it: getattr(it.ours, "high", None),
        "n_pairs": lambda it: it.ours.n_pairs if it.ours else 0,
        "n_datasets": lambda it: len(it.ours.datasets) if it.ours else 0,
        "n_seeds": lambda it: it.ours.n_seeds if it.ours else 0,
        "datasets": lambda it: "; ".join(it.ours.datasets) if it.ours else "",
        "students": lambda it: "; ".join(it.ours.students) if it.ours else "",
        "note": lambda it: it.note,
        "paper_effect": lambda it: getattr(it.paper, "mean", None),
        "paper_low": lambda it: getattr(it.paper, "low", None),
        "paper_high": lambda it: getattr(it.paper, "high", None),
        "paper_n_pairs": lambda it: getattr(it.paper, "n_pairs", None),
        "paper_verdict": lambda it: it.paper_verdict,
        "paper_same_datasets": lambda it: it.paper_here,
        "needs": lambda it: it.claim.comparison.needs,
        "made_by": lambda it: it.claim.source,
    }
)
"""Of claims.csv."""
TEXTS = (
    _text("text", "claim", lambda it: it.claim.text),
    _text("section_text", "section", section_text),
    _text("verdict_text", "verdict", verdict_text),
    _text("ours_text", "ours, 95 % interval", ours_text),
    _text("pairs_text", "pairs", pairs_text),
    _text("paper_text", "the paper's", paper_text),
    _text("paper_here_text", "on the same data sets", paper_here_text),
    _text("paper_verdict_text", "by its own tables", lambda it: it.paper_verdict),
)
"""Of report.md."""
