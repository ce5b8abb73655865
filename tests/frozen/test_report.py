"""Reports of a fixed store: every file that `python -m benchmark.report` writes for people and programs."""

import csv
import re
from pathlib import Path

import pytest
from pyarrow import parquet

from benchmark.report import main
from tests.frozen.golden import check_text
from tests.frozen.made_runs import made_runs
from tests.frozen.made_store import write_store

TEXTS = ("results.csv", "leaderboard.csv", "claims.csv", "report.md", "report.tex")
FILES = {
    *TEXTS, "report.html", "results.parquet", "leaderboard.parquet",
    "trade_off.png", "trade_off.svg", "trade_off_2.png", "trade_off_2.svg", "learning_rates_0.png",
}  # fmt: skip

pytestmark = pytest.mark.xdist_group("frozen")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory, migrated_db: Path) -> tuple[Path, dict[str, str]]:
    """The folder of one report a suite, and labels by run id."""
    folder = tmp_path_factory.mktemp("frozen")
    (folder / "mlflow.db").write_bytes(migrated_db.read_bytes())
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    labels = write_store(uri, folder / "artifacts", made_runs())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("COLUMNS", "200")
        assert main(["--tracking-uri", uri, "--out", "out"]) == 0
    return folder / "out", labels


def normal(text: str, labels: dict[str, str]) -> str:
    """Labels for the ids that MLflow makes up."""
    return re.sub("[0-9a-f]{32}", lambda found: labels.get(found[0], found[0]), text)


def test_the_store_is_the_same_at_every_call() -> None:
    assert made_runs() == made_runs()


def test_all_files_are_written(reports: tuple[Path, dict[str, str]]) -> None:
    folder, _ = reports
    assert {path.name for path in (folder / "classification").iterdir()} == FILES
    fewer = {name for name in FILES if not name.startswith(("learning_rates", "trade_off_2"))}
    assert {path.name for path in (folder / "sequence_labeling").iterdir()} == fewer


@pytest.mark.parametrize("suite", ["classification", "sequence_labeling"])
@pytest.mark.parametrize("name", TEXTS)
def test_a_report_is_the_same_to_the_letter(suite: str, name: str, reports: tuple[Path, dict[str, str]]) -> None:
    folder, labels = reports
    check_text(f"report/{suite}/{name}", normal((folder / suite / name).read_text(encoding="utf-8"), labels))


@pytest.mark.parametrize("name", ["results", "leaderboard"])
def test_parquet_has_the_columns_and_rows_of_the_csv(name: str, reports: tuple[Path, dict[str, str]]) -> None:
    folder, _ = reports
    table = parquet.read_table(folder / "classification" / f"{name}.parquet")
    with (folder / "classification" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        columns, *rows = csv.reader(file)
    assert (table.column_names, table.num_rows) == (columns, len(rows))
