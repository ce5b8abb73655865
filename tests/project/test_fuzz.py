"""Whatever a file or a command line holds: what it means, or one typed error; never another exception.

`FUZZ_EXAMPLES=10000 pytest -n 0 tests/test_fuzz.py --hypothesis-show-statistics` is the nightly size.
"""

import argparse
import csv
import io
import json
import os
import re
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from benchmark import latency, merge, predict, report, tune
from benchmark import list as runs
from benchmark.bundle import files as bundle_files
from benchmark.cli import latency_run, tuning_run
from benchmark.cli.arguments import parser
from benchmark.cli.options import benchmark_config
from benchmark.cli.parser import MAX_SEED
from benchmark.core.errors import BenchmarkError, DataError, InputError
from benchmark.core.run_store import GROUPS
from benchmark.core.spec import TASKS, RunSpec, Task
from benchmark.data.entry import SPLITS, Column, DataFile, Format
from benchmark.data.parsers import PARSERS, parse
from benchmark.data.plain_text import read_texts
from benchmark.data.rows import ParseContext, Row
from benchmark.data.suite_file import read_suite_file
from benchmark.data.suite_schema import DatasetSection, SuiteSection
from benchmark.data.suites import load_suite
from benchmark.distillation.embeddings import read_vectors
from benchmark.execution.estimate import Estimator
from benchmark.execution.run_status import RunStatus
from benchmark.reporting.claims.claims_table import claims_markdown, claims_page
from benchmark.reporting.claims.findings import findings
from benchmark.reporting.costs import cost_markdown
from benchmark.reporting.error_analysis import confusion, length_bins
from benchmark.reporting.leaderboard import dataset_leaderboards, leaderboards
from benchmark.reporting.learning_rate_plot import tuning_page, tuning_studies
from benchmark.reporting.page import ReportSection, page_data
from benchmark.reporting.predictions import read_predictions
from benchmark.reporting.provenance import provenance
from benchmark.reporting.related_runs import BEST_RATE, tuned_rates
from benchmark.reporting.rendering import report_latex, report_markdown
from benchmark.reporting.results import COLUMNS, results
from students import STUDENTS
from tracking import Record, StoreError, is_dead, ui_command, without_password
from tracking.config import TrackingConfig, resolve

N_EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))
NIGHTLY = 1000
"""From here on the inputs differ from run to run; below, a failure is the same for everybody."""

fuzzed = settings(
    max_examples=N_EXAMPLES,
    deadline=None,
    derandomize=N_EXAMPLES < NIGHTLY,
    database=None,
    suppress_health_check=list(HealthCheck),
)

TEXT = st.text(st.characters(exclude_characters="\0\ufeff", exclude_categories=["Cs"]), max_size=12)
WORD = TEXT.filter(lambda text: text.strip() and not re.search(r"[\t\n\r]", text))
SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
JSON = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
BYTES = st.binary(max_size=80)


