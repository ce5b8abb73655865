"""Data sets of a few rows in files."""

from collections.abc import Callable

from benchmark.data.entry import DatasetEntry

TEXTS = {
    "train": "text,label\na,ya\nb,tidak\nc,ya\n",
    "validation": "text,label\nd,ya\n",
    "test": "text,label\ne,tidak\nf,ya\n",
}
TAGGED = {
    "train": "Budi\tB-PER\nSantoso\tI-PER\npergi\tO\n\nke\tO\nSolo\tB-LOC\n",
    "validation": "Ani\tB-PER\ntidur\tO\n",
    "test": "di\tO\nBali\tB-LOC\n",
}
MakeEntry = Callable[..., DatasetEntry]
