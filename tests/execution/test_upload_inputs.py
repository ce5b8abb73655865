"""What a command reads of its own machine, read on another one: it lacks the files, and shares the store alone."""

import csv
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import pytest
import torch

from benchmark.cli.arguments import parser
from benchmark.cli.options import benchmark_config
from benchmark.core.errors import InputError, RunError
from benchmark.core.run_store import merge_stores, open_store
from benchmark.core.spec import RunSpec
from benchmark.data.catalogue import DATASETS
from benchmark.data.sources import PRIVATE
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.training_run import TrainingRun
from benchmark.execution.executors.ray import file_sets as file_sets
from benchmark.execution.executors.ray.file_sets import FileSet, PathResolver
from benchmark.execution.executors.ray.upload_inputs import upload_inputs
from benchmark.execution.plan import plan_runs
from tests.support.model_factory import make_fill_mask, make_marian, smalltalk
from tracking import Store, StoreError

MODELS = ("--translate", "there", "back", "--fill-mask", "mask")
OPTIONS = ("-s", "cnn", "--vectors", "v.vec", "--in-domain", "domain.txt", *MODELS, "--augmented", "5")
SETTINGS = ("kd_ulb_fasttext", "kd_in_domain", "kd_bt_subs")


@dataclass(frozen=True)
class Elsewhere:
    """Takes rooms to a machine without any file of this one."""

    folder: Path
    enter: Callable[[Path], None]

    def __call__(self, suite_data: SuiteData, *lost: Path) -> SuiteData:
        arrived: SuiteData = ForkingPickler.loads(ForkingPickler.dumps(suite_data))
        for path in lost:
            path.rename(path.with_name("gone"))
        self.enter(self.folder)
        return arrived


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    def enter(folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        monkeypatch.chdir(folder)
        monkeypatch.setenv("BENCHMARK_CACHE", str(folder / "cache"))
        for name in ("BENCHMARK_DATA_MIRROR", PRIVATE):
            monkeypatch.delenv(name, raising=False)

    return Elsewhere(tmp_path / "elsewhere", enter)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, tiny_teacher: Path) -> Path:
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(tiny_teacher, folder / "bert")
    make_marian(folder / "there", seed=0)
    make_marian(folder / "back", seed=1)
    make_fill_mask(folder / "mask", tiny_teacher)
    return folder