def junk(*pieces: str) -> st.SearchStrategy[bytes]:
    """Bytes of any kind, or pieces of what the format is made of, in any order."""
    common = ["\n", "\r\n", "\t", " ", "", "-1", "0", "1", "nan", "1e999", "9" * 5000, "\ufeff", "\u2028", "é", "\0"]
    made = st.lists(st.sampled_from([*pieces, *common]), max_size=30).map(lambda chosen: "".join(chosen).encode())
    return BYTES | made | st.tuples(made, BYTES).map(b"".join)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the data files that suites name."""
    folder = tmp_path_factory.mktemp("fuzz")
    for name in ("a.csv", "b.tsv", "c.conll", "d.jsonl", "e.txt"):
        (folder / name).write_text("text,label\n")
    return folder


# --- data files


@fuzzed
@given(
    file_format=st.sampled_from(sorted(PARSERS)),
    task=st.sampled_from(TASKS),
    columns=st.sampled_from([(None, None), (0, 1), (1, 0), (10**9, 0), ("text", "label"), ("tokens", "tags")]),
    quoted=st.booleans(),
    head=st.sampled_from(["", "text,label\n", "text\tlabel\n", "tokens,tags\n", '{"text":', '{"val": [[']),
    content=junk(
        "text", "label", "B-x", "O", '"', "'", ",", ";", "{", "}", "[", "]", ":", '"text"', '"label"', "\\ud800"
    ),
)
def test_data_files(
    file_format: Format,
    task: Task,
    columns: tuple[Column | None, Column | None],
    quoted: bool,
    head: str,
    content: bytes,
) -> None:
    reading = ParseContext("file", task, "validation", DataFile(path="f", format=file_format, quoted=quoted), *columns)
    rows: list[Row] = []
    with suppress(InputError):
        rows = parse(head.encode() + content, reading)
    assert all(row.text and row.label for row in rows)
    assert all(isinstance(row.text, str) or len(row.text) == len(row.label) for row in rows)


def _csv(rows: list[Any], delimiter: str = ",") -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows([("text", "label"), *rows])
    return out.getvalue()


WRITERS: dict[Format, Callable[[list[Any]], str]] = {
    "csv": _csv,
    "tsv": lambda rows: "text\tlabel\n" + "".join(f'"{t}"\t{label}\n'.replace('""', '"') for t, label in rows),
    "jsonl": lambda rows: "".join(json.dumps({"text": t, "label": label}) + "\n" for t, label in rows),
    "clinc": lambda rows: json.dumps({"train": rows}),
}
PLAIN = WORD.filter(lambda text: '"' not in text)


@fuzzed
@given(st.data(), st.sampled_from(sorted(WRITERS)))
def test_valid_texts_come_back(data: st.DataObject, file_format: Format) -> None:
    word = PLAIN if file_format == "tsv" else WORD
    rows = data.draw(st.lists(st.tuples(word, word), min_size=1, max_size=5))
    reading = ParseContext("file", "classification", "train", DataFile(path="f", format=file_format))
    read = parse(WRITERS[file_format](rows).encode(), reading)
    assert [(row.text, row.label) for row in read] == [(text, label.strip()) for text, label in rows]


@fuzzed
@given(st.lists(st.lists(st.tuples(WORD, WORD), min_size=1, max_size=4), min_size=1, max_size=4), st.booleans())
def test_valid_tags_come_back(sentences: list[list[tuple[str, str]]], as_json: bool) -> None:
    if as_json:
        lines = [json.dumps({"tokens": [a for a, _ in s], "tags": [b for _, b in s]}) for s in sentences]
    else:
        lines = ["".join(f"{token}\t{tag}\n" for token, tag in sentence) for sentence in sentences]
    file = DataFile(path="f", format="jsonl" if as_json else "conll")
    read = parse("\n".join(lines).encode(), ParseContext("file", "sequence_labeling", "train", file))
    assert [list(zip(row.text, row.label, strict=True)) for row in read] == [
        [(token, tag.strip()) for token, tag in sentence] for sentence in sentences
    ]


@fuzzed
@given(junk("kata", "kata lain"), st.sampled_from(TASKS))
def test_unlabelled_files(place: Path, content: bytes, task: Task) -> None:
    (place / "pool.txt").write_bytes(content)
    with suppress(DataError):
        assert all(list(read_texts(place / "pool.txt", task)))


# --- FILE.yml


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


# --- vectors


PIECES = ["saya", "##kan", "▁di", "Ġx"]


@fuzzed
@given(
    st.sampled_from([b"", b"1 2\n", b"2 3\n", b"1 999999999999\n"]), junk("saya", "kan", "1 2", "0.5 ", "inf", "1_0")
)
@example(head=b"1 999999999999\n", content=b"saya 1\n")
@example(head=b"1 " + b"9" * 5000, content=b"\n")
def test_vec_files(place: Path, head: bytes, content: bytes) -> None:
    (place / "junk.vec").write_bytes(head + content)
    with suppress(DataError):
        assert len(read_vectors(place / "junk.vec", PIECES)) == len(PIECES)


@fuzzed
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_valid_vectors_come_back(place: Path, vector: list[float]) -> None:
    line = " ".join(map(repr, vector))
    (place / "valid.vec").write_text(f"1 {len(vector)}\nkan {line}\n")
    assert np.array_equal(read_vectors(place / "valid.vec", PIECES)[1], np.array(vector, dtype=np.float32))


BIN_KINDS: dict[str, Any] = {
    "labels": {"loss": "softmax"},
    "tree of labels": {"loss": "hs", "minn": 2, "maxn": 3, "bucket": 9},
    "words": {"loss": "hs", "maxn": 0},
    "parts": {"loss": "softmax", "minn": 0, "maxn": 2, "bucket": 9},
}


@pytest.fixture(scope="module")
def bins(place: Path) -> dict[str, bytes]:
    """Small real models; none with negative sampling, whose table takes a moment at each load."""
    (place / "words.txt").write_text("__label__a saya di kan\n__label__b saya\n" * 9)
    for kind, options in BIN_KINDS.items():
        trains = fasttext.train_supervised if "labels" in kind else fasttext.train_unsupervised
        model = trains(str(place / "words.txt"), dim=2, minCount=1, epoch=1, thread=1, verbose=0, **options)
        model.save_model(str(place / f"{kind}.bin"))
    return {kind: (place / f"{kind}.bin").read_bytes() for kind in BIN_KINDS}


HEAD = 92
"""Bytes before the dictionary of a .bin, where a wrong number does most harm."""
NUMBERS = st.integers(0, 255).map(lambda byte: bytes([byte])) | st.sampled_from(
    [struct.pack(layout, value) for layout in ("<i", "<q") for value in (-(2**31), -1, 0, 1, 2, 11, 33, 2**31 - 1)]
    + [struct.pack("<q", value) for value in (-(2**63), 10**15, 2**62)]
    + [struct.pack("<f", value) for value in (float("nan"), float("inf"), 3e38)]
)
CHANGES = st.lists(st.tuples(st.integers(0, HEAD) | st.integers(0, 1000), NUMBERS), max_size=3)


@fuzzed
@given(
    st.sampled_from(sorted(BIN_KINDS)), CHANGES, st.none() | st.integers(0, 1000), st.sampled_from([b"", b"\0", b"ab"])
)
@example(kind="labels", changes=[], cut=None, more=b"")
@example(kind="words", changes=[(84, struct.pack("<q", 2**62))], cut=None, more=b"")
@example(kind="words", changes=[(48, struct.pack("<i", 6))], cut=None, more=b"")
def test_bin_files(
    place: Path, bins: dict[str, bytes], kind: str, changes: list[tuple[int, bytes]], cut: int | None, more: bytes
) -> None:
    content = bins[kind]
    for start, number in changes:
        content = content[:start] + number + content[start + len(number) :]
    (place / "junk.bin").write_bytes(content[:cut] + more)
    with suppress(DataError):
        vectors = read_vectors(place / "junk.bin", [*PIECES, "__label__a"])
        assert len(vectors) == len(PIECES) + 1
        assert (np.isfinite(vectors) | np.isnan(vectors).all(axis=1, keepdims=True)).all()


# --- bundles


MANIFEST = st.fixed_dictionaries(
    {"format": st.sampled_from([1, 1.0, True, 2])},
    optional={
        "task": st.sampled_from(bundle_files.TASKS) | JSON,
        "max_length": st.integers() | JSON,
        "pad_id": st.integers() | JSON,
        "fallback_label": st.sampled_from(["O", "a"]) | JSON,
        "files": st.dictionaries(st.sampled_from(bundle_files.NEEDED) | st.text(max_size=4), JSON, max_size=5),
    },
)
DEEP = b"[" * 100_000


def _whole(place: Path) -> dict[str, Any]:
    """The manifest that fits the folder's files."""
    files = {name: bundle_files.sha256(place / name) for name in bundle_files.NEEDED}
    about = {"task": "classification", "max_length": 9, "pad_id": 0, "fallback_label": "O", "format": 1}
    return about | {"files": files}


