"""What a rebalance costs: example E8, cost rates by size, and the level after costs."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from indices.calc.levels import HIGHEST_RATE, cost_rates, net_level, one_way_turnover


def test_example_e8_cost():
    drifted, target = np.array([0.6, 0.1, 0.1, 0.1, 0.1]), np.full(5, 0.2)

    one_way = one_way_turnover(drifted, target)

    assert one_way == pytest.approx(0.4, abs=1e-12)
    # To first order the cost is 25 bp of what is traded, two ways, at the level before costs.
    assert 2000 * (1 - 0.0025 * 2 * one_way) == pytest.approx(1996.0, abs=1e-9)
    assert net_level(2000.0, drifted, target, 0.0025) == pytest.approx(1996.0059910135, abs=5e-11)


def test_the_cost_of_a_trade_grows_with_the_root_of_its_size():
    volumes = np.full(4, 1e6)

    rates = cost_rates(np.array([1e4, -4e4, 1e6, 0]), volumes, fee=0.001, half_spread=0.0005, impact=0.1)

    # A hundredth of a day's volume moves the price by 0.1 x 0.1, four of them by twice that, selling or buying.
    assert rates == pytest.approx(np.array([0.0115, 0.0215, 0.1015, 0.0015]), abs=1e-12)


@pytest.mark.parametrize("volume", [np.nan, 0.0, -1.0])
def test_an_unknown_volume_counts_as_large_as_the_trade(volume):
    rates = cost_rates(np.array([500.0]), np.array([volume]), fee=0.001, half_spread=0.0, impact=0.1)

    assert rates == pytest.approx(np.array([0.101]), abs=1e-12)


def test_costs_may_differ_by_asset():
    trades, spreads = np.array([1e4, 1e4]), np.array([0.0, 0.01])

    rates = cost_rates(trades, trades * 100, fee=0.0, half_spread=spreads, impact=[0.1, 0.2])

    assert rates == pytest.approx(np.array([0.01, 0.03]), abs=1e-12)


def test_however_large_a_trade_its_cost_leaves_a_level():
    rates = cost_rates(np.array([1e12, 0]), np.array([1.0, 1.0]), fee=0.001, half_spread=0.0, impact=0.1)

    assert rates == pytest.approx(np.array([HIGHEST_RATE, 0.001]), abs=1e-12)
    assert 0 < net_level(1000.0, np.array([0.0, 1.0]), np.array([1.0, 0.0]), rates) < 1000


@pytest.mark.parametrize(
    ("trades", "volumes", "costs", "words"),
    [
        ([1.0], [1.0, 1.0], {}, "each trade needs a volume"),
        ([np.nan], [1.0], {}, "not a finite number"),
        ([1.0], [1.0], {"fee": -0.1}, "The fee is"),
        ([1.0], [1.0], {"half_spread": np.nan}, "The half-spread is"),
        ([1.0], [1.0], {"impact": np.inf}, "The impact is"),
    ],
)
def test_costs_that_are_no_costs_are_refused(trades, volumes, costs, words):
    with pytest.raises(ValueError, match=words):
        cost_rates(np.array(trades), np.array(volumes), **{"fee": 0.0, "half_spread": 0.0, "impact": 0.0} | costs)


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


def test_weights_over_different_assets_are_refused():
    with pytest.raises(ValueError, match="union"):
        one_way_turnover(np.ones(2), np.ones(3))


@pytest.mark.parametrize("rate", [-0.01, 1.0, np.nan])
def test_a_cost_rate_is_below_one(rate):
    with pytest.raises(ValueError, match="cost rate"):
        net_level(1000.0, np.array([1.0, 0.0]), np.array([0.0, 1.0]), rate)
