"""Which executor a command line asks for, and what is said where it cannot be had."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import psutil
import pytest

from benchmark.cli.arguments import parser
from benchmark.cli.options import benchmark_config
from benchmark.core.errors import INTERRUPTED, InputError
from benchmark.core.spec import RunSpec
from benchmark.distillation.teacher import identify
from benchmark.execution.executors import choice
from benchmark.execution.executors.local import LocalExecutor, threads
from benchmark.execution.plan import BenchmarkConfig, plan_runs
from benchmark.execution.run_status import OnRunEpoch, Outcome
from benchmark.execution.runner import Runner
from benchmark.measurement.session import execution_modes
from benchmark.run import main
from tests.support.commands import Finished, own_environment, start_command
from tests.support.runs import ENDLESS, running, statuses, wait_until
from tests.support.warm import WarmCommand

Command = subprocess.Popen[str] | WarmCommand
Start = Callable[..., Command]
SUITE = ("--suite", "classification")
SECONDS = 600
"""Longer than a busy machine needs to start or to end a cluster."""
NIGHTLY = [pytest.mark.nightly, pytest.mark.xdist_group("team")]


def test_without_its_extra_ray_is_refused_before_anything_is_made(
    desk_folder: Path, tiny_teacher: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"pip install 'which-student\[ray\]'"):
        main([*SUITE, "--teacher", str(tiny_teacher), "--executor", "ray"])
    assert list(desk_folder.iterdir()) == []


def configured(*options: str) -> BenchmarkConfig:
    return benchmark_config(parser("run").parse_args([*SUITE, *options]))


def test_an_address_without_its_executor_is_refused() -> None:
    with pytest.raises(InputError, match="--executor ray"):
        choice.require(configured("--ray-address", "10.0.0.1:6379"))


def test_runs_go_to_processes_of_this_machine_unless_said_otherwise() -> None:
    config = configured("--jobs", "3")
    choice.require(config)
    with choice.opened(config) as executor:
        assert executor == LocalExecutor(jobs=3)


def test_cores_are_shared_and_nobody_is_left_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)))
    assert [threads(n) for n in (1, 3, 8, 100)] == [8, 2, 1, 1]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux binds a process to cores")
def test_cores_that_this_process_may_not_use_do_not_count() -> None:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert threads(1) == 1
        assert benchmark_config(parser("run").parse_args(SUITE)).jobs == 1
        assert {mode.n_threads for mode in execution_modes()} == {1}
    finally:
        os.sched_setaffinity(0, allowed)


@pytest.fixture
def short_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """For Ray's sockets, whose paths are 107 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as folder:
        monkeypatch.setenv("RAY_TMPDIR", folder)
        yield


@pytest.mark.usefixtures("short_folder")
@pytest.mark.parametrize(
    ("start", "settings", "where"),
    [
        (WarmCommand, ("kd", "kd_ulb"), ("--jobs", "2")),
        pytest.param(start_command, ("kd", "kd_ulb"), ("--jobs", "2"), marks=NIGHTLY),
        pytest.param(start_command, ("kd",), ("--executor", "ray"), marks=NIGHTLY),
    ],
    ids=["side by side", "in new interpreters", "on a cluster"],
)
def test_an_interrupt_at_the_terminal_ends_all_that_goes_on(
    start: Start, finished_copy: Finished, settings: tuple[str, ...], where: tuple[str, ...]
) -> None:
    """Its key is heard by the command and by every process that it started.

    A run may end by itself before a busy machine hears of it; another one then.
    """
    wanted = [(f"cnn.{setting}", "killed") for setting in settings]
    assert any(interrupted(start, finished_copy, settings, *where, "--seed", seed) == wanted for seed in "012")


def interrupted(start: Start, finished: Finished, settings: tuple[str, ...], *more: str) -> list[tuple[str, str]]:
    """How the runs of settings ended, in the middle of which the key was pressed."""
    options = [word for setting in settings for word in ("-x", setting)]
    with at_a_terminal(start, finished, *options, *more, *ENDLESS) as command:
        wait_until(lambda: len(running(finished.folder)) == len(settings) or command.poll() is not None)
        assert command.poll() is None, command.communicate()
        started = group_of(command.pid)
        assert len(started) > len(settings)
        os.killpg(command.pid, signal.SIGINT)
        _, err = command.communicate(timeout=SECONDS)
    assert command.returncode == INTERRUPTED
    assert err == "Interrupted. Finished runs are kept; the same command continues from there.\n"
    wait_until(lambda: not any(map(goes_on, started)))
    finished.store.kill_stale()  # a run that had only just begun is ended by the next command
    return sorted(statuses(finished.store)[-len(settings) :])


