"""Claims on F1, drawn at random from claims.csv and recomputed from results.csv with pandas and scipy alone.

`python docs/experiments/claims_recomputed.py FOLDER [N] [SEED]` draws N (default: 5) of the claims of FOLDER that have
an effect and contrast two settings, and prints a Markdown table of both computations. Nothing of the benchmark is
imported.

Runs are paired by data set, student, seed, teacher, budget and origin of the rate. Each side stands at its best rate by
mean validation F1, out of the rates that share the most seeds on both sides. The differences of a seed are averaged,
and their mean has a 95 % t interval.
"""

import random
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pandas as pd
from scipy import stats

STUDENTS = ("bilstm", "cnn", "bert_tiny", "bert_mini", "bert_small")
ALIKE = ["dataset", "data", "teacher_key", "protocol", "budget", "rate_from", "student"]
CONTRASTS: dict[str, tuple[str, str]] = {
    **{f"kd_helps_{student}": ("kd", "vanilla") for student in STUDENTS},
    "mse_beats_kld": ("kd", "kd_kld"),
    "mse_beats_kld_t2": ("kd", "kd_kld_t2"),
    "mse_beats_kld_t4": ("kd", "kd_kld_t4"),
    "ulb_helps": ("kd_ulb", "kd"),
    "ulb_hurts_cnn": ("kd_ulb", "kd"),
    "length_min_max_repairs_cnn": ("kd_ulb_min_max", "kd_ulb"),
    "length_q1_q3_repairs_cnn": ("kd_ulb_q1_q3", "kd_ulb"),
    "length_repairs_balanced": ("kd_ulb_mean_oversampled_min_max", "kd_ulb_mean_oversampled"),
    "balance_median_does_not_help": ("kd_ulb_median", "kd_ulb"),
    "balance_mean_does_not_help": ("kd_ulb_mean_oversampled", "kd_ulb"),
    "substitution_beats_pool": ("kd_subs", "kd_ulb"),
    "fasttext_helps": ("kd_ulb_fasttext", "kd_ulb"),
    "bert_helps": ("kd_ulb_bert", "kd_ulb"),
    "bert_beats_fasttext": ("kd_ulb_bert", "kd_ulb_fasttext"),
}
"""Settings whose difference a claim is about; claims of one student end with its name."""


def runs(folder: Path) -> pd.DataFrame:
    """Finished runs of students, without smoke runs, of the newest protocol, and of the data read last."""
    table = pd.read_csv(folder / "results.csv", dtype={"protocol": str}, keep_default_na=True)
    table = table[(table.status == "finished") & ~table.smoke & table.test_f1.notna()]
    table = table[table.protocol == max(table.protocol, key=int)]
    newest = table.groupby("dataset").data.last()
    table = table[table.data == table.dataset.map(newest)]
    table["rate"] = table.learning_rate.where(table.rate_from == "given", 0.0)
    table["pool"] = table.pool.fillna("")
    return table[table.student.isin(STUDENTS)]


def pairs(table: pd.DataFrame, plus: str, minus: str) -> Iterator[tuple[tuple[str, str, int], float]]:
    """((data set, student, seed), difference in points) of each pair of runs."""
    for _, group in table.groupby(ALIKE, sort=False):
        sides = [[side for _, side in group[group.setting == name].groupby("pool")] for name in (plus, minus)]
        for ours, theirs in product(*sides):
            best = [at_best_rate(side, *shared(ours, theirs)) for side in (ours, theirs)]
            joined = best[0].merge(best[1], on=["dataset", "student", "seed"])
            for row in joined.itertuples():
                yield (row.dataset, row.student, row.seed), 100 * (row.test_f1_x - row.test_f1_y)


def shared(ours: pd.DataFrame, theirs: pd.DataFrame) -> tuple[list[float], set[int]]:
    """The rates that share the most seeds, and these seeds."""
    seeds = {
        rate: frozenset(ours.seed[ours.rate == rate]) & frozenset(theirs.seed[theirs.rate == rate])
        for rate in ours.rate.unique()
    }
    most = max(seeds.values(), key=lambda found: (len(found), list(seeds.values()).count(found)))
    return [rate for rate, found in seeds.items() if found == most], set(most)


def at_best_rate(side: pd.DataFrame, rates: list[float], seeds: set[int]) -> pd.DataFrame:
    side = side[side.rate.isin(rates) & side.seed.isin(seeds)]
    return side[side.rate == side.groupby("rate").valid_f1.mean().idxmax()] if len(side) else side


def recomputed(table: pd.DataFrame, claim: str) -> tuple[float, float, float, int]:
    """Mean effect in points, the bounds of its interval, and the number of pairs."""
    of_one = [student for student in STUDENTS if claim.endswith("_" + student)]
    found = pd.DataFrame(
        pairs(table[table.student.isin(of_one or STUDENTS)], *CONTRASTS[claim]), columns=["unit", "difference"]
    )
    means = found.groupby("unit").difference.mean()
    half = stats.t.ppf(0.975, len(means) - 1) * means.sem() if len(means) > 1 else float("nan")
    return means.mean(), means.mean() - half, means.mean() + half, len(means)


def main(folder: Path, n: int, seed: int) -> None:
    table, claims = runs(folder), pd.read_csv(folder / "claims.csv").set_index("claim")
    known = sorted(claims.index[claims.effect.notna() & claims.index.isin(list(CONTRASTS))])
    print("| claim | verdict | effect | interval | pairs | recomputed | interval | pairs |")
    print("|---|---|---:|---|---:|---:|---|---:|")
    for name in random.Random(seed).sample(known, min(n, len(known))):
        claim, (mean, low, high, n_pairs) = claims.loc[name], recomputed(table, name)
        published = f"{claim.effect:.4f} | {claim.low:.4f} to {claim.high:.4f} | {claim.n_pairs}"
        print(f"| {name} | {claim.verdict} | {published} | {mean:.4f} | {low:.4f} to {high:.4f} | {n_pairs} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *[int(text) for text in (*sys.argv[2:], *(5, 0)[len(sys.argv) - 2 :])])
