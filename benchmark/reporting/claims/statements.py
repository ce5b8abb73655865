"""The claims that are judged: of what the paper says of students all that has an effect with a side.

Left out is what names an amount and no side, and what needs a measure that we do not take:

- how much smaller, faster and worse than the teacher students are, and how much smaller and faster than each other
  (abstract, sections 5, 5.2.1 to 5.2.3): the leaderboard has these ratios;
- that a student is "almost" as good as another (5.1.2 and 5.1.3), and that embeddings give less than unlabelled text
  (5.1.4, "relatively small");
- milliseconds on a GPU (5.2.2).

A few claims are ours: they ask on where the paper stops, and are told apart and counted apart.
"""

from benchmark.reporting.claims.claim import Claim
from benchmark.reporting.claims.on_costs import COSTS
from benchmark.reporting.claims.on_learning import BASELINES, DISTILLATION, LOSSES, STARTS, TUNED_RATE
from benchmark.reporting.claims.on_text import UNLABELED_TEXT

CLAIMS: tuple[Claim, ...] = (*BASELINES, *DISTILLATION, *LOSSES, *UNLABELED_TEXT, *STARTS, *COSTS, TUNED_RATE)
