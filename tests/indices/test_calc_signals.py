"""Trends, hysteresis, weights under signals and a gate, the stablecoin sleeve: example E7, hand values, properties."""

from math import isnan

import numpy as np
import pytest
from hypothesis import given, strategies as st

from indices.calc.levels import one_way_turnover
from indices.calc.rules import Residual
from indices.calc.signals import (
    MULTIPLIERS,
    VALUES,
    Signal,
    SleeveError,
    gated_weights,
    is_off_peg,
    settled,
    signal_of,
    sleeve_weights,
    trend_signals,
)

BASE = np.array([0.4, 0.3, 0.2, 0.1])
E7_SIGNALS = (Signal.BULL, Signal.NEUTRAL, Signal.BEAR, Signal.BULL)
E7 = np.array([MULTIPLIERS[signal] for signal in E7_SIGNALS])
E7_RETURNS = np.array([0.10, -0.05, -0.20, 0.05])
NAN = np.nan

raw_signals = st.lists(st.sampled_from([-1.0, 0.0, 1.0, NAN]), max_size=60).map(
    lambda path: np.array(path, dtype=float)
)
shares = st.floats(0, 1).map(lambda share: round(share, 6))
known_closes = st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=60).map(np.array)


@st.composite
def baskets(draw):
    """Draw base weights that sum to 1, a multiplier for each, and a gate."""
    size = draw(st.integers(1, 12))
    parts = draw(st.lists(st.integers(1, 1000), min_size=size, max_size=size).map(np.array))
    multipliers = draw(st.lists(st.sampled_from(list(MULTIPLIERS.values())), min_size=size, max_size=size))
    return parts / parts.sum(), np.array(multipliers), draw(shares)


def column(*closes):
    return np.array(closes, dtype=float)[:, None]


def test_a_signal_and_its_number_name_each_other():
    assert [signal_of(VALUES[signal]) for signal in Signal] == list(Signal)
    assert signal_of(NAN) is None


def test_another_number_is_no_signal():
    with pytest.raises(ValueError, match="is no signal"):
        signal_of(0.5)


def test_trends_by_hand():
    # Means of 2 and of 4 closes; the three of row 2 are less than 80% of 4.
    # Row 3: close 16 > slow 11.5, fast 14 > 11.5: bull. Row 4: close 9 < slow 11.75, yet fast 12.5 above: neutral.
    # Row 5: close 4 < slow 10.25, fast 6.5 below: bear. Row 6: close 30 > 14.75 and fast 17 above: bull.
    closes = column(8, 10, 12, 16, 9, 4, 30)

    signals = trend_signals(closes, fast=2, slow=4)

    np.testing.assert_array_equal(signals, column(NAN, NAN, NAN, 1, 0, -1, 1))


def test_a_close_below_and_a_fast_mean_above_are_neutral():
    # Row 3: slow 10, fast 10.5, close 9.
    np.testing.assert_array_equal(trend_signals(column(10, 9, 12, 9), fast=2, slow=4)[3], [0])


def test_four_fifths_of_a_slow_window_are_enough():
    # Window of 5: rows 0 to 2 lack two days and more, row 3 lacks one. Row 4 has no close.
    # Row 5 sees 2, 3, 4, -, 6: mean 3.75, and 6 for the last day alone.
    closes = column(1, 2, 3, 4, NAN, 6)

    signals = trend_signals(closes, fast=1, slow=5)

    np.testing.assert_array_equal(signals, column(NAN, NAN, NAN, 1, NAN, 1))


def test_two_gaps_in_five_days_are_too_many():
    signals = trend_signals(column(1, 2, NAN, 0, 5, 6, 7), fast=1, slow=5)

    np.testing.assert_array_equal(signals, column(*[NAN] * 7))


@pytest.mark.parametrize("close", [0.1, 1 / 3, 60_000.7])
def test_closes_that_stand_still_have_no_trend(close):
    signals = trend_signals(np.full((300, 1), close), fast=50, slow=200)

    assert not signals[159:].any()
    assert np.isnan(signals[:159]).all()


def test_prices_that_have_left_the_window_leave_no_rounding_behind():
    # A coin that fell to a millionth: what follows is judged as if it had never been worth more.
    after = 1e-4 * (1 + 1e-9 * np.arange(40.0))
    with_its_past = trend_signals(column(*[1e5] * 100, *after), fast=3, slow=10)[110:]

    np.testing.assert_array_equal(with_its_past, trend_signals(after[:, None], fast=3, slow=10)[10:])
    assert (with_its_past == 1).all()


def test_a_window_longer_than_the_data_has_no_signal():
    assert np.isnan(trend_signals(np.ones((5, 2)), fast=2, slow=200)).all()
    assert trend_signals(np.ones((0, 2)), fast=2, slow=200).shape == (0, 2)


