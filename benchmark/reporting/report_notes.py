"""How a report is to be read, and where it comes from, in words: for whatever shows them."""

from collections.abc import Mapping, Sequence

from benchmark.reporting.columns import NONE, columns
from benchmark.reporting.leaderboard_entry import Leaderboard
from benchmark.reporting.provenance import Provenance

NOTES = (
    "F1 is of the test split, read once at the end of a run: macro-averaged over classes, over entity types for IOB "
    "tags (whole entities), over tags of words for POS.",
    "Ranks have ties: from the best down, a student shares the rank above it where its 95 % interval over seeds "
    "reaches the interval of that rank's best student. A single seed has no interval: then equal scores alone tie.",
    "Where one student, setting and data set has runs of several configurations (as learning rates), the one with the "
    "most seeds stands here, then the best F1 on validation; never the best on test.",
    "A student's F1 is held against the teacher that taught it. Where one encoder was fine-tuned in several ways, its "
    "line is the fine-tuning that taught most of the table, then the best on validation.",
    "Milliseconds of a table are of one machine, the one that most of its runs were measured on; those of other "
    "machines are left out here and kept in results.csv.",
    "Smoke runs (`--limit`) and runs of an older protocol are kept in results.csv and never ranked with others.",
    "A mean with a hole is none: its row stands unranked below the others, and says what is missing.",
    "The size that the paper calls original is a checkpoint with two optimiser moments: `size_checkpoint_mib` in "
    "results.csv.",
)


def meanings(leaderboards: Sequence[Leaderboard]) -> dict[str, str]:
    """What each column means, by its title."""
    return {
        column.title: column.meaning
        for leaderboard in leaderboards
        for column in columns(leaderboard)
        if column.meaning
    }


def facts(provenance: Provenance, leaderboards: Sequence[Leaderboard]) -> Mapping[str, str]:
    """What the runs were made with."""
    counts = ", ".join(f"{count} {status}" for status, count in sorted(provenance.n_runs.items())) or "none"
    n_missing = sum(
        missing.kind == "not_run"
        for leaderboard in leaderboards
        for s in leaderboard.entries
        for missing in s.missing.values()
    )
    known = {
        "runs": f"{counts}; {provenance.n_unfinished} going on or interrupted; {provenance.n_smoke} smoke runs; "
        f"{n_missing} cells of the tables not run",
        "protocol": ", ".join(provenance.protocols) + _older(provenance),
        "code": ", ".join(provenance.commits),
        "machine": "; ".join(provenance.machines),
        "versions": "; ".join(provenance.versions),
    }
    return {name: fact or NONE for name, fact in known.items()} | _untimed(leaderboards)


def _untimed(leaderboards: Sequence[Leaderboard]) -> dict[str, str]:
    """Whose milliseconds were measured and are not shown, and why."""
    lacking: dict[str, list[str]] = {}
    for entry in (entry for leaderboard in leaderboards for entry in leaderboard.entries if entry.invalid):
        lacking.setdefault(entry.invalid, []).append(entry.name)
    told = "; ".join(f"{', '.join(dict.fromkeys(names))} ({reason})" for reason, names in lacking.items())
    return {"milliseconds left out": told} if told else {}


def _older(provenance: Provenance) -> str:
    return (
        f" ({provenance.n_other_protocol} runs of an older one are not ranked)" if provenance.n_other_protocol else ""
    )
