"""Words that MLflow and Optuna keep: filters, charts and scripts of users go by them, and draws follow from some."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import optuna
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from benchmark import run, tune
from benchmark.core.spec import RunSpec
from benchmark.measurement.session import execution_modes
from benchmark.tuning.study import NumberedSampler, Search
from tests.frozen.golden import FOLDER, check_json, read_csv
from tests.support.commands import Finished, enter


def search(**given: Any) -> Search:
    """For the learning rate of one of the runs whose keys are frozen too."""
    [row] = [row for row in read_csv(FOLDER / "keys" / "stored.csv") if row["run"] == "cnn kd_ulb, classification"]
    return Search(**{"spec": RunSpec.read(row), "low": 5e-5, "high": 1e-2} | given)


SEARCHES = {
    "the default": {},
    "tpe, median": {"sampler": "tpe", "pruner": "median"},
    "a narrow one": {"low": 1e-4, "high": 1e-3},
    "named": {"given_name": "rates"},
}


def draws(searched: Search) -> list[float]:
    """Learning rates of the first trials, each of them as good as it is high."""
    study = optuna.create_study(direction="maximize", sampler=NumberedSampler(searched))
    study.optimize(lambda trial: trial.suggest_float("learning_rate", searched.low, searched.high, log=True), 12)
    return [trial.params["learning_rate"] for trial in study.trials]


def test_searches_are_described_named_and_drawn_alike() -> None:
    found = {}
    for name, given in SEARCHES.items():
        made = search(**given)
        found[name] = {"description": dict(made.description), "name": made.name, "draws": draws(made)}
        found[name] |= {"keys": [made.key, made.study_key, made.trial_key(3)]}
    check_json("words/searches.json", found)


# --- A run, a grid and a study, by the real commands, on texts that are written here ---------------------------------

TEXTS = [(f"{word} {number}", label) for number in range(8) for word, label in (("halo", "salam"), ("apa", "tanya"))]
SUITE = """\
name: words
task: classification
unlabeled: more.txt
datasets:
  chat: {train: train.csv, validation: train.csv, test: train.csv}
"""
ALONE = ("--jobs", "1", "--no-latency")
BUDGET = ("--teacher-epochs", "1", "--max-epochs", "2")
ANY = re.compile(r"[0-9a-f]{64}|(?<=\.)[0-9a-f]{8}\b|(?<=\.lr)[\d.e-]+")
"""Digests, and learning rates: both depend on the files of the teacher."""
CHANCE = re.compile(r"_p99|_cuda")
"""Figures that need many samples, or a GPU."""
MEASURED = re.compile("latency/|speedup/|throughput/|cost/|more/onnx_int8_won")
FIXED = ("role", "preset", "smoke", "protocol", "latency_protocol", "latency_budget", "pruned", "status")
"""Tags whose values are words."""

pytestmark = pytest.mark.xdist_group("words")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tiny_teacher: Path, migrated_db: Path) -> Path:
    """A working folder whose store holds a run that is served, a grid, and a study."""
    folder = tmp_path_factory.mktemp("words") / "work"
    folder.mkdir()
    (folder / "words.yml").write_text(SUITE)
    (folder / "train.csv").write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in TEXTS))
    (folder / "more.txt").write_text("selamat pagi\nselamat malam\n")
    (folder / "mlflow.db").write_bytes(migrated_db.read_bytes())
    shared = ("--suite", "words.yml", "--teacher", str(tiny_teacher), "-d", "chat", "-s", "cnn", *BUDGET)
    with pytest.MonkeyPatch.context() as patch:
        enter(folder, patch)
        done(run.main, *shared, *ALONE, "-x", "kd_ulb")
        done(run.main, *shared, *ALONE, "-x", "vanilla", "--learning-rate", "grid")
        done(tune.main, *shared, "-x", "kd", "--trials", "1", "--threads", "1")
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")


def done(main: Callable[[Sequence[str]], int], *arguments: str) -> None:
    assert main(arguments) == 0


def stored(client: MlflowClient, suite: str = "words") -> list[Run]:
    [experiment] = [one for one in client.search_experiments() if one.name == suite]
    return list(client.search_runs([experiment.experiment_id]))


def artifacts(client: MlflowClient, run_id: str, folder: str | None = None) -> Iterator[str]:
    for file in client.list_artifacts(run_id, folder):
        if file.is_dir:
            yield from artifacts(client, run_id, file.path)
        else:
            yield file.path


def without_chance(names: set[str]) -> list[str]:
    return sorted({ANY.sub("*", name) for name in names if not CHANCE.search(name)})


def words(client: MlflowClient, runs: Sequence[Run]) -> dict[str, dict[str, list[str]]]:
    """Names by role, and by what they name."""
    roles = {one.info.run_id: one.data.tags["role"] for one in runs}
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in runs:
        tags = one.data.tags
        parent = roles.get(tags.get("mlflow.parentRunId", ""), "")
        role = found[f"{tags['role']} of {parent}" if parent else tags["role"]]
        role["name"].add(one.info.run_name)
        role["tags"] |= tags.keys() - {"invalid"}  # of a machine that was not quiet
        role["values"] |= {f"{name}={tags[name]}" for name in FIXED if name in tags}
        role["params"] |= one.data.params.keys()
        role["metrics"] |= one.data.metrics.keys()
        role["artifacts"] |= set(artifacts(client, one.info.run_id))
    return {role: {kind: without_chance(names) for kind, names in of_role.items()} for role, of_role in found.items()}


def test_runs_of_a_role_have_these_names(client: MlflowClient) -> None:
    check_json("words/runs.json", words(client, stored(client)))


@pytest.mark.slow
@pytest.mark.skipif(len(execution_modes()) == 1, reason="one core: there are no figures of all cores")
def test_measured_runs_have_these_names(finished: Finished) -> None:
    client = MlflowClient(f"sqlite:///{finished.folder / 'mlflow.db'}")
    found = words(client, stored(client, "classification"))
    metrics = {
        role: [name for name in of_role.pop("metrics") if MEASURED.match(name)] for role, of_role in found.items()
    }
    measured = {role: of_role for role, of_role in found.items() if role.startswith("inference")}
    check_json("words/measured.json", {"runs": measured, "metrics": metrics})


def test_the_experiment_opens_with_its_saved_view(client: MlflowClient) -> None:
    [experiment] = [one for one in client.search_experiments() if one.name == "words"]
    check_json("words/experiment.json", dict(experiment.tags))


def test_the_best_student_is_registered(client: MlflowClient) -> None:
    [model] = client.search_registered_models()
    version = client.get_model_version_by_alias(model.name, "best")
    assert (model.name, dict(model.aliases)) == ("words-chat", {"best": version.version})
    assert version.tags.keys() == {"run_id", "content"}
    assert version.tags["run_id"] == version.run_id
    assert client.get_run(version.run_id).data.tags["role"] == "train"


def test_the_study_is_stored_as_what_it_searches(client: MlflowClient, folder: Path) -> None:
    [kept] = [one for one in stored(client) if one.data.tags["role"] == "study"]
    [study] = optuna.get_all_study_summaries(f"sqlite:///{folder / 'optuna.db'}")
    assert study.study_name == kept.data.tags["study"]
    assert study.user_attrs.keys() == {"search"}
    search = {name.replace(" ", "_"): str(value) for name, value in study.user_attrs["search"].items()}
    assert search.items() <= kept.data.params.items()
