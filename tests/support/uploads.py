"""Another machine, and what a command's files are there."""

from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import torch

from benchmark.cli.arguments import parser
from benchmark.cli.options import benchmark_config
from benchmark.core.spec import RunSpec
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.training_run import TrainingRun
from benchmark.execution.plan import plan_runs
from tracking import Store

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
        "encoder": suite_data.encoder.identity,
        "pieces": suite_data.encoder.tokenizer.get_vocab(),
        "positions": suite_data.encoder.max_length,
        "vectors": suite_data.vectors_digest,
        "table": training_run._fasttext(4)[~torch.isnan(torch.tensor(training_run._fasttext(4))).any(1)].tolist(),
    }
