"""The claims as they are shown: claims.csv, a chapter of report.md, and the page's data, all of the same figures."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmark.reporting.claims.pairs import Scale
from benchmark.reporting.claims.verdicts import RULES, Effect, Finding
from benchmark.reporting.columns import NONE
from benchmark.reporting.files import write_atomic
from benchmark.reporting.formatting import significant
from benchmark.reporting.intervals import Verdict
from benchmark.reporting.markdown import escaped, table
from benchmark.reporting.tabular import fill

HUGE = 1e4
COLUMNS = (
    *("claim", "section", "text", "scale", "expects", "verdict", "effect", "low", "high", "n_pairs", "n_datasets"),
    *("n_seeds", "datasets", "students", "note", "paper_effect", "paper_low", "paper_high", "paper_n_pairs"),
    *("paper_verdict", "paper_same_datasets", "needs", "made_by"),
)
DECIDED: Mapping[Verdict, str] = {"holds": "hold", "does not hold": "do not hold", "undecided": "are undecided"}
TITLES = (
    "claim",
    "section",
    "verdict",
    "ours, 95 % interval",
    "pairs",
    "the paper's",
    "on the same data sets",
    "by its own tables",
)
Json = dict[str, Any]


def claims_page(findings: Sequence[Finding]) -> Json:
    """`lines` hold the figures of claims.csv and their texts."""
    lines = [dict(zip(COLUMNS, _cells(finding), strict=True)) | _texts(finding) for finding in findings]
    return {"summary": summary(findings), "rules": list(RULES), "lines": lines}


def write_claims(folder: Path, findings: Sequence[Finding]) -> Path:
    """claims.csv: one line a claim, empty where there is no figure."""
    lines = [_cells(finding) for finding in findings]
    return write_atomic(folder / "claims.csv", lambda draft: fill(draft, COLUMNS, lines))


def claims_markdown(findings: Sequence[Finding]) -> str:
    """The chapter; empty where there is nothing to judge."""
    if not findings:
        return ""
    rows = [
        [
            *(finding.claim.text, section_text(finding), verdict_text(finding), ours_text(finding)),
            *(pairs_text(finding), paper_text(finding), paper_here_text(finding), finding.paper_verdict or NONE),
        ]
        for finding in findings
    ]
    shown = table(TITLES, rows, [False] * len(TITLES))
    rules = "\n".join(f"- {escaped(rule)}" for rule in RULES)
    return "\n\n".join(["", "## The paper's claims", escaped(summary(findings)), shown, rules]) + "\n"


def summary(findings: Sequence[Finding]) -> str:
    """How many came to what, the paper's and ours apart."""
    papers = [finding.verdict for finding in findings if finding.claim.made_by == "paper"]
    ours = [finding.verdict for finding in findings if finding.claim.made_by == "us"]
    told = f"Of {_count(len(papers), 'claim')} of the paper on students, {_counted(papers)}."
    return f"{told} Of {len(ours)} of ours beside them, {_counted(ours)}." if ours else told


def _counted(verdicts: Sequence[Verdict]) -> str:
    counts = Counter(verdicts)
    words = [f"{counts[verdict]} {word}" for verdict, word in DECIDED.items()]
    return f"{', '.join(words)}; for {counts['not enough runs']} there are not enough runs"


def section_text(finding: Finding) -> str:
    """Of the paper; a claim of ours goes beyond what stands there."""
    return finding.claim.section if finding.claim.made_by == "paper" else f"{finding.claim.section} (ours)"


def verdict_text(finding: Finding) -> str:
    """What is decided on one data set says nothing of others."""
    datasets = finding.ours.datasets if finding.ours and finding.verdict in DECIDED else ()
    return f"{finding.verdict} on {datasets[0]}" if len(datasets) == 1 else finding.verdict


def ours_text(finding: Finding) -> str:
    return _told(finding.ours, finding.claim.kind.scale)


def paper_text(finding: Finding) -> str:
    return _told(finding.paper, finding.claim.kind.scale)


def paper_here_text(finding: Finding) -> str:
    """The paper's over the students and data sets of ours; empty where that is no other figure."""
    here, paper = finding.paper_here, finding.paper
    if here is None or paper is None or here == paper.mean:
        return ""
    return _number(here, finding.claim.kind.scale)


def pairs_text(finding: Finding) -> str:
    """How many, and of what."""
    ours = finding.ours
    if ours is None:
        return "0"
    seeds = f", {_count(ours.n_seeds, 'seed')}" if ours.n_seeds else ""
    return f"{ours.n_pairs} ({_count(len(ours.datasets), 'data set')}, {_count(len(ours.students), 'student')}{seeds})"


def _texts(finding: Finding) -> Json:
    return {
        "section_text": section_text(finding),
        "verdict_text": verdict_text(finding),
        "ours_text": ours_text(finding),
        "pairs_text": pairs_text(finding),
        "paper_text": paper_text(finding),
        "paper_here_text": paper_here_text(finding),
    }


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _told(effect: Effect | None, scale: Scale) -> str:
    if effect is None:
        return NONE
    if effect.low is None or effect.high is None:
        return _number(effect.mean, scale)
    return f"{_number(effect.mean, scale)} [{_number(effect.low, scale)}, {_number(effect.high, scale)}]"


def _number(value: float, scale: Scale) -> str:
    if scale == "points":
        return f"{value:+.2f}"
    return f"{value:.1e}x" if value >= HUGE else f"{significant(value)}x"


def _cells(finding: Finding) -> tuple[object, ...]:
    """By COLUMNS."""
    claim, ours, paper = finding.claim, finding.ours, finding.paper
    return (
        *(claim.name, claim.section, claim.text, claim.kind.scale, claim.expects, finding.verdict),
        *((ours.mean, ours.low, ours.high, ours.n_pairs) if ours else (None, None, None, 0)),
        *((len(ours.datasets), ours.n_seeds) if ours else (0, 0)),
        *(("; ".join(ours.datasets), "; ".join(ours.students)) if ours else ("", "")),
        finding.note,
        *((paper.mean, paper.low, paper.high, paper.n_pairs) if paper else (None, None, None, None)),
        *(finding.paper_verdict, finding.paper_here, claim.kind.needs, claim.made_by),
    )
