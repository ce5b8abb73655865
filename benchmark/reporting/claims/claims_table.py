"""The tables that show findings on claims: claims.csv, a section of report.md, and the page's."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import get_args

from benchmark.reporting.claims.findings import Finding, Verdict, count
from benchmark.reporting.claims.statements import RULES
from benchmark.reporting.table import (
    Column,
    Json,
    Table,
    Value,
    markdown_section,
    markdown_table,
    markdown_text,
    write_csv,
)


def claims_page(findings: Sequence[Finding]) -> Json:
    """`lines` hold the values of claims.csv and the texts of report.md, by name."""
    lines = [
        {
            **{column.name: column.text(finding) for column in TEXTS},
            **{column.name: column.value(finding) for column in COLUMNS},
        }
        for finding in findings
    ]
    return {"summary": summary(findings), "rules": list(RULES), "lines": lines}


def write_claims(path: Path, findings: Sequence[Finding]) -> Path:
    """A CSV file with one line per claim."""
    return write_csv(path, Table(columns=COLUMNS, rows=findings))


def claims_markdown(findings: Sequence[Finding]) -> str:
    """The section of report.md; empty without findings."""
    if not findings:
        return ""
    rules = "\n".join(f"- {markdown_text(rule)}" for rule in RULES)
    table = markdown_table(Table(columns=TEXTS, rows=findings))
    return markdown_section("The paper's claims", markdown_text(summary(findings)), table, rules)


def summary(findings: Sequence[Finding]) -> str:
    """Counts of verdicts, on the paper's claims and on ours."""
    papers = [finding.verdict for finding in findings if finding.claim.source == "paper"]
    ours = [finding.verdict for finding in findings if finding.claim.source == "us"]
    text = f"The paper's {count(len(papers), 'claim')} on students: {_counted(papers)}."
    return f"{text} Our {count(len(ours), 'claim')}: {_counted(ours)}." if ours else text


def _counted(verdicts: Sequence[Verdict]) -> str:
    counts = Counter(verdicts)
    return ", ".join(f"{verdict} {counts[verdict]}" for verdict in get_args(Verdict))


VALUES: Mapping[str, Callable[[Finding], Value]] = {
    "claim": attrgetter("claim.name"),
    "section": attrgetter("claim.section"),
    "text": attrgetter("claim.text"),
    "scale": attrgetter("claim.comparison.scale"),
    "expects": attrgetter("claim.expects"),
    "verdict": attrgetter("verdict"),
    "effect": lambda it: getattr(it.ours, "mean", None),
    "low": lambda it: getattr(it.ours, "low", None),
    "high": lambda it: getattr(it.ours, "high", None),
    "p_holm": attrgetter("p"),
    "n_pairs": lambda it: it.ours.n_pairs if it.ours else 0,
    "n_datasets": lambda it: len(it.ours.datasets) if it.ours else 0,
    "n_seeds": lambda it: it.ours.n_seeds if it.ours else 0,
    "more_pairs": attrgetter("more_pairs"),
    "datasets": lambda it: "; ".join(it.ours.datasets) if it.ours else "",
    "students": lambda it: "; ".join(it.ours.students) if it.ours else "",
    "note": attrgetter("note"),
    "paper_effect": lambda it: getattr(it.paper, "mean", None),
    "paper_low": lambda it: getattr(it.paper, "low", None),
    "paper_high": lambda it: getattr(it.paper, "high", None),
    "paper_n_pairs": lambda it: getattr(it.paper, "n_pairs", None),
    "paper_verdict": attrgetter("paper_verdict"),
    "paper_same_datasets": attrgetter("paper_here"),
    "needs": attrgetter("claim.comparison.needs"),
    "made_by": attrgetter("claim.source"),
}
COLUMNS: tuple[Column[Finding], ...] = tuple(Column(name=name, value=value) for name, value in VALUES.items())
"""Columns of claims.csv."""
TITLES = {
    "claim.text": "claim",
    "section_text": "section",
    "verdict_text": "verdict",
    "ours_text": "ours, 95 % interval",
    "pairs_text": "pairs",
    "more_pairs_text": "more to decide",
    "paper_text": "the paper's",
    "paper_here_text": "on the same data sets",
    "paper_verdict": "by its own tables",
}
TEXTS: tuple[Column[Finding], ...] = tuple(
    Column(name=name, title=title, value=attrgetter(name), kind=str) for name, title in TITLES.items()
)
"""Columns of report.md."""
