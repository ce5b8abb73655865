"""The paper's claims on students that state an effect with a direction, a few of ours, and how they are judged.

Left out are statements of an amount without a direction, and those on measures that are not taken here:

- how much smaller, faster and worse than the teacher students are, and how much smaller and faster than each other
  (abstract, sections 5, 5.2.1 to 5.2.3): the leaderboard has these ratios;
- that a student is "almost" as good as another (5.1.2, 5.1.3), and that embeddings give less than unlabelled text
  (5.1.4, "relatively small");
- milliseconds on a GPU (5.2.2).

Our own claims extend a section of the paper. They are marked and counted separately.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from benchmark.core.spec import TASKS, Task
from benchmark.reporting import notes
from benchmark.reporting.claims.comparisons import Comparison, Contrast, LargestEffect, StudentComparison, TunedRate
from benchmark.reporting.claims.cost_comparisons import CostRatio, F1PerMillisecond, ParetoComparison
from benchmark.reporting.claims.effects import SHORT_WORDS, STUDENTS, ComparableRuns
from benchmark.reporting.claims.paper_runs import paper_costs, paper_runs
from students import registry

MSE_OVER_KLD = 1.66
"""Points of F1 by which MSE beats KLD on average (section 5.1.2, which has no table of it), at temperature 1, which
section 3.1 fixes throughout."""
LABELS = {name: registry.STUDENTS[name].label for name in STUDENTS}
BERTS = ("bert_tiny", "bert_mini", "bert_small")
TEXTS: tuple[Task, ...] = ("classification",)
TAGS: tuple[Task, ...] = ("sequence_labeling",)
LENGTHS = ("min_max", "q1_q3")
EMBEDDINGS = {"fasttext": "fastText embeddings", "bert": "the teacher's embeddings"}


Expected = Literal["above", "below", "not above"]
"""Side of no effect on which a claim places the mean."""


@dataclass(frozen=True)
class Claim:
    """A statement, the comparison that tests it, and the direction that it states."""

    name: str
    section: str
    """Section of the paper; for a claim of ours, the one that it extends."""
    text: str
    comparison: Comparison
    expects: Expected = "above"
    tasks: tuple[Task, ...] = TASKS
    paper_effect: float | None = None
    """Stated in the paper's text without a table."""
    paper_runs: Callable[[Task], ComparableRuns] = paper_runs
    """The paper's values, which are compared as our runs are."""
    source: Literal["paper", "us"] = "paper"


def _effect(setting: str, baseline: str, *students: str, **options: Any) -> Contrast:
    """Effect of a setting over a baseline, of all students if none is named."""
    return Contrast(plus=(setting,), minus=(baseline,), students=students or STUDENTS, **options)


def _order(student: str, *competitors: str, setting: str = "vanilla") -> StudentComparison:
    return StudentComparison(student=student, competitors=competitors, setting=setting)


def _most(student: str, contrast: Contrast) -> LargestEffect:
    return LargestEffect(student=student, contrast=contrast)


KD, POOL = _effect("kd", "vanilla"), _effect("kd_ulb", "kd")

