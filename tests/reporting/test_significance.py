"""Several claims at once: p values and their correction."""

from statistics import stdev

import pytest
from scipy.stats import t as student
from scipy.stats import ttest_1samp

from benchmark.reporting.claims.findings import ALPHA, MOST_PAIRS, holm, more_pairs, p_value
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


@pytest.mark.parametrize("n_claims", [1, 20])
def test_further_pairs_are_the_fewest_that_make_the_mean_significant(n_claims: int) -> None:
    values = [3.0, -1.0, 2.0, 0.5]
    more = more_pairs(interval(values), n_claims)
    assert more is not None

    def p_of(n: int) -> float:
        return 2 * float(student.sf(1.125 / (stdev(values) / n**0.5), n - 1))

    assert p_of(4 + more) * n_claims < ALPHA <= p_of(4 + more - 1) * n_claims


def test_no_number_of_pairs_is_given_where_none_is_known() -> None:
    assert more_pairs(None, 1) is None
    assert more_pairs(interval([1.0]), 1) is None
    assert more_pairs(interval([1.0, -1.0]), 1) is None, f"not with {MOST_PAIRS} pairs"
    assert more_pairs(interval([2.0, 2.0]), 1) == 0