@fuzzed
@given(MANIFEST.map(json.dumps).map(str.encode) | junk("{", "}", '"', ":", ",", '"format"') | st.just(DEEP))
@example(content=DEEP)
def test_manifests(place: Path, content: bytes) -> None:
    (place / bundle_files.MANIFEST).write_bytes(content)
    with suppress(bundle_files.BundleError):
        manifest = bundle_files.read_manifest(place)
        bundle_files.check_files(place, manifest)


@fuzzed
@given(JSON.map(json.dumps).map(str.encode) | junk("[", "]", '"O"', ",", '"\\ud800"') | st.just(DEEP))
@example(content=DEEP)
def test_labels(place: Path, content: bytes) -> None:
    (place / bundle_files.LABELS).write_bytes(content)
    with suppress(bundle_files.BundleError):
        assert "O" in bundle_files.read_labels(place, {"fallback_label": "O"})


@fuzzed
@given(
    JSON.map(json.dumps).map(str.encode) | junk("{", "}", '"model"', ":", '"type"', '"WordPiece"'),
    st.integers(),
    st.integers(),
)
def test_tokenizers(place: Path, content: bytes, max_length: int, pad_id: int) -> None:
    (place / bundle_files.TOKENIZER).write_bytes(content)
    with suppress(bundle_files.BundleError):
        bundle_files.read_tokenizer(place, max_length, pad_id)


