"""Levels from units, divisors and chains: examples E1, E2, E5 to E8, and properties."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, strategies as st

from indices.calc.levels import (
    MissingPriceError,
    base_divisor,
    chain_levels,
    divisor_after,
    drifted_weights,
    level_of,
    net_level,
    one_way_turnover,
    rescale_units,
    units_for,
)

CLOSE = Decimal("1e-10")


def decimals(*values):
    """Make decimals of their digits."""
    return [Decimal(str(value)) for value in values]


def equal_to_ten_digits(values, expected):
    """Compare decimals with printed ones."""
    return all(abs(value - other) < CLOSE for value, other in zip(values, decimals(*expected), strict=True))


@pytest.fixture
def base_units():
    """Hold the basket of E1: 5, 5 and 25 units at a level of 1000."""
    return units_for(decimals(0.5, 0.25, 0.25), Decimal(1000), decimals(100, 50, 10))


def test_example_e1_by_units_and_by_divisor(base_units):
    supplies = decimals(10, 10, 50)
    divisor = base_divisor(level_of(supplies, decimals(100, 50, 10)), Decimal(1000))

    assert divisor == 2
    assert base_units == decimals(5, 5, 25)
    for prices, level in [(decimals(110, 45, 12), 1075), (decimals(99, 54, 12), 1065)]:
        assert level_of(base_units, prices) == level
        assert level_of(supplies, prices) / divisor == level


def test_example_e2_a_new_basket_leaves_the_level_where_it_is():
    closes = decimals(99, 54, 20)
    supplies = decimals(10, 10, 40)
    divisor = divisor_after(Decimal(2), Decimal(2130), level_of(supplies, closes))
    weights = drifted_weights(supplies, closes)
    units = units_for(weights, Decimal(1065), closes)

    assert equal_to_ten_digits([divisor], ["2.1877934272"])
    assert equal_to_ten_digits(weights, ["0.4248927039", "0.2317596567", "0.3433476395"])
    assert equal_to_ten_digits(units, ["4.5708154506", "4.5708154506", "18.2832618026"])
    assert abs(level_of(units, closes) - 1065) < Decimal("1e-12")

    later = decimals(105, 50, 22)
    assert equal_to_ten_digits([level_of(units, later)], ["1110.7081545064"])
    assert abs(level_of(supplies, later) / divisor - level_of(units, later)) < Decimal("1e-12")


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
    prices = np.array([[1.0] * 5, [6, 1, 1, 1, 1], [3, 1, 1, 1, 1]])
    equal = np.full(5, 0.2)

    assert chain_levels(prices, [(0, equal), (1, equal)]) == pytest.approx(np.array([1000, 2000, 1800]))
    assert chain_levels(prices, [(0, equal)]) == pytest.approx(np.array([1000, 2000, 1400]))


def test_example_e8_cost():
    drifted, target = np.array([0.6, 0.1, 0.1, 0.1, 0.1]), np.full(5, 0.2)

    assert one_way_turnover(drifted, target) == pytest.approx(0.4)
    assert net_level(2000.0, drifted, target, 0.0025) == pytest.approx(1996.0059910135, abs=5e-11)


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


@st.composite
def histories(draw):
    """Draw prices with gaps after the first day, and three rebalances."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    days, assets = draw(st.integers(5, 40)), draw(st.integers(1, 8))
    prices = 100 * np.exp(np.cumsum(rng.normal(0, 0.05, (days, assets)), axis=0))
    prices[1:][rng.random((days - 1, assets)) < 0.1] = np.nan
    rows = sorted(rng.choice(days, size=3, replace=False).tolist())
    return prices, [(row, rng.dirichlet(np.ones(assets))) for row in rows]


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
def test_splitting_a_coin_ten_for_one_changes_nothing(history):
    prices, rebalances = history
    split = prices.copy()
    split[:, 0] /= 10

    assert chain_levels(split, rebalances) == pytest.approx(chain_levels(prices, rebalances), rel=1e-12, nan_ok=True)


@given(st.integers(0, 2**32), st.floats(0, 0.99))
def test_the_net_level_solves_its_equation(seed, rate):
    rng = np.random.default_rng(seed)
    old, new = rng.dirichlet(np.ones(6)), rng.dirichlet(np.ones(6))
    rates = rng.random(6) * rate

    net = net_level(1000.0, old, new, rates)

    assert net == pytest.approx(1000 - (rates * np.abs(new * net - old * 1000)).sum(), rel=1e-12)
    assert net <= 1000


def test_nothing_traded_costs_nothing():
    weights = np.array([0.7, 0.3])

    assert net_level(1000.0, weights, weights, 0.01) == 1000.0


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


def test_weights_over_different_assets_are_refused():
    with pytest.raises(ValueError, match="union"):
        one_way_turnover(np.ones(2), np.ones(3))


@pytest.mark.parametrize("rate", [-0.01, 1.0, np.nan])
def test_a_cost_rate_is_below_one(rate):
    with pytest.raises(ValueError, match="cost rate"):
        net_level(1000.0, np.array([1.0, 0.0]), np.array([0.0, 1.0]), rate)
