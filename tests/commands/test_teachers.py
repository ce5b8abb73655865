"""The main command with teachers that are no single model, and without labelled training text."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer, BertConfig, BertModel

from benchmark.cli.arguments import parser
from benchmark.cli.command import run_command
from benchmark.cli.options import benchmark_config
from benchmark.core.errors import BAD_INPUT
from benchmark.core.run_store import WEIGHTS, open_store
from benchmark.core.settings import LADDER
from benchmark.execution.pipeline import Pipeline
from benchmark.reporting.data_table import data_table, stored_summaries
from benchmark.reporting.table import markdown_table
from benchmark.run import main
from tests.support.model_factory import byte_level_tokenizer
from tracking import Record

TEXTS: Mapping[str, Sequence[tuple[str, str]]] = {
    "train": [(f"{word} {n}", label) for n in range(8) for word, label in (("halo", "greet"), ("daah", "leave"))],
    "validation": [("halo kak", "greet"), ("daah kak", "leave")],
    "test": [("halo bu", "greet"), ("daah pak", "leave"), ("halo halo", "greet")],
}
MORE = ("halo lagi", "daah lagi", "halo daah")
FILES = "train: train.csv, validation: validation.csv, test: test.csv"
PLAN = ("-s", "cnn", "--max-epochs", "1", "--jobs", "1", "--no-latency")
LOGITS = {"greet": (4.0, -2.0), "leave": (-3.0, 1.0)}
"""Of the columns Greet and LEAVE, by label."""

Run = Callable[..., Mapping[str, dict[str, str]]]


@pytest.fixture
def folder(desk_folder: Path, migrated_db: Path, tiny_teacher: Path) -> Path:
    """A working folder with a store, data files of two labels, and the encoder that gives the tokenizer."""
    (desk_folder / "mlflow.db").write_bytes(migrated_db.read_bytes())
    (desk_folder / "bert").symlink_to(tiny_teacher)
    for split, rows in TEXTS.items():
        write(desk_folder / f"{split}.csv", [("text", "label"), *rows])
    (desk_folder / "more.txt").write_text("".join(f"{text}\n" for text in MORE))
    return desk_folder


@pytest.fixture
def run(folder: Path) -> Run:
    """Runs the command on a suite with more keys; returns the rows of results.csv by student and setting."""

    def run(*arguments: str, files: str = FILES, **keys: str) -> Mapping[str, dict[str, str]]:
        assert main(["--suite", suite(folder, files, **keys), *PLAN, *arguments]) == 0
        with (folder / "results" / "mine" / "results.csv").open(newline="") as file:
            return {f"{row['student']} {row['setting']}": row for row in csv.DictReader(file)}

    return run


def write(path: Path, rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def suite(folder: Path, files: str = FILES, **keys: str) -> str:
    keys = {"task": "classification", "teacher": "./bert", **keys}
    lines = [*(f"{key}: {value}" for key, value in keys.items()), f"datasets: {{chat: {{{files}}}}}"]
    (folder / "mine.yml").write_text("\n".join(lines))
    return "mine.yml"


def write_outputs(folder: Path, *texts: tuple[str, str]) -> None:
    """Logits of texts with their labels; columns are named otherwise than the labels, and in another order."""
    write(folder / "outputs.csv", [("LEAVE", "text", "Greet"), *((LOGITS[b][1], a, LOGITS[b][0]) for a, b in texts)])


def teacher_record(folder: Path) -> Record:
    records = open_store(f"sqlite:///{folder / 'mlflow.db'}").records("mine")
    return next(record for record in records if record.tags["role"] == "teacher")


def stored_logits(folder: Path) -> dict[int, np.ndarray]:
    """Logits that the teacher's run keeps, in the order of the labels' names, by the number of texts."""
    store, run_id = open_store(f"sqlite:///{folder / 'mlflow.db'}"), teacher_record(folder).run_id
    found = [np.load(store.download(run_id, name, folder)) for name in store.files(run_id, "logits")]
    return {len(logits): logits for logits in found}


def weights(folder: Path, run_id: str) -> dict[str, torch.Tensor]:
    return load_file(open_store(f"sqlite:///{folder / 'mlflow.db'}").download(run_id, WEIGHTS, folder))


@pytest.fixture
def checkpoint(folder: Path, tiny_teacher: Path) -> str:
    """A classifier of the data's labels with a head by chance, beside its tokenizer."""
    torch.manual_seed(2)
    names = {0: "LEAVE", 1: "Greet"}
    ids = {name: number for number, name in names.items()}
    model = AutoModelForSequenceClassification.from_pretrained(tiny_teacher, id2label=names, label2id=ids)
    model.save_pretrained(folder / "mine")
    AutoTokenizer.from_pretrained(tiny_teacher).save_pretrained(folder / "mine")
    return "./mine"


