"""Weights from risk: inverse volatility, equal risk contribution, covariance: example E9, properties, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from indices.calc.weighting import (
    CovarianceError,
    NotConvergedError,
    equal_risk_contribution,
    inverse_volatility,
    risk_contributions,
    shrunk_covariance,
    water_fill,
)

DEVIATIONS = np.array([0.5, 0.7, 0.9])
CORRELATION = np.array([[1.0, 0.8, 0.6], [0.8, 1.0, 0.5], [0.6, 0.5, 1.0]])
E9 = CORRELATION * np.outer(DEVIATIONS, DEVIATIONS)


def two_assets(first, second, correlation):
    """Return the covariance of two assets with these volatilities."""
    return np.array([[first**2, first * second * correlation], [first * second * correlation, second**2]])


@st.composite
def covariances(draw, least_size=1):
    """Draw the shrunk covariance of random returns with a common factor, volatilities a thousandfold apart."""
    size = draw(st.integers(least_size, 25))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    common = rng.normal(size=(90, 1)) * draw(st.floats(0, 3))
    scales = 10 ** rng.uniform(-2, 1, size)
    return shrunk_covariance((rng.normal(size=(90, size)) + common) * scales, shrinkage=0.1)


def budgets_of(size, seed):
    """Return random shares of risk."""
    raw = np.random.default_rng(seed).uniform(0.1, 1, size)
    return raw / raw.sum()


def test_inverse_volatility_by_hand():
    # 1/40 + 1/60 + 1/80 + 1/120 = (6 + 4 + 3 + 2) / 240
    assert inverse_volatility([0.4, 0.6, 0.8, 1.2]) == pytest.approx(np.array([6, 4, 3, 2]) / 15, abs=1e-15)
    assert inverse_volatility([0.4, 0.6, 0.8, 1.2]) == pytest.approx([0.4, 0.2666666667, 0.2, 0.1333333333], abs=5e-11)


def test_a_calm_asset_counts_with_the_least_volatility():
    assert inverse_volatility([0.001, 0.2, 0.4], least=0.1) == pytest.approx(np.array([4, 2, 1]) / 7)
    assert inverse_volatility([0.0, 0.1], least=0.1) == pytest.approx([0.5, 0.5])


def test_tiny_volatilities_do_not_overflow():
    assert inverse_volatility([1e-320, 3e-320]) == pytest.approx([0.75, 0.25], rel=1e-3)


@given(st.lists(st.floats(0.01, 5), min_size=1, max_size=30).map(np.array), st.floats(0.01, 100), st.randoms())
def test_unit_and_order_of_volatilities_change_nothing(volatility, scale, random):
    order = random.sample(range(volatility.size), volatility.size)

    weights = inverse_volatility(volatility)

    assert weights.sum() == pytest.approx(1, abs=1e-14)
    assert inverse_volatility(volatility[order] * scale) == pytest.approx(weights[order], rel=1e-12)
    assert water_fill(weights) == pytest.approx(weights, rel=1e-12)


@pytest.mark.parametrize(
    ("volatility", "least", "words"),
    [
        ([], None, "at least one asset"),
        ([0.5, 0.0], None, "position 1 is 0"),
        ([0.5, np.nan], None, "position 1 is nan"),
        ([0.5, np.nan], 0.1, "position 1 is nan"),
        ([-0.5, 0.5], 0.1, "position 0 is -0.5"),
        ([0.5, 0.5], 0.0, "least volatility"),
        ([[0.5]], 0.1, "one volatility for each"),
    ],
)
def test_what_is_no_volatility_is_refused(volatility, least, words):
    with pytest.raises(ValueError, match=words):
        inverse_volatility(volatility, least=least)


def test_equal_risk_by_hand():
    weights = equal_risk_contribution(E9)

    assert weights == pytest.approx([0.42258498, 0.31482066, 0.26259437], abs=5e-9)
    assert risk_contributions(weights, E9) == pytest.approx([1 / 3] * 3, abs=1e-13)
    assert np.sqrt(weights @ E9 @ weights) == pytest.approx(0.57928430, abs=5e-9)
    assert inverse_volatility(DEVIATIONS) == pytest.approx([0.44055944, 0.31468531, 0.24475524], abs=5e-9)


def test_equal_risk_of_two_assets_is_inverse_volatility_whatever_their_correlation():
    for correlation in (-0.9, 0.0, 0.5714, 0.999):
        weights = equal_risk_contribution(two_assets(0.5, 0.7, correlation))

        assert weights == pytest.approx([0.5833333333, 0.4166666667], abs=5e-11)


def test_one_asset_bears_all_the_risk():
    assert equal_risk_contribution([[0.04]]) == pytest.approx([1.0])


@given(st.lists(st.floats(0.01, 5), min_size=2, max_size=20).map(np.array), st.floats(0, 0.95))
def test_with_equal_correlations_equal_risk_is_inverse_volatility(deviations, correlation):
    matrix = np.where(np.eye(deviations.size, dtype=bool), 1.0, correlation) * np.outer(deviations, deviations)

    assert equal_risk_contribution(matrix) == pytest.approx(inverse_volatility(deviations), rel=1e-10)


def test_uncorrelated_assets_hold_the_root_of_their_budget_over_their_volatility():
    # w^2 sigma^2 in proportion to b: (sqrt(.8) / 2, sqrt(.2) / 1) is (1, 1) in proportion.
    assert equal_risk_contribution(np.diag([4.0, 1.0]), budgets=[0.8, 0.2]) == pytest.approx([0.5, 0.5])


@settings(deadline=None)
@given(covariances(), st.integers(0, 2**32))
def test_each_asset_contributes_its_budget(matrix, seed):
    budgets = budgets_of(len(matrix), seed)

    equal = equal_risk_contribution(matrix)
    budgeted = equal_risk_contribution(matrix, budgets=budgets)

    assert (equal > 0).all()
    assert equal.sum() == pytest.approx(1, abs=1e-14)
    assert risk_contributions(equal, matrix) == pytest.approx(np.full(len(matrix), 1 / len(matrix)), abs=1e-9)
    assert risk_contributions(budgeted, matrix) == pytest.approx(budgets, abs=1e-9)


@settings(deadline=None)
@given(covariances(), st.floats(1e-6, 1e6), st.randoms(use_true_random=False))
def test_unit_and_order_of_a_covariance_change_nothing(matrix, scale, random):
    order = random.sample(range(len(matrix)), len(matrix))

    weights = equal_risk_contribution(matrix)

    shuffled = equal_risk_contribution(matrix[np.ix_(order, order)] * scale)
    assert shuffled == pytest.approx(weights[order], rel=1e-9)


@settings(deadline=None)
@given(covariances(least_size=2), st.integers(0, 2**32))
def test_no_weights_near_by_do_better(matrix, seed):
    budgets = budgets_of(len(matrix), seed)
    weights = equal_risk_contribution(matrix, budgets=budgets)

    def objective(direction):
        """Value the function that is minimised, at the best length of this direction: there x'Sx = 1."""
        point = direction / np.sqrt(direction @ matrix @ direction)
        return 0.5 - budgets @ np.log(point)

    for step in np.random.default_rng(seed).uniform(-0.1, 0.1, (20, len(matrix))):
        assert objective(weights) <= objective(weights * np.exp(step)) + 1e-12


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        ([[1.0, 0.5]], "square"),
        ([1.0, 2.0], "square"),
        (np.zeros((0, 0)), "square"),
        ([[1.0, np.nan], [np.nan, 1.0]], "finite"),
        ([[1.0, 0.0], [0.0, 0.0]], "position 1 is 0"),
        ([[1.0, 0.5], [0.4, 1.0]], "not symmetric"),
        ([[1.0, 1.0], [1.0, 1.0]], "not positive definite"),
        ([[1.0, 2.0], [2.0, 1.0]], "not positive definite"),
    ],
)
def test_what_is_no_covariance_is_refused(matrix, words):
    with pytest.raises(CovarianceError, match=words):
        equal_risk_contribution(matrix)


