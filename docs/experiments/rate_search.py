"""The search for a learning rate against the full grid: optimiser steps, and validation F1 (see docs/lab-log.md).

Each student of the plan is trained at all six rates with its whole budget, and searched as `--learning-rate grid` does;
a training that both do is done once. Options are those of `benchmark.run`. A setting that reads a teacher's logits
needs its finished teacher in the store.

    python docs/experiments/rate_search.py --suite classification -d emot -s bilstm -x vanilla --max-steps 1000
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from benchmark.cli.arguments import parser
from benchmark.cli.options import benchmark_config
from benchmark.core.errors import DivergedError, RunError
from benchmark.core.presets import GRID_RATES
from benchmark.core.run_store import open_store
from benchmark.core.spec import RunSpec
from benchmark.distillation.grid_search import grid_search
from benchmark.distillation.trainer import OnEpoch
from benchmark.distillation.training_run import TrainedModel, TrainingRun
from benchmark.execution.executors.local import LocalExecutor
from benchmark.execution.plan import plan_runs
from benchmark.execution.run_status import RunStatus
from benchmark.execution.runner import Runner
from benchmark.execution.scheduler import Scheduler
from tracking import Store

N_SEEDS = 3
"""For which a search pays: one run searches, two take what it found."""


@dataclass(kw_only=True)
class CachedTraining(TrainingRun):
    """Does no training twice."""

    finished: dict[tuple[float, int], TrainedModel | None] = field(default_factory=dict)

    def train(self, rate: float, on_epoch: OnEpoch, max_steps: int | None = None) -> TrainedModel:
        key = rate, self.spec.max_steps if max_steps is None else max_steps
        if key not in self.finished:
            try:
                self.finished[key] = super().train(rate, on_epoch, max_steps)
            except DivergedError:
                self.finished[key] = None
            print(f"  {_line(*key, self.finished[key])}", flush=True)
        trained = self.finished[key]
        if trained is None:
            raise DivergedError(f"diverged at {rate:g}")
        return trained

    @property
    def n_steps(self) -> int:
        return sum(trained.history.steps for trained in self.finished.values() if trained)


def main() -> None:
    options = parser("run", __doc__)
    options.formatter_class = argparse.RawDescriptionHelpFormatter
    args = options.parse_args()
    config = benchmark_config(argparse.Namespace(**vars(args) | {"learning_rate": "grid"}))
    suite_data = config.suite_data()
    specs = [item.spec for item in plan_runs(config, suite_data) if item.spec.searches]
    with tempfile.TemporaryDirectory() as folder:
        unkept = open_store(f"sqlite:///{Path(folder) / 'trials.db'}")
        store = open_store(args.tracking_uri, create=False) if any(spec.loss != "hard" for spec in specs) else unkept
        runner = Runner(suite_data=suite_data, store_uri=store.uri, preset=config.preset_name)
        for run in _training_runs(specs, runner):
            print(f"{run.spec.name}, {run.spec.max_steps or 'no bound of'} steps", flush=True)
            print(_compared(run, unkept), flush=True)


def _training_runs(specs: Sequence[RunSpec], runner: Runner) -> list[CachedTraining]:
    scheduler = Scheduler(
        runner=runner,
        executor=LocalExecutor(n_threads=1),
        status=RunStatus(),
        on_epoch=lambda *_: None,
        on_outcome=lambda _: None,
    )
    teachers = scheduler.finished_teachers(specs)
    readers = [spec for spec in specs if spec.loss != "hard"]
    if lacking := [spec.name for spec in readers if spec.teacher_key not in teachers]:
        raise RunError(f"No finished teacher in {runner.store_uri} for {', '.join(lacking)}.")
    for reason in scheduler.ensure_teacher_outputs(readers, teachers).values():
        raise RunError(reason)
    runs = [runner.training_run(spec, teachers.get(spec.teacher_key)) for spec in specs]
    return [CachedTraining(**{f.name: getattr(run, f.name) for f in fields(run)}) for run in runs]


def _compared(run: CachedTraining, store: Store) -> str:
    found = grid_search(run, lambda rate, _: store.begin("search", f"{rate:g}", tags={}, params={}), lambda _: None)
    of_search = run.n_steps
    grid = [trained for rate in GRID_RATES if (trained := _trained(run, rate))]
    best = max(grid, key=lambda trained: trained.valid_f1)
    of_grid = sum(trained.history.steps for trained in grid)
    three = (of_search + (N_SEEDS - 1) * found.history.steps) / (N_SEEDS * found.history.steps)
    return (
        f"grid {best.learning_rate:g}: {100 * best.valid_f1:.2f}, {of_grid} steps; "
        f"search {found.learning_rate:g}: {100 * found.valid_f1:.2f}, {of_search} steps, "
        f"{100 * (best.valid_f1 - found.valid_f1):.2f} points lost; "
        f"three seeds cost {three:.2f} times as much as at this rate alone"
    )


def _trained(run: CachedTraining, rate: float) -> TrainedModel | None:
    try:
        return run.train(rate, lambda *_: None)
    except DivergedError:
        return None


def _line(rate: float, max_steps: int, trained: TrainedModel | None) -> str:
    head = f"rate {rate:g}, at most {max_steps or 'any'} steps:"
    if trained is None:
        return f"{head} diverged"
    history = trained.history
    return f"{head} loss {history.best_loss:.3f}, F1 {100 * trained.valid_f1:.2f} on validation, {history.steps} steps"


if __name__ == "__main__":
    main()