FROM_FILE = {"teacher_outputs": "{path: outputs.csv, kind: logits}"}
ALL = tuple(chain(*TEXTS.values()))
UNLABELLED = tuple((text, "leave") for text in MORE)


def test_students_learn_from_the_outputs_of_a_file(folder: Path, run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    write_outputs(folder, *ALL, *UNLABELLED)
    rows = run("-x", "kd_ulb_bert", unlabeled="more.txt", **FROM_FILE)
    assert "in chat: 16 of 16 train, 2 of 2 validation, 3 of 3 unlabelled, 3 of 3 test." in capfd.readouterr().out
    teacher, student = rows["teacher outputs"], rows["cnn kd_ulb_bert"]
    assert (teacher["test_f1"], teacher["teacher"]) == ("1.0", "outputs.csv with the tokenizer of bert")
    assert {teacher[name] for name in teacher if name.startswith(("size_", "latency_", "n_param"))} == {""}
    assert student["status"] == "finished"
    assert student["teacher_test_f1"] == "1.0"
    assert stored_logits(folder)[len(TEXTS["train"])].tolist() == [[*LOGITS[label]] for _, label in TEXTS["train"]]


def test_the_same_teacher_from_a_file_gives_the_same_student(folder: Path, run: Run, checkpoint: str) -> None:
    labelled = [[text for text, _ in TEXTS[split]] for split in ("train", "validation")]
    direct = run("-x", "kd_ulb_bert", teacher=checkpoint, unlabeled="more.txt")
    stored = stored_logits(folder)
    rows = [(text, *own) for texts in (*labelled, MORE) for text, own in zip(texts, stored[len(texts)], strict=True)]
    write(folder / "outputs.csv", [("text", "greet", "leave"), *rows])
    by_file = run("-x", "kd_ulb_bert", teacher=checkpoint, unlabeled="more.txt", **FROM_FILE)
    assert by_file["cnn kd_ulb_bert"]["key"] != direct["cnn kd_ulb_bert"]["key"]
    theirs, ours = (weights(folder, rows["cnn kd_ulb_bert"]["run_id"]) for rows in (direct, by_file))
    assert theirs.keys() == ours.keys()
    assert all(torch.equal(theirs[name], ours[name]) for name in theirs)


def test_a_teacher_that_lacks_test_texts_is_scored_on_the_others(folder: Path, run: Run) -> None:
    write_outputs(folder, *TEXTS["train"], *TEXTS["validation"], *TEXTS["test"][:2])
    rows = run("-x", "kd", **FROM_FILE)
    assert rows["teacher outputs"]["test_f1"] == "1.0"
    assert rows["cnn kd"]["teacher_test_f1"] == rows["cnn kd"]["f1_kept"] == "", "they are of other texts"
    assert teacher_record(folder).metrics["test_share"] == pytest.approx(2 / 3)


def test_a_teacher_of_less_than_half_of_the_test_texts_has_no_f1(folder: Path, run: Run) -> None:
    write_outputs(folder, *TEXTS["train"], *TEXTS["validation"], *TEXTS["test"][:1])
    rows = run("-x", "kd", **FROM_FILE)
    assert (rows["teacher outputs"]["status"], rows["teacher outputs"]["test_f1"]) == ("finished", "")
    assert rows["cnn kd"]["status"] == "finished"
    assert teacher_record(folder).metrics["test_share"] == pytest.approx(1 / 3)


def test_an_edited_file_is_another_teacher(folder: Path, run: Run) -> None:
    write_outputs(folder, *ALL)
    first = run("-x", "kd", **FROM_FILE)
    write_outputs(folder, *ALL, *UNLABELLED)
    second = run("-x", "kd", **FROM_FILE)
    assert first["teacher outputs"]["key"] != second["teacher outputs"]["key"]
    assert first["cnn kd"]["key"] != second["cnn kd"]["key"]


Refused = Callable[..., str]


@pytest.fixture
def refused(folder: Path, capfd: pytest.CaptureFixture[str]) -> Refused:
    """The one line that the command says before it ends with exit code 2."""

    def run(*arguments: str, files: str = FILES, **keys: str) -> str:
        with pytest.raises(SystemExit) as ended:
            run_command(partial(main, ["--suite", suite(folder, files, **keys), *PLAN, *arguments]))
        said = capfd.readouterr().err.strip()
        assert ended.value.code == BAD_INPUT, said
        assert "\n" not in said
        return said

    return run


def test_a_text_without_outputs_is_an_error_and_never_left_out(folder: Path, refused: Refused) -> None:
    write_outputs(folder, *ALL[1:])
    said = refused("-x", "vanilla", "-x", "kd", **FROM_FILE)
    assert "lack 1 of 16 train texts, as 'halo 0'. Add them, or leave out what learns from them: kd." in said


def test_unlabelled_text_needs_outputs_where_a_setting_reads_it(folder: Path, refused: Refused) -> None:
    write_outputs(folder, *ALL)
    said = refused("-x", "kd", "-x", "kd_ulb", "-x", "kd_ulb_bert", unlabeled="more.txt", **FROM_FILE)
    assert "lack 3 of 3 unlabelled texts, as 'halo lagi'." in said
    assert said.endswith("leave out what learns from them: kd_ulb, kd_ulb_bert.")


@pytest.mark.parametrize(
    "options", [("--as-is",), ("--fine-tune",), ("--teacher-epochs", "2"), ("--teacher-learning-rate", "0.1")]
)
def test_options_of_a_checkpoint_are_refused_where_a_file_teaches(
    folder: Path, refused: Refused, options: tuple[str, ...]
) -> None:
    write_outputs(folder, *ALL)
    assert "no checkpoint is fine-tuned or used as it is. Leave out --as-is" in refused(*options, **FROM_FILE)


def test_keys_of_a_checkpoint_are_refused_where_a_file_teaches(folder: Path, refused: Refused) -> None:
    write_outputs(folder, *ALL)
    said = refused(teacher="{path: ./bert, as_is: false}", **FROM_FILE)
    assert "in the suite file the teacher's `as_is`" in said


def test_texts_that_are_made_have_no_outputs(folder: Path, refused: Refused) -> None:
    write_outputs(folder, *ALL)
    assert "'kd_subs' makes texts, of which a file of teacher outputs has none" in refused("-x", "kd_subs", **FROM_FILE)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("nowhere.csv", "no file"),
        ("{path: outputs.csv, kind: scores}", "Unknown kind in mine.yml, line 3: 'scores'. Allowed: logits, prob"),
        ("{file: outputs.csv}", "Unknown key in mine.yml, line 3: 'file'. Allowed: kind, path."),
        ("{kind: logits}", "mine.yml, line 3: `path` is missing"),
        ("[outputs.csv]", "mine.yml, line 3: `teacher_outputs` is ['outputs.csv']"),
        ("outputs.csv", "the row holds -2"),
    ],
)
def test_a_wrong_key_or_file_is_refused(folder: Path, refused: Refused, value: str, message: str) -> None:
    write_outputs(folder, *ALL)
    assert message in refused(teacher_outputs=value)


