"""Momentum, Sharpe ratios and volatilities in a common window: hand values, example E10, and properties."""

from itertools import pairwise
from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from indices.calc.metrics import TooFewReturnsError, common_log_returns, log_volatilities, momentum, sharpe_ratios

NAN = np.nan
E10 = np.array([100, 110, 99, 108.9, 119.79, 107.811])


@st.composite
def histories(draw):
    """Draw closes of a few assets, with gaps."""
    rows, assets = draw(st.integers(3, 30)), draw(st.integers(1, 5))
    cells = st.lists(st.just(NAN) | st.floats(0.5, 2), min_size=rows * assets, max_size=rows * assets)
    return np.array(draw(cells), dtype=float).reshape(rows, assets)


def columns(*assets):
    return np.array(assets, dtype=float).T


def test_momentum_by_hand():
    closes = columns([8, 10, 15, 12], [8, NAN, 15, 12], [8, 10, 15, NAN], [8, 10, 15, 0], [10, 20, NAN, 5])

    assert momentum(closes, days=2) == pytest.approx(np.array([0.2, NAN, NAN, NAN, -0.75]), nan_ok=True)
    assert momentum(closes, days=3) == pytest.approx(np.array([0.5, 0.5, NAN, NAN, -0.5]), nan_ok=True)


def test_momentum_from_before_the_first_row_is_unknown():
    assert np.isnan(momentum(np.ones((4, 2)), days=4)).all()


@pytest.mark.parametrize("infinite", [np.inf, -1.0])
def test_what_is_no_price_is_missing(infinite):
    closes = columns([1, infinite, 2, 3, 4])

    assert np.isnan(momentum(closes, days=3)).all()
    assert common_log_returns(closes, days=4, least=2) == pytest.approx(columns([log(1.5), log(4 / 3)]))


def test_sharpe_of_example_e10():
    assert sharpe_ratios(E10[:, None], days=5, least=5) == pytest.approx(np.array([3.48807492]), abs=5e-9)


def test_sharpe_over_the_last_days_only():
    # Returns +10%, -10%, +10%: mean 1/30, squared deviations 4/900 * (1 + 4 + 1), sample variance 12/900.
    closes = np.concatenate([[7.0, 900.0], 100 * np.cumprod([1, 1.1, 0.9, 1.1])])[:, None]

    assert sharpe_ratios(closes, days=3, least=2) == pytest.approx(np.array([sqrt(365) / 30 / sqrt(12 / 900)]))


def test_each_asset_has_its_own_returns():
    # The gap costs two returns: +10% and -10% remain, mean 0.
    closes = columns([100, 110, NAN, 100, 90], [100, 110, 99, 108.9, 119.79], [NAN] * 5)

    assert sharpe_ratios(closes, days=4, least=2) == pytest.approx(
        np.array([0, 0.05 / 0.1 * sqrt(365), NAN]), nan_ok=True
    )
    assert np.isnan(sharpe_ratios(closes, days=4, least=3)).tolist() == [True, False, True]


def test_returns_that_do_not_vary_have_no_sharpe_ratio():
    steady = 100 * 1.001 ** np.arange(50.0)

    assert np.isnan(sharpe_ratios(columns(steady, np.ones(50)), days=49, least=10)).all()


@given(histories(), st.integers(2, 30))
def test_sharpe_ratios_are_those_of_assets_one_by_one(closes, days):
    found = sharpe_ratios(closes, days=days, least=2)

    for column, ratio in zip(closes.T, found, strict=True):
        window = column[-days - 1 :]
        returns = window[1:] / window[:-1] - 1
        returns = returns[~np.isnan(returns)]
        if returns.size < 2 or np.ptp(returns) == 0:
            assert np.isnan(ratio)
        elif np.ptp(returns) > 1e-6:
            assert ratio == pytest.approx(returns.mean() / returns.std(ddof=1) * sqrt(365), abs=1e-6)