@given(st.integers(1, 9), st.integers(1, 12), st.lists(st.sampled_from([NAN, 1.0, 2.0, 3.0, 5.0]), max_size=40))
def test_trends_are_those_of_means_taken_one_by_one(fast, more, closes):
    slow = fast + more
    found = trend_signals(column(*closes).reshape(-1, 1), fast=fast, slow=slow)[:, 0]

    for row, value in enumerate(found):
        window = [close for close in closes[max(row + 1 - slow, 0) : row + 1] if not isnan(close)]
        recent = [close for close in closes[max(row + 1 - fast, 0) : row + 1] if not isnan(close)]
        if isnan(closes[row]) or len(window) < 0.8 * slow - 1e-9:
            assert np.isnan(value)
            continue
        # Sums of small whole numbers are exact, so are these comparisons.
        lean = [np.sign(len(window) * closes[row] - sum(window))]
        lean.append(np.sign(sum(recent) * len(window) - sum(window) * len(recent)))
        assert value == (lean[0] if lean[0] == lean[1] else 0)


@given(known_closes, st.integers(0, 60))
def test_later_closes_change_no_trend(closes, cut):
    whole = trend_signals(closes[:, None], fast=3, slow=8)

    np.testing.assert_array_equal(trend_signals(closes[:cut, None], fast=3, slow=8), whole[:cut])


@pytest.mark.parametrize(("fast", "slow"), [(0, 5), (5, 5), (6, 5)])
def test_windows_are_in_order(fast, slow):
    with pytest.raises(ValueError, match="shorter"):
        trend_signals(np.ones((10, 1)), fast=fast, slow=slow)


def test_closes_have_a_column_for_each_asset():
    with pytest.raises(ValueError, match="one column"):
        trend_signals(np.ones(10), fast=1, slow=5)


def test_a_signal_is_acted_on_once_it_has_stood_for_its_closes():
    raw = np.array([1, -1, 1, -1, -1, -1, 0, 0], dtype=float)

    np.testing.assert_array_equal(settled(raw, hold=2, min_days=0), [1, 1, 1, 1, -1, -1, -1, 0])
    np.testing.assert_array_equal(settled(raw, hold=3, min_days=0), [1, 1, 1, 1, 1, -1, -1, -1])
    np.testing.assert_array_equal(settled(raw, hold=1, min_days=0), raw)


def test_a_switch_waits_for_its_days_since_the_last():
    # Row 2 is the first switch; 3 days on, at row 5, the next; row 7 would be confirmed, row 8 has waited.
    raw = np.array([1, -1, -1, 1, 1, 1, -1, -1, -1, -1], dtype=float)

    np.testing.assert_array_equal(settled(raw, hold=2, min_days=3), [1, 1, -1, -1, -1, 1, 1, 1, -1, -1])


def test_the_beginning_is_no_switch():
    np.testing.assert_array_equal(settled(np.array([1.0, -1, -1, 1, 1]), hold=2, min_days=9), [1, 1, -1, -1, -1])


def test_a_day_without_a_signal_repeats_the_one_before():
    raw = np.array([NAN, NAN, 1, -1, NAN, 1], dtype=float)

    np.testing.assert_array_equal(settled(raw, hold=2, min_days=0), [NAN, NAN, 1, 1, -1, -1])
    np.testing.assert_array_equal(settled(raw[:2], hold=1, min_days=0), [NAN, NAN])
    assert settled(np.array([]), hold=1, min_days=0).size == 0


@given(raw_signals, st.integers(1, 5), st.integers(0, 10), st.integers(0, 60))
def test_later_signals_change_nothing_before(raw, hold, min_days, cut):
    whole = settled(raw, hold=hold, min_days=min_days)

    np.testing.assert_array_equal(settled(raw[:cut], hold=hold, min_days=min_days), whole[:cut])


@given(raw_signals, st.integers(1, 5), st.integers(0, 10))
def test_switches_are_apart_and_confirmed(raw, hold, min_days):
    acted = settled(raw, hold=hold, min_days=min_days)
    known = np.flatnonzero(~np.isnan(acted))
    switches = known[1:][acted[known[1:]] != acted[known[1:] - 1]]

    assert (np.diff(switches) >= min_days).all()
    for row in switches:
        stood = raw[row - hold + 1 : row + 1]
        assert np.isin(stood[~np.isnan(stood)], [acted[row]]).all()


@pytest.mark.parametrize(
    ("raw", "hold", "min_days", "words"),
    [
        (np.ones((2, 2)), 1, 0, "one for each day"),
        (np.ones(2), 0, 0, "at least 1 close"),
        (np.ones(2), 1, -1, "0 days or more"),
    ],
)
def test_hysteresis_without_sense_is_refused(raw, hold, min_days, words):
    with pytest.raises(ValueError, match=words):
        settled(raw, hold=hold, min_days=min_days)


