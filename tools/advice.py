"""docs/advice.md, from the published results: `python -m tools.advice [--write]`.

With --write, the claims of each folder of docs/results are judged anew from its results.csv by today's rules.
"""

import csv
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from benchmark.reporting.best import Budget, best
from benchmark.reporting.claims.claims_table import claims_markdown, write_claims
from benchmark.reporting.claims.findings import Finding, findings
from benchmark.reporting.leaderboard import leaderboards
from benchmark.reporting.results import Row

ROOT = Path(__file__).resolve().parents[1]
RESULTS, PAGE = ROOT / "docs" / "results", ROOT / "docs" / "advice.md"
START, END = "<!-- from the results -->\n", "<!-- /from the results -->"
CLAIMS = "\n## The paper's claims\n"
FOLDERS = {
    "exam": "Text classification (EmoT), three seeds, rates searched",
    "studies": "Text classification (EmoT), studies",
    "sequence_labeling": "Sequence labelling (NERGrit), one seed",
}
"""Folders whose claims the page holds; those of `classification` are runs of `studies` too."""
LEADERBOARDS = {"exam": "Text classification (EmoT)", "sequence_labeling": "Sequence labelling (NERGrit)"}
BUDGETS = (0.2, 0.5, 2.0)
"""Milliseconds per sentence in ONNX Runtime, one thread."""
READ: dict[str, Callable[[str], Any]] = {"int": int, "float": float, "bool": lambda text: text == "true", "str": str}


def read_rows(folder: Path) -> list[Row]:
    """Rows of a results.csv; what an older one lacks is None."""
    with (folder / "results.csv").open(newline="", encoding="utf-8") as file:
        return [Row(**_values(line)) for line in csv.DictReader(file)]


def _values(line: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in fields(Row):
        kind, text = getattr(field.type, "__name__", str(field.type)).partition(" ")[0], line.get(field.name, "")
        if kind in READ and (text or field.default is MISSING):
            values[field.name] = READ[kind](text) if text or kind in ("str", "bool") else None
    return values


def judged(folder: Path) -> list[Finding]:
    """Findings on the runs of a folder. The published data sets have no short texts."""
    return findings(read_rows(folder), {})


def rewrite(folder: Path) -> None:
    """Writes claims.csv, and the section of report.md."""
    found, report = judged(folder), folder / "report.md"
    write_claims(folder / "claims.csv", found)
    head, _, rest = report.read_text(encoding="utf-8").partition(CLAIMS)
    after = rest.partition("\n## ")[2]
    report.write_text(f"{head.rstrip()}\n{claims_markdown(found)}\n## {after}", encoding="utf-8")


def advice() -> str:
    """Markdown: the best student within each budget, by the rule of every report, and the claims by verdict."""
    return "\n".join([*_students(), *_verdicts()]) + "\n"


def _students() -> Iterator[str]:
    yield "| at most | task | student | setting | F1 x100 | teacher | ms | MiB | seeds |"
    yield "|---|---|---|---|---:|---:|---:|---:|---:|"
    for folder, title in LEADERBOARDS.items():
        [leaderboard] = leaderboards(read_rows(RESULTS / folder))
        teacher = next(entry.f1 for entry in leaderboard.entries if entry.is_teacher)
        for budget in BUDGETS:
            if entry := best(leaderboard, Budget(max_ms=budget)):
                f1, costs = f"{entry.f1:.1f} | {teacher:.1f}", entry.costs
                figures = f"{costs['latency_onnx_ms']:.3f} | {costs['size_onnx_mib']:.1f} | {entry.seeds[0]}"
                yield f"| {budget} ms | {title} | {entry.student} | `{entry.setting}` | {f1} | {figures} |"


def _verdicts() -> Iterator[str]:
    for folder, title in FOLDERS.items():
        found = judged(RESULTS / folder)
        yield f"\n### {title}\n"
        yield "| claim | verdict | effect, 95 % interval | pairs | more to decide |\n|---|---|---|---|---:|"
        for one in sorted(found, key=_order):
            if one.verdict != "not enough runs":
                cells = (one.claim.text, one.verdict, one.ours_text, one.pairs_text, one.more_pairs_text or "-")
                yield f"| {' | '.join(cells)} |"
        missing = [one.claim.text for one in found if one.verdict == "not enough runs"]
        yield f"\n<details><summary>Not enough runs for {len(missing)} of {len(found)} claims</summary>\n"
        yield from (f"- {claim}" for claim in missing)
        yield "\n</details>"


def _order(finding: Finding) -> int:
    return ("holds", "does not hold", "undecided", "not enough runs").index(finding.verdict)


def written() -> str:
    """What docs/advice.md holds between its marks."""
    return PAGE.read_text(encoding="utf-8").partition(START)[2].partition(END)[0]


def main(arguments: Sequence[str]) -> None:
    """Prints the page's tables, or writes them and the claims they rest on."""
    if "--write" not in arguments:
        print(advice(), end="")
        return
    for folder in ("classification", *FOLDERS):
        rewrite(RESULTS / folder)
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    PAGE.write_text(head + START + advice() + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
