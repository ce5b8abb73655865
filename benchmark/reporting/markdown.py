"""report.md: the summary first, then leaderboards, paper comparisons, missing runs, and provenance."""

import re
from collections import defaultdict
from collections.abc import Sequence

from benchmark.reporting.columns import NOTES, leaderboard_table, meanings
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry
from benchmark.reporting.paper_comparison import PaperComparison, paper_comparisons
from benchmark.reporting.provenance import Provenance, facts
from benchmark.reporting.repro_command import report_command
from benchmark.reporting.results import Row
from benchmark.reporting.summary import summary
from benchmark.reporting.table import NONE, Table, markdown_table, markdown_text, text_columns

REASON_CHARACTERS = 300
FAILURES = text_columns(["status", "data set", "runs", "settings", "reason"], numbers=["runs"])


def report_markdown(
    suite: str, leaderboards: Sequence[Leaderboard], rows: Sequence[Row], source: Provenance, plots: Sequence[str]
) -> str:
    """The report without claims, tuning and costs; `plots` are file names, one per leaderboard or an empty text."""
    parts = [f"# Which student is best? {markdown_text(suite)}", *_summaries(leaderboards)]
    for leaderboard, plot in zip(leaderboards, plots, strict=True):
        parts += _leaderboard(leaderboard, plot)
    parts += _failed_and_skipped(rows, source.n_unfinished)
    parts += _how_to_read(leaderboards)
    parts += _provenance(suite, leaderboards, source)
    return "\n\n".join(parts) + "\n"


def _summaries(leaderboards: Sequence[Leaderboard]) -> list[str]:
    presets = [f"{markdown_text(one.preset)}: " if len(leaderboards) > 1 else "" for one in leaderboards]
    texts = [preset + markdown_text(summary(one)) for preset, one in zip(presets, leaderboards, strict=True)]
    return [f"**{text}**" for text in texts or ["No ranked runs yet."]]


def _leaderboard(leaderboard: Leaderboard, plot: str) -> list[str]:
    parts = [f"## Leaderboard, preset {markdown_text(leaderboard.preset or NONE)}"]
    parts += [f"![Trade-off between F1 and cost]({plot})"] if plot else []
    parts += [markdown_table(leaderboard_table(leaderboard))]
    unranked = [_unranked(entry) for entry in leaderboard.entries if entry.missing]
    parts += ["Not ranked, because a data set has no result:\n\n" + "\n".join(unranked)] if unranked else []
    return parts + [part for one in paper_comparisons(leaderboard) for part in _comparison(one)]


def _unranked(entry: LeaderboardEntry) -> str:
    reasons = "; ".join(f"{name} ({_short(str(missing))})" for name, missing in entry.missing.items())
    return f"- {markdown_text(entry.name)}: no F1 on {markdown_text(reasons)}"


def _comparison(comparison: PaperComparison) -> list[str]:
    return [
        f"### Comparison with the paper's {markdown_text(comparison.title)}",
        f"{comparison.note} Each cell: ours / the paper's (difference).",
        markdown_table(comparison.table(_pair)),
    ]


def _pair(texts: tuple[str, str, str]) -> str:
    ours, paper, difference = texts
    return f"{ours} / {paper}" + (f" ({difference})" if difference != NONE else "")


def _failed_and_skipped(rows: Sequence[Row], n_unfinished: int) -> list[str]:
    parts = [_unfinished(n_unfinished)] if n_unfinished else []
    failures = _failures(rows)
    parts += [markdown_table(Table(columns=FAILURES, rows=failures))] if failures else []
    return ["## Failed and skipped runs", *(parts or ["None."])]


def _unfinished(count: int) -> str:
    return "1 run is unfinished." if count == 1 else f"{count} runs are unfinished."


def _failures(rows: Sequence[Row]) -> list[list[str]]:
    """A line for each status, data set and reason of failed and skipped runs."""
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row.status != "finished":
            groups[row.status, row.dataset, _short(row.reason)].append(row)
    return [
        [status, dataset, str(len(group)), ", ".join(dict.fromkeys(f"{r.student} {r.setting}" for r in group)), reason]
        for (status, dataset, reason), group in sorted(groups.items())
    ]


def _short(reason: str) -> str:
    """The first line, cut if it is long."""
    line = next(iter(reason.strip().splitlines()), "")
    return line if len(line) <= REASON_CHARACTERS else f"{line[:REASON_CHARACTERS]}..."


def _how_to_read(leaderboards: Sequence[Leaderboard]) -> list[str]:
    lines = [f"- **{markdown_text(title)}**: {markdown_text(text)}" for title, text in meanings(leaderboards).items()]
    return ["## How to read this report", "\n".join([*lines, *(f"- {note}" for note in NOTES)])]


def _provenance(suite: str, leaderboards: Sequence[Leaderboard], source: Provenance) -> list[str]:
    lines = [f"- **{name}**: {markdown_text(fact)}" for name, fact in facts(source, leaderboards).items()]
    code = re.sub("`{3,}", "", "\n".join([*source.commands, report_command(suite)]))
    return ["## Provenance", "\n".join(lines), f"Commands to reproduce it:\n\n```sh\n{code}\n```"]
