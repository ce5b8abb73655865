"""A measuring session of a few sentences, where figures are not the matter."""

from dataclasses import replace

from benchmark.measurement.protocol import BUDGETS

BRIEF = replace(BUDGETS["quick"], rounds=5, min_samples=5, min_seconds=0, n_sentences=4, tries=1)
ONCE = replace(BUDGETS["quick"], min_seconds=0, tries=1)
"""Its percentiles stand on as many samples as those of a user's session."""
