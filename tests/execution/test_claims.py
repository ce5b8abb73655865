"""Commands side by side on one store: each run is done by one of them."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmark.core.errors import DONE
from benchmark.core.locks import run_lock
from benchmark.run import main
from tests.support.commands import Finished
from tests.support.runs import SECONDS
from tests.support.warm import WarmCommand
from tracking import owner


@pytest.mark.nightly
def test_two_sweeps_at_once_do_no_run_twice(finished_copy: Finished) -> None:
    arguments = (*finished_copy.arguments, "-x", "kd", "-x", "vanilla", "--seed", "1")
    both = [WarmCommand(finished_copy.folder, *arguments, "--out", f"out{i}") for i in range(2)]
    said = [command.communicate(timeout=SECONDS) for command in both]
    assert [command.returncode for command in both] == [DONE, DONE], said
    new = [record for record in finished_copy.store.records() if record.tags.get("seed") == "1"]
    assert Counter(r.tags["role"] for r in new) == {"train": 2, "inference": 2}
    assert {record.status for record in new} == {"finished"}
    for out, _ in said:
        assert all(re.search(rf"cnn\.{name}\.seed1 +test F1", out) for name in ("kd", "vanilla"))


@pytest.mark.usefixtures("desk_folder")
def test_a_claim_is_one_process_s_at_a_time() -> None:
    code = "from benchmark.core.locks import run_lock\nwith run_lock('s', 'k') as is_ours: print(is_ours)"

    def other() -> str:
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    with run_lock("s", "k") as is_ours:
        assert is_ours
        assert other() == "False"
    with run_lock("s", "another"):
        assert other() == "True"


@pytest.mark.parametrize("scheme", ["sqlite:///{}/mlflow.db", "sqlite:///{}/mlflow.db?mode=rw", "http://host:5000"])
def test_a_claim_on_an_sqlite_store_holds_for_every_cache(scheme: str, desk_folder: Path, tmp_path: Path) -> None:
    """A server's runs are claimed by their heartbeat instead."""
    code = (
        "import sys\nfrom benchmark.core.locks import run_lock\nwith run_lock(*sys.argv[1:]) as is_ours: print(is_ours)"
    )

    def other(*name: str) -> str:
        address = f"sqlite:///{desk_folder}/mlflow.db" if scheme.startswith("sqlite") else scheme
        command = [sys.executable, "-c", code, address, *name]
        cache = os.environ | {"BENCHMARK_CACHE": str(tmp_path / "another")}
        return subprocess.run(command, capture_output=True, text=True, check=True, env=cache).stdout.strip()

    with run_lock(scheme.format(desk_folder), "k") as is_ours:
        assert is_ours
        assert other("k") == str(not scheme.startswith("sqlite"))
        assert other("l") == "True"
    assert other("k") == "True"


def test_two_caches_on_one_store_do_no_run_twice(finished_copy: Finished, tmp_path: Path) -> None:
    arguments = (*finished_copy.unmeasured, "-x", "kd", "-x", "vanilla", "--seed", "1")
    both = [
        WarmCommand(finished_copy.folder, *arguments, "--out", f"out{i}", variables={"BENCHMARK_CACHE": str(cache)})
        for i, cache in enumerate((tmp_path / "first", tmp_path / "second"))
    ]
    said = [command.communicate(timeout=SECONDS) for command in both]
    assert [command.returncode for command in both] == [DONE, DONE], said
    new = [record for record in finished_copy.store.records() if record.tags.get("seed") == "1"]
    assert Counter(record.tags["role"] for record in new) == {"train": 2}


@pytest.mark.usefixtures("warm_workers")
def test_runs_side_by_side_come_to_the_same(finished_copy: Finished) -> None:
    before = finished_copy.store.records()
    assert main([*finished_copy.unmeasured, "-x", "vanilla", "-x", "kd_ulb_bert", "--force", "--jobs", "2"]) == DONE
    known = {record.key: record.metrics for record in before}
    new = [
        record for record in finished_copy.store.records() if record not in before and record.tags["role"] == "train"
    ]
    assert len(new) == 2
    assert owner() not in {record.tags["owner"] for record in new}, "in processes of their own"
    for record in new:
        for name in ("valid_f1", "test_f1", "epochs", "steps_to_best"):
            assert record.metrics[name] == known[record.key][name]
        for name in ("epoch/train_loss", "epoch/valid_loss"):
            assert record.metrics[name] == pytest.approx(known[record.key][name], rel=1e-4)
