"""What each study compares, as data: its conditions are settings of a plan, its effects differences of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Measure = Literal["mean_f1", "steps_to_best"]


@dataclass(frozen=True, kw_only=True)
class Effect:
    """`better` minus `worse`, paired by data set, student and seed; the paper claims its sign."""

    claim: str
    better: str
    worse: str
    paper: float | None = None
    """The paper's own figure, in points of F1; None where it gives none."""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A study. With measure `mean_f1` an effect is in points of F1, with `steps_to_best` in steps saved."""

    title: str
    conditions: Mapping[str, str]
    """Setting by the condition's name."""
    measure: Measure
    effects: tuple[Effect, ...]


EXPERIMENTS: dict[str, Experiment] = {
    "losses": Experiment(
        title="MSE on logits, KL divergence, or hard labels (section 5.1.2)",
        conditions={
            "mse": "kd",
            "kld_t1": "kd_kld",
            "kld_t2": "kd_kld_t2",
            "kld_t4": "kd_kld_t4",
            "hard_labels": "vanilla",
        },
        measure="mean_f1",
        effects=(
            Effect(claim="MSE beats KLD (T = 1)", better="mse", worse="kld_t1", paper=1.66),
            Effect(claim="MSE beats KLD (T = 2)", better="mse", worse="kld_t2"),
            Effect(claim="MSE beats KLD (T = 4)", better="mse", worse="kld_t4"),
            Effect(claim="Distillation beats hard labels", better="mse", worse="hard_labels"),
        ),
    ),
    "convergence": Experiment(
        title="Steps to the best validation loss with and without pretrained embeddings (Figure 2)",
        conditions={"random": "kd_ulb", "fasttext": "kd_ulb_fasttext", "bert": "kd_ulb_bert"},
        measure="steps_to_best",
        effects=(
            Effect(claim="fastText embeddings converge faster", better="fasttext", worse="random"),
            Effect(claim="The teacher's embeddings converge faster", better="bert", worse="random"),
        ),
    ),
}