@pytest.mark.parametrize(
    ("budgets", "words"),
    [
        ([0.5, 0.5], "each of the 3 assets"),
        ([1.0, 0.0, 0.0], "above 0 for each"),
        ([0.5, 0.3, 0.1], r"sum to 0\.9"),
        ([0.8, 0.3, -0.1], "position 2 is -0.1"),
    ],
)
def test_budgets_are_shares_of_all_the_risk(budgets, words):
    with pytest.raises(ValueError, match=words):
        equal_risk_contribution(E9, budgets=budgets)


def test_a_covariance_too_near_to_singular_is_an_error_and_no_weights():
    # The first two are all but each other's opposite, and the third tells them apart.
    matrix = np.array([[1.0, -1 + 1e-9, 1e-5], [-1 + 1e-9, 1.0, 0.0], [1e-5, 0.0, 1.0]])

    with pytest.raises(NotConvergedError, match="not reached"):
        equal_risk_contribution(matrix)


def test_a_covariance_is_shrunk_off_its_diagonal():
    # Deviations from the means (1, 2): (-1, -2), (1, 1), (0, 1); divided by 2.
    returns = [[0.0, 0.0], [2.0, 3.0], [1.0, 3.0]]

    assert shrunk_covariance(returns, shrinkage=0.0) == pytest.approx(np.array([[1.0, 1.5], [1.5, 3.0]]))
    assert shrunk_covariance(returns, shrinkage=0.1) == pytest.approx(np.array([[1.0, 1.35], [1.35, 3.0]]))
    assert shrunk_covariance(returns, shrinkage=1.0) == pytest.approx(np.diag([1.0, 3.0]))


