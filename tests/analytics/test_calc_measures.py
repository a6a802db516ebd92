"""Measures of one series: the golden tables, the traps that peers fell into, properties, what has no number."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from analytics.calc.measures import (
    UndefinedMeasureError,
    beta,
    cagr,
    downside_deviation,
    excess_kurtosis,
    max_drawdown,
    r_squared,
    sharpe_ratio,
    skewness,
    sortino_ratio,
    volatility,
)
from tests.analytics.golden import G20, G20_BENCHMARK, G397, G397_BENCHMARK, SERIES

OF_ONE_SERIES = [volatility, sharpe_ratio, sortino_ratio, max_drawdown, cagr, skewness, excess_kurtosis]

GOLDEN = [
    ("G20", volatility, {}, 0.937578537061),
    ("G20", sharpe_ratio, {}, -0.798066477018),
    ("G20", sharpe_ratio, {"risk_free": 0.04}, -0.839900647586),
    ("G20", sortino_ratio, {}, -0.975887386741),
    ("G20", sortino_ratio, {"risk_free": 0.04}, -1.025792916383),
    ("G20", max_drawdown, {}, -0.171749905867),
    ("G20", cagr, {}, -0.695349618739),
    ("G20", skewness, {}, -1.313982787695),
    ("G20", excess_kurtosis, {}, 2.044030500272),
    ("G397", volatility, {}, 0.738289965066),
    ("G397", sharpe_ratio, {}, 0.804777726928),
    ("G397", sharpe_ratio, {"risk_free": 0.04}, 0.751651147540),
    ("G397", sortino_ratio, {}, 1.223586572967),
    ("G397", sortino_ratio, {"risk_free": 0.04}, 1.140179574271),
    ("G397", max_drawdown, {}, -0.464814962529),
    ("G397", cagr, {}, 0.382228011748),
    ("G397", skewness, {}, 0.249534655961),
    ("G397", excess_kurtosis, {}, 0.785335060839),
]


def test_the_generated_series_is_the_published_one():
    assert G397.sum() == pytest.approx(0.646250, abs=1e-9)
    assert G397_BENCHMARK.sum() == pytest.approx(0.577425, abs=1e-9)
    assert G397[:4].tolist() == [0.00326, -0.029492, -0.064934, -0.024584]
    assert G397_BENCHMARK[:3].tolist() == [-0.013859, -0.029447, -0.043809]
    assert np.prod(1 + G397) - 1 == pytest.approx(0.422016005819, abs=1e-12)


@pytest.mark.parametrize(("series", "measure", "options", "expected"), GOLDEN)
def test_golden_numbers(series, measure, options, expected):
    assert measure(SERIES[series][0], **options) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("series", "sensitivity", "explained"),
    [("G20", 1.260239146226, 0.993871190612), ("G397", 1.050625037634, 0.816938010389)],
)
def test_golden_numbers_against_a_benchmark(series, sensitivity, explained):
    returns, benchmark = SERIES[series]

    assert beta(returns, benchmark) == pytest.approx(sensitivity, abs=1e-12)
    assert r_squared(returns, benchmark) == pytest.approx(explained, abs=1e-12)


def test_a_year_of_trading_days_gives_the_numbers_of_stock_libraries():
    assert volatility(G20, periods=252) == pytest.approx(0.77904312, abs=5e-9)
    assert sharpe_ratio(G397, periods=252) == pytest.approx(0.66869763, abs=5e-9)
    assert sortino_ratio(G20, periods=252) == pytest.approx(-0.81087431, abs=5e-9)
    assert cagr(G397, periods=252) == pytest.approx(0.25042532, abs=5e-9)


def test_small_prices_are_not_taken_for_returns():
    prices = np.array([0.10, 0.12, 0.08, 0.09, 0.11, 0.07, 0.095, 0.10])

    assert max_drawdown(prices[1:] / prices[:-1] - 1) == pytest.approx(-0.416667, abs=5e-7)


def test_large_returns_are_not_taken_for_prices():
    returns = np.array([0.02, 0, 1.40, 0.03, 0.05, 0, 0.01, 0.04])

    assert volatility(returns) == pytest.approx(9.318135, abs=5e-7)


@pytest.mark.parametrize(
    ("returns", "expected"),
    [
        ((-0.5, 0.5, 0.1, -0.1), -0.5),
        ((-0.5, -0.4, -0.3, 0.1), -0.79),
        ((-0.2, 0.0), -0.2),
        ((0.1, 0.2), 0.0),
        ((0.5, -1.0, 0.3), -1.0),
        ((0.5, -1.5, -3.0), -1.0),
    ],
    ids=["first day counts", "compounded", "peak at the start", "never falls", "total loss", "below zero"],
)
def test_drawdown_by_hand(returns, expected):
    assert max_drawdown(np.array(returns)) == pytest.approx(expected)


def test_downside_counts_every_period():
    returns = np.array([-0.03, 0.01, 0.04, 0.02])

    assert downside_deviation(returns, periods=1) == pytest.approx(0.015)
    assert downside_deviation(returns, target=0.01, periods=4) == pytest.approx(0.04)


def test_growth_after_a_total_loss_is_a_loss():
    assert cagr(np.array([0.5, -1.0, 3.0])) == -1.0


returns_of_any_kind = st.lists(st.floats(-0.9, 3.0), min_size=2, max_size=60).map(np.array)


@given(returns_of_any_kind)
def test_drawdown_lies_between_none_and_all(returns):
    assert -1 <= max_drawdown(returns) <= 0


@given(st.integers(0, 2**32), st.floats(0.1, 5.0))
def test_leverage_scales_risk_and_leaves_ratios(seed, leverage):
    returns, market = np.random.default_rng(seed).normal(0.001, 0.03, (2, 50))

    assert volatility(returns * leverage) == pytest.approx(volatility(returns) * leverage)
    assert sharpe_ratio(returns * leverage) == pytest.approx(sharpe_ratio(returns))
    assert sortino_ratio(returns * leverage) == pytest.approx(sortino_ratio(returns))
    assert beta(returns * leverage, market) == pytest.approx(beta(returns, market) * leverage)
    assert r_squared(returns * leverage, market) == pytest.approx(r_squared(returns, market))
    assert 0 <= r_squared(returns, market) <= 1


def test_a_benchmark_explains_itself():
    assert beta(G20, G20) == pytest.approx(1)
    assert r_squared(G20, G20) == pytest.approx(1)
    assert r_squared(-2 * G20, G20) <= 1


def test_constant_returns_have_no_volatility():
    assert volatility(np.full(30, 0.001)) == 0.0


@pytest.mark.parametrize("measure", OF_ONE_SERIES)
@pytest.mark.parametrize(
    ("returns", "reason"),
    [([0.1], "too_short"), ([], "too_short"), ([[0.1, 0.2]], "too_short"), ([0.1, np.nan], "not_finite")],
)
def test_no_series_no_measure(measure, returns, reason):
    with pytest.raises(UndefinedMeasureError) as caught:
        measure(np.array(returns))

    assert caught.value.reason == reason


@pytest.mark.parametrize("measure", [sharpe_ratio, skewness, excess_kurtosis])
def test_constant_returns_have_no_ratio_and_no_shape(measure):
    with pytest.raises(UndefinedMeasureError) as caught:
        measure(np.full(400, 0.001))

    assert caught.value.reason == "no_dispersion"


def test_returns_that_are_never_below_the_target_have_no_sortino_ratio():
    with pytest.raises(UndefinedMeasureError) as caught:
        sortino_ratio(np.array([0.01, 0.02, 0.0]))

    assert caught.value.reason == "no_downside"


def test_growth_beyond_any_number_is_undefined():
    with pytest.raises(UndefinedMeasureError) as caught:
        cagr(np.array([9.0, 9.0]))

    assert caught.value.reason == "out_of_range"


@pytest.mark.parametrize("measure", [beta, r_squared])
@pytest.mark.parametrize(
    ("returns", "benchmark", "reason"),
    [
        (G20, G20_BENCHMARK[1:], "not_aligned"),
        (G20, np.full(20, 0.001), "no_dispersion"),
        (G20, np.full(20, np.inf), "not_finite"),
        (G20[:1], G20_BENCHMARK[:1], "too_short"),
    ],
)
def test_a_relation_needs_a_benchmark_that_moves_on_the_same_days(measure, returns, benchmark, reason):
    with pytest.raises(UndefinedMeasureError) as caught:
        measure(returns, benchmark)

    assert caught.value.reason == reason


def test_constant_returns_have_no_beta_and_nothing_to_explain():
    constant = np.full(20, 0.001)

    assert beta(constant, G20_BENCHMARK) == pytest.approx(0, abs=1e-12)
    with pytest.raises(UndefinedMeasureError, match="do not vary"):
        r_squared(constant, G20_BENCHMARK)