@fuzzed
@given(st.lists(st.text(max_size=9), min_size=1, max_size=5))
def test_valid_bundle_files_come_back(place: Path, labels: list[str]) -> None:
    for name in bundle_files.NEEDED:
        (place / name).write_bytes(b"x")
    bundle_files.write_json(place / bundle_files.LABELS, [*labels, "O"])
    bundle_files.write_json(place / bundle_files.MANIFEST, _whole(place))
    manifest = bundle_files.read_manifest(place)
    bundle_files.check_files(place, manifest)
    assert bundle_files.read_labels(place, manifest) == (*labels, "O")


# --- where runs are kept


@fuzzed
@given(
    junk("tracking_uri: ", "artifact_location: ", "sqlite:///", "http://[", "~nobody/", "a:b@", "2020-99-99", "{", "&a")
)
@example(content=b"tracking_uri: 2020-99-99")
@example(content=b"artifact_location: ~nobody-at-all/x")
def test_mlflow_yml(place: Path, content: bytes) -> None:
    (place / "mlflow.yml").write_bytes(content)
    with suppress(StoreError):
        assert isinstance(resolve(config=place / "mlflow.yml").tracking_uri, str)


ADDRESS = st.lists(
    st.sampled_from(["sqlite:///", "http://", "https://", "postgresql+psycopg://", "me:", "pw@", "[", "]", "~nobody/"])
    | st.text(max_size=4),
    max_size=5,
).map("".join)


@fuzzed
@given(ADDRESS.filter(bool), st.none() | ADDRESS)
@example(uri="http://[", location=None)
@example(uri="sqlite:///~nobody-at-all/x", location=None)
def test_tracking_addresses(place: Path, uri: str, location: str | None) -> None:
    (place / "location.yml").write_text(yaml.safe_dump({"artifact_location": location}), encoding="utf-8")
    with suppress(StoreError):
        chosen = resolve(uri, place / "location.yml").tracking_uri or ""
        assert ui_command(chosen)
        assert resolve(chosen).tracking_uri == chosen


@fuzzed
@given(
    st.text(max_size=8).filter(lambda user: "@" not in user and not ("/" in user and re.search(r"\s", user))),
    st.from_regex(r"[a-z0-9]{6,9}", fullmatch=True),
)
@example(user="", password="secret1")
@example(user="/", password="secret1")
@example(user="me", password="sec/ret")
def test_no_password_is_shown(user: str, password: str) -> None:
    assert f":{password}@" not in without_password(f"http://{user}:{password}@host:5000")


@fuzzed
@given(st.sampled_from(["tracking_uri", "artifact_location"]), WORD.filter(str.isprintable))
def test_valid_mlflow_yml_comes_back(place: Path, key: str, value: str) -> None:
    (place / "valid_mlflow.yml").write_text(yaml.safe_dump({key: value}), encoding="utf-8")
    assert getattr(TrackingConfig.read(place / "valid_mlflow.yml"), key) == value


@fuzzed
@given(st.text(max_size=20).filter(lambda text: "/" not in text))
@example(column=":x41:")
def test_metric_names(column: str) -> None:
    assert GROUPS.column_name(GROUPS.metric_name(column)) == column
    assert re.fullmatch(r"[\w\-. :/]+", GROUPS.metric_name(column), re.ASCII)


@fuzzed
@given(st.lists(st.sampled_from(["/", "-1", "0", "9" * 30, "host"]) | st.text(max_size=5), max_size=7).map("".join))
def test_owners(process: str) -> None:
    assert is_dead(process) in (True, False)


# --- files of runs that a report reads


ANSWER = st.fixed_dictionaries({}, optional={"text": JSON, "gold": JSON, "predicted": JSON})