def test_log_volatility_by_hand():
    # Log returns +l, -l, +l: mean l / 3, squared deviations l^2 / 9 * (4 + 16 + 4), sample variance 4/3 l^2.
    closes = columns([1, 2, 1, 2], [3, 3, 3, 3])

    assert log_volatilities(closes, days=3, least=3) == pytest.approx(np.array([log(2) * sqrt(4 / 3 * 365), 0]))


def test_the_window_is_the_days_on_which_all_have_a_return():
    # Day 3 is missing for the first, day 6 for the second: returns of days 1, 2, 5 are common to both.
    closes = columns([1, 2, 4, NAN, 8, 16, 32], [9, 3, 9, 27, 3, 9, NAN])

    returns = common_log_returns(closes, days=6, least=3)

    assert returns == pytest.approx(columns([log(2)] * 3, [-log(3), log(3), log(3)]))
    assert log_volatilities(closes, days=6, least=3) == pytest.approx(np.array([0, log(3) * sqrt(4 / 3 * 365)]))


def test_a_day_outside_the_window_does_not_count():
    closes = columns([1, 2, 4, 8, 16])

    assert common_log_returns(closes, days=3, least=3).shape == (3, 1)
    assert common_log_returns(closes, days=9, least=4).shape == (4, 1)


def test_the_asset_with_too_few_returns_is_named():
    closes = columns([1, 2, 3, 4, 5], [NAN, NAN, NAN, 4, 5], [NAN, NAN, NAN, 4, 5])

    for measure in (common_log_returns, log_volatilities):
        with pytest.raises(TooFewReturnsError, match="position 1 has daily returns on 1 of the last 4 days") as caught:
            measure(closes, days=4, least=2)
        assert caught.value.position == 1


def test_returns_on_different_days_are_no_common_window():
    closes = columns([1, 2, 3, NAN, NAN, NAN], [NAN, NAN, 1, 2, 3, 4])

    with pytest.raises(
        TooFewReturnsError, match=r"position 0 has daily returns on 2 .* all have 0 in common; 2 are needed"
    ):
        common_log_returns(closes, days=5, least=2)


@given(histories(), st.integers(2, 30))
def test_common_returns_are_whole_rows_of_log_returns(closes, days):
    rows = [np.log(late / early) for early, late in pairwise(closes[-days - 1 :])]
    whole = [row for row in rows if not np.isnan(row).any()]

    if len(whole) < 2:
        with pytest.raises(TooFewReturnsError):
            common_log_returns(closes, days=days, least=2)
    else:
        np.testing.assert_allclose(common_log_returns(closes, days=days, least=2), whole, atol=1e-14)


@settings(max_examples=50)
@given(histories(), st.floats(1e-6, 1e6))
def test_the_currency_does_not_matter(closes, rate):
    assert momentum(closes * rate, days=2) == pytest.approx(momentum(closes, days=2), nan_ok=True, abs=1e-9)
    try:
        expected = log_volatilities(closes, days=20, least=2)
    except TooFewReturnsError:
        return
    assert log_volatilities(closes * rate, days=20, least=2) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("measure", [sharpe_ratios, log_volatilities, common_log_returns])
@pytest.mark.parametrize(
    ("closes", "days", "least", "words"),
    [
        (np.ones((5, 1)), 3, 4, "no more than looked at"),
        (np.ones((5, 1)), 3, 1, "at least 2 are"),
        (np.ones((1, 1)), 3, 2, "at least two days"),
        (np.ones(5), 3, 2, "one column for each asset"),
    ],
)
def test_windows_without_sense_are_refused(measure, closes, days, least, words):
    with pytest.raises(ValueError, match=words):
        measure(closes, days=days, least=least)


@pytest.mark.parametrize(
    ("closes", "days", "words"),
    [(np.ones((5, 1)), 0, "1 day or more"), (np.ones((0, 1)), 1, "1 day or more"), (np.ones(5), 1, "one column")],
)
def test_momentum_without_sense_is_refused(closes, days, words):
    with pytest.raises(ValueError, match=words):
        momentum(closes, days=days)
