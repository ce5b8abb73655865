"""Bad input of the main command: one message that says what came and what to do, exit code 2, nothing made."""

import gzip
import hashlib
import json
import re
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from benchmark.cli.command import run_command
from benchmark.core.errors import BAD_INPUT
from benchmark.data.catalogue import DATASETS
from benchmark.run import main
from tests.support.model_factory import make_marian

TEXTS = {
    "train": "text,label\nselamat pagi,greet\nsampai jumpa,bye\nhalo,greet\n",
    "validation": "text,label\nhai,greet\n",
    "test": "text,label\npagi,greet\ndaah,bye\n",
}
TAGGED = {
    "train": "Budi\tB-PER\npergi\tO\n\nke\tO\nSolo\tB-LOC\n",
    "validation": "Ani\tB-PER\n",
    "test": "di\tO\nBali\tB-LOC\n",
}
FILES = "train: train.csv, validation: validation.csv, test: test.csv"
NOWHERE = "http://127.0.0.1:9"
CONLL = FILES.replace(".csv", ".conll")


@pytest.fixture
def folder(desk_folder: Path) -> Path:
    """A working folder with good files of both tasks."""
    for ending, contents in (("csv", TEXTS), ("conll", TAGGED)):
        for split, content in contents.items():
            (desk_folder / f"{split}.{ending}").write_text(content, encoding="utf-8")
    return desk_folder


Refused = Callable[..., str]


@pytest.fixture
def refused(folder: Path, tiny_teacher: Path, capfd: pytest.CaptureFixture[str]) -> Refused:
    """Runs the command on its arguments and returns what it said, once it has been seen to leave no trace."""

    def run(*arguments: str, teacher: str = str(tiny_teacher)) -> str:
        before = sorted(folder.rglob("*"))
        with pytest.raises(SystemExit) as ended:
            run_command(partial(main, [*arguments, "--teacher", teacher, "--limit", "8"]))
        said = capfd.readouterr().err
        assert ended.value.code == BAD_INPUT, said
        assert "Traceback" not in said
        assert sorted(folder.rglob("*")) == before, "nothing is made"
        return said

    return run


def suite(folder: Path, files: str = FILES, task: str = "classification", **more: str) -> str:
    lines = [f"task: {task}", *(f"{key}: {value}" for key, value in more.items()), f"datasets: {{mine: {{{files}}}}}"]
    (folder / "mine.yml").write_text("\n".join(lines), encoding="utf-8")
    return "mine.yml"


