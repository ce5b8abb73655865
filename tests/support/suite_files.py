"""Suite files, written beside the data files that they name."""

from pathlib import Path

from benchmark.data.entry import Suite
from benchmark.data.suites import load_suite

ALL = "train: train.csv, validation: dev.csv, test: test.csv"
NER = "task: sequence_labeling\ndatasets:\n  contracts_ner: {train: a.conll, validation: a.conll, test: a.conll}\n"


def load(folder: Path, content: str, name: str = "suite.yml") -> Suite:
    (folder / name).write_text(content, encoding="utf-8")
    return load_suite(str(folder / name), "quickstart")


def dataset(fields: str, task: str = "classification") -> str:
    return f"task: {task}\ndatasets:\n  d: {{{fields}}}\n"