@fuzzed
@given(st.lists((ANSWER | JSON).map(json.dumps), max_size=4).map("\n".join).map(str.encode) | BYTES)
@example(content=b"null")
@example(content=b'{"text": 1, "gold": "a", "predicted": "a"}')
def test_answers_of_a_run(content: bytes) -> None:
    with suppress(ValueError, KeyError):
        answers = read_predictions(content.decode())
        assert sum(one.n_texts for one in length_bins(answers)) == len(answers)
        confusion(answers)


TAGS = st.lists(st.sampled_from(["O", "B-a", "I-a"]), min_size=1, max_size=4)


@fuzzed
@given(st.lists(st.tuples(TAGS, TAGS), max_size=4))
def test_valid_answers_come_back(pairs: list[tuple[list[str], list[str]]]) -> None:
    lines = [json.dumps({"text": ["kata"] * len(gold), "gold": gold, "predicted": told}) for gold, told in pairs]
    read = read_predictions("\n".join(lines))
    assert [(one.length, one.gold, one.predicted) for one in read] == [(len(g), g, p) for g, p in pairs]


# --- runs that another version, or another program, keeps in the same store


ODD = ["", "many", "-1", "1e999", "nan", "9" * 5000]
USUAL = {
    "role": ["teacher", "train", "trial", "study", "inference", "report"],
    "trial": ["0", "1"],
    "learning_rate": ["0.001", "grid"],
    "task": [*TASKS],
    "student": ["teacher", "cnn"],
    "setting": ["fine_tuned", "vanilla"],
    "dataset": ["emot", "smsa"],
    "smoke": ["true", "false"],
    "agreed": ["True", "False"],
}
"""Values by tag or param, where not any text will do."""


