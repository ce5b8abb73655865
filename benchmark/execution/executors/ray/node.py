"""A task on a Ray node, run by the runner of the node's process."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmark.execution.outcome import Outcome
from benchmark.execution.runner import Runner
from benchmark.execution.tasks import Task

PASSED_ON = ("MLFLOW_", "AWS_", "HF_TOKEN", "HF_ENDPOINT", "HF_HUB_OFFLINE")
"""Beginnings of the variables that nodes are given; folders of their own, as BENCHMARK_CACHE, are none of these."""

NodeInputs = tuple[Runner, Path, Mapping[str, str]]
"""What a node is given beside its tasks: the folder that the command was typed in, and variables of its own."""


def node_inputs(runner: Runner) -> NodeInputs:
    return runner, Path.cwd(), {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}


_runners: dict[str, Runner] = {}
"""One a process: what it has loaded serves its next task too."""


def on_node(inputs: NodeInputs, task: Task, board: Any) -> Outcome | None:
    runner, folder, environment = inputs
    os.environ.update(environment)
    with suppress(OSError):  # another machine may lack the folder: what runs read of it was sent
        os.chdir(folder)
    sweep = runner.extra_tags["sweep"]
    if sweep not in _runners:
        _runners.clear()
        _runners[sweep] = runner
    _runners[sweep].set_threads()
    return task.run(_runners[sweep], lambda spec, epoch: board.tell.remote(spec, epoch))
