"""What `--learning-rate grid` cost in the finished runs of a store, beside all seeds at one rate (see docs/lab-log.md).

python docs/experiments/search_cost.py sqlite:///mlflow.db classification
"""

import sys
from collections import defaultdict

from benchmark.core.run_store import open_store
from tracking import Record

LINE = "{:<32}{:>6}{:>10}{:>10}{:>10}{:>8}  {}"


def main(uri: str, suite: str) -> None:
    records = [record for record in open_store(uri, create=False).records(suite) if record.status == "finished"]
    trials: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if record.tags.get("role") == "trial" and record.parent:
            trials[record.parent].append(record)
    seeds: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if record.tags.get("role") == "train" and record.params.get("learning_rate") == "grid":
            seeds[record.name.rpartition(".seed")[0]].append(record)
    print(LINE.format("runs", "seeds", "search s", "one run s", "all s", "times", "valid F1 of the two finalists"))
    for name, runs in sorted(seeds.items()):
        print(_line(name, runs, trials))


def _line(name: str, runs: list[Record], trials: dict[str, list[Record]]) -> str:
    [searched] = [run for run in runs if trials[run.run_id]]
    tried = trials[searched.run_id]
    search = sum(trial.metrics["train_seconds"] for trial in tried)
    chosen, longest = searched.metrics["learning_rate"], max(int(trial.params["max_steps"]) for trial in tried)
    finalists = {trial.metrics["learning_rate"]: trial for trial in tried if int(trial.params["max_steps"]) == longest}
    others = [run.metrics["train_seconds"] for run in runs if run is not searched]
    single = finalists[chosen].metrics["train_seconds"]
    whole = search + sum(others)
    scores = ", ".join(f"{rate:g}: {100 * one.metrics['valid_f1']:.1f}" for rate, one in sorted(finalists.items()))
    times = whole / (single + sum(others))
    return LINE.format(name, len(runs), f"{search:.0f}", f"{single:.0f}", f"{whole:.0f}", f"{times:.2f}", scores)


if __name__ == "__main__":
    main(*sys.argv[1:])
