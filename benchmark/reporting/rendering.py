"""Leaderboards for people: report.md, report.tex, and tables in a terminal."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from benchmark.core.errors import UnknownNameError
from benchmark.reporting.best import ANY, RULE, Budget, best
from benchmark.reporting.columns import ALWAYS, F1_OF, NOTES, leaderboard_table, meanings
from benchmark.reporting.leaderboard import dataset_leaderboards, leaderboards
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry
from benchmark.reporting.paper_comparison import PaperComparison, paper_comparisons
from benchmark.reporting.provenance import Provenance
from benchmark.reporting.reproduction import report_command
from benchmark.reporting.results import Row
from benchmark.reporting.summary import summary, verdict
from benchmark.reporting.table import (
    NONE,
    Column,
    Table,
    latex_table,
    markdown_table,
    markdown_text,
    terminal_table,
    text_columns,
)

LATEX_HEAD = "% Needs \\usepackage{booktabs} and, for wide tables, \\usepackage{graphicx}.\n"
GAP = 3
"""Blanks between two columns."""
MAX_NOTES = 6
"""Lines below a table; report.md has all."""
REASON_CHARACTERS = 300
CUT_SHORT = "Cut short, as training ended at its bound of steps or epochs, before its patience was spent"
FAILURES = text_columns(["status", "data set", "runs", "settings", "reason"], numbers=["runs"])


def report_markdown(
    suite: str, made: Sequence[Leaderboard], rows: Sequence[Row], source: Provenance, plots: Sequence[str]
) -> str:
    """The report without claims, tuning and costs; `plots` are file names, one per leaderboard or an empty text."""
    boards = [part for one, plot in zip(made, plots, strict=True) for part in _leaderboard(one, plot)]
    parts = (
        f"# Which student is best? {markdown_text(suite)}",
        *_summaries(made),
        *boards,
        *_failed_and_skipped(rows, source.n_unfinished),
        *_how_to_read(made),
        *_provenance(suite, source),
    )
    return "\n\n".join(parts) + "\n"


def _summaries(made: Sequence[Leaderboard]) -> list[str]:
    presets = [f"{markdown_text(one.preset)}: " if len(made) > 1 else "" for one in made]
    texts = [preset + markdown_text(summary(one)) for preset, one in zip(presets, made, strict=True)]
    return [f"**{text}**" for text in texts or ["No ranked runs yet."]]


def _leaderboard(leaderboard: Leaderboard, plot: str) -> list[str]:
    parts = [f"## Leaderboard, preset {markdown_text(leaderboard.preset or NONE)}"]
    parts += [f"![Trade-off between F1 and cost]({plot})"] if plot else []
    parts += [markdown_table(leaderboard_table(leaderboard))]
    if cut := [entry for entry in leaderboard.entries if entry.is_cut_short]:
        parts.append(f"{CUT_SHORT}: {markdown_text(_names(cut))}.")
    unranked = [_unranked(entry) for entry in leaderboard.entries if entry.missing]
    parts += ["Not ranked, because a data set has no result:\n\n" + "\n".join(unranked)] if unranked else []
    return parts + [part for one in paper_comparisons(leaderboard) for part in _comparison(one)]


def _unranked(entry: LeaderboardEntry) -> str:
    reasons = "; ".join(f"{name} ({_first_line(str(missing))})" for name, missing in entry.missing.items())
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
    unfinished = "1 run is unfinished." if n_unfinished == 1 else f"{n_unfinished} runs are unfinished."
    parts = [unfinished] if n_unfinished else []
    if failures := _failures(rows):
        parts.append(markdown_table(Table(columns=FAILURES, rows=failures)))
    return ["## Failed and skipped runs", *(parts or ["None."])]


def _failures(rows: Sequence[Row]) -> list[list[str]]:
    """A line for each status, data set and reason of failed and skipped runs."""
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row.status != "finished":
            groups[row.status, row.dataset, _first_line(row.reason)].append(row)
    return [
        [status, dataset, str(len(group)), ", ".join(dict.fromkeys(f"{r.student} {r.setting}" for r in group)), reason]
        for (status, dataset, reason), group in sorted(groups.items())
    ]


def _first_line(reason: str) -> str:
    """The first line, cut if it is long."""
    line = next(iter(reason.strip().splitlines()), "")
    return line if len(line) <= REASON_CHARACTERS else f"{line[:REASON_CHARACTERS]}..."


def _how_to_read(made: Sequence[Leaderboard]) -> list[str]:
    lines = [f"- **{markdown_text(title)}**: {markdown_text(text)}" for title, text in meanings(made).items()]
    return ["## How to read this report", "\n".join([*lines, *(f"- {note}" for note in (RULE, *NOTES))])]


def _provenance(suite: str, source: Provenance) -> list[str]:
    lines = [f"- **{name}**: {markdown_text(fact)}" for name, fact in source.facts.items()]
    code = re.sub("`{3,}", "", "\n".join([*source.commands, report_command(suite)]))
    return ["## Provenance", "\n".join(lines), f"Commands to reproduce it:\n\n```sh\n{code}\n```"]


def report_latex(made: Sequence[Leaderboard]) -> str:
    """report.tex: a table float for each leaderboard and paper comparison, to be \\input into a paper."""
    tables = []
    for leaderboard in made:
        table = leaderboard_table(leaderboard)
        tables.append(latex_table(replace(table, title=f"{table.title}. {summary(leaderboard)}")))
        for one in paper_comparisons(leaderboard):
            caption = f"Comparison with the paper's {one.title}: ours / the paper's / the difference. {one.note}"
            tables.append(latex_table(replace(one.table(" / ".join), title=caption)))
    return LATEX_HEAD + "\n".join(tables)


def verdicts(rows: Sequence[Row], budget: Budget, preset: str | None, dataset: str | None) -> Iterator[str]:
    """The best student within the budget for each leaderboard of `ranked` rows, on `dataset` if it is given.

    Raises UnknownNameError for a data set that a leaderboard lacks.
    """
    for leaderboard in leaderboards(rows):
        if preset not in (None, leaderboard.preset):
            continue
        if dataset is not None:
            by_dataset = dict(zip(leaderboard.datasets, dataset_leaderboards(leaderboard, rows), strict=True))
            if dataset not in by_dataset:
                raise UnknownNameError("data set", dataset, by_dataset)
            leaderboard = by_dataset[dataset]
        yield f"{leaderboard.preset}: {verdict(leaderboard, budget)}"


def show_leaderboards(rows: Sequence[Row], console: Console, budget: Budget = ANY) -> None:
    """Prints each leaderboard of `ranked` rows with its missing results and, unless there is a budget, its summary.

    The best row is bold.
    """
    made = leaderboards(rows)
    if not made:
        console.print("No ranked runs yet; smoke runs (--limit) are never ranked.")
    for leaderboard in made:
        found = best(leaderboard, budget)
        console.print(terminal_table(_fitting(leaderboard, console.width), partial(_style, best=found)))
        for note in _notes(leaderboard):
            console.print(Text(note, style="dim"))
        if not budget.is_set:
            console.print(Text(summary(leaderboard), style="bold"))


def _style(entry: LeaderboardEntry, best: LeaderboardEntry | None) -> str:
    return "bold" if entry is best else "" if entry.f1 is not None else "dim"


def _fitting(leaderboard: Leaderboard, width: int) -> Table[LeaderboardEntry]:
    """The columns that fit into a line, the most important first; report.md has all."""
    table = leaderboard_table(leaderboard)
    single = len(leaderboard.datasets) == 1
    columns = [column for column in table.columns if not (single and column.name.startswith(F1_OF))]
    while sum(_width(column, table) for column in columns) > width:
        lowest = min(column.priority for column in columns)
        if lowest == ALWAYS:
            break
        columns = [column for column in columns if column.priority > lowest]
    return Table(columns=columns, rows=table.rows, title=table.title + (_dataset(leaderboard) if single else ""))


def _dataset(leaderboard: Leaderboard) -> str:
    """The title's end for a single data set, which has no column beside the mean."""
    [name] = leaderboard.datasets
    return f", {name}" + (f", {leaderboard.n_test[name]} test texts" if name in leaderboard.n_test else "")