@pytest.fixture
def suite(desk_folder: Path, models: Path) -> str:
    """A suite's file with everything of its own, named relative to it."""
    texts = smalltalk()
    splits = {"train": texts[:30], "validation": ["five", "six"], "test": ["three", "four"]}
    for split, some in splits.items():
        with (desk_folder / f"{split}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("text", "label"), *((text, "ab"[i % 2]) for i, text in enumerate(some))])
    (desk_folder / "more.txt").write_text("\n".join(texts[100:140]))
    (desk_folder / "domain.txt").write_text("\n".join(texts[140:150]))
    (desk_folder / "v.vec").write_text("2 4\na 1 2 3 4\nb 4 3 2 1\n")
    shutil.copytree(models, desk_folder, dirs_exist_ok=True)
    files = "{train: train.csv, validation: validation.csv, test: test.csv}"
    text = f"task: classification\nteacher: bert\nunlabeled: [more.txt]\ndatasets: {{chat: {files}}}\n"
    (desk_folder / "chat.yml").write_text(text)
    return "chat.yml"


def planned(*options: str) -> tuple[SuiteData, list[RunSpec]]:
    wanted = benchmark_config(parser("run").parse_args(list(options)))
    suite_data = wanted.suite_data()
    return suite_data, [item.spec for item in plan_runs(wanted, suite_data) if not item.skip_reason]


def everything(suite: str) -> tuple[SuiteData, list[RunSpec]]:
    chosen = [word for setting in SETTINGS for word in ("-x", setting)]
    return planned("--suite", suite, *OPTIONS, *chosen)


def data_runs(store: Store, suite: str) -> list[str]:
    return [record.name for record in store.records(suite) if record.tags["role"] == "data"]


def read(suite_data: SuiteData, spec: RunSpec) -> dict[str, object]:
    """All that a run of a cluster reads, as what identifies it."""
    training_run = TrainingRun(
        spec=spec,
        data=suite_data.encoded_dataset("chat"),
        device=torch.device("cpu"),
        vectors=suite_data.vectors,
        resolve_path=suite_data.resolve_path,
    )
    return {
        "data": suite_data.corpus("chat").digest,
        "pool": suite_data.pool("chat").digest,
        "in domain": suite_data.pool("chat", "in_domain").digest,
        "made": suite_data.pool("chat", "bt_subs").digest,
        "made by": suite_data.pool_digest("chat", "bt_subs"),
        "encoder": suite_data.teacher_identity,
        "pieces": suite_data.tokenizer.get_vocab(),
        "positions": suite_data.max_length,
        "vectors": suite_data.vectors_digest,
        "table": training_run._fasttext(4)[~torch.isnan(torch.tensor(training_run._fasttext(4))).any(1)].tolist(),
    }


def test_a_machine_without_any_of_the_files_reads_the_same(
    suite: str, store: Store, elsewhere: Elsewhere, desk_folder: Path
) -> None:
    suite_data, specs = everything(suite)
    teacher = next(spec for spec in specs if spec.is_teacher)
    here = read(suite_data, teacher)
    weights = (
        TrainingRun(spec=teacher, data=suite_data.encoded_dataset("chat"), device=torch.device("cpu"))
        .build()
        .state_dict()
    )
    away = elsewhere(upload_inputs(suite_data, specs, store), desk_folder)
    assert not desk_folder.exists()
    assert read(away, teacher) == here
    training_run = TrainingRun(
        spec=teacher, data=away.encoded_dataset("chat"), device=torch.device("cpu"), resolve_path=away.resolve_path
    )
    fetched = training_run.build().state_dict()
    assert all(torch.equal(fetched[name], value) for name, value in weights.items() if "classifier" not in name)
    assert len(list((elsewhere.folder / "cache" / "parcels").iterdir())) == 8


def test_what_is_sent_once_is_not_sent_again_until_it_changes(suite: str, store: Store, desk_folder: Path) -> None:
    suite_data, specs = everything(suite)
    upload_inputs(suite_data, specs, store)
    names = ["chat", "unlabeled", "in_domain", "encoder", "vectors", "forward_model", "backward_model", "fill_mask"]
    assert data_runs(store, "chat") == [f"data.{name}" for name in names]
    upload_inputs(suite_data, specs, store)
    assert len(data_runs(store, "chat")) == 8
    (desk_folder / "more.txt").write_text("something else\n")
    upload_inputs(*everything(suite), store)
    assert data_runs(store, "chat")[8:] == ["data.unlabeled"]


def test_only_what_the_runs_read_is_sent(suite: str, store: Store) -> None:
    suite_data, specs = planned("--suite", suite, *OPTIONS, "-x", "vanilla")
    upload_inputs(suite_data, specs, store)
    assert data_runs(store, "chat") == ["data.chat", "data.encoder"]


def test_a_machine_that_has_the_files_in_the_same_place_reads_them_there(
    suite: str, store: Store, elsewhere: Elsewhere, desk_folder: Path
) -> None:
    suite_data, specs = everything(suite)
    away = elsewhere(upload_inputs(suite_data, specs, store))
    assert away.resolve_path("v.vec") == str(desk_folder / "v.vec")
    assert away.resolve_path("bert") == str(desk_folder / "bert")
    assert not (elsewhere.folder / "cache" / "parcels").exists()


def test_a_pool_is_of_the_data_sets_that_the_command_has(
    suite: str, store: Store, elsewhere: Elsewhere, desk_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all of them, whichever are asked for; and of none that the other machine alone has."""
    for name in ("train", "validation", "test"):
        (desk_folder / f"second_{name}.csv").write_text(f"text,label\nsecond {name},a\nother {name},b\n")
    second = "{train: second_train.csv, validation: second_validation.csv, test: second_test.csv}"
    text = (desk_folder / suite).read_text().replace("datasets: {", f"datasets: {{second: {second}, ")
    (desk_folder / suite).write_text(text)
    suite_data, specs = planned("--suite", suite, *OPTIONS, "-d", "chat", "-x", "kd_ulb")
    suite_data.suite = replace(
        suite_data.suite,
        datasets=(*suite_data.suite.datasets, "health"),
        entries={**suite_data.suite.entries, "health": DATASETS["health"]},
    )
    texts = suite_data.pool("chat").texts
    assert "second train" in texts
    away = elsewhere(upload_inputs(suite_data, specs, store), desk_folder)
    for name in ("train", "validation", "test"):
        path = elsewhere.folder / "private" / "health" / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"text,label\nprivate {name},a\nhidden {name},b\n")
    monkeypatch.setenv(PRIVATE, str(elsewhere.folder / "private"))
    assert away.pool("chat").texts == texts


@pytest.mark.parametrize(("name", "change"), [("v.vec", "v.vec"), ("bert", "bert/added_tokens.json")])
def test_other_files_in_the_same_place_are_not_taken_for_the_command_s(
    suite: str, store: Store, elsewhere: Elsewhere, desk_folder: Path, name: str, change: str
) -> None:
    suite_data, specs = everything(suite)
    away = elsewhere(upload_inputs(suite_data, specs, store))
    (desk_folder / change).write_text("{}")
    assert Path(away.resolve_path(name)).is_relative_to(elsewhere.folder)


def test_names_of_nothing_here_stay_what_they_are(store: Store) -> None:
    assert PathResolver(store.uri, {})("indobenchmark/indobert-base-p1@main") == "indobenchmark/indobert-base-p1@main"
    suite_data, specs = planned("--suite", "classification", "--limit", "20", "-s", "cnn", "-x", "kd_ulb")
    away = upload_inputs(suite_data, specs, store)
    assert away.resolve_path(suite_data.teacher) == suite_data.teacher
    assert data_runs(store, "classification") == [], "bundled data and the bundled teacher travel with the code"


def test_private_data_reach_machines_that_were_not_told_their_folder(
    desk_folder: Path, tiny_teacher: Path, store: Store, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    for split in ("train", "validation", "test"):
        path = desk_folder / "private" / "health" / f"{split}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"text,label\nhalo {split},a\nkabar {split},b\n")
    monkeypatch.setenv(PRIVATE, "private")
    options = (
        "--suite",
        "classification",
        "-d",
        "health",
        "--teacher",
        str(tiny_teacher),
        "-s",
        "cnn",
        "-x",
        "vanilla",
    )
    suite_data, specs = planned(*options)
    digest = suite_data.corpus("health").digest
    away = elsewhere(upload_inputs(suite_data, specs, store), desk_folder)
    assert away.why_unavailable("health") == ""
    assert away.corpus("health").digest == digest
    assert data_runs(store, "classification") == ["data.health", "data.encoder"]


def test_files_that_are_not_what_was_sent_are_refused(
    suite: str, store: Store, elsewhere: Elsewhere, desk_folder: Path, tmp_path: Path
) -> None:
    suite_data, specs = planned("--suite", suite, *OPTIONS, "-x", "vanilla")
    away = upload_inputs(suite_data, specs, store)
    [kept] = (record for record in store.records("chat") if record.name == "data.chat")
    other = tmp_path / "other"
    other.mkdir()
    (other / "test.csv").write_text("text,label\nforged,a\nforged too,b\n")
    store.add_artifacts(kept.run_id, other)
    away = elsewhere(away, desk_folder)
    with pytest.raises(RunError, match=rf"test.csv of run {kept.run_id} .* Delete that run"):
        away.corpus("chat")
    assert not list((elsewhere.folder / "cache" / "parcels").iterdir())


def test_a_parcel_that_was_broken_in_the_cache_is_fetched_again(
    suite: str, store: Store, elsewhere: Elsewhere, desk_folder: Path
) -> None:
    suite_data, specs = planned("--suite", suite, *OPTIONS, "-x", "vanilla")
    away = elsewhere(upload_inputs(suite_data, specs, store), desk_folder)
    [train] = {file.path for split, file in away.suite.entries["chat"].files.items() if split == "train"}
    fetched = Path(away.resolve_path(train))
    whole = fetched.read_bytes()
    fetched.write_bytes(whole[:-1])
    file_sets._folder.cache_clear()
    assert away.resolve_path(train) == str(fetched)
    assert fetched.read_bytes() == whole


def test_a_store_that_lost_the_files_says_so(
    suite: str, store: Store, elsewhere: Elsewhere, desk_folder: Path, tmp_path: Path
) -> None:
    suite_data, specs = planned("--suite", suite, *OPTIONS, "-x", "vanilla")
    away = elsewhere(upload_inputs(suite_data, specs, store), desk_folder)
    shutil.rmtree(tmp_path / "mlartifacts")
    with pytest.raises(StoreError, match=r"train.csv cannot be read"):
        away.corpus("chat")


def test_what_the_store_lost_is_sent_again(suite: str, store: Store, tmp_path: Path) -> None:
    suite_data, specs = planned("--suite", suite, *OPTIONS, "-x", "vanilla")
    upload_inputs(suite_data, specs, store)
    for path in tmp_path.joinpath("mlartifacts").rglob("test.csv"):
        path.unlink()
    upload_inputs(suite_data, specs, store)
    assert data_runs(store, "chat") == ["data.chat", "data.encoder", "data.chat"]
    upload_inputs(suite_data, specs, store)
    assert len(data_runs(store, "chat")) == 3


def test_a_file_that_changes_while_it_is_sent_is_not_kept(
    suite: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite_data, specs = everything(suite)
    with monkeypatch.context() as changing:
        changing.setattr(FileSet, "is_local", lambda _: False)
        with pytest.raises(InputError, match=r"train.csv, .* changed while it was sent"):
            upload_inputs(suite_data, specs, store)
    assert [record.status for record in store.records("chat")] == ["killed"]
    upload_inputs(suite_data, specs, store)
    assert data_runs(store, "chat")[:2] == ["data.chat", "data.chat"], "what was not kept whole is sent again"


@pytest.mark.parametrize(
    ("path", "text", "what"),
    [
        ("train.csv", "text,label\nseven,a\neight,b\n", "data set 'chat'"),
        ("more.txt", "nine\n", "unlabelled text"),
        ("v.vec", "1 4\na 9 9 9 8\n", "file 'v.vec'"),
        ("bert/added_tokens.json", "{}", "teacher 'bert'"),
    ],
)
def test_what_was_changed_after_the_plan_is_not_learnt_from_under_its_key(
    suite: str, store: Store, elsewhere: Elsewhere, desk_folder: Path, path: str, text: str, what: str
) -> None:
    suite_data, specs = everything(suite)
    by_setting = {spec.setting: spec for spec in specs}
    spec = by_setting["fine_tuned" if path.startswith("bert") else "kd_ulb_fasttext"]
    suite_data.require_unchanged(spec)
    (desk_folder / path).write_text(text)
    away = elsewhere(upload_inputs(suite_data, specs, store), desk_folder)
    with pytest.raises(RunError, match=f"The {what} has changed since the plan was made"):
        away.require_unchanged(spec)


def test_a_file_that_is_gone_ends_the_command_with_a_message(suite: str, store: Store, desk_folder: Path) -> None:
    suite_data, specs = everything(suite)
    (desk_folder / "v.vec").unlink()
    with pytest.raises(InputError, match=r"cannot be sent to the nodes: .*v\.vec"):
        upload_inputs(suite_data, specs, store)


def test_what_was_brought_from_another_store_need_not_be_sent(suite: str, store: Store, tmp_path: Path) -> None:
    suite_data, specs = everything(suite)
    upload_inputs(suite_data, specs, store)
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    list(merge_stores(store.uri, other.uri).copy())
    assert len(data_runs(other, "chat")) == 8
    upload_inputs(suite_data, specs, other)
    assert len(data_runs(other, "chat")) == 8
