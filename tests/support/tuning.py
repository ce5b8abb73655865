"""`benchmark.tune` on bundled data with a tiny teacher: its options, and what it kept."""

from pathlib import Path

import optuna
import torch
from transformers import BertConfig, BertModel, BertTokenizer

from benchmark import tune
from benchmark.cli import tuning_run
from benchmark.core.run_store import open_store
from benchmark.data.corpus import load_corpus
from benchmark.data.suites import load_suite
from benchmark.distillation.suite_data import SuiteData
from benchmark.execution.plan import plan_runs
from benchmark.tuning.session import Session
from benchmark.tuning.study import Search
from tracking import Record

DATASET = "smalltalk_demo"


def save_teacher(folder: Path) -> None:
    corpus = load_corpus(load_suite("classification", "quickstart").entries[DATASET], 60)
    words = sorted({word for text in corpus.texts("train") for word in text.lower().split()})
    vocabulary = {word: number for number, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words])}
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=130,
    )
    BertModel(config).save_pretrained(folder)
    BertTokenizer(vocab=vocabulary).save_pretrained(folder)


def tracking_uri(home: Path) -> str:
    return f"sqlite:///{home / 'mlflow.db'}"


def shared_options(home: Path) -> list[str]:
    folders = ["--teacher", str(home / "bert"), "--out", str(home / "out"), "--tracking-uri", tracking_uri(home)]
    return [*folders, "--limit", "60", "--teacher-epochs", "1", "-d", DATASET, "-s", "static"]


def options(home: Path, more: str = "") -> list[str]:
    return [*shared_options(home), *f"-x kd --max-epochs 2 --trials 3 --threads 1 {more}".split()]


def study(home: Path, name: str) -> optuna.Study:
    return optuna.load_study(storage=f"sqlite:///{home / 'optuna.db'}", study_name=name)


def records(home: Path, name: str) -> tuple[Record, list[Record]]:
    """The study's run and its trials' runs."""
    found = [r for r in open_store(tracking_uri(home)).records() if r.tags.get("study") == name]
    (parent,) = [record for record in found if record.tags["role"] == "study"]
    return parent, [record for record in found if record.tags["role"] == "trial"]


def join(home: Path, arguments: list[str], args: int) -> Session:
    return Session.join(f"sqlite:///{home / 'optuna.db'}", _search(arguments), args)


def _search(arguments: list[str]) -> Search:
    args = tune.build_parser().parse_args(arguments)
    configured = tuning_run._benchmark_config(args)
    suite_data = SuiteData(suite=configured.suite, teacher=configured.teacher.name, limit=configured.limit)
    return tuning_run._search(args, plan_runs(configured, suite_data)[1])
