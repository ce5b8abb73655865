"""What each study compares, as data: its conditions are settings of a plan, its effects differences of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from benchmark.reporting.paper import MSE_OVER_KLD
from benchmark.reporting.studies.factorial import Factor, contrasts, level_names

Measure = Literal["mean_f1", "steps_to_best"]


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Mean of the conditions `plus` less the mean of `minus`, paired by data set, student and seed.

    The claim is that it lies above 0.
    """

    claim: str
    plus: tuple[str, ...]
    minus: tuple[str, ...]
    paper: float | None = None
    """The paper's own figure, in points of F1; None where it gives none."""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A study. With measure `mean_f1` an effect is in points of F1, with `steps_to_best` in steps saved."""

    title: str
    conditions: Mapping[str, str]
    """Setting by the condition's name."""
    measure: Measure = "mean_f1"
    effects: tuple[Effect, ...]
    paper_dataset: str = ""
    """The one on which the paper made the experiment (Tables 9 to 12); empty: any of Tables 5 and 6."""


FACTORS = (
    Factor(name="length filter", mark="length"),
    Factor(name="balancing", mark="balance"),
    Factor(name="text made of the labelled text", mark="domain"),
)
"""Of study `interplay`: its conditions are named by the marks of the factors that are on, in this order."""

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
        title="MSE on logits or KL divergence (section 5.1.2), or the gold labels alone",
        conditions={
            "mse": "kd",
            "kld_t1": "kd_kld",
            "kld_t2": "kd_kld_t2",
            "kld_t4": "kd_kld_t4",
            "hard_labels": "vanilla",
        },
        effects=(
            Effect(claim="MSE beats KLD (T = 1)", plus=("mse",), minus=("kld_t1",), paper=MSE_OVER_KLD),
            Effect(claim="MSE beats KLD (T = 2)", plus=("mse",), minus=("kld_t2",)),
            Effect(claim="MSE beats KLD (T = 4)", plus=("mse",), minus=("kld_t4",)),
            Effect(claim="Distillation beats the gold labels alone", plus=("mse",), minus=("hard_labels",)),
        ),
    ),
    "convergence": Experiment(
        title="Steps to the best validation loss with and without pretrained embeddings (Figure 2)",
        conditions={"random": "kd_ulb", "fasttext": "kd_ulb_fasttext", "bert": "kd_ulb_bert"},
        measure="steps_to_best",
        effects=(
            Effect(claim="fastText embeddings converge faster", plus=("fasttext",), minus=("random",)),
            Effect(claim="The teacher's embeddings converge faster", plus=("bert",), minus=("random",)),
        ),
    ),
    "domain": Experiment(
        title="Unlabelled text from the pool, made of the labelled text, or of the domain (section 6.2, Table 9)",
        conditions={"ulb": "kd_ulb", "subs": "kd_subs", "bt_subs": "kd_bt_subs", "in_domain": "kd_in_domain"},
        effects=(
            Effect(claim="Words substituted by fastText neighbours beat the pool", plus=("subs",), minus=("ulb",)),
            Effect(claim="Back-translation and substitution beat the pool", plus=("bt_subs",), minus=("ulb",)),
            Effect(claim="Text of the domain beats the pool", plus=("in_domain",), minus=("ulb",)),
        ),
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
        effects=(
            Effect(claim="Balancing to the median helps", plus=("ulb_median",), minus=("ulb",)),
            Effect(claim="Balancing to the mean helps", plus=("ulb_mean_oversampled",), minus=("ulb",)),
            Effect(
                claim="A length filter helps balanced text",
                plus=("ulb_mean_oversampled_min_max",),
                minus=("ulb_mean_oversampled",),
            ),
        ),
        paper_dataset="telco",
    ),
    "length": Experiment(
        title="Unlabelled text of the labelled text's length (section 6.4, Tables 11 and 12)",
        conditions={"ulb": "kd_ulb", "ulb_min_max": "kd_ulb_min_max", "ulb_q1_q3": "kd_ulb_q1_q3"},
        effects=(
            Effect(claim="The filter min_max helps", plus=("ulb_min_max",), minus=("ulb",)),
            Effect(claim="The filter q1_q3 helps", plus=("ulb_q1_q3",), minus=("ulb",)),
        ),
        paper_dataset="smltk",
    ),
    "interplay": Experiment(
        title="Length filter, balancing and domain together (left open in section 6.4)",
        conditions=INTERPLAY,
        effects=tuple(
            Effect(claim=claim, plus=plus, minus=minus)
            for claim, plus, minus in contrasts(FACTORS, level_names(FACTORS))
        ),
    ),
}
