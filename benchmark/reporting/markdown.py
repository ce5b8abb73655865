"""report.md: the answer first, then the leaderboard, the paper's tables, what is missing, and how it was made."""

import re
from collections import defaultdict
from collections.abc import Sequence
from shlex import join

from benchmark.reporting.budget import report_words
from benchmark.reporting.columns import NONE, Column, columns
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry
from benchmark.reporting.paper_comparison import PaperComparison, paper_comparisons
from benchmark.reporting.provenance import Provenance, commands
from benchmark.reporting.report_notes import NOTES, facts, meanings
from benchmark.reporting.results import Row
from benchmark.reporting.summary import summary
from benchmark.reporting.tables import Cell

REASON_CHARACTERS = 300


def markdown(
    suite: str,
    leaderboards: Sequence[Leaderboard],
    rows: Sequence[Row],
    provenance: Provenance,
    pictures: Sequence[str],
) -> str:
    """The whole report; `pictures` are file names beside it, one for each board or an empty text."""
    parts = [f"# Which student is best? {escaped(suite)}"]
    parts += [
        f"**{_of(leaderboard, leaderboards)}{escaped(summary(leaderboard))}**" for leaderboard in leaderboards
    ] or ["**No run counts yet.**"]
    for leaderboard, picture in zip(leaderboards, pictures, strict=True):
        parts += _leaderboard(leaderboard, picture)
    parts += _undone(rows, provenance.n_unfinished)
    parts += _reading(leaderboards)
    parts += _making(suite, leaderboards, provenance)
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, in a table's cell too."""
    plain = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*\[\]|#~$])", r"\\\1", plain)


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[bool]) -> str:
    """A Markdown table; `numbers` says which columns are set to the right. Cells are escaped here."""
    rule = [("---:" if number else "---") for number in numbers]
    return "\n".join(_line(cells) for cells in [[escaped(t) for t in titles], rule, *_escaped_rows(rows)])


def _escaped_rows(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[escaped(cell) for cell in row] for row in rows]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _of(leaderboard: Leaderboard, leaderboards: Sequence[Leaderboard]) -> str:
    return f"{escaped(leaderboard.preset)}: " if len(leaderboards) > 1 else ""


def _leaderboard(leaderboard: Leaderboard, picture: str) -> list[str]:
    shown = columns(leaderboard)
    parts = [f"## Leaderboard, preset {escaped(leaderboard.preset or NONE)}"]
    parts += [f"![What each student costs against its F1]({picture})"] if picture else []
    rows = [[column.show(entry) for column in shown] for entry in leaderboard.entries]
    parts += [table([_header(column) for column in shown], rows, [column.number for column in shown])]
    missing_results = [_missing(entry) for entry in leaderboard.entries if entry.missing]
    parts += (
        ["Not ranked, because a mean with a hole is no mean:\n\n" + "\n".join(missing_results)]
        if missing_results
        else []
    )
    return parts + [part for paper in paper_comparisons(leaderboard) for part in _beside_paper(paper)]


def _header(column: Column) -> str:
    return f"{column.title} ({column.note})" if column.note else column.title


def _missing(entry: LeaderboardEntry) -> str:
    missing = "; ".join(f"{name} ({_short(str(missing))})" for name, missing in entry.missing.items())
    return f"- {escaped(entry.name)}: no F1 on {escaped(missing)}"


def _beside_paper(paper: PaperComparison) -> list[str]:
    rows = [[*keys, *(_pair(paper, cell) for cell in cells)] for keys, cells in paper.lines]
    return [
        f"### Beside the paper's {escaped(paper.title)}",
        f"{paper.note} Each cell: ours / the paper's (difference).",
        table([*paper.heads, *paper.columns], rows, [*(False for _ in paper.heads), *(True for _ in paper.columns)]),
    ]


def _pair(paper: PaperComparison, cell: Cell) -> str:
    ours, papers, difference = paper.texts(cell)
    return f"{ours} / {papers}" + (f" ({difference})" if cell.difference is not None else "")


def _undone(rows: Sequence[Row], n_unfinished: int) -> list[str]:
    known = _undone_rows(rows)
    parts = [_unfinished(n_unfinished), *known] if n_unfinished else known
    return ["## Not done", *(parts or ["Every run that was tried is finished."])]


def _unfinished(count: int) -> str:
    return "1 run goes on or was interrupted." if count == 1 else f"{count} runs go on or were interrupted."


def _undone_rows(rows: Sequence[Row]) -> list[str]:
    """A table of what failed or was skipped; none where nothing was."""
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row.status != "finished":
            groups[row.status, row.dataset, _short(row.reason)].append(row)
    if not groups:
        return []
    lines = [
        [status, dataset, str(len(group)), ", ".join(dict.fromkeys(f"{r.student} {r.setting}" for r in group)), reason]
        for (status, dataset, reason), group in sorted(groups.items())
    ]
    titles = ["status", "data set", "runs", "which", "reason"]
    return [table(titles, lines, [False, False, True, False, False])]


def _short(reason: str) -> str:
    """The first line, and not all of a long one."""
    line = next(iter(reason.strip().splitlines()), "")
    return line if len(line) <= REASON_CHARACTERS else f"{line[:REASON_CHARACTERS]}..."


def _reading(leaderboards: Sequence[Leaderboard]) -> list[str]:
    lines = [f"- **{escaped(title)}**: {escaped(meaning)}" for title, meaning in meanings(leaderboards).items()]
    return ["## How to read it", "\n".join([*lines, *(f"- {note}" for note in NOTES)])]


def _making(suite: str, leaderboards: Sequence[Leaderboard], provenance: Provenance) -> list[str]:
    lines = [f"- **{name}**: {escaped(fact)}" for name, fact in facts(provenance, leaderboards).items()]
    typed = provenance.commands or tuple(line for leaderboard in leaderboards for line in commands(leaderboard))
    report = join(report_words(suite))
    code = re.sub("`{3,}", "", "\n".join([*typed, report]))
    return ["## How it was made", "\n".join(lines), f"The commands that make it again:\n\n```sh\n{code}\n```"]
