"""Keys of runs, which decide what is reused: those of stored params, and those of real plans.

Another key for the same run means that every result kept so far would be computed again.
"""

import csv
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmark.cli.arguments import parser
from benchmark.cli.options import benchmark_config
from benchmark.core.settings import SETTINGS
from benchmark.core.spec import RunSpec
from benchmark.execution.plan import plan_runs
from students import PAPER
from tests.frozen.golden import FOLDER, check_json, read_csv


def key_of(params: Mapping[str, str]) -> str:
    """Of a run whose params a store holds."""
    return RunSpec.read(params).key


def planned(*arguments: str) -> dict[str, str]:
    """Keys by run name of the plan that `python -m benchmark.run` would make."""
    config = benchmark_config(parser("run").parse_args(arguments))
    return {item.spec.name: item.spec.key for item in plan_runs(config, config.suite_data())}


# --- Stored params: every student and setting in both tasks, then one change at a time ------------------------------

POLICY = {"text_source": "pool", "agreed": "False", "balance": "", "length_filter": ""}
"""Params that older runs lack, with the values that they stand for."""


@pytest.mark.parametrize("file", ["stored.csv", "stored_grid.csv"])
def test_a_stored_run_keeps_its_key(file: str) -> None:
    rows = read_csv(FOLDER / "keys" / file)
    assert {row["run"]: key_of(row) for row in rows} == {row["run"]: row["key"] for row in rows}


def test_a_run_stored_before_there_were_policies_keeps_its_key() -> None:
    rows = [row for row in read_csv(FOLDER / "keys" / "stored.csv") if POLICY.items() <= row.items()]
    older = [{name: text for name, text in row.items() if name not in POLICY} for row in rows]
    assert {row["run"]: key_of(row) for row in older} == {row["run"]: row["key"] for row in rows}


def test_every_student_of_the_paper_and_setting_has_a_stored_run() -> None:
    stored = {(row["student"], row["setting"]) for row in read_csv(FOLDER / "keys" / "stored.csv")}
    assert stored >= {(student, setting) for student in PAPER for setting in SETTINGS}


# --- Plans, of files that are written here --------------------------------------------------------------------------

PAIRS = {
    "train": [("selamat pagi", "salam"), ("apa kabar", "tanya"), ("halo kak", "salam"), ("di mana", "tanya")],
    "validation": [("selamat sore", "salam"), ("ke mana", "tanya")],
    "test": [('halo, "kawan"', "salam"), ("siapa é", "tanya")],
}  # fmt: skip
SENTENCES = {
    "train": [("Budi pergi ke Jakarta", "B-PER O O B-LOC"), ("dia di Bandung Barat", "O O B-LOC I-LOC")] * 2,
    "validation": [("Ani pulang", "B-PER O"), ("ke Medan", "O B-LOC")],
    "test": [("Sari di Solo", "B-PER O B-LOC")],
}
TEXTS_SUITE = """\
name: texts
task: classification
teacher: ./bert
{unlabeled}datasets:
  commas: {{train: train.csv, validation: validation.csv, test: test.csv}}
  tabs: {{train: train.tsv, validation: validation.tsv, test: test.tsv, text: sentence, label: intent}}
  lines: {{train: train.jsonl, validation: validation.jsonl, test: test.jsonl}}
  positions: {{train: bare.csv, validation: bare_validation.csv, test: bare_test.csv, text: 1, label: 0}}
  fraction: {{train: train.csv, validation_fraction: 0.25, test: test.csv}}
  named: {{train: train.data, validation: validation.data, test: test.data, format: csv, licence: MIT}}
"""
TAGS_SUITE = """\
name: tags
task: sequence_labeling
teacher: ./bert
unlabeled: more.txt
datasets:
  conll: {train: train.conll, validation: validation.conll, test: test.conll}
  tabs: {train: tags.tsv, validation: tags_validation.tsv, test: tags_test.tsv}
  lines: {train: tags.jsonl, validation: tags_validation.jsonl, test: tags_test.jsonl}
  table: {train: tags.csv, validation: tags_validation.csv, test: tags_test.csv, text: words, label: ner}
  positions: {train: wide.conll, validation: wide_validation.conll, test: wide_test.conll, text: 0, label: 2}
  fraction: {train: train.conll, validation_fraction: 0.5, test: test.conll}
"""
LIMIT, RATE = ("--limit", "2"), ("--learning-rate", "1e-4")
FEW = ("-s", "cnn", "-x", "kd", "-x", "kd_ulb", "-x", "kd_subs", "-x", "kd_ulb_fasttext")
MODELS = ("--translate", "bert", "bert", "--fill-mask", "bert", "--in-domain", "more.txt")
EVERY = [word for student in PAPER for word in ("-s", student)]
LABELLED = [word for name, setting in SETTINGS.items() if not setting.balance for word in ("-x", name)]
ALL = [word for name in SETTINGS for word in ("-x", name)]
DEMO, ENTITIES = ("--suite", "classification"), ("--suite", "sequence_labeling")

