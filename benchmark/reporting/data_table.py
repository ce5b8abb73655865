"""The table of data sets, in plans and reports."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from benchmark.core.run_store import DATA_TAG
from benchmark.core.settings import IN_DOMAIN
from benchmark.data.entry import SPLITS
from benchmark.data.summary import DataSummary, Unlabelled
from benchmark.reporting import notes
from benchmark.reporting.table import Column, Json, Table, json_columns, json_rows, markdown_table
from tracking import Record

[NOTE] = notes("data")
MOST_NAMES = 3
"""Labels of a cell."""
NOT_TRUNCATED = "none"
METRICS = {"macro_f1": "macro F1 of classes", "entity_f1": "macro F1 of entities", "word_f1": "macro F1 of word tags"}


def data_table(summaries: Sequence[DataSummary]) -> Table[DataSummary]:
    """A row per data set; columns of what is rare only if a data set has some."""
    rare = [column for column in RARE if any(column.value(summary) for summary in summaries)]
    return Table(columns=[*COLUMNS, *rare], rows=summaries, title="Data")


def narrow_data_table(summaries: Sequence[DataSummary]) -> Table[DataSummary]:
    """The columns that fit into 80 characters; `data_lines` has the others."""
    return Table(columns=COLUMNS[:-1], rows=summaries, title="Data")


def data_lines(summaries: Sequence[DataSummary]) -> list[str]:
    """A line per data set that has text beyond the maximum length, or something rare."""
    columns = (COLUMNS[-1], *RARE)
    lines = []
    for summary in summaries:
        values = {column.name: column.value(summary) for column in columns}
        parts = [f"{name} {value}" for name, value in values.items() if value and value != NOT_TRUNCATED]
        lines += [f"{summary.name}: {'; '.join(parts)}."] if parts else []
    return lines


def stored_summaries(records: Sequence[Record]) -> list[DataSummary]:
    """Summary of each data set, from its newest finished run; runs of older versions have none.

    The counts of unlabelled texts are those of the newest run that read some.
    """
    stored = [
        (r.tags.get("dataset", ""), r.tags[DATA_TAG]) for r in records if r.status == "finished" and DATA_TAG in r.tags
    ]
    found: dict[str, DataSummary] = {}
    for dataset, text in dict.fromkeys(reversed(stored)):
        if summary := DataSummary.from_json(text):
            newest = found.setdefault(dataset, summary)
            found[dataset] = replace(newest, unlabelled=newest.unlabelled or summary.unlabelled)
    return [found[dataset] for dataset in sorted(found)]


def data_markdown(records: Sequence[Record]) -> str:
    """The report's section about the data; empty without summaries."""
    summaries = stored_summaries(records)
    return f"\n## Data\n\n{markdown_table(data_table(summaries))}\n\n{NOTE}\n" if summaries else ""


def data_page(records: Sequence[Record]) -> Json:
    """The same section for the page."""
    table = data_table(stored_summaries(records))
    return {"columns": json_columns(table), "rows": json_rows(table), "note": NOTE}


def _metric(summary: DataSummary) -> str:
    return METRICS[summary.metric] + (f" ({summary.scheme})" if summary.scheme else "")


def _truncated(summary: DataSummary) -> str:
    texts = _by_split(summary.unread.texts, summary) or NOT_TRUNCATED
    words = sum(summary.unread.words.values())
    return texts + (f"; {words:,} words" if words else "")


def _by_split(counts: Mapping[str, int], summary: DataSummary) -> str:
    """`train 4 (0.1%), test 2 (0.5%)`."""
    shares = (
        (split, counts[split], counts[split] / max(1, summary.rows[split])) for split in summary.rows if split in counts
    )
    return ", ".join(f"{split} {n:,} ({share:.1%})" for split, n, share in shares)


def _lacking(summary: DataSummary) -> str:
    """`test 2 (anger, fear)`."""
    parts = (
        (split, names, ", ".join(name[:40] for name in names[:MOST_NAMES])) for split, names in summary.lacking.items()
    )
    return ", ".join(
        f"{split} {len(names)} ({shown}{', ...' if len(names) > MOST_NAMES else ''})" for split, names, shown in parts
    )


def _unlabelled(summary: DataSummary) -> str:
    """`19,227 of 24,391 (left out: 440 held out, 3,521 in train, 1,203 repeated)`, for each source."""
    named = {"pool": "", "in_domain": f"{IN_DOMAIN} "}
    return "; ".join(named.get(source, "") + _counted(counts) for source, counts in summary.unlabelled.items())


def _counted(counts: Unlabelled) -> str:
    reasons = {"held out": counts.held_out, "in train": counts.labelled, "repeated": counts.repeated}
    left_out = ", ".join(f"{n:,} {reason}" for reason, n in reasons.items() if n)
    left = f"{counts.kept:,}" if counts.kept else "none, so that they change no student,"
    return f"{left} of {counts.read:,}" + (f" (left out: {left_out})" if left_out else "")


def _rows_of(split: str) -> Column[DataSummary]:
    return Column(name=split, value=lambda summary: summary.rows.get(split), kind=int, format="{:,}".format)


COLUMNS: tuple[Column[DataSummary], ...] = (
    Column(name="data set", value=lambda summary: summary.name, kind=str),
    Column(name="scored by", value=_metric, kind=str),
    Column(name="labels", value=lambda summary: summary.n_labels, kind=int),
    *map(_rows_of, SPLITS),
    Column(name="truncated", value=_truncated, kind=str),
)
RARE: tuple[Column[DataSummary], ...] = (
    Column(name="validation F1", value=lambda summary: summary.validation, kind=str),
    Column(name="in train too", value=lambda summary: _by_split(summary.in_train, summary), kind=str),
    Column(name="in validation too", value=lambda summary: _by_split(summary.in_validation, summary), kind=str),
    Column(name="with other labels too", value=lambda summary: _by_split(summary.contradictory, summary), kind=str),
    Column(name="labels without texts", value=_lacking, kind=str),
    Column(name="unlabelled texts", value=_unlabelled, kind=str),
    Column(
        name="skipped lines",
        value=lambda summary: ", ".join(f"{n:,} {kind}" for kind, n in summary.skipped.items()),
        kind=str,
    ),
)
