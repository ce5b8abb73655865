"""The experiments of the paper's discussion, as data: conditions are settings, claims are contrasts of conditions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations, product
from math import prod
from typing import cast

from benchmark.core.spec import TASKS
from benchmark.reporting.claims.comparisons import Contrast
from benchmark.reporting.claims.statements import CLAIMS, Claim

CLAIMS_BY_NAME: Mapping[str, Claim] = {claim.name: claim for claim in CLAIMS}


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Conditions that are trained and compared, and the claims that they test."""

    title: str
    conditions: Mapping[str, str]
    """Setting by name of the condition."""
    claims: tuple[Claim, ...]
    """Each a Contrast of the settings, over all students."""
    paper_dataset: str = ""
    """The paper's only data set in this experiment (Tables 9 to 12); empty for any of Tables 5 and 6."""

    def claims_on(self, students: Sequence[str]) -> list[Claim]:
        """The claims for any task, each over these students together and then for each of them."""
        everyone = tuple(students)
        singles = [(student,) for student in everyone if len(everyone) > 1]
        return [_on(claim, group, group == everyone) for claim in self.claims for group in (everyone, *singles)]


def contrast_of(claim: Claim) -> Contrast:
    """The comparison of a claim of an experiment."""
    return cast(Contrast, claim.comparison)


def _on(claim: Claim, students: tuple[str, ...], is_overall: bool) -> Claim:
    contrast = replace(contrast_of(claim), students=students)
    paper_effect = claim.paper_effect if is_overall else None
    return replace(claim, comparison=contrast, tasks=TASKS, paper_effect=paper_effect)


def _named(*names: str) -> tuple[Claim, ...]:
    return tuple(CLAIMS_BY_NAME[name] for name in names)


def factorial_conditions(factors: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Levels, +1 (on) or -1 (off), of each factor by the name of the condition: those that are on, joined by `+`."""
    names = tuple(factors)
    levels = product((-1, 1), repeat=len(names))
    return {"+".join(n for n, level in zip(names, one, strict=True) if level > 0) or BASELINE: one for one in levels}


def factorial_contrasts(factors: Iterable[str]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
    """Factors, conditions of sign +1 and conditions of sign -1 of each main effect, then of each interaction.

    Montgomery, Design and Analysis of Experiments, chapter 6: an effect is the mean of the runs whose product of signs
    is +1 less the mean of those whose product is -1.
    """
    names = tuple(factors)
    indices = range(len(names))
    for chosen in chain.from_iterable(combinations(indices, size) for size in range(1, len(names) + 1)):
        signs = {name: prod(levels[i] for i in chosen) for name, levels in factorial_conditions(names).items()}
        plus, minus = (tuple(name for name, sign in signs.items() if sign == side) for side in (1, -1))
        yield tuple(names[i] for i in chosen), plus, minus


def _interplay() -> Iterator[Claim]:
    for factors, plus, minus in factorial_contrasts(FACTORS):
        text = f"{'Main effect' if len(factors) == 1 else 'Interaction'} of {', '.join(FACTORS[f] for f in factors)}"
        treated, control = (tuple(INTERPLAY[name] for name in side) for side in (plus, minus))
        contrast = Contrast(plus=treated, minus=control)
        yield Claim("_".join(("interplay", *factors)), "6.4", text, contrast, source="us")


BASELINE = "plain"
"""The condition with all factors off."""
FACTORS = {"length": "length filter", "balance": "balancing", "domain": "word substitution"}
"""Factors of two levels, off and on, by their names in conditions."""
INTERPLAY = {
    "plain": "kd_ulb",
    "length": "kd_ulb_min_max",
    "balance": "kd_ulb_mean_oversampled",
    "length+balance": "kd_ulb_mean_oversampled_min_max",
    "domain": "kd_subs",
    "length+domain": "kd_subs_min_max",
    "balance+domain": "kd_subs_mean_oversampled",
    "length+balance+domain": "kd_subs_mean_oversampled_min_max",
}
EXPERIMENTS: dict[str, Experiment] = {
    "losses": Experiment(
        title="MSE on logits, KL divergence, or gold labels alone (section 5.1.2)",
        conditions={
            "mse": "kd",
            "kld_t1": "kd_kld",
            "kld_t2": "kd_kld_t2",
            "kld_t4": "kd_kld_t4",
            "hard_labels": "vanilla",
        },
        claims=(
            *_named("mse_beats_kld", "mse_beats_kld_t2", "mse_beats_kld_t4"),
            Claim("kd_helps", "5.1.2", "Distillation improves students", Contrast(plus=("kd",), minus=("vanilla",))),
        ),
    ),
    "convergence": Experiment(
        title="Steps to the best validation loss by initial embeddings (Figure 2)",
        conditions={"random": "kd_ulb", "fasttext": "kd_ulb_fasttext", "bert": "kd_ulb_bert"},
        claims=_named("fasttext_converges_faster", "bert_converges_faster"),
    ),
    "domain": Experiment(
        title="Unlabelled text from the pool, by augmentation, or of the domain (section 6.2, Table 9)",
        conditions={"ulb": "kd_ulb", "subs": "kd_subs", "bt_subs": "kd_bt_subs", "in_domain": "kd_in_domain"},
        claims=_named("substitution_beats_pool", "augmentation_beats_pool", "domain_does_not_beat_pool"),
        paper_dataset="telco",
    ),
    "balance": Experiment(
        title="Unlabelled text balanced by the teacher's labels (section 6.3, Table 10)",
        conditions={
            "ulb": "kd_ulb",
            "ulb_median": "kd_ulb_median",
            "ulb_mean_oversampled": "kd_ulb_mean_oversampled",
            "ulb_mean_oversampled_min_max": "kd_ulb_mean_oversampled_min_max",
        },
        claims=_named("balance_median_does_not_help", "balance_mean_does_not_help", "length_repairs_balanced"),
        paper_dataset="telco",
    ),
    "length": Experiment(
        title="Unlabelled text filtered to the lengths of the labelled text (section 6.4, Tables 11 and 12)",
        conditions={"ulb": "kd_ulb", "ulb_min_max": "kd_ulb_min_max", "ulb_q1_q3": "kd_ulb_q1_q3"},
        claims=tuple(
            Claim(
                f"length_{bounds}_helps",
                "6.4",
                f"Filtering unlabelled text by length ({bounds}) improves students",
                Contrast(plus=(f"kd_ulb_{bounds}",), minus=("kd_ulb",)),
                source="us",
            )
            for bounds in ("min_max", "q1_q3")
        ),
        paper_dataset="smltk",
    ),
    "interplay": Experiment(
        title="Length filter, balancing and word substitution in a factorial design (left open in section 6.4)",
        conditions=INTERPLAY,
        claims=tuple(_interplay()),
    ),
}
