"""Likeness, turnover a year and tiers, by hand."""

import numpy as np
import pytest

from indices.calc.records import Tier, annual_turnover, cap_tier, pairwise_correlations

NAN = np.nan


def test_correlations_by_hand():
    # b = 2a: 1. c turns a round: -1. a is (1, -1, 0) and d (1, 1, -2), both with mean 0: 1 - 1 + 0 = 0.
    returns = np.array([[0.01, 0.02, -0.01, 0.01], [-0.01, -0.02, 0.01, 0.01], [0.0, 0.0, 0.0, -0.02]])

    matrix = pairwise_correlations(returns, least=3)

    np.testing.assert_allclose(matrix, [[1, 1, -1, 0], [1, 1, -1, 0], [-1, -1, 1, 0], [0, 0, 0, 1]], atol=1e-12)


def test_only_days_that_both_have_count_and_too_few_give_no_number():
    # The common days are the first three, on which both move alike; the fourth would spoil it.
    returns = np.array([[0.01, 0.02], [-0.01, -0.02], [0.0, 0.0], [0.05, NAN], [NAN, 0.07]])

    assert pairwise_correlations(returns, least=3)[0, 1] == pytest.approx(1)
    assert np.isnan(pairwise_correlations(returns, least=4)[0, 1])


def test_a_level_that_stands_still_is_like_nothing():
    returns = np.array([[0.01, 0.0, 0.001], [-0.01, 0.0, 0.001], [0.0, 0.0, 0.001 + 1e-19]])

    matrix = pairwise_correlations(returns, least=3)

    assert np.isnan(matrix[0, 1])
    assert np.isnan(matrix[0, 2])


def test_no_index_has_no_correlations():
    assert pairwise_correlations(np.empty((365, 0))).shape == (0, 0)


@pytest.mark.parametrize(("returns", "least"), [(np.zeros(3), 2), (np.zeros((3, 2)), 1)])
def test_what_cannot_correlate_is_refused(returns, least):
    with pytest.raises(ValueError, match="days by indices"):
        pairwise_correlations(returns, least=least)


def test_the_turnover_of_a_year_by_hand():
    # 0.1 + 0.2 + 0.3 in 73 days would be five times that in 365, but 73 days are too few; in 146 it is 1.5.
    assert annual_turnover([0.1, 0.2, 0.3], 146) == pytest.approx(1.5)
    assert annual_turnover([0.1, 0.2, 0.3], 89) is None
    assert annual_turnover([], 90) == 0


@pytest.mark.parametrize(
    ("market_cap", "tier"),
    [(1e10, Tier.LARGE), (9.99e9, Tier.MID), (1e9, Tier.MID), (9.99e8, Tier.SMALL), (NAN, Tier.UNKNOWN)],
)
def test_tiers_begin_at_their_limits(market_cap, tier):
    assert cap_tier(market_cap) == tier
