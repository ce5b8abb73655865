"""Whatever a suite file holds: a suite, or one InputError."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from benchmark.core.errors import InputError
from benchmark.core.spec import TASKS, Task
from benchmark.data.entry import SPLITS
from benchmark.data.suite_schema import DatasetSection, SuiteSection
from benchmark.data.suites import read_suite_file
from tests.support.fuzzing import JSON, TEXT, fuzzed, junk

FILES = st.sampled_from(
    ["a.csv", "b.tsv", "c.conll", "d.jsonl", "e.txt", "none.csv", ".", "~nobody/x", "\0", "x" * 300]
)
VALUE = JSON | FILES | st.sampled_from([*TASKS, "conll", "csv", 0, 1, 0.1, "text", "label"])
DATASET = st.dictionaries(st.sampled_from(list(DatasetSection.model_fields)) | st.text(max_size=6), VALUE, max_size=9)
SUITE = st.dictionaries(st.sampled_from(list(SuiteSection.model_fields)) | st.text(max_size=6), VALUE, max_size=5)


@fuzzed
@given(SUITE, st.dictionaries(TEXT, DATASET | JSON, max_size=3), st.sampled_from(TASKS))
def test_suites_of_any_shape(place: Path, suite: dict[str, Any], datasets: dict[str, Any], task: Task) -> None:
    suite = {"task": task, "datasets": datasets} | suite
    (place / "suite.yml").write_text(yaml.safe_dump(suite), encoding="utf-8")
    with suppress(InputError):
        assert read_suite_file(place / "suite.yml").entries


@fuzzed
@given(junk("task: ", "classification", "datasets:", "{", "}", "&a ", "*a", "- ", "? ", ": ", "!!", "2020-99-99", "<<"))
def test_suites_of_any_bytes(place: Path, content: bytes) -> None:
    (place / "bytes.yml").write_bytes(content)
    with suppress(InputError):
        read_suite_file(place / "bytes.yml")


NAME = st.from_regex(r"[A-Za-z0-9_]{1,12}", fullmatch=True)


@fuzzed
@given(
    NAME.filter(lambda n: n not in TASKS), st.lists(NAME, min_size=1, max_size=3, unique=True), st.floats(0.01, 0.99)
)
def test_valid_suites_come_back(place: Path, name: str, datasets: list[str], fraction: float) -> None:
    files = {"train": "a.csv", "validation_fraction": fraction, "test": "a.csv"}
    written = {"name": name, "task": "classification", "datasets": dict.fromkeys(datasets, files)}
    (place / "valid.yml").write_text(yaml.safe_dump(written), encoding="utf-8")
    read = read_suite_file(place / "valid.yml")
    assert (read.name, list(read.entries)) == (name, sorted(datasets)), "safe_dump sorts"
    assert {entry.validation_fraction for entry in read.entries.values()} == {fraction}


def test_a_suite_has_its_splits() -> None:
    """What the suites above are made of."""
    assert set(SPLITS) < set(DatasetSection.model_fields)