BAD_FILES: dict[str, tuple[str, bytes, str]] = {
    "not UTF-8": ("train.csv", b"text,label\ncaf\xe9,greet\n", "train.csv, line 2: byte 0xe9 is not UTF-8. Save"),
    "wrong column": ("train.csv", b"texts,label\nhalo,greet\n", "'text'. Did you mean 'texts'? Allowed: label, texts."),
    "empty split": ("test.csv", b"text,label\n", "test.csv: the test split is empty. Provide at least one row."),
    "empty file": ("train.csv", b"", "train.csv: the train split is empty."),
    "one class only": ("train.csv", b"text,label\nhalo,greet\nhai,greet\n", "at least two classes are needed"),
    "label unknown to train": (
        "validation.csv",
        b"text,label\nhalo,greeet\n",
        "label 'greeet' does not occur in train",
    ),
    "masked test labels": ("test.csv", b"text,label\na,bye\nb,bye\n", "the labels look masked"),
    "cells missing": ("train.csv", b"text,label\nhalo\n", "1 cells where line 1 has 2"),
    "tokens without tags": ("train.conll", b"Budi\tB-PER\npergi\n", "train.conll, line 2: no TAB in 'pergi'"),
    "tag unknown to train": ("test.conll", b"Budi\tB-ORG\ndi\tO\n", "label 'B-ORG' does not occur in train"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file(case: str, folder: Path, refused: Refused) -> None:
    name, content, message = BAD_FILES[case]
    (folder / name).write_bytes(content)
    tagging = name.endswith("conll")
    files, task = (CONLL, "sequence_labeling") if tagging else (FILES, "classification")
    said = refused("--suite", suite(folder, files, task))
    assert message in said
    assert len(said.splitlines()) == 1


def test_tokens_and_tags_of_different_length(folder: Path, refused: Refused) -> None:
    rows = [{"tokens": ["Budi", "pergi"], "tags": ["B-PER"]}]
    (folder / "train.jsonl").write_text("\n".join(map(json.dumps, rows)))
    files = CONLL.replace("train.conll", "train.jsonl")
    said = refused("--suite", suite(folder, files, "sequence_labeling"))
    assert "line 1: 2 tokens and 1 tags: every token needs one tag." in said


@pytest.mark.parametrize(
    ("files", "more", "message"),
    [
        (
            FILES.replace("test.csv", "tset.csv"),
            {},
            "no file 'tset.csv'. Paths are relative to the folder of mine.yml.",
        ),
        (FILES, {"techer": "x"}, "Unknown key in mine.yml, line 2: 'techer'. Did you mean 'teacher'?"),
        (FILES + ", txt: 0", {}, "'txt'. Did you mean 'text'?"),
        (FILES, {"unlabeled": "[none.txt]"}, "no file 'none.txt'"),
        (FILES, {"name": "classification"}, "is the name of a built-in suite"),
    ],
)
def test_a_bad_suite_file(files: str, more: dict[str, str], message: str, folder: Path, refused: Refused) -> None:
    said = refused("--suite", suite(folder, files, **more))
    assert message in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--suite", "clasification"), "'clasification'. Did you mean 'classification'?"),
        (("--suite", "none.yml"), "Suite file 'none.yml' does not exist. Check the path."),
        (("--suite", "classification", "--preset", "quick"), "Unknown preset 'quick'. Did you mean 'quickstart'?"),
        (("--suite", "classification", "-d", "emott"), "Unknown data set 'emott'. Did you mean 'emot'?"),
        (("--suite", "classification", "-d", "nergrit"), "Unknown data set 'nergrit'."),
        (("--suite", "classification", "-s", "bilstmm"), "Unknown student 'bilstmm'. Did you mean 'bilstm'?"),
        (("--suite", "classification", "-s", "teacher"), "Unknown student 'teacher'."),
        (
            ("--suite", "classification", "-x", "kd_ulb_berd"),
            "Unknown setting 'kd_ulb_berd'. Did you mean 'kd_ulb_bert'?",
        ),
        (("--suite", "classification", "-d", "smltk"), "'smltk' is private to the paper's authors"),
        (("--suite", "classification", "--as-is"), "is a BertModel, and classification as it is takes a ...For"),
        (("--suite", "classification", "--as-is", "--teacher-epochs", "2"), "--as-is trains no teacher. Leave out"),
        (("--suite", "classification", "--device", "gpu"), "Unknown device 'gpu'. Allowed: cpu, cuda, cuda:N."),
        (("--suite", "classification", "--device", "meta"), "Unknown device 'meta'."),
        (("--suite", "classification", "--vectors", "none.vec"), "No vectors at 'none.vec'"),
        (("--suite", "classification", "--vectors", __file__), "ends in neither .bin nor .vec"),
        (
            ("--suite", "classification", "--tracking-uri", "mlruns"),
            "Unknown tracking address 'mlruns'",
        ),
    ],
)
def test_a_bad_value(arguments: tuple[str, ...], message: str, refused: Refused) -> None:
    said = refused(*arguments)
    assert message in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--learning-rate", "-1"),
        ("--learning-rate", "0"),
        ("--learning-rate", "nan"),
        ("--learning-rate", "2"),
        ("--learning-rate", "fast"),
        ("--limit", "0"),
        ("--limit", "1.5"),
        ("--jobs", "0"),
        ("--seeds", "0"),
        ("--seed", "-1"),
        ("--seed", "99999999999999999999"),
        ("--max-epochs", "0"),
    ],
)
def test_a_bad_number(option: str, value: str, refused: Refused) -> None:
    said = refused("--suite", "classification", f"{option}={value}")
    assert said.splitlines()[-1].startswith(f"python -m benchmark.run: error: argument {option}: '{value}'"), said


@pytest.mark.parametrize("option", ["--unknown", "--studnt=cnn", "--lim=3"])
def test_an_unknown_option(option: str, refused: Refused) -> None:
    assert f"unrecognized arguments: {option}" in refused("--suite", "classification", option)


