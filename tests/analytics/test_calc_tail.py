"""Value at risk and expected shortfall: the golden tables, the boundary of the tail, coherence."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from analytics.calc.measures import UndefinedMeasureError
from analytics.calc.tail import expected_shortfall, value_at_risk
from tests.analytics.golden import SERIES

samples = st.lists(st.floats(-1.0, 3.0), min_size=2, max_size=60).map(np.array)
levels = st.floats(0.01, 0.995)


@pytest.mark.parametrize(
    ("series", "level", "loss", "shortfall"),
    [
        ("G20", 0.95, 0.081, 0.147),
        ("G20", 0.99, 0.147, 0.147),
        ("G397", 0.95, 0.059064, 0.079070952141),
        ("G397", 0.99, 0.094984, 0.104312715365),
    ],
)
def test_golden_numbers(series, level, loss, shortfall):
    returns = SERIES[series][0]

    assert value_at_risk(returns, level=level) == pytest.approx(loss, abs=1e-12)
    assert expected_shortfall(returns, level=level) == pytest.approx(shortfall, abs=1e-12)


def test_shortfall_by_hand():
    # Ten periods at 85%: the worst one whole, half of the second.
    sample = np.array([-0.10, -0.04, *[0.01] * 8])

    assert expected_shortfall(sample, level=0.85) == pytest.approx((0.10 + 0.5 * 0.04) / 1.5)
    assert value_at_risk(sample, level=0.85) == pytest.approx(0.04)


@pytest.mark.parametrize("level", [0.9, 0.8, 0.7, 0.6])
def test_a_tail_of_whole_periods_is_not_cut_by_rounding(level):
    sample = -np.arange(10, 0, -1) / 100
    whole = round(10 * (1 - level))

    assert value_at_risk(sample, level=level) == pytest.approx((10 - whole) / 100)
    assert expected_shortfall(sample, level=level) == pytest.approx(-sample[:whole].mean())


def test_where_every_period_gained_the_loss_is_negative():
    assert value_at_risk(np.array([0.01, 0.02, 0.03])) == pytest.approx(-0.01)


def test_no_movement_is_no_loss():
    assert str(value_at_risk(np.zeros(20))) == "0.0"
    assert str(expected_shortfall(np.zeros(20))) == "0.0"


def test_the_lowest_level_averages_everything():
    sample = np.array([-0.02, 0.01, 0.03, -0.05])

    assert expected_shortfall(sample, level=1e-12) == pytest.approx(-sample.mean())
    assert value_at_risk(sample, level=1e-12) == pytest.approx(-0.03)


@given(samples, levels)
def test_shortfall_is_never_below_value_at_risk(sample, level):
    assert expected_shortfall(sample, level=level) >= value_at_risk(sample, level=level) - 1e-9


@given(samples, levels, st.floats(-0.05, 0.05))
def test_a_sure_gain_lowers_both_by_as_much(sample, level, gain):
    for measure in (value_at_risk, expected_shortfall):
        assert measure(sample + gain, level=level) == pytest.approx(measure(sample, level=level) - gain, abs=1e-8)


@given(st.integers(0, 2**32), levels)
def test_two_portfolios_together_fall_no_shorter_than_apart(seed, level):
    one, other = np.random.default_rng(seed).standard_t(3, (2, 40)) / 50

    together = expected_shortfall(one + other, level=level)

    assert together <= expected_shortfall(one, level=level) + expected_shortfall(other, level=level) + 1e-12


@pytest.mark.parametrize("measure", [value_at_risk, expected_shortfall])
@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, np.nan])
def test_a_level_lies_between_zero_and_one(measure, level):
    with pytest.raises(ValueError, match="between 0 and 1"):
        measure(np.zeros(5), level=level)


@pytest.mark.parametrize("measure", [value_at_risk, expected_shortfall])
@pytest.mark.parametrize(("returns", "reason"), [([0.1], "too_short"), ([0.1, np.nan], "not_finite")])
def test_no_series_no_tail(measure, returns, reason):
    with pytest.raises(UndefinedMeasureError) as caught:
        measure(np.array(returns))

    assert caught.value.reason == reason