@pytest.mark.parametrize("residual", [Residual.STABLE, Residual.BTC])
def test_example_e7(residual):
    weights, left = gated_weights(BASE, E7, 1.0, residual=residual)

    assert weights == pytest.approx(np.array([0.4, 0.15, 0, 0.1]))
    assert left == pytest.approx(0.35)
    assert 1000 * (1 + weights @ E7_RETURNS) == pytest.approx(1037.5)
    unsignalled = 1000 * (1 + BASE @ E7_RETURNS)
    assert unsignalled == pytest.approx(990)
    assert one_way_turnover(np.append(BASE, 0), np.append(weights, left)) == pytest.approx(0.35)


def test_example_e7_behind_a_gate():
    weights, left = gated_weights(BASE, E7, 0.25, residual=Residual.STABLE)

    assert weights == pytest.approx(np.array([0.1, 0.0375, 0, 0.025]))
    assert left == pytest.approx(0.8375)
    assert 1000 * (1 + weights @ E7_RETURNS) == pytest.approx(1009.375)


@pytest.mark.parametrize(
    ("gate", "cap", "expected", "left"),
    [
        # .4, .15, .1 are scaled to fill 1.
        (1.0, None, (0.4 / 0.65, 0.15 / 0.65, 0, 0.1 / 0.65), 0.0),
        # .5 for the first; .5 over .15 and .1.
        (1.0, 0.5, (0.5, 0.3, 0, 0.2), 0.0),
        # Three caps of .3 hold .9.
        (1.0, 0.3, (0.3, 0.3, 0, 0.3), 0.1),
        # The gate's half is residual; the other half is filled under the same caps.
        (0.5, 0.3, (0.3, 0.12, 0, 0.08), 0.5),
        (0.5, (0.1, 0.3, 1.0, 0.05), (0.1, 0.3, 0, 0.05), 0.55),
        (0.0, None, (0, 0, 0, 0), 1.0),
    ],
    ids=["free", "capped", "caps too low", "gate", "a cap each", "closed"],
)
def test_freed_weight_goes_to_the_others(gate, cap, expected, left):
    weights, rest = gated_weights(BASE, E7, gate, residual=Residual.REDISTRIBUTE, cap=cap)

    assert weights == pytest.approx(np.array(expected))
    assert rest == pytest.approx(left)


@pytest.mark.parametrize("residual", Residual)
def test_when_all_are_bears_nothing_is_held(residual):
    weights, left = gated_weights(BASE, np.zeros(4), 1.0, residual=residual)

    assert not weights.any()
    assert left == 1.0


@pytest.mark.parametrize("residual", Residual)
def test_rounding_is_no_residual(residual):
    # Ten caps of a tenth less 1e-14: what is left could not be stored.
    tenths = np.full(10, 0.1 - 1e-14)

    assert gated_weights(tenths, np.ones(10), 1.0, residual=residual, cap=tenths)[1] == 0.0


@given(baskets(), st.sampled_from(Residual), st.floats(0.05, 1))
def test_weights_and_residual_are_the_whole(basket, residual, cap):
    base, multipliers, gate = basket

    weights, left = gated_weights(base, multipliers, gate, residual=residual, cap=cap)

    assert (weights >= 0).all()
    assert weights.sum() + left == pytest.approx(1, abs=1e-11)
    assert left >= 1 - gate - 1e-9
    assert not weights[multipliers == 0].any()
    if residual == Residual.REDISTRIBUTE:
        assert (weights <= cap + 1e-12).all()


@given(baskets(), st.floats(0, 1))
def test_redistribution_under_caps_above_the_base_takes_from_nobody(basket, above):
    base, multipliers, gate = basket

    plain, _ = gated_weights(base, multipliers, gate, residual=Residual.STABLE)
    filled, _ = gated_weights(base, multipliers, gate, residual=Residual.REDISTRIBUTE, cap=base + above)

    assert (filled >= plain - 1e-12).all()