# A table of two or three lines a claim.
# fmt: off
BASELINES = (
    *(Claim(f"baseline_{a}_over_{b}", "5.1.1", f"{LABELS[a]} outperforms {LABELS[b]} without distillation",
            _order(a, b))
      for a, b in (("bert_mini", "bert_tiny"), ("bert_small", "bert_mini"))),
    Claim("baseline_bert_small_is_best", "5.1.1", "BERT-Small outperforms every other student without distillation",
          _order("bert_small", "bilstm", "cnn", "bert_tiny", "bert_mini"), tasks=TEXTS),
    Claim("baseline_bert_mini_is_second", "5.1.1", "BERT-Mini outperforms every student except BERT-Small without "
          "distillation", _order("bert_mini", "bilstm", "cnn", "bert_tiny"), tasks=TEXTS),
    Claim("baseline_cnn_over_bilstm", "5.1.1", "CNN outperforms BiLSTM without distillation",
          _order("cnn", "bilstm"), tasks=TEXTS),
    Claim("baseline_bilstm_over_cnn", "5.1.1", "BiLSTM outperforms CNN without distillation",
          _order("bilstm", "cnn"), tasks=TAGS),
    *(Claim(f"baseline_{a}_over_berts", "5.1.1", f"{LABELS[a]} outperforms every small BERT without distillation",
            _order(a, *BERTS), tasks=TAGS)
      for a in ("bilstm", "cnn")),
)
DISTILLATION = (
    *(Claim(f"kd_helps_{a}", "5.1.2", f"Distillation improves {label}", _effect("kd", "vanilla", a))
      for a, label in LABELS.items()),
    Claim("kd_helps_bilstm_most", "5.1.2", "Distillation improves BiLSTM most", _most("bilstm", KD), tasks=TEXTS),
    *(Claim(f"kd_helps_{a}_most", "5.1.2", f"Distillation improves {LABELS[a]} most, except for {LABELS[b]}",
            _most(a, _effect("kd", "vanilla", "bilstm", "cnn", "bert_tiny", a)), tasks=TAGS)
      for a, b in (("bert_small", "bert_mini"), ("bert_mini", "bert_small"))),
    Claim("kd_cnn_over_bilstm", "5.1.2", "CNN outperforms BiLSTM with distillation",
          _order("cnn", "bilstm", setting="kd"), tasks=TAGS),
)
LOSSES = (
    Claim("mse_beats_kld", "5.1.2", "MSE on logits outperforms KL divergence",
          _effect("kd", "kd_kld"), paper_effect=MSE_OVER_KLD),
    *(Claim(f"mse_beats_kld_t{t}", "5.1.2", f"MSE on logits outperforms KL divergence at temperature {t}",
            _effect("kd", f"kd_kld_t{t}"), source="us")
      for t in (2, 4)),
)
UNLABELLED_TEXT = (
    Claim("ulb_helps", "5.1.3", "Unlabelled text improves students", POOL),
    Claim("ulb_helps_bilstm_most", "5.1.3", "Unlabelled text improves BiLSTM most", _most("bilstm", POOL), tasks=TEXTS),
    Claim("ulb_helps_bert_mini_most", "5.1.3", "Unlabelled text improves BERT-Mini most",
          _most("bert_mini", POOL), tasks=TAGS),
    Claim("ulb_hurts_cnn", "5.1.3", "Unlabelled text degrades CNN", _effect("kd_ulb", "kd", "cnn"), "below", TEXTS),
    Claim("ulb_hurts_cnn_on_short_texts", "6.4", "Unlabelled text degrades CNN on short texts",
          _effect("kd_ulb", "kd", "cnn", short_texts=True), "below", TEXTS),
    *(Claim(f"length_{x}_repairs_cnn", "6.4", f"Filtering unlabelled text by length ({x}) improves CNN",
            _effect(f"kd_ulb_{x}", "kd_ulb", "cnn"), tasks=TEXTS)
      for x in LENGTHS),
    *(Claim(f"length_{x}_helps_cnn_more", "6.4", f"Filtering unlabelled text by length ({x}) improves CNN more than "
            "BiLSTM", _most("cnn", _effect(f"kd_ulb_{x}", "kd_ulb", "bilstm", "cnn")), tasks=TEXTS)
      for x in LENGTHS),
    Claim("length_repairs_balanced", "6.3", "Filtering balanced unlabelled text by length (min_max) improves students",
          _effect("kd_ulb_mean_oversampled_min_max", "kd_ulb_mean_oversampled"), tasks=TEXTS),
    Claim("balance_median_does_not_help", "6.3", "Balancing unlabelled text (median) does not improve students",
          _effect("kd_ulb_median", "kd_ulb"), "not above", TEXTS),
    Claim("balance_mean_does_not_help", "6.3", "Balancing unlabelled text (oversampled mean) does not improve students",
          _effect("kd_ulb_mean_oversampled", "kd_ulb"), "not above", TEXTS),
    Claim("augmentation_beats_pool", "6.2", "Back-translation with word substitution outperforms the unlabelled pool",
          _effect("kd_bt_subs", "kd_ulb"), tasks=TEXTS),
    Claim("augmentation_helps_cnn_more", "6.2", "Back-translation with word substitution improves CNN more than BiLSTM",
          _most("cnn", _effect("kd_bt_subs", "kd_ulb", "bilstm", "cnn")), tasks=TEXTS),
    Claim("substitution_beats_pool", "6.2", "Word substitution outperforms the unlabelled pool",
          _effect("kd_subs", "kd_ulb"), tasks=TEXTS, source="us"),
    Claim("domain_does_not_beat_pool", "6.2", "In-domain text does not outperform the unlabelled pool",
          _effect("kd_in_domain", "kd_ulb"), "not above", TEXTS),
)
INITIALISATION = (
    *(Claim(f"{x}_helps", "5.1.4", f"Initialising with {label} improves students",
            _effect(f"kd_ulb_{x}", "kd_ulb", same_pool=True))
      for x, label in EMBEDDINGS.items()),
    Claim("bert_beats_fasttext", "5.1.4", "The teacher's embeddings outperform fastText embeddings",
          _effect("kd_ulb_bert", "kd_ulb_fasttext", same_pool=True)),
    *(Claim(f"{x}_converges_faster", "5.1.4", f"Initialising with {label} speeds up convergence",
            _effect(f"kd_ulb_{x}", "kd_ulb", same_pool=True, measure="steps"))
      for x, label in EMBEDDINGS.items()),
)
COSTS = (
    Claim("onnx_is_faster", "5.2.3", "Students are faster in ONNX than in PyTorch",
          CostRatio(before="latency_torch_ms", after="latency_onnx_ms"), paper_runs=paper_costs),
    Claim("onnx_is_smaller", "5.2.3", "ONNX files are smaller than checkpoints with optimiser state",
          CostRatio(before="size_checkpoint_mib", after="size_onnx_mib"), paper_runs=paper_costs),
    Claim("onnx_is_smaller_than_weights", "5.2.3", "ONNX files are smaller than the weights alone",
          CostRatio(before="size_weights_mib", after="size_onnx_mib"), paper_runs=paper_costs, source="us"),
    *(Claim(f"{a}_keeps_more_per_ms", "7", f"{LABELS[a]} keeps more F1 per millisecond than BERT-Mini and BERT-Small",
            F1PerMillisecond(student=a))
      for a in ("bilstm", "cnn")),
    *(Claim(f"{a}_is_on_the_front", "7", f"{LABELS[a]} is on the Pareto front of F1 and ONNX latency",
            ParetoComparison(student=a))
      for a in ("bilstm", "cnn")),
    Claim("bert_tiny_is_off_the_front", "5.2.2", "BERT-Tiny is off the Pareto front of F1 and PyTorch latency",
          ParetoComparison(student="bert_tiny", latency="latency_torch_ms"), "below"),
)
TUNING = (
    Claim("tuning_helps_cnn", "6.1", "Tuning the learning rate improves CNN", TunedRate(student="cnn"), tasks=TEXTS),
)
CLAIMS: tuple[Claim, ...] = (
    *BASELINES, *DISTILLATION, *LOSSES, *UNLABELLED_TEXT, *INITIALISATION, *COSTS, *TUNING
)
# fmt: on

RULES = tuple(rule.format(short_words=f"{SHORT_WORDS:g}") for rule in notes("claims"))
PAIRS_RULE, RATES_RULE, *_ = RULES