def _told(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from([*USUAL.get(name, ["0", "a"]), *ODD])


def _all_of(*names: str) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries({name: _told(name) for name in names})


def _any_of(*names: str) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries({}, optional={name: _told(name) for name in names})


TAGS_OF_RUN = ("role", "key", "student", "setting", "dataset", "task", "seed", "teacher", "preset", "smoke", "protocol")
PARAMS = [field.name for field in fields(RunSpec)]
RECORD = st.builds(
    Record,
    run_id=st.sampled_from("abc"),
    suite=st.just("s"),
    name=st.just("n"),
    status=st.sampled_from(["finished", "failed", "skipped", "running", "killed"]),
    tags=_all_of(*TAGS_OF_RUN) | _any_of(*TAGS_OF_RUN, "trial", "machine"),
    params=_all_of(*PARAMS) | _any_of(*PARAMS),
    metrics=st.dictionaries(
        st.sampled_from([*(column.name for column in COLUMNS), BEST_RATE]),
        st.floats(0, 1) | st.floats(allow_nan=False, allow_infinity=False),
    ),
    start_time=st.integers(0, 9),
    end_time=st.none() | st.integers(0, 9),
    parent=st.none() | st.sampled_from("abc"),
)
RECORDS = st.lists(RECORD, max_size=3, unique_by=lambda record: record.run_id)
TRIALS = st.lists(
    st.builds(
        replace, RECORD, tags=_any_of("trial", "pruned"), params=_any_of("learning_rate"), parent=st.just("study")
    ),
    max_size=3,
)


@fuzzed
@given(RECORDS)
def test_runs_of_any_kind_are_rows_or_left_out(records: list[Record]) -> None:
    rows = results(records)
    assert all(row.status in ("finished", "failed", "skipped") for row in rows)
    made = leaderboards(rows)
    judged = findings(rows, {})
    sections = [
        ReportSection(leaderboard=leaderboard, by_dataset=dataset_leaderboards(leaderboard, rows), error_analyses=[])
        for leaderboard in made
    ]
    page = page_data("s", sections, rows, provenance(records, rows, made), records, "", "")
    assert json.dumps(page | {"claims": claims_page(judged)}, default=str)
    assert report_markdown("s", made, rows, provenance(records, rows, made), ["" for _ in made])
    assert isinstance(report_latex(made) + claims_markdown(judged) + cost_markdown(records), str)


@fuzzed
@given(TRIALS)
def test_trials_of_any_kind_are_shown_or_left_out(trials: list[Record]) -> None:
    tags = {"role": "study", "study": "emot.cnn.kd"}
    about = {"tags": tags, "params": {}, "metrics": {}, "start_time": 0, "end_time": 1}
    study = Record(run_id="study", suite="s", name="n", status="finished", **about)  # type: ignore[arg-type]
    found = tuning_studies([study, *trials])
    assert all(0 < trial.learning_rate < float("inf") for one in found for trial in one.trials)
    assert json.dumps(tuning_page(found), allow_nan=False)


@fuzzed
@given(RECORDS)
def test_runs_of_any_kind_are_specs_or_left_out(records: list[Record]) -> None:
    with suppress(InputError):
        suite = load_suite("classification", "paper")
        models = latency_run._finished_runs(records, suite, [])
        assert {model.spec.dataset for model in models} <= set(suite.entries)
        assert {model.spec.student for model in models} <= {"teacher", *STUDENTS}
    assert all(tuned_rates(records).values())
    assert Estimator.from_records(records).seconds is not None
    assert RunStatus.read(records).ended is not None


# --- command lines


NUMBER = st.sampled_from(
    ["0", "1", "-1", "1e-3", "1e999", "nan", "inf", "²", "٣", "grid", "tuned", "", "9" * 5000, "0x1"]
)
WORDS = NUMBER | st.sampled_from(
    ["cnn", "kd", "emot", "paper", "cpu", "cuda:99999999999", "classification", "\0", "x.yml"]
)


def _arguments(made: argparse.ArgumentParser) -> st.SearchStrategy[list[str]]:
    options = st.sampled_from(sorted(made._option_string_actions))
    pairs = st.lists(st.tuples(options, WORDS | st.text(max_size=6)).map(list), max_size=5)
    return pairs.map(lambda found: [word for pair in found for word in pair])


@fuzzed
@given(_arguments(parser("run")))
def test_options_of_run(arguments: list[str]) -> None:
    with suppress(SystemExit, BenchmarkError):
        asked = parser("run").parse_args(["--suite", "classification", *arguments])
        wanted = benchmark_config(asked)
        assert wanted.seeds
        assert wanted.learning_rate in (None, "grid") or 0 < float(wanted.learning_rate) <= 1


@fuzzed
@given(_arguments(report.build_parser()))
def test_options_of_report(arguments: list[str]) -> None:
    with suppress(SystemExit):
        asked = report.build_parser().parse_args(arguments)
        assert asked.max_ms is None or 0 <= asked.max_ms < float("inf")


COMMANDS: dict[str, tuple[Callable[[], argparse.ArgumentParser], list[str]]] = {
    "latency": (latency.build_parser, ["--suite", "classification"]),
    "list": (runs.build_parser, []),
    "merge": (merge.build_parser, ["sqlite:///a.db"]),
    "predict": (predict.build_parser, ["bundle", "teks"]),
    "tune": (tune.build_parser, ["--dataset", "emot", "--student", "cnn"]),
}
"""How each command reads its words, and those that it needs; `benchmark.study` reads the words of `benchmark.run`."""


@pytest.mark.parametrize("command", sorted(COMMANDS))
@fuzzed
@given(st.data())
def test_options_of_other_commands(command: str, data: st.DataObject) -> None:
    made, needed = COMMANDS[command][0](), COMMANDS[command][1]
    words = data.draw(_arguments(made)) + data.draw(st.lists(WORDS, max_size=2))
    with suppress(SystemExit, BenchmarkError):
        asked = made.parse_args([*needed, *words])
        assert command != "tune" or 0 <= tuning_run._benchmark_config(asked).seeds[0] <= MAX_SEED


@fuzzed
@given(st.floats(1e-12, 1), st.integers(0, 2**32 - 1))
def test_valid_options_come_back(rate: float, seed: int) -> None:
    asked = ["--suite", "classification", "--learning-rate", repr(rate), "--seed", str(seed)]
    wanted = benchmark_config(parser("run").parse_args(asked))
    assert (wanted.learning_rate, wanted.seeds) == (rate, (seed,))


@pytest.mark.parametrize("seed", ["-1", str(MAX_SEED + 1)])
def test_no_study_begins_with_a_seed_that_no_generator_takes(seed: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        tune.build_parser().parse_args(["--dataset", "emot", "--student", "cnn", f"--seed={seed}"])


def test_a_suite_has_its_splits() -> None:
    """What the suites above are made of."""
    assert set(SPLITS) < set(DatasetSection.model_fields)