BAD_VECTORS: dict[str, tuple[str, bytes, str]] = {
    "not a number": ("words.vec", b"2 2\na 1 nan\nb 3 4\n", "words.vec, line 2: 2 numbers, where the first line"),
    "a number too few": ("words.vec", b"2 2\na 1 2\nb 3\n", "words.vec, line 3: 1 numbers, where the first line"),
    "all alike": ("words.vec", b"2 2\na 1 2\nb 1 2\n", "are all alike, or hold numbers beyond"),
    "another language": ("words.vec", "1 2\nбез 1 2\n".encode(), "holds none of the teacher's"),
    "no header": ("words.vec", b"a b 2 3\n", "words.vec is no .vec file"),
    "no fastText": ("words.bin", bytes(200), "words.bin is no fastText .bin file, or a broken one"),
}


@pytest.mark.parametrize(
    ("name", "more"),
    {
        "train.csv.gz": {"files": FILES.replace("train.csv", "train.csv.gz")},
        "train.csv": {},
        "texts.txt.gz": {"unlabeled": "[texts.txt.gz]"},
        "outputs.jsonl.gz": {"teacher_outputs": "outputs.jsonl.gz"},
    }.items(),
)
def test_a_compressed_file(name: str, more: dict[str, str], folder: Path, refused: Refused) -> None:
    (folder / name).write_bytes(gzip.compress(b"text,label\nhalo,greet\n"))
    said = refused("--suite", suite(folder, **more))
    assert re.search(rf"{name}.* is compressed with gzip. Decompress it and name the file in it.", said)
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("name", ["words.vec.gz", "words.bin.gz", "words.vec.zip", "words.vec", "words.bin"])
def test_compressed_vectors(name: str, folder: Path, refused: Refused) -> None:
    (folder / name).write_bytes(b"PK\x03\x04" if name.endswith("zip") else gzip.compress(b"1 2\na 1 2\n"))
    said = refused("--suite", "classification", "--vectors", name)
    assert re.match(rf"{name} of --vectors is compressed with (gzip|zip .*)\. Decompress it", said)
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("more", [(), ("--dry-run",)], ids=["run", "dry run"])
@pytest.mark.parametrize("case", BAD_VECTORS)
def test_vectors_that_no_student_can_start_from(
    case: str, more: tuple[str, ...], folder: Path, refused: Refused
) -> None:
    name, content, message = BAD_VECTORS[case]
    (folder / name).write_bytes(content)
    said = refused("--suite", "classification", "-x", "kd_ulb_fasttext", "-s", "cnn", "--vectors", name, *more)
    assert message in said
    assert len(said.splitlines()) == 1


def test_the_plan_counts_skipped_lines_of_vectors(
    folder: Path, tiny_teacher: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "words.vec").write_text("a 1 2\nb 3 4\na phrase 5 6\n", encoding="utf-8")
    arguments = ["--suite", "classification", "-x", "kd_ulb_fasttext", "-s", "cnn", "--limit", "8", "--dry-run"]
    assert main([*arguments, "--vectors", "words.vec", "--teacher", str(tiny_teacher)]) == 0
    assert "Lines of words.vec skipped, since their word contains spaces: 1." in capfd.readouterr().out


