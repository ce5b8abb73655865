"""Why a figure is not there: each reason is another kind of hole, and none of them is a zero."""

from collections.abc import Iterable, Mapping, Sequence

from benchmark.reporting.leaderboard_entry import Kind, MissingResult
from benchmark.reporting.results import Row

OUT_OF_MEMORY = ("outofmemory", "out of memory", "memoryerror", "cannot allocate memory")
"""What a reason holds where memory was the reason."""


def missing_results(rows: Iterable[Row], datasets: Sequence[str]) -> Mapping[str, MissingResult]:
    """What is known of each data set, by the most telling of a cell's rows that do not count, the latest of equals."""
    known: dict[str, MissingResult] = {}
    for row in sorted(rows, key=_telling):
        known[row.dataset] = MissingResult(kind=kind_of(row), reason=row.reason, run_id=row.run_id)
    return {name: known.get(name, MissingResult(kind="not_run")) for name in datasets}


def _telling(row: Row) -> int:
    """A run of today's protocol tells more than a smoke run, and that more than an older run."""
    return 0 if row.counts else 1 if row.smoke else 2


def kind_of(row: Row) -> Kind:
    """Of a row that is no figure; one that counts, of an older protocol or other data, is so all the same."""
    if row.counts:
        return "older"
    if row.smoke:
        return "smoke"
    if row.status == "skipped":
        return "skipped"
    return "out_of_memory" if any(word in row.reason.lower() for word in OUT_OF_MEMORY) else "failed"
