"""Events between reviews: example E5, worked numbers, values that are conserved, and what is refused."""

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from indices.calc.events import (
    DiscontinuousEventError,
    NotHeldError,
    NothingSurvivesError,
    delist,
    delist_to,
    liquidate,
    migrate,
    rescale,
    split,
)
from indices.calc.levels import MissingPriceError, level_of

# More digits than the 28 of Python's own context.
LONG = Decimal("12345678901234.123456789012345678")


def decimals(**values):
    """Make decimals of their digits, by asset id."""
    return {asset: Decimal(str(value)) for asset, value in values.items()}


def value(units, prices):
    """Return the level of a basket."""
    return level_of(list(units.values()), [prices[asset] for asset in units])


@pytest.fixture
def units():
    """Hold the basket of E1."""
    return decimals(a=5, b=5, c=25)


@pytest.fixture
def prices():
    """Take the closes of E5's day 3 with the last one of C."""
    return decimals(a=100, b=50, c=12)


@pytest.mark.parametrize(
    ("price", "level", "survivors", "next_level"),
    [(12, 1050, 7, 1155), (0, 750, 5, 825)],
    ids=["last", "zero"],
)
def test_example_e5_a_delisting_in_mid_period(units, price, level, survivors, next_level):
    settled = delist(units, decimals(a=100, b=50), asset_id="c", price=Decimal(price))

    assert settled.level == level
    assert settled.units == decimals(a=survivors, b=survivors)
    assert value(settled.units, decimals(a=110, b=55)) == next_level
    assert next_level / level == pytest.approx(1.1)


def test_a_delisting_at_a_manual_price(units, prices):
    # 750 + 25 x 3 = 825, so the survivors' units grow by 825 / 750.
    settled = delist(units, prices, asset_id="c", price=Decimal(3))

    assert settled == (decimals(a=5.5, b=5.5), Decimal(825))


def test_a_total_loss_leaves_the_last_digit_of_the_others():
    units = {"a": LONG, "b": Decimal("0.333333333333333333"), "c": Decimal(1)}

    settled = delist(units, {"a": LONG, "b": Decimal("0.000000000000000007")}, asset_id="c", price=Decimal(0))

    assert settled.units == {"a": LONG, "b": Decimal("0.333333333333333333")}


def test_what_has_no_fixing_yet_is_kept_and_not_bought():
    held, closes = decimals(a=5, b=5, child=5), decimals(a=100, b=50, child=0)

    # A alone takes in the 250 of B: 5 x 750 / 500.
    assert delist(held, closes, asset_id="b", price=Decimal(50)) == (decimals(a=7.5, child=5), Decimal(750))


def test_proceeds_wait_in_stablecoins_in_equal_parts(units, prices):
    closes = prices | decimals(usdt=1, usdc=0.96)

    settled = delist_to(units, closes, asset_id="c", price=Decimal(12), into=["usdt", "usdc"])

    # 25 x 12 = 300 in two parts; a dollar coin below its peg is bought at its own price: 150 / 0.96.
    assert settled == (decimals(a=5, b=5, usdt=150, usdc=156.25), Decimal(1050))


def test_a_sleeve_that_is_held_grows(prices):
    held = decimals(a=5, c=25, usdt=100)

    settled = delist_to(held, prices | decimals(usdt=1), asset_id="c", price=Decimal(12), into=["usdt"])

    assert settled == (decimals(a=5, usdt=400), Decimal(900))


def test_a_basket_of_one_can_wait_in_a_stablecoin(prices):
    settled = delist_to(decimals(c=25), decimals(usdt=1), asset_id="c", price=Decimal(12), into=["usdt"])

    assert settled == (decimals(usdt=300), Decimal(300))


def test_a_total_loss_buys_no_stablecoin(units, prices):
    settled = delist_to(units, prices | decimals(usdt=1), asset_id="c", price=Decimal(0), into=["usdt"])

    assert settled == (decimals(a=5, b=5), Decimal(750))


def test_a_fork_that_is_kept_moves_no_level_until_it_has_a_fixing(units, prices):
    after = split(units, parent="a", child="fork", ratio=Decimal("0.5"))

    assert after == decimals(a=5, b=5, c=25, fork=2.5)
    assert value(after, prices | decimals(fork=0)) == value(units, prices) == 1050
    assert value(after, prices | decimals(fork=20)) == 1100


def test_an_airdrop_of_what_is_held_adds_to_it(units):
    assert split(units, parent="a", child="b", ratio=Decimal("0.1")) == decimals(a=5, b=5.5, c=25)


def test_a_fork_that_is_sold_lifts_the_level_and_all_units(units):
    closes = decimals(a=99, b=54, c=12)

    settled = liquidate(units, closes, parent="a", ratio=Decimal(1), child_price=Decimal("21.3"))

    # The level of E1's day 2 plus 5 x 21.3: 1065 + 106.5, a tenth more.
    assert settled == (decimals(a=5.5, b=5.5, c=27.5), Decimal("1171.5"))


