"""Levels from units, divisors and chains: examples E1, E2, E5 to E8 to all printed digits, and properties."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, strategies as st

from indices.calc.levels import (
    MissingPriceError,
    base_divisor,
    capped_supplies,
    chain_levels,
    drifted_weights,
    level_of,
    one_way_turnover,
    rescale_units,
    units_for,
)

HALF_A_DIGIT = Decimal("0.5e-10")


def decimals(*values):
    """Make decimals of their digits."""
    return [Decimal(str(value)) for value in values]


def equal_to_ten_digits(values, expected):
    """Compare decimals with printed ones."""
    return all(abs(value - other) <= HALF_A_DIGIT for value, other in zip(values, decimals(*expected), strict=True))


@pytest.fixture
def base_units():
    """Hold the basket of E1: 5, 5 and 25 units at a level of 1000."""
    return units_for(decimals(0.5, 0.25, 0.25), Decimal(1000), decimals(100, 50, 10))


def test_example_e1_by_units_divisor_and_chain(base_units):
    supplies, closes = decimals(10, 10, 50), decimals(100, 50, 10)
    value = level_of(supplies, closes)
    divisor = base_divisor(value, Decimal(1000))

    assert [value, divisor] == decimals(2000, 2)
    assert drifted_weights(supplies, closes) == decimals(0.5, 0.25, 0.25)
    assert base_units == decimals(5, 5, 25)
    for prices, level in [(decimals(110, 45, 12), 1075), (decimals(99, 54, 12), 1065)]:
        assert level_of(base_units, prices) == level
        assert level_of(supplies, prices) / divisor == level
    chained = chain_levels(np.array([[100, 50, 10], [110, 45, 12], [99, 54, 12]]), [(0, np.array([0.5, 0.25, 0.25]))])
    assert chained == pytest.approx(np.array([1000, 1075, 1065]), rel=1e-12)


def test_example_e2_a_new_basket_leaves_the_level_where_it_is():
    closes = decimals(99, 54, 20)
    supplies = decimals(10, 10, 40)
    old_value, new_value = level_of(decimals(10, 10, 50), decimals(99, 54, 12)), level_of(supplies, closes)
    divisor = base_divisor(new_value, Decimal(1065))
    weights = drifted_weights(supplies, closes)
    units = units_for(weights, Decimal(1065), closes)

    assert [old_value, new_value] == decimals(2130, 2330)
    assert equal_to_ten_digits([divisor], ["2.1877934272"])
    assert equal_to_ten_digits(weights, ["0.4248927039", "0.2317596567", "0.3433476395"])
    assert equal_to_ten_digits(units, ["4.5708154506", "4.5708154506", "18.2832618026"])
    assert abs(level_of(units, closes) - 1065) < Decimal("1e-12")

    later = decimals(105, 50, 22)
    assert equal_to_ten_digits([level_of(units, later)], ["1110.7081545064"])
    assert abs(level_of(supplies, later) / divisor - level_of(units, later)) < Decimal("1e-12")


def test_example_e2_by_the_chain():
    # A, B, C and E, which nobody holds before day 2.
    prices = np.array([[100, 50, 10, np.nan], [110, 45, 12, 20], [99, 54, 12, 20], [105, 50, 12, 22]])
    new = np.array([990, 540, 0, 800]) / 2330

    levels = chain_levels(prices, [(0, np.array([0.5, 0.25, 0.25, 0])), (2, new)])

    assert levels == pytest.approx(np.array([1000, 1075, 1065, 1110.7081545064]), abs=5e-11)


def test_example_e2_turnover_is_what_the_newcomer_gets(base_units):
    old = drifted_weights(base_units, decimals(99, 54, 12))
    new = drifted_weights(decimals(10, 10, 40), decimals(99, 54, 20))
    # Over the union A, B, C, E: C leaves, E comes.
    before = np.array([*old, 0], dtype=float)
    after = np.array([*new[:2], 0, new[2]], dtype=float)

    assert equal_to_ten_digits(old, ["0.4647887324", "0.2535211268", "0.2816901408"])
    assert one_way_turnover(before, after) == pytest.approx(0.3433476395, abs=5e-11)


def test_example_e5_survivors_take_over_what_was_delisted_at_its_last_price(base_units):
    level = level_of(base_units, decimals(100, 50, 12))
    survivors = rescale_units(base_units[:2], level, decimals(100, 50))

    assert level == 1050
    assert survivors == decimals(7, 7)
    assert level_of(survivors, decimals(110, 55)) == 1155


def test_example_e5_a_delisting_at_zero_is_a_loss(base_units):
    level = level_of(base_units, decimals(100, 50, 0))
    survivors = rescale_units(base_units[:2], level, decimals(100, 50))

    assert level == 750
    assert level_of(survivors, decimals(110, 55)) == 825


def test_example_e6_a_missing_close_is_carried_forward():
    prices = np.array([[100, 50, 10], [110, 45, 12], [99, 54, np.nan], [100, 50, 9]])

    levels = chain_levels(prices, [(0, np.array([0.5, 0.25, 0.25]))])

    assert levels == pytest.approx(np.array([1000, 1075, 1065, 975]), abs=1e-10)
    # Leaving C out and sharing its weight would give another level of day 2.
    shared = chain_levels(prices[1:3, :2], [(0, np.array([550, 225]) / 775)], base=1075.0)
    assert shared[-1] == pytest.approx(1061.1290322581, abs=5e-11)


@pytest.mark.parametrize("missing", [0.0, -1.0])
def test_a_price_of_zero_or_less_is_missing(missing):
    prices = np.array([[100, 50], [110, missing], [100, 60]])

    assert chain_levels(prices, [(0, np.array([0.5, 0.5]))]) == pytest.approx(np.array([1000, 1050, 1100]))


@pytest.mark.parametrize(
    ("weights", "level"),
    [((0.4, 0.3, 0.2, 0.1, 0), 990), ((0.4, 0.15, 0, 0.1, 0.35), 1037.5), ((0.1, 0.0375, 0, 0.025, 0.8375), 1009.375)],
    ids=["unsignalled", "signalled", "gated"],
)
def test_example_e7_a_stablecoin_sleeve_is_an_asset_like_others(weights, level):
    prices = np.array([[1, 1, 1, 1, 1], [1.10, 0.95, 0.80, 1.05, 1]])

    assert chain_levels(prices, [(0, np.array(weights))])[-1] == pytest.approx(level, abs=1e-10)


def test_example_e7_turnover_from_base():
    base, signalled = np.array([0.4, 0.3, 0.2, 0.1, 0]), np.array([0.4, 0.15, 0, 0.1, 0.35])

    assert one_way_turnover(base, signalled) == pytest.approx(0.35)


def test_example_e8_rebalancing_a_coin_that_pumps_and_halves():
    pumped = drifted_weights(decimals(1, 1, 1, 1, 1), decimals(6, 1, 1, 1, 1))
    prices = np.array([[1.0] * 5, [6, 1, 1, 1, 1], [3, 1, 1, 1, 1]])
    equal = np.full(5, 0.2)

    assert pumped == decimals(0.6, 0.1, 0.1, 0.1, 0.1)
    assert chain_levels(prices, [(0, equal), (1, equal)]) == pytest.approx(np.array([1000, 2000, 1800]))
    assert chain_levels(prices, [(0, equal)]) == pytest.approx(np.array([1000, 2000, 1400]))


def test_levels_before_the_first_rebalance_are_unknown():
    levels = chain_levels(np.array([[1.0], [2.0], [3.0]]), [(1, np.array([1.0]))], base=100.0)

    assert np.isnan(levels[0])
    assert levels[1:] == pytest.approx(np.array([100, 150]))


def test_a_rebalance_on_the_last_day_keeps_the_level_of_the_old_weights():
    prices = np.array([[1.0, 1.0], [2.0, 1.0]])

    levels = chain_levels(prices, [(0, np.array([1.0, 0.0])), (1, np.array([0.0, 1.0]))])

    assert levels == pytest.approx(np.array([1000, 2000]))


def test_an_asset_that_is_not_held_may_be_unknown():
    prices = np.array([[1.0, np.nan], [2.0, np.nan]])

    assert chain_levels(prices, [(0, np.array([1.0, 0.0]))])[-1] == pytest.approx(2000)


def test_a_rebalance_takes_the_carried_price():
    prices = np.array([[1.0, 1.0], [2.0, np.nan], [2.0, 4.0]])

    assert chain_levels(prices, [(1, np.array([0.0, 1.0]))])[-1] == pytest.approx(4000)


def test_the_given_prices_stay_as_they_are():
    prices = np.array([[1.0, 1.0], [np.nan, 0.0], [2.0, np.nan]])
    before = prices.copy()

    chain_levels(prices, [(0, np.array([0.5, 0.5])), (1, np.array([0.4, 0.6]))])

    assert np.array_equal(prices, before, equal_nan=True)


@st.composite
def histories(draw):
    """Draw prices with gaps after the first day, and three rebalances of some of the assets."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    days, assets = draw(st.integers(5, 40)), draw(st.integers(1, 8))
    prices = 100 * np.exp(np.cumsum(rng.normal(0, 0.05, (days, assets)), axis=0))
    prices[1:][rng.random((days - 1, assets)) < 0.1] = np.nan
    rows = sorted(rng.choice(days, size=3, replace=False).tolist())
    scores = rng.random((3, assets)) * (rng.random((3, assets)) < 0.6)
    scores[:, 0] += 0.1
    return prices, [(row, score / score.sum()) for row, score in zip(rows, scores, strict=True)]


@given(histories())
def test_the_chain_is_the_units_day_by_day(history):
    prices, rebalances = history
    carried = prices.copy()
    level, units, expected = 1000.0, None, []
    targets = dict(rebalances)
    for day in range(len(prices)):
        carried[day] = np.where(np.isnan(prices[day]), carried[max(day - 1, 0)], prices[day])
        level = level if units is None else float(units @ carried[day])
        if day in targets:
            units = targets[day] * level / carried[day]
        expected.append(np.nan if units is None else level)

    assert chain_levels(prices, rebalances) == pytest.approx(np.array(expected), rel=1e-12, nan_ok=True)


@given(histories(), st.floats(1e-3, 1e3))
def test_the_unit_of_prices_and_the_order_of_assets_change_nothing(history, scale):
    prices, rebalances = history

    levels = chain_levels(prices, rebalances)
    turned = chain_levels(prices[:, ::-1] * scale, [(row, weights[::-1]) for row, weights in rebalances])

    assert turned == pytest.approx(levels, rel=1e-12, nan_ok=True)


@given(histories())
def test_a_rebalance_moves_no_level_of_its_own_close_or_before(history):
    prices, rebalances = history
    last = rebalances[-1][0]

    without = chain_levels(prices, rebalances[:-1])

    assert chain_levels(prices, rebalances)[: last + 1].tolist() == pytest.approx(
        without[: last + 1].tolist(), rel=0, abs=0, nan_ok=True
    )


@given(histories(), st.integers(0, 40))
def test_later_closes_change_no_earlier_level(history, day):
    prices, rebalances = history
    other = prices.copy()
    other[day + 1 :] *= 3

    assert chain_levels(other, rebalances)[: day + 1] == pytest.approx(
        chain_levels(prices, rebalances)[: day + 1], rel=1e-12, nan_ok=True
    )


@given(st.lists(st.tuples(*[st.integers(1, 10**6)] * 3), min_size=1, max_size=8), st.integers(1, 10**6))
def test_divisor_units_and_chain_agree(assets, level):
    supplies, then, now = ([Decimal(figure) for figure in column] for column in zip(*assets, strict=True))
    divisor = base_divisor(level_of(supplies, then), Decimal(level))
    weights = drifted_weights(supplies, then)
    units = units_for(weights, Decimal(level), then)

    by_units = level_of(units, now)

    assert level_of(supplies, now) / divisor == pytest.approx(by_units, rel=Decimal("1e-12"))
    closes, shares = np.array([then, now], dtype=float), np.array(weights, dtype=float)
    assert chain_levels(closes, [(0, shares)], base=level)[-1] == pytest.approx(float(by_units), rel=1e-12)


@given(histories())
def test_splitting_a_coin_ten_for_one_changes_nothing(history):
    prices, rebalances = history
    split = prices.copy()
    split[:, 0] /= 10

    assert chain_levels(split, rebalances) == pytest.approx(chain_levels(prices, rebalances), rel=1e-12, nan_ok=True)


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=10), st.integers(1, 10**7))
def test_units_stand_at_the_level_they_were_made_for(shares, level):
    weights = [Decimal(share) / sum(shares) for share in shares]
    prices = [Decimal(share) / 7 for share in shares]

    units = units_for(weights, Decimal(level), prices)

    assert level_of(units, prices) == pytest.approx(Decimal(level), rel=Decimal("1e-15"))
    assert all(held == held.quantize(Decimal("1e-18")) for held in units)