def test_outputs_of_words_are_read_for_tagging(folder: Path, run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    """Plan, run and report tell the same of the data."""
    rows = [(["Budi", "pergi"], ["B-PER", "O"]), (["di", "Solo"], ["O", "B-LOC"])]
    sentences = ["\n".join(map("\t".join, zip(*row, strict=True))) for row in rows]
    (folder / "a.conll").write_text("\n\n".join(sentences) + "\n")
    tags = ("O", "B-LOC", "B-PER")
    outputs = [{"words": words, **{tag: [float(t == tag) for t in own] for tag in tags}} for words, own in rows]
    (folder / "outputs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in outputs))
    files = "train: a.conll, validation: a.conll, test: a.conll, teacher_outputs: outputs.jsonl"
    done = run("-x", "kd", files=files, task="sequence_labeling")
    assert done["teacher outputs"]["test_f1"] == "1.0"
    assert done["cnn kd"]["status"] == "finished"
    config = benchmark_config(parser("run").parse_args(["--suite", "mine.yml", *PLAN, "-x", "kd"]))
    summaries = Pipeline.plan(config).data_summaries
    assert [summary.scheme for summary in summaries] == ["IOB2"]
    assert "macro F1 of entities (IOB2)" in capfd.readouterr().out
    store = open_store(f"sqlite:///{folder / 'mlflow.db'}")
    assert stored_summaries(store.records("mine")) == summaries, "as in the tag of a run"
    assert markdown_table(data_table(summaries)) in (folder / "results" / "mine" / "report.md").read_text()


@pytest.mark.parametrize("more", [(), ("--dry-run",)], ids=["run", "dry run"])
def test_a_teacher_without_all_of_its_weights_is_refused_before_the_first_run(
    folder: Path, refused: Refused, checkpoint: str, more: tuple[str, ...]
) -> None:
    """As one of several, as the only one, and where a file teaches and its embeddings alone are read."""
    weights = folder / checkpoint / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8])
    message = "The teacher 'mine' cannot be read (SafetensorError"
    assert message in refused(*more, "-x", "kd", "--teacher", "bert", "--teacher", "mine")
    assert message in refused(*more, "-x", "kd", "--teacher", "mine")
    write_outputs(folder, *ALL)
    assert message in refused(*more, "-x", "kd_ulb_bert", "--teacher", "mine", **FROM_FILE)