def test_private_data_with_a_split_missing(
    folder: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BENCHMARK_PRIVATE_DATA", str(tmp_path / "private"))
    (tmp_path / "private" / "smltk").mkdir(parents=True)
    shutil.copy(folder / "train.csv", tmp_path / "private" / "smltk" / "train.csv")
    said = refused("--suite", "classification", "-d", "smltk")
    assert "smltk/validation.csv" in said
    assert "Anyone can run 'smalltalk_demo' in its place." in said


def test_another_content_in_the_mirror(refused: Refused, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    entry = DATASETS["emot"]
    content = b"label,tweet\nhappy,halo\n"
    for file in entry.files.values():
        path = tmp_path / "mirror" / entry.repository / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    monkeypatch.setenv("BENCHMARK_DATA_MIRROR", str(tmp_path / "mirror"))
    said = refused("--suite", "classification", "-d", "emot")
    assert f"SHA-256 {hashlib.sha256(content).hexdigest()}, expected {entry.files['train'].sha256}" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("lost", "message"),
    [
        (("tokenizer.json", "tokenizer_config.json"), "lacks a tokenizer (tokenizer.json). Save"),
        (("model.safetensors",), "lacks weights"),
        (("config.json",), "lacks config.json"),
    ],
)
def test_a_teacher_folder_that_lacks_a_part(
    lost: tuple[str, ...], message: str, refused: Refused, tiny_teacher: Path, tmp_path: Path
) -> None:
    broken = shutil.copytree(tiny_teacher, tmp_path / "broken")
    for name in lost:
        (broken / name).unlink()
    said = refused("--suite", "classification", teacher=str(broken))
    assert message in said
    assert len(said.splitlines()) == 1


def test_a_teacher_with_a_broken_tokenizer(refused: Refused, tiny_teacher: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(tiny_teacher, tmp_path / "broken")
    (broken / "tokenizer.json").write_text('{"version": "1.0"')
    said = refused("--suite", "classification", teacher=str(broken))
    assert f"The teacher {str(broken)!r} cannot be read" in said
    assert len(said.splitlines()) == 1


def test_a_dry_run_refuses_models_that_cannot_make_texts(
    folder: Path, refused: Refused, tiny_teacher: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    marian, bert = make_marian(tmp_path_factory.mktemp("models") / "marian", 0), str(tiny_teacher)
    options = ("--suite", suite(folder), "-x", "kd_bt_subs", "--dry-run")
    said = refused(*options, "--translate", marian, bert, "--fill-mask", bert)
    assert f"The translation model {bert!r} is of the class 'bert'" in said
    said = refused(*options, "--translate", marian, marian, "--fill-mask", bert)
    assert f"{bert!r} is not a complete fill-mask model" in said


@pytest.mark.parametrize("name", ["./nowhere", "no-such-folder", "a/b/c", "train.csv", "package:nothing_here"])
def test_a_teacher_that_is_no_folder_and_no_hub_id(name: str, refused: Refused) -> None:
    said = refused("--suite", "classification", teacher=name)
    assert said.startswith(f"No teacher at {name!r}: ")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("revision", ["", "@1234567"])
def test_a_hub_that_cannot_be_reached(revision: str, refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a port of this machine where nobody listens; the answer comes at once, not after a row of retries."""
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", NOWHERE)
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", f"{NOWHERE}/{{repo_id}}/{{filename}}")
    start = time.monotonic()
    said = refused("--suite", "classification", teacher=f"someone/some-model{revision}")
    assert said.startswith("No teacher 'someone/some-model': there is no folder of that name, and the hub")
    assert len(said.splitlines()) == 1
    assert time.monotonic() - start < 20


def test_an_output_folder_that_cannot_be_written(folder: Path, refused: Refused) -> None:
    (folder / "taken").write_text("a file in the way")
    for out in ("taken", "taken/deeper/still"):
        said = refused("--suite", "classification", "--out", out)
        assert said == f"The output folder {out} cannot be written: Not a directory. Set another one with --out.\n"


def test_a_cache_that_cannot_be_written(folder: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "taken").write_text("a file in the way")
    monkeypatch.setenv("BENCHMARK_CACHE", "taken/cache")
    assert "The cache folder taken/cache cannot be written" in refused("--suite", "classification")


def test_a_store_that_cannot_be_written(folder: Path, refused: Refused) -> None:
    (folder / "taken").write_text("a file in the way")
    said = refused("--suite", "classification", "--tracking-uri", "sqlite:///taken/mlflow.db")
    assert "cannot be written" in said
    assert len(said.splitlines()) == 1


@contextmanager
def port(*, listening: bool) -> Iterator[int]:
    """Of this machine; where nobody listens, or where somebody does and never answers."""
    with socket.socket() as session_result:
        session_result.bind(("127.0.0.1", 0))
        if listening:
            session_result.listen()
        yield session_result.getsockname()[1]


@pytest.mark.parametrize("listening", [False, True])
def test_a_tracking_server_that_does_not_answer(listening: bool, refused: Refused) -> None:
    start = time.monotonic()
    with port(listening=listening) as number:
        said = refused("--suite", "classification", "--tracking-uri", f"http://127.0.0.1:{number}")
    assert said.startswith(f"http://127.0.0.1:{number}: ")
    assert "Nothing was started. Start this store, or name another by --tracking-uri" in said
    assert len(said.splitlines()) == 1
    assert time.monotonic() - start < 15
