"""Many portfolios at once are many portfolios one by one."""

import numpy as np
import pytest

from analytics.calc.batch import portfolio_measures
from analytics.calc.measures import (
    UndefinedMeasureError,
    beta,
    max_drawdown,
    r_squared,
    sharpe_ratio,
    sortino_ratio,
    volatility,
)
from analytics.calc.tail import expected_shortfall, value_at_risk
from tests.analytics.golden import SERIES

SINGLE = {
    "volatility": volatility,
    "sharpe": sharpe_ratio,
    "sortino": sortino_ratio,
    "max_drawdown": max_drawdown,
    "value_at_risk": value_at_risk,
    "expected_shortfall": expected_shortfall,
}
AGAINST = {"beta": beta, "r_squared": r_squared}


def one_by_one(measure, weights, returns, *benchmark):
    """Measure each portfolio alone; NaN where there is no number."""
    measured = []
    for row in weights:
        try:
            measured.append(measure(returns @ row, *benchmark))
        except UndefinedMeasureError:
            measured.append(np.nan)
    return np.array(measured)


def assert_equal_to_single(weights, returns, benchmark):
    """Compare all measures with those of each portfolio's own series."""
    measured = portfolio_measures(weights, returns, benchmark)

    assert set(measured) == {*SINGLE, *AGAINST}
    expected = {name: one_by_one(measure, weights, returns) for name, measure in SINGLE.items()}
    expected |= {name: one_by_one(measure, weights, returns, benchmark) for name, measure in AGAINST.items()}
    for name, single in expected.items():
        assert measured[name] == pytest.approx(single, rel=1e-12, abs=1e-12, nan_ok=True), name


# Fewer than a chunk, a chunk, and one more than two.
@pytest.mark.parametrize("count", [1, 128, 257])
@pytest.mark.parametrize("days", [2, 20, 401])
def test_a_batch_equals_single_series(count, days):
    rng = np.random.default_rng(count * days)
    returns = rng.standard_t(4, (days, 7)) / 60
    weights = rng.dirichlet(np.ones(7), size=count)

    assert_equal_to_single(weights, returns, returns.mean(axis=1))


def test_portfolios_that_stand_still_die_or_only_gain_equal_single_series():
    rng = np.random.default_rng(7)
    returns = np.column_stack([rng.normal(0, 0.03, 50), np.full(50, 0.001), rng.uniform(0.001, 0.02, 50), np.zeros(50)])
    returns[20, 0] = -1.0
    returns[30, 2] = 4.0
    weights = np.vstack([np.eye(4), np.zeros(4), [-2.0, 0, 0, 0]])

    assert_equal_to_single(weights, returns, rng.normal(0, 0.03, 50))


def test_a_benchmark_that_stands_still_gives_no_beta():
    returns = np.random.default_rng(3).normal(0, 0.03, (50, 3))
    weights = np.eye(3)

    measured = portfolio_measures(weights, returns, np.zeros(50))

    assert np.isnan(measured["beta"]).all()
    assert np.isnan(measured["r_squared"]).all()
    assert_equal_to_single(weights, returns, np.zeros(50))


@pytest.mark.parametrize("name", SERIES)
def test_a_single_asset_gives_the_golden_numbers(name):
    returns, benchmark = SERIES[name]

    measured = portfolio_measures(np.ones((1, 1)), returns[:, None], benchmark)

    assert measured["volatility"][0] == pytest.approx(volatility(returns), abs=1e-12)
    assert measured["expected_shortfall"][0] == pytest.approx(expected_shortfall(returns), abs=1e-12)


def test_no_portfolio_gives_empty_arrays():
    measured = portfolio_measures(np.empty((0, 3)), np.ones((5, 3)), np.ones(5))

    assert {array.shape for array in measured.values()} == {(0,)}


@pytest.mark.parametrize(
    ("weights", "returns", "benchmark", "reason"),
    [
        (np.ones((2, 3)), np.ones((5, 2)), np.ones(5), "not_aligned"),
        (np.ones((2, 3)), np.ones((5, 3)), np.ones(4), "not_aligned"),
        (np.ones(3), np.ones((5, 3)), np.ones(5), "not_aligned"),
        (np.ones((2, 3)), np.full((5, 3), np.nan), np.ones(5), "not_finite"),
        (np.full((2, 3), np.inf), np.ones((5, 3)), np.ones(5), "not_finite"),
        (np.ones((2, 3)), np.ones((1, 3)), np.ones(1), "too_short"),
    ],
)
def test_malformed_input_is_refused(weights, returns, benchmark, reason):
    with pytest.raises(UndefinedMeasureError) as caught:
        portfolio_measures(weights, returns, benchmark)

    assert caught.value.reason == reason
