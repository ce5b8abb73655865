"""Several claims at once: p values and their correction."""

import pytest
from scipy.stats import ttest_1samp

from benchmark.reporting.claims.significance import holm, p_value
from benchmark.reporting.leaderboard_entry import interval


def test_the_p_value_is_that_of_a_t_test() -> None:
    values = [0.4, 1.9, -0.2, 1.1, 0.8]
    assert p_value(interval(values)) == pytest.approx(ttest_1samp(values, 0).pvalue)
    assert p_value(interval([1.0])) is None
    assert p_value(None) is None
    assert (p_value(interval([2.0, 2.0])), p_value(interval([0.0, 0.0]))) == (0.0, 1.0)


def test_holm_multiplies_the_smallest_most_and_never_changes_the_order() -> None:
    assert holm([0.01, None, 0.04, 0.03]) == pytest.approx([0.03, None, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []
