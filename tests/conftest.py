"""Stores and a teacher to test with: what takes seconds to make is made once, then copied or shared."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# Before torch is imported: tests run side by side, and tiny models on two threads each would wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("RAY_raylet_start_wait_time_s", "120")  # before ray is; a busy machine takes its time

from benchmark.data import demo
from benchmark.measurement import machine_lock as lock
from tracking import Store

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster as Nodes
    from team_server import Team
    from transformers import PreTrainedTokenizerFast

    from tests.faults.server import Server

ROOT = Path(__file__).resolve().parent.parent
USERS = ("MLFLOW_TRACKING_URI", "BENCHMARK_DATA_MIRROR", "BENCHMARK_PRIVATE_DATA")
"""Variables that a user may have set, and that no test is to see."""

AddRun = Callable[..., str]

COSTS: dict[str, dict[str, float]] = {
    "teacher": {"n_parameters": 124_450_000, "size_weights_mib": 474.7, "size_onnx_mib": 475.1}
    | {"latency_torch_ms": 102.9, "latency_onnx_ms": 69.6, "size_checkpoint_mib": 1424.2},
    "bilstm": {"n_parameters": 3_350_000, "size_weights_mib": 12.8, "size_onnx_mib": 12.9}
    | {"latency_torch_ms": 1.49, "latency_onnx_ms": 0.37, "size_checkpoint_mib": 38.4},
    "cnn": {"n_parameters": 4_020_000, "size_weights_mib": 15.3, "size_onnx_mib": 15.4}
    | {"latency_torch_ms": 1.04, "latency_onnx_ms": 0.22, "size_checkpoint_mib": 46.1},
    "bert_small": {"n_parameters": 28_810_000, "size_weights_mib": 109.9, "size_onnx_mib": 110.0}
    | {"latency_torch_ms": 19.5, "latency_onnx_ms": 11.6, "size_checkpoint_mib": 329.8},
}


@pytest.fixture(scope="session")
def migrated_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("schema") / "mlflow.db"
    Store.open(f"sqlite:///{path}")
    return path


@pytest.fixture
def store_uri(migrated_db: Path, tmp_path: Path) -> str:
    """Address of an empty store of this test's own."""
    shutil.copy(migrated_db, tmp_path / "mlflow.db")
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


@pytest.fixture
def store(store_uri: str) -> Store:
    return Store.open(store_uri)


@pytest.fixture
def add_run() -> AddRun:
    return _add_run


def _add_run(
    store: Store,
    suite: str = "classification",
    *,
    student: str = "bilstm",
    status: str = "finished",
    reason: str = "",
    costs: bool = True,
    **columns: Any,
) -> str:
    """One run as the benchmark would store it; `columns` are tags, params and metrics by their column names."""
    is_teacher = student == "teacher"
    metric_names = ("valid_f1", "test_f1", "teacher_test_f1", "f1_kept")
    metrics = {name: columns.pop(name) for name in metric_names if name in columns}
    rate = columns.pop("learning_rate", 1e-3)
    setting = columns.pop("setting", "fine_tuned" if is_teacher else "vanilla")
    spec = {"task": "classification", "dataset": "emot", "student": student, "setting": setting, "seed": 0}
    spec |= {"teacher": "indobert", "protocol": "1"} | columns
    name = f"{spec['dataset']}.{student}.{setting}.seed{spec['seed']}"
    tags = {"key": f"{spec}{rate}", "preset": "paper", "smoke": "false", "role": "teacher" if is_teacher else "train"}
    tags |= {name: str(value) for name, value in spec.items()}
    run = store.begin(suite, name, tags=tags, params=spec | {"learning_rate": rate})
    if status == "finished":
        known = COSTS.get(student, {}) if costs else {}
        seconds = {"train_seconds": 12.5, "steps_to_best": 400}
        run.finish(known | seconds | {"learning_rate": rate} | metrics)
    elif status != "running":
        {"failed": run.fail, "skipped": run.skip}[status](reason)
    return run.run_id


SPECIAL = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
LETTERS = "abcdefghijklmnopqrstuvwxyzàâäáãåæçéèêëğıíîïñóôöõøœşúùûüßőű0123456789.,!?-"


@pytest.fixture(scope="session")
def tiny_teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_teacher(tmp_path_factory.mktemp("teacher") / "tiny-bert")