PLANS = {
    "quickstart, classification": DEMO,
    "quickstart, sequence_labeling": ENTITIES,
    "every setting, classification": (*DEMO, *EVERY, *ALL, *MODELS),
    "every setting, sequence_labeling": (*ENTITIES, *EVERY, *LABELLED, *MODELS),
    "agreed": (*DEMO, *FEW, "-x", "kd_bt_subs", *MODELS, "--agreed", "--augmented", "50"),
    "budgets": (*DEMO, *FEW, "--max-epochs", "3", "--max-steps", "70", "--teacher-epochs", "2"),
    "rates": (*DEMO, *FEW, *RATE, "--teacher-learning-rate", "3e-5"),
    "limit": (*DEMO, *FEW, *LIMIT, *MODELS, "-x", "kd_in_domain"),
    "vectors": (*DEMO, *FEW, "--vectors", "words.vec"),
    "seeds": (*DEMO, "-s", "bilstm", "-x", "vanilla", "--seeds", "3"),
    "seed": (*DEMO, "-s", "bilstm", "-x", "vanilla", "--seed", "4294967295"),
    "another teacher": (*DEMO, *FEW, "--teacher", "bert"),
    "private data": (*DEMO, *FEW, "-d", "smltk", "--teacher", "bert"),
    "files of texts": ("--suite", "texts.yml", *FEW),
    "files of texts, limit": ("--suite", "texts.yml", *FEW, *LIMIT),
    "files of texts, no unlabelled text": ("--suite", "alone.yml", *FEW),
    "files of tags": ("--suite", "tags.yml", *FEW),
}
GRID_PLANS = {
    "grid": (*DEMO, *FEW, "--learning-rate", "grid"),
    "paper": ("--suite", "texts.yml", *FEW, "--preset", "paper"),
}


@pytest.fixture
def folder(desk_folder: Path) -> Path:
    """A working folder with suite files, a vector file and a model of placeholder files."""
    (desk_folder / "bert").mkdir()
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (desk_folder / "bert" / name).write_text("{}")
    (desk_folder / "words.vec").write_text("1 2\nhalo 0 1\n")
    (desk_folder / "more.txt").write_text("selamat malam\n\nsampai jumpa\nhalo kak\n")
    (desk_folder / "texts.yml").write_text(TEXTS_SUITE.format(unlabeled="unlabeled: [more.txt]\n"))
    (desk_folder / "alone.yml").write_text(TEXTS_SUITE.format(unlabeled=""))
    (desk_folder / "tags.yml").write_text(TAGS_SUITE)
    for split in PAIRS:
        ending = "" if split == "train" else f"_{split}"
        write_texts(desk_folder, split, ending)
        write_tags(desk_folder, split, ending)
    return desk_folder


def write_texts(folder: Path, split: str, ending: str) -> None:
    pairs = PAIRS[split]
    write_table(folder / f"{split}.csv", ",", [("text", "label"), *pairs])
    write_table(folder / f"{split}.data", ",", [("text", "label"), *pairs])
    write_table(folder / f"{split}.tsv", "\t", [("id", "intent", "sentence"), *(("1", b, a) for a, b in pairs)])
    write_table(folder / f"bare{ending}.csv", ",", [(label, text) for text, label in pairs])
    write_lines(folder / f"{split}.jsonl", [{"text": text, "label": label} for text, label in pairs])


def write_tags(folder: Path, split: str, ending: str) -> None:
    sentences = [(words.split(), tags.split()) for words, tags in SENTENCES[split]]
    tagged = ["\n".join(map("\t".join, zip(*pair, strict=True))) for pair in sentences]
    (folder / f"{split}.conll").write_text("\n\n".join(tagged) + "\n")
    (folder / f"tags{ending}.tsv").write_text("\n\n".join(tagged) + "\n")
    wide = ["\n".join(f"{word}\tX\t{tag}" for word, tag in zip(*pair, strict=True)) for pair in sentences]
    (folder / f"wide{ending}.conll").write_text("\n\n".join(wide) + "\n")
    write_lines(folder / f"tags{ending}.jsonl", [{"tokens": words, "tags": tags} for words, tags in sentences])
    write_table(folder / f"tags{ending}.csv", ",", [("words", "ner"), *SENTENCES[split]])


def write_table(path: Path, delimiter: str, rows: list[tuple[str, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(rows)


def write_lines(path: Path, records: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


@pytest.mark.parametrize(("file", "plans"), [("planned.json", PLANS), ("planned_grid.json", GRID_PLANS)])
@pytest.mark.usefixtures("folder")
def test_a_plan_keeps_its_keys(file: str, plans: dict[str, tuple[str, ...]]) -> None:
    check_json(f"keys/{file}", {name: planned(*arguments) for name, arguments in plans.items()})


def test_a_key_depends_on_the_content_of_files_and_not_on_their_place(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = planned("--suite", "texts.yml", *FEW, "--vectors", "words.vec")
    folder.rename(tmp_path / "moved")
    monkeypatch.chdir(tmp_path)
    assert planned("--suite", "moved/texts.yml", *FEW, "--vectors", "moved/words.vec") == here