def _width(column: Column[LeaderboardEntry], table: Table[LeaderboardEntry]) -> int:
    return GAP + max(cell_len(text) for text in (column.title or column.name, *map(column.text, table.rows)))


def _notes(leaderboard: Leaderboard) -> list[str]:
    """Reasons of missing means and latencies; entries of one reason share a line."""
    reasons = [(one, f"no latencies, {_first_line(one.invalid)}") for one in leaderboard.entries if one.invalid]
    reasons += [
        (one, f"no F1 on {dataset}, {_first_line(str(missing))}")
        for one in leaderboard.entries
        for dataset, missing in one.missing.items()
    ]
    entries: dict[str, list[LeaderboardEntry]] = defaultdict(list)
    for entry, reason in reasons:
        entries[reason].append(entry)
    notes = [f"{_names(group)}: {reason}" for reason, group in entries.items()]
    more = [f"{len(notes) - MAX_NOTES} further notes are in report.md."] if len(notes) > MAX_NOTES else []
    return notes[:MAX_NOTES] + more


def _names(entries: Sequence[LeaderboardEntry]) -> str:
    """`cnn kd, kd_ulb; bilstm kd`: each student once."""
    settings: dict[str, list[str]] = {}
    for entry in entries:
        settings.setdefault(entry.student, []).append(entry.setting)
    return "; ".join(f"{student} {', '.join(dict.fromkeys(names))}" for student, names in settings.items())
