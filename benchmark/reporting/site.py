"""Static site of all reports: a folder that GitHub Pages, a static Hugging Face Space or any web server shows."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

from benchmark.core.cache import write_text
from benchmark.reporting import asset
from benchmark.reporting.evaluation_records import write_records
from benchmark.reporting.leaderboard import leaderboards
from benchmark.reporting.leaderboard_entry import Leaderboard
from benchmark.reporting.results import Row
from benchmark.reporting.summary import summary

FILES: Mapping[str, str] = {
    "report.html": "leaderboard, plots, error analysis, claims, data",
    "report.md": "the same in Markdown",
    "report.tex": "tables in LaTeX",
    "leaderboard.csv": "a line per student and setting",
    "results.csv": "a line per run",
    "claims.csv": "a line per claim of the paper",
}
"""Files of a suite's report with a link, and their content."""
RECORDS = "evaluation_records"
"""Folder of records in the schema of Every Eval Ever, as its datastore has them."""
SPACE = "---\ntitle: Which student is best?\nsdk: static\npinned: false\n---\n\nWritten by `benchmark.report --site`.\n"
"""README.md by which the Hugging Face Hub takes the folder for a static Space."""


@dataclass(frozen=True, kw_only=True)
class SuitePages:
    """A suite whose report is in `folder`, within the site."""

    suite: str
    folder: str
    rows: Sequence[Row]


def write_site(folder: Path, suites: Sequence[SuitePages]) -> Path:
    """Writes index.html, what hosts need beside the reports, and each run's evaluation record; returns its path."""
    write_text(folder / "README.md", SPACE)
    write_text(folder / ".nojekyll", "")  # GitHub Pages shows the files as they are
    for one in suites:
        write_records(folder / RECORDS, one.rows, time.time())
    body = "".join(_suite(folder, one) for one in suites)
    page = Template(asset("site.html")).substitute(style=asset("page.css"), body=body)
    return write_text(folder / "index.html", page)


def _suite(folder: Path, suite: SuitePages) -> str:
    place = quote(suite.folder)
    boards = leaderboards(suite.rows)
    answers = [
        f'<p class="lead">{escape(summary(one))}</p>\n<p class="caption">{escape(_scope(one))}</p>\n' for one in boards
    ]
    links = [
        f'<li><a href="{place}/{name}">{name}</a>: {content}</li>\n'
        for name, content in FILES.items()
        if (folder / suite.folder / name).exists()
    ]
    heading = f'<h2><a href="{place}/report.html"><bdi>{escape(suite.suite)}</bdi></a></h2>\n'
    answer = "".join(answers) or "<p>No ranked runs yet.</p>\n"
    return f"<section>\n{heading}{answer}<ul>\n{''.join(links)}</ul>\n</section>\n"


def _scope(leaderboard: Leaderboard) -> str:
    return f"Preset {leaderboard.preset}, on {', '.join(leaderboard.datasets)}"