# --- Several teachers -----------------------------------------------------------------------------------------------

SEVERAL = ("--teacher", "bert", "--teacher", "other", "--teacher-epochs", "1", "--teacher-learning-rate", "0.001")


@pytest.fixture
def other(folder: Path) -> str:
    """A teacher of another tokenizer, which reads bytes."""
    made = folder / "other"
    tokenizer = byte_level_tokenizer()
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=128,
    )
    torch.manual_seed(1)
    BertModel(config).save_pretrained(made)
    tokenizer.save_pretrained(made)
    return "other"


@pytest.mark.usefixtures("other", "warm_workers")
def test_the_mean_of_several_teachers_is_one_teacher_and_each_has_its_row(
    folder: Path, run: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = run("-x", "kd_ulb_bert", "--jobs", "2", *SEVERAL, unlabeled="more.txt")
    assert "Teacher bert + other on chat: the mean of their probabilities." in capfd.readouterr().out
    with (folder / "results" / "mine" / "results.csv").open(newline="") as file:
        teachers = {(row["teacher"], row["setting"]) for row in csv.DictReader(file) if row["student"] == "teacher"}
    assert teachers == {("bert", "fine_tuned"), ("other", "fine_tuned"), ("bert + other", "ensemble")}
    assert rows["cnn kd_ulb_bert"]["teacher"] == "bert + other"
    assert rows["cnn kd_ulb_bert"]["status"] == "finished"
    store = open_store(f"sqlite:///{folder / 'mlflow.db'}")
    by_setting = {
        record.tags["setting"]: record for record in store.records("mine") if record.tags["role"] == "teacher"
    }
    keys = by_setting["ensemble"].params["teacher_key"].split()
    assert [record.key for key in keys for record in store.records_of_key("mine", key)] == keys
    assert main(["--suite", "mine.yml", *PLAN, "-x", "kd_ulb_bert", *SEVERAL, "--dry-run"]) == 0
    assert "0 of 4 runs are due" in capfd.readouterr().out


def test_a_list_in_the_file_names_several_teachers(folder: Path, refused: Refused) -> None:
    said = refused(teacher="[bert, nowhere/at/all]")
    assert "nowhere/at/all" in said
    assert "Teacher 'bert' is named twice" in refused("--teacher", "bert", "--teacher", "bert")
    whole = str(folder / "bert")
    assert f"Teachers 'bert' and {whole!r} are one model" in refused("--teacher", "bert", "--teacher", whole)
    write_outputs(folder, *ALL)
    assert "teacher_outputs and 2 teachers: the file is the teacher" in refused(teacher="[bert, bort]", **FROM_FILE)


# --- No labelled training text ---------------------------------------------------------------------------------------

NO_LABELS = "test: test.csv, unlabeled: many.txt"


@pytest.fixture
def many(folder: Path) -> tuple[tuple[str, str], ...]:
    """Unlabelled texts, and the labels that a teacher gives them."""
    texts = tuple((f"{text} ya", label) for text, label in TEXTS["train"])
    (folder / "many.txt").write_text("".join(f"{text}\n" for text, _ in texts))
    return texts


def test_students_are_distilled_without_labelled_text(
    folder: Path, run: Run, many: Sequence[tuple[str, str]], capfd: pytest.CaptureFixture[str]
) -> None:
    write_outputs(folder, *many, *TEXTS["test"])
    rows = run(files=NO_LABELS, **FROM_FILE)
    said = capfd.readouterr().out
    assert "agreement with the teacher" in said
    assert "Skipped: vanilla learns from labelled texts, and chat has no labelled training text." in said
    status = {setting: rows[f"cnn {setting}"]["status"] for setting in LADDER}
    assert status == {setting: "finished" if "ulb" in setting else "skipped" for setting in LADDER}
    assert rows["teacher outputs"]["valid_f1"] == "", "it would be agreement with itself"
    assert rows["cnn kd_ulb"]["n_texts"] == "14"
    assert "agreement with the teacher" in (folder / "results" / "mine" / "report.md").read_text()


def test_a_teacher_is_not_fine_tuned_without_labels(refused: Refused, many: object) -> None:  # noqa: ARG001
    said = refused(files=NO_LABELS)
    assert "'chat' has no labelled text to fine-tune" in said


def test_a_teacher_as_it_is_needs_no_labels(run: Run, many: object, checkpoint: str) -> None:  # noqa: ARG001
    rows = run("-x", "kd_ulb", files=NO_LABELS, teacher=checkpoint)
    assert rows["teacher as_is"]["test_f1"] != rows["teacher as_is"]["valid_f1"] == ""
    assert rows["cnn kd_ulb"]["valid_f1"] != ""
