"""Our figures beside the paper's: Tables 4 to 8 in one shape, whatever writes them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from benchmark.data.catalogue import DATASETS
from benchmark.data.entry import SPLITS
from benchmark.reporting.columns import NONE, points, whole
from benchmark.reporting.formatting import significant
from benchmark.reporting.leaderboard_entry import Leaderboard
from benchmark.reporting.paper import Row as PaperRow
from benchmark.reporting.paper import paper_counts, paper_onnx, paper_sizes
from benchmark.reporting.tables import Cell, PaperTable, paper_tables

Keys = tuple[str, ...]
Pairing = tuple[str, str, float, str]
"""Title, our column, the factor that makes it the paper's unit, the paper's column."""

OURS_OF_SIZES: Sequence[Pairing] = (
    ("M parameters", "n_parameters", 1e-6, "parameters_million"),
    ("ms CPU", "latency_torch_ms", 1.0, "cpu_ms"),
    ("ms GPU", "latency_torch_cuda_ms", 1.0, "gpu_ms"),
)
OURS_OF_ONNX: Sequence[Pairing] = (
    ("MiB checkpoint", "size_checkpoint_mib", 1.0, "original_size_mb"),
    ("ms PyTorch", "latency_torch_ms", 1.0, "original_cpu_ms"),
    ("MiB ONNX", "size_onnx_mib", 1.0, "onnx_size_mb"),
    ("ms ONNX", "latency_onnx_ms", 1.0, "onnx_cpu_ms"),
)
OURS = (
    "Ours are means over settings, seeds and data sets; milliseconds are medians on one thread of our machine. "
    "The paper's are averages on a 6-core CPU, threads not told."
)


@dataclass(frozen=True, kw_only=True)
class PaperComparison:
    """A table of pairs; `heads` are the titles of its `keys`, `write` shows a figure."""

    title: str
    note: str
    heads: Keys
    columns: Keys
    lines: tuple[tuple[Keys, tuple[Cell, ...]], ...]
    write: Callable[[float], str] = significant

    def texts(self, cell: Cell) -> tuple[str, str, str]:
        """Ours, the paper's, and the difference with its sign."""
        ours, paper = (NONE if value is None else self.write(value) for value in (cell.ours, cell.paper))
        gap = cell.difference
        difference = NONE if gap is None else f"{'-' if gap < 0 else '+'}{self.write(abs(gap))}"
        return ours, paper, difference


def paper_comparisons(leaderboard: Leaderboard) -> list[PaperComparison]:
    """The paper's tables that hold anything of this board, Table 5 or 6 first."""
    f1 = [_f1_table(table) for table in paper_tables(leaderboard)]
    if not f1:
        return []
    sizes = [row for row in paper_sizes() if row["task"] == leaderboard.task]
    made = [*f1, _costs(7, "parameters and milliseconds a sentence, before export", sizes, OURS_OF_SIZES, leaderboard)]
    if leaderboard.task == "classification":
        note = "before and after export to ONNX; the checkpoint holds two optimiser moments beside the weights"
        made.append(_costs(8, note, paper_onnx(), OURS_OF_ONNX, leaderboard))
    return [*made, _counts(leaderboard)]


def _f1_table(table: PaperTable) -> PaperComparison:
    teacher = f", teacher {table.teacher}" if table.teacher else ""
    return PaperComparison(
        title=f"Table {table.number}{teacher}",
        note="F1 x100. The average stands only where all six data sets do.",
        heads=("student", "setting"),
        columns=table.columns,
        lines=tuple((key, tuple(cells[name] for name in table.columns)) for key, cells in table.cells.items()),
        write=points,
    )


def _costs(
    number: int, note: str, papers: Sequence[PaperRow], shape: Sequence[Pairing], leaderboard: Leaderboard
) -> PaperComparison:
    return PaperComparison(
        title=f"Table {number}",
        note=f"{note}. {OURS}",
        heads=("student",),
        columns=tuple(title for title, *_ in shape),
        lines=tuple(
            ((row["student"],), tuple(_cost(row, pairing, leaderboard) for pairing in shape)) for row in papers
        ),
    )


def _cost(paper: PaperRow, pairing: Pairing, leaderboard: Leaderboard) -> Cell:
    _, column, factor, name = pairing
    ours = [getattr(row, column) for row in leaderboard.rows if row.student == paper["student"]]
    measured = [value for value in ours if value is not None]
    return Cell(ours=factor * fmean(measured) if measured else None, paper=float(paper[name]))


def _counts(leaderboard: Leaderboard) -> PaperComparison:
    papers = [row for row in paper_counts() if row["dataset"] in leaderboard.datasets]
    return PaperComparison(
        title="Table 4",
        note="Texts of each split, and classes. Ours are of the files as published, checked when they are read.",
        heads=("data set",),
        columns=(*SPLITS, "classes"),
        lines=tuple(((row["dataset"],), _count_cells(row)) for row in papers),
        write=whole,
    )


def _count_cells(paper: PaperRow) -> tuple[Cell, ...]:
    """None of ours where the data set is private."""
    entry = DATASETS[paper["dataset"]]
    public = entry.origin != "private"
    splits = [Cell(ours=entry.n_rows[name] if public else None, paper=float(paper[name])) for name in SPLITS]
    return (*splits, Cell(ours=entry.n_classes if public else None, paper=float(paper["n_classes"])))