def test_shrinking_makes_more_assets_than_days_positive_definite():
    returns = np.random.default_rng(3).normal(size=(10, 30))

    weights = equal_risk_contribution(shrunk_covariance(returns, shrinkage=0.1))

    assert (weights > 0).all()


@pytest.mark.parametrize(
    ("returns", "shrinkage", "words"),
    [
        ([[0.1, 0.2]], 0.1, "two days"),
        ([0.1, 0.2], 0.1, "two days"),
        (np.zeros((3, 0)), 0.1, "an asset"),
        ([[0.1], [np.nan]], 0.1, "finite"),
        ([[0.1], [0.2]], 1.1, r"in \[0, 1\]"),
        ([[0.1], [0.2]], np.nan, r"in \[0, 1\]"),
    ],
)
def test_what_has_no_covariance_is_refused(returns, shrinkage, words):
    with pytest.raises(ValueError, match=words):
        shrunk_covariance(returns, shrinkage=shrinkage)


def test_contributions_by_hand():
    # S w = (.5*.04 + .5*.03, .5*.03 + .5*.09) = (.035, .06); w'Sw = .0475.
    shares = risk_contributions([0.5, 0.5], [[0.04, 0.03], [0.03, 0.09]])

    assert shares == pytest.approx([0.0175 / 0.0475, 0.03 / 0.0475])


@given(covariances(), st.integers(0, 2**32))
def test_contributions_sum_to_one(matrix, seed):
    weights = budgets_of(len(matrix), seed)

    assert risk_contributions(weights, matrix).sum() == pytest.approx(1, abs=1e-12)


def test_an_asset_not_held_contributes_nothing():
    assert risk_contributions([0.6, 0.4, 0.0], E9)[2] == 0


@pytest.mark.parametrize(
    ("weights", "words"),
    [([1.0], "1 weights for 3"), ([0.5, 0.5, np.nan], "position 2"), ([0.0, 0.0, 0.0], "no risk")],
)
def test_contributions_want_weights_that_bear_risk(weights, words):
    with pytest.raises(ValueError, match=words):
        risk_contributions(weights, E9)