def test_a_migration_swaps_units_by_its_ratio(units, prices):
    exchanged = migrate(units, prices | decimals(new=0.1), old="a", new="new", ratio=Decimal(1000))

    assert exchanged == (decimals(b=5, c=25, new=5000), Decimal(1050), Decimal(1050))


def test_what_two_markets_disagree_is_told_apart_from_the_level(units, prices):
    exchanged = migrate(units, prices | decimals(new=0.101), old="a", new="new", ratio=Decimal(1000))

    # 5,000 units at 0.101 are 505, not 500.
    assert exchanged == (decimals(b=5, c=25, new=5000), Decimal(1050), Decimal(1055))


def test_two_assets_merge_into_one(units):
    closes = decimals(a=100, b=50, c=12, merged=50)

    first = migrate(units, closes, old="a", new="merged", ratio=Decimal(2))
    second = migrate(first.units, closes, old="b", new="merged", ratio=Decimal(1))

    assert second == (decimals(c=25, merged=15), Decimal(1050), Decimal(1050))


@pytest.mark.parametrize("new_price", ["0.098", "0.102", "1"])
def test_an_exchange_that_changes_the_value_is_refused_with_both_prices(units, prices, new_price):
    closes = {**prices, "new": Decimal(new_price)}

    with pytest.raises(DiscontinuousEventError, match=rf"1000 new at {new_price} and one a at 100 differ by 2%"):
        migrate(units, closes, old="a", new="new", ratio=Decimal(1000))


@pytest.mark.parametrize("new_price", ["0.0980001", "0.1019999"])
def test_an_exchange_within_the_limit_is_done(units, prices, new_price):
    exchanged = migrate(units, {**prices, "new": Decimal(new_price)}, old="a", new="new", ratio=Decimal(1000))

    assert exchanged.units["new"] == 5000


def test_a_redenomination_of_ten_for_one(units, prices):
    after = rescale(units, asset_id="a", ratio=Decimal(10))

    assert after == decimals(a=50, b=5, c=25)
    assert value(after, prices | decimals(a=10)) == value(units, prices)


def test_no_digit_of_a_long_position_is_lost():
    held = {"a": LONG, "b": Decimal(1)}

    assert rescale(held, asset_id="a", ratio=Decimal(10))["a"] == Decimal("123456789012341.23456789012345678")
    assert split(held, parent="a", child="c", ratio=Decimal(1))["c"] == LONG
    assert migrate(held, decimals(a=2, b=1, c=2), old="a", new="c", ratio=Decimal(1)).units["c"] == LONG
    doubled = liquidate({"a": LONG}, decimals(a=1), parent="a", ratio=Decimal(1), child_price=Decimal(1))
    assert doubled == (
        {"a": Decimal("24691357802468.246913578024691356")},
        Decimal("24691357802468.246913578024691356"),
    )


def test_an_event_leaves_the_given_basket_as_it_was(units, prices):
    before = dict(units)

    delist(units, prices, asset_id="c", price=Decimal(12))
    delist_to(units, prices, asset_id="c", price=Decimal(12), into=["b"])
    split(units, parent="a", child="d", ratio=Decimal(1))
    liquidate(units, prices, parent="a", ratio=Decimal(1), child_price=Decimal(1))
    migrate(units, prices | decimals(d=100), old="a", new="d", ratio=Decimal(1))
    rescale(units, asset_id="a", ratio=Decimal(10))

    assert units == before


@st.composite
def baskets(draw):
    """Draw two to six holdings with prices, all above 0."""
    size = draw(st.integers(2, 6))
    figures = st.decimals("0.000001", "1000000", places=9)
    ids = "abcdef"[:size]
    return {asset: draw(figures) for asset in ids}, {asset: draw(figures) for asset in ids}


ratios = st.decimals("0.001", "1000", places=6)


@given(baskets())
def test_a_delisting_at_the_last_price_moves_no_level_and_no_proportion(basket):
    units, prices = basket

    settled = delist(units, prices, asset_id="a", price=prices["a"])

    assert settled.level == value(units, prices)
    assert value(settled.units, prices) == pytest.approx(settled.level, rel=Decimal("1e-12"))
    # The second asset of the basket stands to the others as it did before.
    for asset, held in settled.units.items():
        assert held * units["b"] == pytest.approx(units[asset] * settled.units["b"], rel=Decimal("1e-10"))


@given(baskets())
def test_proceeds_in_other_assets_are_worth_what_was_sold(basket):
    units, prices = basket
    closes = prices | decimals(usdt=0.999, usdc=1.001)

    settled = delist_to(units, closes, asset_id="a", price=prices["a"], into=["usdt", "usdc"])

    assert settled.level == value(units, prices)
    assert value(settled.units, closes) == pytest.approx(settled.level, rel=Decimal("1e-12"))
    assert {asset: settled.units[asset] for asset in prices if asset != "a"} == {
        asset: units[asset] for asset in prices if asset != "a"
    }


@given(baskets(), ratios, ratios)
def test_what_is_sold_of_a_fork_is_what_the_level_gains(basket, ratio, child_price):
    units, prices = basket

    settled = liquidate(units, prices, parent="a", ratio=ratio, child_price=child_price)

    gain = settled.level - value(units, prices)
    assert gain == pytest.approx(units["a"] * ratio * child_price, rel=Decimal("1e-9"))
    assert value(settled.units, prices) == pytest.approx(settled.level, rel=Decimal("1e-12"))


