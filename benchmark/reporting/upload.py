"""The report beside the runs it tells of: kept in MLflow, as the files of one run of the suite."""

import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tracking import Record, Store, StoreError

ROLE = "report"
KEPT = ("report.html", "report.md", "report.tex", "results.csv", "leaderboard.csv", "claims.csv")
"""Files of the report's folder; the pictures go along."""
DESCRIPTION = "The suite's report as of its latest run: open **report.html** under Artifacts."


def upload_report(store: Store, suite: str, folder: Path, records: Sequence[Record]) -> None:
    """Puts the report's files into the suite's run of the role `report`, which is made where there is none.

    A store that cannot be written keeps none: the report itself is there, and a line says so.
    """
    try:
        with tempfile.TemporaryDirectory() as staged:
            for path in (*(folder / name for name in KEPT), *folder.glob("trade_off*")):
                shutil.copy(path, staged)
            _keep(store, suite, Path(staged), records)
    except StoreError as error:
        print(f"The report was written, but not kept in MLflow: {error}", file=sys.stderr)


def _keep(store: Store, suite: str, staged: Path, records: Sequence[Record]) -> None:
    known = [record.run_id for record in records if record.tags.get("role") == ROLE]
    if known:
        store.add_artifacts(known[0], staged)
    else:
        tags = {"role": ROLE, "key": ROLE, "mlflow.note.content": DESCRIPTION}
        run = store.begin(suite, ROLE, tags=tags, params={})
        run.log_artifacts(staged)
        run.finish({})
