"""FILE.yml with mistakes: what it is answered."""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.core.errors import DataError, InputError, UnknownNameError
from benchmark.core.spec import TASKS
from benchmark.data.corpus import load_corpus
from benchmark.data.suite_schema import DatasetSection, SuiteSection
from benchmark.data.suites import load_suite
from tests.support.suite_files import ALL, dataset, load

SUITE_KEYS, DATASET_KEYS = (tuple(section.model_fields) for section in (SuiteSection, DatasetSection))

BAD: dict[str, tuple[str, str]] = {
    "no mapping": ("- a\n- b\n", "a suite file is a mapping with name, task"),
    "empty": ("", "holds None"),
    "broken YAML": ("name: [", "is not valid YAML: .* at line 1, column 8"),
    "key twice": ("task: classification\ntask: classification\n", "key 'task' occurs twice"),
    "data set twice": (dataset(ALL) + f"  d: {{{ALL}}}\n", "key 'd' occurs twice"),
    "odd YAML": ("!!timestamp x", "is not valid YAML"),
    "control character": ("name: \x01", "is not valid YAML"),
    "unknown key": (f"{dataset(ALL)}teachr: x", "Unknown key in .*'teachr'. Did you mean 'teacher'"),
    "key is a number": (f"{dataset(ALL)}1: x", "Unknown key in .*'1'"),
    "unknown data set key": (dataset(f"{ALL}, lable: x"), "data set 'd': 'lable'. Did you mean 'label'"),
    "no task": (f"datasets: {{d: {{{ALL}}}}}", "`task` is missing"),
    "unknown task": (dataset(ALL, "clasification"), "Unknown task .*Did you mean 'classification'"),
    "task is a list": (dataset(ALL, "[a]"), "Unknown task"),
    "no data sets": ("task: classification\n", "`datasets` is missing"),
    "data sets are a list": ("task: classification\ndatasets: [a]\n", "`datasets` is .'a'."),
    "data set is a file": (
        "task: classification\ndatasets: {d: train.csv}\n",
        "data set 'd' is 'train.csv'; give its files",
    ),
    "name climbs out": (f"name: ../x\n{dataset(ALL)}", "'../x' cannot name a folder.*as in 'x'"),
    "name with spaces": (f"name: Support Desk\n{dataset(ALL)}", "as in 'Support_Desk'"),
    "name is a number": (f"name: 2020\n{dataset(ALL)}", "`name` is 2020; a text is needed, in quotes if it is"),
    "name is built in": (f"name: classification\n{dataset(ALL)}", "the name of a built-in suite"),
    "data set climbs out": (f"task: classification\ndatasets: {{../d: {{{ALL}}}}}", "'../d' cannot name a folder"),
    "data set is a date": (f"task: classification\ndatasets: {{2020-01-01: {{{ALL}}}}}", "a text is needed"),
    "data set is called no": (
        f"task: classification\ndatasets: {{no: {{{ALL}}}}}",
        "is False; a text is needed",
    ),
    "labels are yes and no": (
        dataset(f"{ALL}, labels: [yes, no]"),
        "`labels` is True; a list of class",
    ),
    "label twice": (
        dataset("test: test.csv, unlabeled: train.csv, labels: ['a', 'b', 'a']"),
        "data set 'd': `labels` has 'a' twice",
    ),
    "no such user": (
        dataset(ALL.replace("train.csv", "~no-such-user/train.csv")),
        "no file '.*~no-such-user/tr",
    ),
    "no test": (dataset("train: train.csv, validation: dev.csv"), "data set 'd': `test` is missing"),
    "no validation": (dataset("train: train.csv, test: test.csv"), "either `validation: FILE` or `validation_fraction"),
    "both": (dataset(f"{ALL}, validation_fraction: 0.1"), "not 2 of them"),
    "fraction too big": (
        dataset("train: train.csv, test: test.csv, validation_fraction: 10"),
        "is 10; a number between",
    ),
    "fraction is text": (
        dataset("train: train.csv, test: test.csv, validation_fraction: x"),
        "is 'x'; a number between",
    ),
    "fraction is NaN": (dataset("train: train.csv, test: test.csv, validation_fraction: .nan"), "is nan; a number"),
    "train is a list": (dataset(f"{ALL.replace('train.csv', '[train.csv]')}"), "`train` is .'train.csv'.; a text"),
    "missing file": (dataset(ALL.replace("train.csv", "no.csv")), "no file '.*no.csv'. Paths are relative"),
    "file is a folder": (dataset(ALL.replace("train.csv", "../models")), "no file"),
    "file name too long": (dataset(ALL.replace("train.csv", "x" * 5000)), "no file"),
    "unknown ending": (dataset(ALL.replace("train.csv", "tickets.txt")), "Add `format:` csv, tsv"),
    "unknown format": (dataset(f"{ALL}, format: josnl"), "Unknown format .*Did you mean 'jsonl'"),
    "format is a list": (dataset(f"{ALL}, format: [csv]"), "Unknown format"),
    "conll of texts": (dataset(ALL.replace("train.csv", "a.conll")), "is conll, a format of tagged words"),
    "text is true": (dataset(f"{ALL}, text: yes"), "`text` is True; a column name .in quotes"),
    "label is negative": (dataset(f"{ALL}, text: 0, label: -1"), "`label` is -1"),
    "name and position": (dataset(f"{ALL}, text: text, label: 1"), "`text` is 'text' and `label` is 1; give both"),
    "one position": (dataset(f"{ALL}, text: 0"), "`text` is 0 and `label` is None; give both"),
    "missing unlabelled": (f"{dataset(ALL)}unlabeled: [none.txt]", "no file '.*none.txt'"),
    "unlabelled number": (f"{dataset(ALL)}unlabeled: [1]", "`unlabeled` is 1; a text is needed"),
    "teacher is a number": (f"{dataset(ALL)}teacher: 1", "`teacher` is 1; a text is needed"),
    "teacher without a path": (f"{dataset(ALL)}teacher: {{as_is: true}}", "line 4: `path` is missing"),
    "unknown key of the teacher": (f"{dataset(ALL)}teacher: {{path: x, asis: true}}", "'asis'. Did you mean 'as_is'"),
    "as_is is a word": (f"{dataset(ALL)}teacher: {{path: x, as_is: maybe}}", "`as_is` is 'maybe'; true or false"),
    "map of numbers": (f"{dataset(ALL)}teacher: {{path: x, labels: {{a: 1}}}}", "`labels` is 1; the data's label"),
    "map from numbers": (f"{dataset(ALL)}teacher: {{path: x, labels: {{0: a}}}}", "`labels` is 0; the data's label"),
    "map is a list": (f"{dataset(ALL)}teacher: {{path: x, labels: [a]}}", "`labels` is .'a'.; the data's label"),
    "very long number": (f"{dataset(ALL)}teacher: 0x{'f' * 9000}", "`teacher` is a very long number"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_file_gets_one_clear_error(folder: Path, case: str) -> None:
    content, message = BAD[case]
    with pytest.raises(InputError, match=message) as caught:
        load(folder, content)
    assert len(str(caught.value)) < 700 or "too long" in case


def test_wrong_column_is_found_at_reading(folder: Path) -> None:
    entry = load(folder, dataset(f"{ALL}, label: categories")).entries["d"]
    with pytest.raises(UnknownNameError, match=r"column of d: .*train\.csv: 'categories'. Did you mean 'category'"):
        load_corpus(entry)


def test_suite_file_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.yml' does not exist"):
        load_suite(str(tmp_path / "none.yml"), "quickstart")


def test_suite_file_that_is_a_folder_or_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "folder.yml").mkdir()
    with pytest.raises(DataError, match="cannot be read"):
        load_suite(str(tmp_path / "folder.yml"), "quickstart")
    (tmp_path / "latin.yml").write_bytes(b"name: caf\xe9\n")
    with pytest.raises(InputError, match="is not valid YAML"):
        load_suite(str(tmp_path / "latin.yml"), "quickstart")


def test_a_bomb_of_aliases_is_answered_at_once(folder: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    with pytest.raises(UnknownNameError, match="'a0'"):
        load(folder, "\n".join(lines))
    nested = "\n  ".join(["task: classification\ndatasets:", *lines])
    with pytest.raises(InputError, match="data set 'a0' is"):
        load(folder, nested)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["train.csv", *TASKS]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*SUITE_KEYS, *DATASET_KEYS]) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.binary(max_size=40).map(lambda junk: b"task: classification\ndatasets: " + junk)
    | st.dictionaries(st.sampled_from(SUITE_KEYS), VALUES, max_size=5).map(
        lambda value: repr(value).encode("utf-8", "replace")
    )
    | VALUES.map(lambda value: f"task: classification\ndatasets: {{d: {value!r}}}".encode("utf-8", "replace"))
)
def test_any_content_is_a_suite_or_one_clear_error(content: bytes) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "suite.yml").write_bytes(content)
        with suppress(InputError):
            assert load_suite(str(folder / "suite.yml"), "quickstart").entries
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("name", "remedy"), [("all.json", r"\.to_json\(NAME, orient="), ("all.parquet", "`hub: FOLDER`")]
)
def test_a_file_of_another_format_is_refused_with_its_conversion(folder: Path, name: str, remedy: str) -> None:
    (folder / name).write_text("[]")
    with pytest.raises(InputError, match=f"the ending of '{name}' does not tell its format.*{remedy}"):
        load(folder, dataset(ALL.replace("train.csv", name)))