@contextmanager
def at_a_terminal(start: Start, finished: Finished, *arguments: str) -> Iterator[Command]:
    """The command as the leader of a group of processes, as a shell starts it."""
    command = start(finished.folder, *finished.unmeasured, *arguments, process_group=0)
    try:
        yield command
    finally:
        command.kill()
        command.communicate()


def group_of(leader: int) -> list[psutil.Process]:
    """Processes of a terminal's group, and those that its leader started in others."""
    found = psutil.Process(leader).children(recursive=True)
    for process in psutil.process_iter():
        with suppress(ProcessLookupError):
            found += [process] if os.getpgid(process.pid) == leader else []
    return found


def goes_on(process: psutil.Process) -> bool:
    """Whether it has not ended; a warm one is waited for by the process that it was forked from."""
    with suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


OURS = """
import sys, ray
from benchmark.execution.executors.ray.executor import connected
with connected(None, 1):
    print(ray.get(ray.remote(lambda: "ours").remote()), ray.get_runtime_context().gcs_address, flush=True)
    sys.stdin.read()
"""
STRANGER = """
import sys, ray
ray.init(sys.argv[1], log_to_driver=False)
print(ray.get(ray.remote(num_cpus=0)(lambda: "a stranger's").remote()))
"""


@pytest.mark.slow
@pytest.mark.xdist_group("team")
@pytest.mark.usefixtures("short_folder")
def test_nobody_joins_a_cluster_of_ones_own(tmp_path: Path) -> None:
    """Not even a process of the same user that was not told the token: other users may read what it can read."""
    pytest.importorskip("ray")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RAY_AUTH_")}
    environment = inherited | own_environment(tmp_path) | {"HOME": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", OURS], env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as ours:
        assert ours.stdin
        assert ours.stdout
        word, address = ours.stdout.readline().split()
        kept = tmp_path / ".ray" / "auth_token"
        token = kept.read_text() if kept.exists() else "0" * 64
        stranger = subprocess.run(
            [sys.executable, "-c", STRANGER, address],
            env=environment | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token},
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        ours.stdin.close()
    assert word == "ours"
    assert stranger.returncode != 0, stranger.stdout
    assert "token is missing or incorrect" in stranger.stderr
    assert ours.returncode == 0


def test_a_cluster_that_cannot_be_started_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    from benchmark.execution.executors.ray.executor import connected

    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path / ("long" * 30)))
    with (
        pytest.raises(InputError, match=r"No Ray cluster can be used at this machine: .* 107 "),
        connected(None, 1),
    ):
        pytest.fail("no socket has so long a path")
    assert "RAY_AUTH_TOKEN" not in os.environ


@dataclass(frozen=True)
class Reads:
    """A task that says what it finds where its desk looks."""

    spec: RunSpec

    def run(self, runner: Runner, on_epoch: OnRunEpoch) -> Outcome:  # noqa: ARG002
        suite_data = runner.suite_data
        found = [
            suite_data.corpus("chat").digest,
            suite_data.pool("chat").digest,
            suite_data.pool("chat", "in_domain").digest,
        ]
        found += [identify(self.spec.teacher), suite_data.encoder.identity, suite_data.vectors_digest]
        return Outcome(spec=self.spec, run_id=" ".join(found), metrics={})

    def lost(self, runner: Runner, reason: str) -> Outcome:
        raise NotImplementedError


def test_a_node_that_was_started_in_another_folder_finds_what_is_named_relative_to_the_command_s(
    desk_folder: Path, tiny_teacher: Path, store_uri: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("ray")
    from benchmark.execution.executors.ray import pool as node

    shutil.copytree(tiny_teacher, desk_folder / "bert")
    for name in ("train", "validation", "test"):
        (desk_folder / f"{name}.csv").write_text(f"text,label\nhalo {name},a\nkabar {name},b\n")
    for name in ("more.txt", "domain.txt", "v.vec"):
        (desk_folder / name).write_text(f"1 {name}\n")
    files = "{train: train.csv, validation: validation.csv, test: test.csv}"
    suite = f"task: classification\nteacher: bert\nunlabeled: [more.txt]\ndatasets: {{chat: {files}}}\n"
    (desk_folder / "chat.yml").write_text(suite)
    options = ["--suite", "chat.yml", "-s", "cnn", "-x", "vanilla", "--vectors", "v.vec", "--in-domain", "domain.txt"]
    wanted = benchmark_config(parser("run").parse_args(options))
    suite_data = wanted.suite_data()
    runner = Runner(suite_data=suite_data, store_uri=store_uri, preset=wanted.preset_name)
    task = Reads(plan_runs(wanted, suite_data)[0].spec)
    assert task.spec.teacher == "bert"
    here = task.run(runner, lambda *_: None)
    inputs = ForkingPickler.loads(ForkingPickler.dumps(node.node_inputs(runner)))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert node.on_node(inputs, task, None) == here