@given(baskets(), ratios, st.decimals("-0.019", "0.019", places=4))
def test_an_exchange_leaves_the_level_at_the_old_price_over_the_ratio(basket, ratio, gap):
    units, prices = basket
    fair = prices["a"] / ratio
    closes = {**prices, "new": fair * (1 + gap)}

    exchanged = migrate(units, closes, old="a", new="new", ratio=ratio)

    assert exchanged.before == value(units, prices)
    assert exchanged.after == value(exchanged.units, closes)
    assert value(exchanged.units, {**prices, "new": fair}) == pytest.approx(exchanged.before, rel=Decimal("1e-9"))


@given(baskets(), ratios)
def test_a_redenomination_is_undone_by_its_inverse(basket, ratio):
    units, _ = basket

    back = rescale(rescale(units, asset_id="a", ratio=ratio), asset_id="a", ratio=1 / ratio)

    assert back == pytest.approx(units, rel=Decimal("1e-9"))


ONE = Decimal(1)


def happens(event, units, prices, **details):
    """Call an event with prices where it takes them."""
    return event(units, **details) if event in {split, rescale} else event(units, prices, **details)


@pytest.mark.parametrize(
    ("event", "details"),
    [
        (delist, {"asset_id": "z", "price": ONE}),
        (delist_to, {"asset_id": "z", "price": ONE, "into": ["a"]}),
        (split, {"parent": "z", "child": "y", "ratio": ONE}),
        (liquidate, {"parent": "z", "ratio": ONE, "child_price": ONE}),
        (migrate, {"old": "z", "new": "a", "ratio": ONE}),
        (rescale, {"asset_id": "z", "ratio": ONE}),
    ],
)
def test_an_event_of_an_asset_that_is_not_held_is_refused(event, details, units, prices):
    with pytest.raises(NotHeldError, match="z is not in the basket"):
        happens(event, units, prices, **details)


@pytest.mark.parametrize(
    ("event", "details"),
    [
        (split, {"parent": "a", "child": "y"}),
        (liquidate, {"parent": "a", "child_price": ONE}),
        (migrate, {"old": "a", "new": "b"}),
        (rescale, {"asset_id": "a"}),
    ],
)
@pytest.mark.parametrize("ratio", [0, -1])
def test_a_ratio_is_above_zero(event, details, ratio, units, prices):
    with pytest.raises(ValueError, match=f"ratio is {ratio}"):
        happens(event, units, prices, ratio=Decimal(ratio), **details)


def test_a_delisting_that_leaves_nothing_is_refused(prices):
    with pytest.raises(NothingSurvivesError, match="take the proceeds in"):
        delist(decimals(c=25), prices, asset_id="c", price=Decimal(12))
    with pytest.raises(NothingSurvivesError, match="take the proceeds in"):
        delist(decimals(c=25, fork=3), decimals(fork=0), asset_id="c", price=Decimal(0))
    with pytest.raises(NothingSurvivesError, match="When c leaves"):
        delist_to(decimals(c=25), decimals(usdt=1), asset_id="c", price=Decimal(0), into=["usdt"])


def test_a_survivor_without_a_price_is_named(units):
    with pytest.raises(MissingPriceError, match="b has no price"):
        delist(units, decimals(a=100), asset_id="c", price=Decimal(12))


def test_nothing_is_bought_sold_or_exchanged_at_nothing(units, prices):
    with pytest.raises(MissingPriceError, match="price of usdt is 0"):
        delist_to(units, prices | decimals(usdt=0), asset_id="c", price=Decimal(12), into=["usdt"])
    with pytest.raises(MissingPriceError, match="child of a is 0"):
        liquidate(units, prices, parent="a", ratio=ONE, child_price=Decimal(0))
    with pytest.raises(MissingPriceError, match="price of new is 0"):
        migrate(units, prices | decimals(new=0), old="a", new="new", ratio=ONE)
    with pytest.raises(MissingPriceError, match="price of a is 0"):
        migrate(units, prices | decimals(a=0, new=1), old="a", new="new", ratio=ONE)


def test_a_negative_price_is_refused(units, prices):
    with pytest.raises(ValueError, match="price of c is -1"):
        delist(units, prices, asset_id="c", price=Decimal(-1))
    with pytest.raises(ValueError, match="price of b is -1"):
        delist(units, prices | decimals(b=-1), asset_id="c", price=Decimal(12))


@pytest.mark.parametrize("into", [[], ["usdt", "usdt"], ["usdt", "c"]])
def test_proceeds_go_into_others_each_named_once(units, prices, into):
    with pytest.raises(ValueError, match="proceeds of c go into"):
        delist_to(units, prices | decimals(usdt=1), asset_id="c", price=Decimal(12), into=into)


def test_an_asset_is_not_exchanged_for_itself(units, prices):
    with pytest.raises(ValueError, match="redenomination"):
        migrate(units, prices, old="a", new="a", ratio=ONE)