@pytest.mark.parametrize(
    ("weights", "level", "prices", "error", "words"),
    [
        ((0.5, 0.5), 1000, (100, 0), MissingPriceError, "position 1 is 0"),
        ((0.5, 0.5), 0, (100, 50), ValueError, "level is 0"),
        ((0.5, 0.5), 1000, (100,), ValueError, "shorter"),
    ],
)
def test_units_need_a_level_and_a_price_for_each(weights, level, prices, error, words):
    with pytest.raises(error, match=words):
        units_for(decimals(*weights), Decimal(level), decimals(*prices))


def test_capped_supplies_carry_the_weights_through_the_divisor():
    # 2330 of value at (99, 54, 20), held at 40, 40 and 20%: 0.4 x 2330 / 99 and so on.
    weights, prices = decimals(0.4, 0.4, 0.2), decimals(99, 54, 20)

    supplies = capped_supplies(weights, Decimal(2330), prices)

    assert equal_to_ten_digits(supplies, ["9.4141414141", "17.2592592593", "23.3"])
    assert drifted_weights(supplies, prices) == pytest.approx(weights, rel=Decimal("1e-40"))


def test_a_negative_price_makes_no_level():
    with pytest.raises(ValueError, match="negative"):
        level_of(decimals(1, 1), decimals(100, -1))


def test_a_basket_worth_nothing_has_no_shares_and_cannot_be_scaled():
    with pytest.raises(MissingPriceError, match="undefined"):
        drifted_weights(decimals(1, 1), decimals(0, 0))
    with pytest.raises(MissingPriceError, match="cannot reach"):
        rescale_units(decimals(1, 1), Decimal(1000), decimals(0, 0))


@pytest.mark.parametrize(
    ("rebalances", "words"),
    [
        ([], "at least one"),
        ([(2, [0.5, 0.5]), (2, [0.5, 0.5])], "ascending"),
        ([(-1, [0.5, 0.5])], "within 3 days"),
        ([(3, [0.5, 0.5])], "within 3 days"),
        ([(0, [0.5, 0.6])], "sum to 1"),
        ([(0, [1.5, -0.5])], "not negative"),
        ([(0, [np.nan, 1.0])], "not negative"),
        ([(0, [1.0])], "row 0 are 2"),
    ],
)
def test_malformed_rebalances_are_refused(rebalances, words):
    with pytest.raises(ValueError, match=words):
        chain_levels(np.ones((3, 2)), [(row, np.array(weights)) for row, weights in rebalances])


def test_a_constituent_that_never_had_a_price_is_named():
    prices = np.array([[1.0, np.nan], [1.0, np.nan], [1.0, 5.0]])

    with pytest.raises(MissingPriceError, match="column 1 has no close up to row 1"):
        chain_levels(prices, [(1, np.array([0.5, 0.5]))])
