"""Drift bands, volatility and cooldowns: example E8, hand values, and properties."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, strategies as st

from indices.calc.levels import chain_levels, one_way_turnover
from indices.calc.triggers import (
    Band,
    Firing,
    bands,
    defensive,
    ewma_volatility,
    exposure_for,
    fired,
    may_fire,
)
from indices.calc.weighting import water_fill

NAN = np.nan
FIFTHS = np.full(5, 0.2)
E8_DRIFT = np.array([0.6, 0.1, 0.1, 0.1, 0.1])

limits = st.none() | st.floats(0, 1).map(lambda limit: round(limit, 6))
returns_with_gaps = st.lists(st.just(NAN) | st.floats(-0.5, 0.5), max_size=40).map(
    lambda returns: np.array(returns, dtype=float)
)


@st.composite
def drifts(draw):
    """Draw targets and weights that sum to 1, some of them 0."""
    size = draw(st.integers(2, 8))
    parts = st.lists(st.integers(0, 100), min_size=size, max_size=size).filter(any).map(np.array)
    targets, weights = draw(parts), draw(parts)
    return weights / weights.sum(), targets / targets.sum()


def test_example_e8_fires_a_relative_band_of_one():
    prices = np.array([[1.0] * 5, [6.0, 1, 1, 1, 1]])
    level = chain_levels(prices, [(0, FIFTHS)])[-1]
    drift = 1000 * FIFTHS * prices[-1] / level

    assert drift == pytest.approx(E8_DRIFT)
    assert [(firing.position, firing.limit) for firing in fired(drift, FIFTHS, relative=1.0)] == [(0, 1.0)]
    assert one_way_turnover(drift, FIFTHS) == pytest.approx(0.4)


def test_a_firing_says_what_went_beyond_which_limit():
    found = fired(np.array([0.75, 0.25]), np.array([0.5, 0.5]), upper=0.25, aggregate=0.125)

    assert found == [
        Firing(kind=Band.UPPER, position=0, value=0.75, limit=0.625),
        Firing(kind=Band.AGGREGATE, position=None, value=0.25, limit=0.125),
    ]


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ({"absolute": 0.3}, [(Band.ABSOLUTE, 0, 0.4, 0.3)]),
        ({"absolute": 0.05}, [(Band.ABSOLUTE, 0, 0.4, 0.05), *((Band.ABSOLUTE, at, 0.1, 0.05) for at in range(1, 5))]),
        ({"relative": 1.9}, [(Band.RELATIVE, 0, 2.0, 1.9)]),
        ({"lower": 0.4}, [(Band.LOWER, at, 0.1, 0.12) for at in range(1, 5)]),
        ({"lower": 0.6}, []),
        ({"upper": 1.5}, [(Band.UPPER, 0, 0.6, 0.5)]),
        ({"lower": 0.4, "upper": 2.5}, [(Band.LOWER, at, 0.1, 0.12) for at in range(1, 5)]),
        ({"aggregate": 0.3}, [(Band.AGGREGATE, None, 0.4, 0.3)]),
        ({"absolute": 0.3, "upper": 1, "aggregate": 0.1},
         [(Band.ABSOLUTE, 0, 0.4, 0.3), (Band.UPPER, 0, 0.6, 0.4), (Band.AGGREGATE, None, 0.4, 0.1)]),
        ({}, []),
    ],
    ids=str,
)  # fmt: skip
def test_bands_by_hand(limit, expected):
    found = fired(E8_DRIFT, FIFTHS, **limit)

    assert [(firing.kind, firing.position) for firing in found] == [(kind, place) for kind, place, *_ in expected]
    assert [firing.value for firing in found] == pytest.approx([value for *_, value, _ in expected])
    assert [firing.limit for firing in found] == pytest.approx([edge for *_, edge in expected])


@pytest.mark.parametrize(
    "limit", [{"absolute": 0.1}, {"relative": 0.5}, {"lower": 0.5}, {"upper": 0.5}, {"aggregate": 0.1}], ids=str
)
def test_at_the_edge_nothing_fires_and_beyond_it_does(limit):
    targets = np.array([0.2, 0.2, 0.6])
    at_the_edge, beyond = np.array([0.3, 0.1, 0.6]), np.array([0.3 + 1e-9, 0.1 - 1e-9, 0.6])

    assert fired(at_the_edge, targets, **limit) == []
    assert fired(beyond, targets, **limit) != []


def test_rounding_is_no_drift():
    # In binary .4 - .3 and .8 - .7 are more than .1.
    assert fired(np.array([0.4, 0.2, 0.4]), np.array([0.3, 0.3, 0.4]), absolute=0.1) == []
    assert fired(np.array([0.8, 0.2]), np.array([0.7, 0.3]), aggregate=0.1) == []


def test_what_has_no_target_has_an_absolute_band_only():
    weights, targets = np.array([0.97, 0.03]), np.array([1.0, 0.0])

    assert fired(weights, targets, relative=0.1, lower=0.1, upper=0.1) == []
    assert [firing.position for firing in fired(weights, targets, absolute=0.02)] == [0, 1]


@given(drifts(), limits, limits, limits, limits)
def test_assets_fire_exactly_outside_their_edges(drift, absolute, relative, lower, upper):
    weights, targets = drift
    given_limits = {"absolute": absolute, "relative": relative, "lower": lower, "upper": upper}

    lows, highs = bands(targets, **given_limits)
    beyond = np.maximum(lows - weights, weights - highs)

    assert ((lows >= 0) & (lows <= targets) & (targets <= highs) & (highs <= 1)).all()
    positions = {firing.position for firing in fired(weights, targets, **given_limits)}
    assert positions >= set(np.flatnonzero(beyond > 1e-11))
    assert positions <= set(np.flatnonzero(beyond > 1e-13))


@given(drifts(), st.floats(0, 1))
def test_a_basket_at_its_targets_fires_nothing(drift, limit):
    _, targets = drift

    every = dict.fromkeys(("absolute", "relative", "lower", "upper", "aggregate"), limit)
    assert fired(targets, targets, **every) == []


def test_the_tightest_limit_is_the_edge():
    lows, highs = bands(np.array([0.5, 0.1, 0.9, 0.0]), absolute=0.2, relative=0.5, lower=0.3, upper=0.6)

    # Lower: .5 - .2 and .5 * .5 give way to .5 * .7; upper: .5 + .2 before .5 * 1.5.
    assert lows == pytest.approx(np.array([0.35, 0.07, 0.7, 0.0]))
    assert highs == pytest.approx(np.array([0.7, 0.15, 1.0, 0.2]))


def test_a_rebalance_to_the_edge_stops_there():
    lows, highs = bands(FIFTHS, relative=0.5)

    assert water_fill(E8_DRIFT, floor=lows, cap=highs) == pytest.approx(np.array([0.3, *[0.175] * 4]))


@pytest.mark.parametrize(
    ("weights", "targets", "limit", "words"),
    [
        ([0.5, 0.5], [1.0], {}, "one of each"),
        ([[1.0]], [[1.0]], {}, "one of each"),
        ([1.5, -0.5], [0.5, 0.5], {}, "not negative"),
        ([0.5, 0.5], [NAN, 0.5], {}, "are numbers"),
        ([1.0], [1.0], {"absolute": -0.1}, "absolute limit is -0.1"),
        ([1.0], [1.0], {"relative": np.inf}, "relative limit is inf"),
        ([1.0], [1.0], {"lower": 1.1}, "lower limit is 1.1"),
        ([1.0], [1.0], {"aggregate": NAN}, "aggregate limit is nan"),
    ],
)
def test_drift_without_sense_is_refused(weights, targets, limit, words):
    with pytest.raises(ValueError, match=words):
        fired(np.array(weights), np.array(targets), **limit)


def test_edges_want_targets_that_are_shares():
    with pytest.raises(ValueError, match="fraction of 1"):
        bands(np.array([1.1]), absolute=0.1)
    with pytest.raises(ValueError, match="are numbers"):
        bands(np.array([NAN]), absolute=0.1)
    with pytest.raises(ValueError, match="upper limit"):
        bands(np.array([0.5]), upper=-1.0)


def test_volatility_by_hand():
    # Variances: .1^2; .94 * .01; the gap keeps it; .94 * .0094 + .06 * .2^2.
    volatility = ewma_volatility(np.array([NAN, 0.1, 0.0, NAN, -0.2]))

    expected = np.sqrt(365 * np.array([NAN, 0.01, 0.0094, 0.0094, 0.94 * 0.0094 + 0.06 * 0.04]))
    assert volatility == pytest.approx(expected, nan_ok=True)
    assert ewma_volatility(np.array([0.1, 0.3]), decay=0.5)[1] == pytest.approx(np.sqrt(365 * 0.05))
    assert ewma_volatility(np.array([])).size == 0


@given(returns_with_gaps, st.integers(0, 40), st.floats(0.5, 0.99))
def test_later_returns_change_no_volatility(returns, cut, decay):
    whole = ewma_volatility(returns, decay=decay)

    np.testing.assert_array_equal(ewma_volatility(returns[:cut], decay=decay), whole[:cut])


@given(returns_with_gaps, st.floats(0.5, 0.99))
def test_volatility_follows_its_recursion(returns, decay):
    variance = NAN
    for value, found in zip(returns, ewma_volatility(returns, decay=decay), strict=True):
        if not np.isnan(value):
            variance = value**2 if np.isnan(variance) else decay * variance + (1 - decay) * value**2
        assert found == pytest.approx(np.sqrt(365 * variance), abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("decay", [0.0, 1.0, NAN])
def test_a_decay_lies_between_zero_and_one(decay):
    with pytest.raises(ValueError, match="between 0 and 1"):
        ewma_volatility(np.array([0.1]), decay=decay)


@pytest.mark.parametrize("returns", [np.array([np.inf]), np.ones((2, 2))])
def test_returns_are_finite_and_one_for_each_day(returns):
    with pytest.raises(ValueError, match="one for each day"):
        ewma_volatility(returns)


def test_the_basket_is_defensive_from_above_high_until_below_low():
    volatility = np.array([0.5, 0.8, 0.81, 0.8, NAN, 0.4, 0.39, 0.6, 0.9])

    path = defensive(volatility, high=0.8, low=0.4)

    np.testing.assert_array_equal(path, [False, False, True, True, True, True, False, False, True])


def test_the_start_stands_until_a_day_decides():
    assert defensive(np.array([NAN, 0.5, 0.3, 0.5]), high=0.8, low=0.4, start=True).tolist() == [
        True, True, False, False,
    ]  # fmt: skip
    assert defensive(np.array([]), high=0.8, low=0.4, start=True).size == 0


@given(st.lists(st.sampled_from([0.1, 0.4, 0.6, 0.8, 0.9, NAN]), max_size=30), st.integers(0, 30), st.booleans())
def test_the_state_of_a_day_can_be_taken_up_the_next(volatility, cut, start):
    path = np.array(volatility, dtype=float)
    whole = defensive(path, high=0.8, low=0.4, start=start)

    before = defensive(path[:cut], high=0.8, low=0.4, start=start)
    after = defensive(path[cut:], high=0.8, low=0.4, start=bool(before[-1]) if before.size else start)

    np.testing.assert_array_equal(np.concatenate([before, after]), whole)


@pytest.mark.parametrize(("high", "low"), [(0.4, 0.4), (0.4, 0.8), (0.4, 0.0), (NAN, 0.1)])
def test_thresholds_are_in_order(high, low):
    with pytest.raises(ValueError, match="0 < leave < enter"):
        defensive(np.array([0.5]), high=high, low=low)


@pytest.mark.parametrize(
    ("volatility", "current", "deadband", "expected"),
    [
        (0.8, None, 0.0, 0.5),
        (0.2, None, 0.0, 1.0),
        (0.0, None, 0.0, 1.0),
        (0.8, 0.45, 0.1, 0.45),
        (0.8, 0.4, 0.1, 0.4),
        (0.5, 0.7, 0.1, 0.7),
        (0.8, 0.39, 0.1, 0.5),
        (0.8, 0.62, 0.1, 0.5),
        (0.8, 0.5, 0.0, 0.5),
        (0.3, 0.95, 0.1, 0.95),
    ],
)
def test_exposure_by_hand(volatility, current, deadband, expected):
    exposure = exposure_for(volatility, target=0.4, current=current, deadband=deadband)

    assert exposure == pytest.approx(expected)


@pytest.mark.parametrize(
    ("volatility", "target", "deadband", "words"),
    [
        (NAN, 0.4, 0.0, "is known"),
        (-0.1, 0.4, 0.0, "not negative"),
        (0.5, 0.0, 0.0, "above 0"),
        (0.5, 0.4, -0.1, "deadband"),
    ],
)
def test_exposure_without_sense_is_refused(volatility, target, deadband, words):
    with pytest.raises(ValueError, match=words):
        exposure_for(volatility, target=target, deadband=deadband)


@pytest.mark.parametrize(
    ("past", "cooldown", "most", "expected"),
    [
        ([], 7, 1, True),
        ([], 0, 0, False),
        ([date(2024, 5, 8)], 7, 5, True),
        ([date(2024, 5, 9)], 7, 5, False),
        ([date(2024, 5, 9), date(2024, 4, 1)], 7, 5, False),
        ([date(2024, 4, 1), date(2024, 5, 1)], 7, 1, False),
        ([date(2024, 4, 1), date(2024, 5, 1)], 7, 2, True),
        ([date(2023, 5, 1), date(2024, 4, 30)], 7, 1, True),
        ([date(2024, 5, 15)], 0, 2, True),
        ([date(2024, 5, 15)], 1, 2, False),
        ([date(2024, 5, 16), date(2024, 5, 20)], 7, 1, True),
    ],
    ids=[
        "none yet", "none ever", "a week ago", "six days ago", "the last counts", "one this month", "two may",
        "other months", "same day", "a day apart", "later ones do not count",
    ],
)  # fmt: skip
def test_cooldown_and_most_a_month(past, cooldown, most, expected):
    assert may_fire(date(2024, 5, 15), past, cooldown_days=cooldown, most_a_month=most) is expected


@pytest.mark.parametrize(("cooldown", "most"), [(-1, 1), (1, -1)])
def test_a_cooldown_is_not_negative(cooldown, most):
    with pytest.raises(ValueError, match="not negative"):
        may_fire(date(2024, 5, 15), [], cooldown_days=cooldown, most_a_month=most)