@pytest.mark.parametrize(
    ("base", "multipliers", "gate", "cap", "words"),
    [
        ([0.5, 0.4], [1, 1], 1.0, None, "sum to 1"),
        ([1.5, -0.5], [1, 1], 1.0, None, "not negative"),
        ([NAN, 1.0], [1, 1], 1.0, None, "not negative"),
        ([0.5, 0.5], [1], 1.0, None, "one for each"),
        ([0.5, 0.5], [1, 1.5], 1.0, None, r"\[0, 1\]"),
        ([0.5, 0.5], [1, NAN], 1.0, None, r"\[0, 1\]"),
        ([0.5, 0.5], [1, 1], 1.1, None, "gate is 1.1"),
        ([0.5, 0.5], [1, 1], NAN, None, "gate is nan"),
        ([0.5, 0.5], [1, 1], 1.0, -0.1, "cap"),
        ([0.5, 0.5], [1, 1], 1.0, NAN, "cap"),
    ],
)
def test_what_is_no_basket_or_no_share_is_refused(base, multipliers, gate, cap, words):
    with pytest.raises(ValueError, match=words):
        gated_weights(np.array(base), np.array(multipliers), gate, residual=Residual.REDISTRIBUTE, cap=cap)


def test_an_unknown_place_for_the_residual_is_refused():
    with pytest.raises(ValueError, match="gold"):
        gated_weights(BASE, E7, 1.0, residual="gold")  # type: ignore[arg-type] # what a hand-made JSON may hold


def test_a_coin_is_off_its_peg_beyond_one_percent():
    prices = np.array([1.0, 1.01, 0.99, 1.0101, 0.9899, 0.88, NAN])

    np.testing.assert_array_equal(is_off_peg(prices), [False, False, False, True, True, True, True])
    np.testing.assert_array_equal(is_off_peg(prices, off_peg=0.2), [False] * 6 + [True])


@pytest.mark.parametrize(
    ("prices", "current", "expected"),
    [
        ((1.0, 0.999, 1.001), (0, 0, 0), (0.1, 0.1, 0.1)),
        ((1.0, 0.97, 1.001), (0, 0, 0), (0.15, 0, 0.15)),
        ((1.0, 0.97, 1.001), (0, 0.04, 0), (0.13, 0.04, 0.13)),
        ((1.0, 0.97, 1.001), (0, 0.25, 0), (0.1, 0.1, 0.1)),
        ((1.0, NAN, 1.001), (0, 0, 0), (0.15, 0, 0.15)),
        ((1.0, 0.97, 1.02), (0, 0.05, 0.2), (0.15 - 0.025, 0.05, 0.15 - 0.025)),
        ((0.9, 0.97, 1.02), (0.3, 0.2, 0), (0.15, 0.15, 0)),
        ((0.9, 0.97, 1.02), (0.1, 0.2, 0), (0.1, 0.2, 0)),
    ],
    ids=["equal", "off", "keeps", "sells", "unpriced", "two off", "all off, less", "all off, as it is"],
)
def test_the_sleeve_by_hand(prices, current, expected):
    weights = sleeve_weights(0.3, np.array(prices), current=np.array(current, dtype=float))

    assert weights == pytest.approx(np.array(expected), abs=1e-12)


def test_a_sleeve_of_nothing_needs_no_peg():
    assert sleeve_weights(0.0, np.array([0.5, NAN]), current=np.array([0.2, 0.0])).tolist() == [0, 0]
    assert sleeve_weights(0.0, np.array([]), current=np.array([])).size == 0


def test_a_sleeve_that_nobody_can_hold_is_named():
    with pytest.raises(SleeveError, match=r"weigh 10.00% and may not take 30.00%"):
        sleeve_weights(0.3, np.array([0.9, 1.2]), current=np.array([0.1, 0.0]))
    with pytest.raises(SleeveError, match="No stablecoin is listed"):
        sleeve_weights(0.3, np.array([]), current=np.array([]))


@pytest.mark.parametrize(
    ("residual", "prices", "current", "words"),
    [
        (1.2, [1.0], [0.0], r"\[0, 1\]"),
        (NAN, [1.0], [0.0], r"\[0, 1\]"),
        (0.3, [1.0, 1.0], [0.0], "each stablecoin"),
        (0.3, [[1.0]], [[0.0]], "each stablecoin"),
        (0.3, [1.0], [-0.1], "not negative"),
        (0.3, [1.0], [NAN], "not negative"),
    ],
)
def test_a_sleeve_of_no_sense_is_refused(residual, prices, current, words):
    with pytest.raises(ValueError, match=words):
        sleeve_weights(residual, np.array(prices), current=np.array(current))


@given(
    shares,
    st.lists(st.tuples(st.sampled_from([1.0, 0.995, 0.95, 1.2, NAN]), shares), min_size=1, max_size=5),
)
def test_nothing_new_goes_to_a_coin_off_its_peg(residual, coins):
    prices, current = np.array(coins).T

    weights = sleeve_weights(residual, np.append(prices, 1.0), current=np.append(current, 0.0))

    off = is_off_peg(prices)
    assert weights.sum() == pytest.approx(residual, abs=1e-9)
    assert (weights[:-1][off] <= current[off] + 1e-12).all()
    assert np.ptp(np.append(weights[:-1][~off], weights[-1])) <= 1e-12