def write_teacher(folder: Path) -> Path:
    """An untrained BERT, 2 layers wide 32, with a WordPiece tokenizer of 600 pieces."""
    import torch
    from transformers import BertConfig, BertModel

    tokenizer = _word_pieces()
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=256,
    )
    torch.manual_seed(0)
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _word_pieces() -> "PreTrainedTokenizerFast":
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=600, special_tokens=list(SPECIAL.values()), initial_alphabet=list(LETTERS), show_progress=False
    )
    tokenizer.train_from_iterator((text for text, _ in demo.smalltalk().splits["train"]), trainer)
    first, last = (tokenizer.token_to_id(piece) for piece in ("[CLS]", "[SEP]"))
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", last), ("[CLS]", first))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=256, **SPECIAL)


@pytest.fixture
def desk_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder that the test stands in, with none of the user's settings."""
    folder = tmp_path / "work"
    folder.mkdir()
    enter(folder, monkeypatch)
    return folder


def enter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands in `folder` as `own_environment` has it."""
    for name, value in own_environment(folder).items():
        monkeypatch.setenv(name, value)
    for name in USERS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(lock, "LOCK_FOLDER", folder.parent / "own")
    monkeypatch.chdir(folder)


def own_environment(folder: Path) -> dict[str, str]:
    """A cache and a machine lock of the folder's own, beside it."""
    own = folder.parent / "own"
    own.mkdir(exist_ok=True)
    return {"BENCHMARK_CACHE": str(own / "cache"), "TMPDIR": str(own), "COLUMNS": "200", "PYTHONPATH": str(ROOT)}


def start_command(folder: Path, *arguments: str, process_group: int | None = None) -> subprocess.Popen[str]:
    """`python -m benchmark.run` in `folder`, as a person starts it; a `process_group` of 0 is one of its own.

    Ctrl-C is heard even where the tests run in the background of a shell, which has them ignore it.
    """
    inherited = {name: value for name, value in os.environ.items() if name not in USERS}
    return subprocess.Popen(
        [sys.executable, "-m", "benchmark.run", *arguments],
        cwd=folder,
        env=inherited | own_environment(folder),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        process_group=process_group,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


@dataclass(frozen=True)
class Finished:
    """A smoke run of the main command that has ended."""

    folder: Path
    arguments: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def store(self) -> Store:
        return Store.open(f"sqlite:///{self.folder / 'mlflow.db'}")

    @property
    def unmeasured(self) -> tuple[str, ...]:
        """Its arguments, for who asks for no milliseconds."""
        return (*self.arguments, "--no-latency")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, tiny_teacher: Path) -> Finished:
    """Teacher, and a CNN in two settings, by the real command on bundled data. Read only: see `finished_copy`."""
    folder = tmp_path_factory.mktemp("finished") / "work"
    folder.mkdir()
    arguments = ("--suite", "classification", "--teacher", str(tiny_teacher), "--limit", "40", "-s", "cnn")
    arguments += ("--teacher-epochs", "1", "--max-epochs", "2", "--jobs", "1")
    settings = ("-x", "vanilla", "-x", "kd_ulb_bert")
    command = start_command(folder, *arguments, *settings)
    out, err = command.communicate()
    return Finished(folder, arguments, command.returncode, out, err)


@pytest.fixture
def finished_copy(finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Finished:
    """What `finished` made, to go on with: its store and its cache, in a folder that the test stands in."""
    folder = tmp_path / "copy" / "work"
    shutil.copytree(finished.folder.parent, folder.parent)
    enter(folder, monkeypatch)
    return replace(finished, folder=folder)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Server"]:
    """A tracking server without accounts. Tests that use it are of one xdist group: it is started once."""
    from tests.faults.server import serving

    with serving(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def team() -> Iterator["Team"]:
    """The server that docker-compose.yml describes. Tests that use it are of one xdist group: it is started once."""
    from team_server import team_server

    with team_server() as running:
        yield running


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator["Nodes"]:
    """A Ray cluster of two nodes, which share no cache; what lies in `here` is not on them."""
    pytest.importorskip("ray")
    from tests.faults.node import two_nodes

    with two_nodes(tmp_path, tmp_path / "here") as cluster:
        yield cluster
