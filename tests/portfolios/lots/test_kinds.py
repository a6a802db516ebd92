"""What each kind of happening means for lots, and what is not known."""

from decimal import Decimal

import pytest

from portfolios.calc.lots import work_out
from tests.portfolios.lots.builders import (
    D,
    at,
    buy,
    cash_fee,
    coin_fee,
    drawn,
    happening,
    known,
    left,
    policy,
    run,
    sell,
)

COIN = buy("a", "1", "20000")


def test_the_fee_of_a_purchase_is_in_the_cost_and_that_of_a_sale_off_the_proceeds():
    sequence = [buy("a", "1", "100", fees=[cash_fee("2")]), sell("s", "1", "150", day=1, fees=[cash_fee("3")])]

    (sale,) = run(sequence).disposals
    assert (sale.proceeds, sale.cost, sale.gain) == (147, 102, 45)


def test_fees_may_be_ignored():
    sequence = [buy("a", "1", "100", fees=[cash_fee("2")]), sell("s", "1", "150", day=1, fees=[cash_fee("3")])]

    (sale,) = run(sequence, buy_fee="ignore", sell_fee="ignore").disposals
    assert (sale.proceeds, sale.cost, sale.gain) == (150, 100, 50)


def test_a_fee_in_a_third_coin_is_a_disposal_and_its_value_counts():
    # 0.01 BNB of 1 for 300 costs 3, is worth 4: gain 1; the purchase costs 4 more.
    sequence = [buy("bnb", "1", "300", asset="BNB"), buy("a", "1", "100", day=1, fees=[("BNB", "0.01", "4")])]

    outcome = run(sequence)

    assert [(fee.key, fee.kind, fee.asset, fee.proceeds, fee.gain) for fee in outcome.disposals] == [
        ("a", "fee", "BNB", 4, 1)
    ]
    assert left(outcome) == [("bnb", "exchange", D("0.99"), 297), ("a", "exchange", 1, 104)]


def test_a_sale_with_its_fee_in_the_coin_itself_brings_what_was_paid_out():
    # 1 sold for 30,000 and 0.001 more, worth 30, kept as fee: 29,970 + 30, out of 1.001.
    outcome = run([buy("a", "2", "40000"), sell("s", "1", "30000", day=1, fees=[("BTC", "0.001", "30")])])

    sale, fee = outcome.disposals
    assert (sale.kind, sale.proceeds, sale.cost) == ("sell", 29970, 20000)
    assert (fee.kind, fee.key, fee.proceeds, fee.cost) == ("fee", "s", 30, 20)
    assert outcome.lots[0].quantity == D("0.999")


def test_a_purchase_with_its_fee_in_the_coin_itself():
    # 1 for 20,000, 0.001 of it worth 20 kept: cost 20,020, of which 0.001 is 20.02; what is left costs 19,999.98.
    outcome = run([buy("a", "1", "20000", fees=[("BTC", "0.001", "20")])])

    assert [(fee.proceeds, fee.cost, fee.gain) for fee in outcome.disposals] == [(20, D("20.02"), D("-0.02"))]
    assert left(outcome) == [("a", "exchange", D("0.999"), D("19999.98"))]


def test_a_swap_is_a_sale_and_a_purchase_at_the_same_value():
    swap = happening(
        "swap", "x", "0.5", "15000", day=1, received_asset="ETH", received_quantity="6", fees=[cash_fee("12")]
    )
    outcome = run([COIN, swap])

    (given,) = outcome.disposals
    assert (given.kind, given.asset, given.proceeds, given.cost, given.gain) == ("swap", "BTC", 15000, 10000, 5000)
    assert left(outcome) == [("a", "exchange", D("0.5"), 10000), ("x", "exchange", 6, 15012)]
    assert outcome.lots[1].acquired_at == at(1)


def test_the_fee_of_a_swap_into_cash_goes_off_the_proceeds():
    swap = happening(
        "swap", "x", "0.5", "15000", day=1, received_asset="EUR", received_quantity="14000", received_is_cash=True,
        fees=[cash_fee("12")],
    )  # fmt: skip

    (sale,) = run([COIN, swap]).disposals
    assert (sale.proceeds, sale.gain) == (14988, 4988)


def test_a_swap_out_of_cash_is_a_purchase():
    swap = happening(
        "swap", "x", "15000", "15000", asset="EUR", is_cash=True, received_asset="BTC", received_quantity="0.5",
        fees=[cash_fee("12")],
    )  # fmt: skip
    outcome = run([swap])

    assert (left(outcome), outcome.disposals) == ([("x", "exchange", D("0.5"), 15012)], [])


@pytest.mark.parametrize("missing", ["received_asset", "received_quantity"])
def test_a_swap_that_does_not_say_what_it_receives_is_refused(missing):
    received = {"received_asset": "ETH", "received_quantity": "1", missing: None}

    with pytest.raises(ValueError, match="x: A swap says what it receives"):
        run([happening("swap", "x", "1", "1", **received)])


@pytest.mark.parametrize("kind", ["income", "airdrop", "fork"])
def test_income_is_received_at_its_value_and_that_is_its_cost(kind):
    # 25 units worth 50 in total: income 50, 2 each.
    outcome = run([happening(kind, "i", "25", "50"), sell("s", "1", "5", day=1)])

    (income,) = outcome.incomes
    assert (income.key, income.kind, income.quantity, income.value, income.at) == ("i", kind, 25, 50, at(0))
    assert (outcome.disposals[0].cost, outcome.disposals[0].gain) == (2, 3)


def test_a_staking_reward_is_income_at_the_price_then():
    # 0.000037835729 * 3,343.11229989, worked by hand: 0.12649 and more digits.
    value = D("0.000037835729") * D("3343.11229989")
    outcome = run([happening("income", "i", "0.000037835729", value, asset="ETH")])

    assert round(known(outcome.incomes[0].value), 5) == D("0.12649")
    assert left(outcome) == [("i", "exchange", D("0.000037835729"), value)]


def test_income_of_unknown_value_is_no_income_of_0():
    outcome = run([happening("income", "i", "25")])

    assert outcome.incomes[0].value is None
    assert [(lot.cost, lot.is_unpriced) for lot in outcome.lots] == [(0, True)]
    assert "costs 0" in outcome.unpriced["i"]


def test_income_in_cash_has_no_lot():
    outcome = run([
        happening("income", "i", "5", "5", asset="USD", is_cash=True),
        happening("income", "j", "5", asset="XYZ", is_cash=True),
    ])  # fmt: skip

    assert ([income.value for income in outcome.incomes], outcome.lots) == ([5, None], [])
    assert outcome.unpriced == {"j": "Income of unknown value: it is in no total."}


@pytest.mark.parametrize("kind", ["deposit", "gift_in"])
def test_what_comes_in_may_bring_its_date_and_cost(kind):
    gift = happening(kind, "g", "1", "100", day=10, acquired_at=at(-700))
    outcome = run([buy("a", "1", "300", day=5), gift, sell("s", "1", "500", day=11)])

    assert drawn(outcome.disposals[0]) == [("g", 1, 100)]
    assert (outcome.disposals[0].matches[0].acquired_at, outcome.disposals[0].matches[0].term) == (at(-700), "long")
    assert outcome.incomes == []


def test_a_deposit_of_unknown_cost_costs_0_and_says_so():
    outcome = run([happening("deposit", "d", "1"), sell("s", "0.5", "500", day=1)])

    assert outcome.disposals[0].gain == 500
    assert outcome.lots[0].is_unpriced
    assert list(outcome.unpriced) == ["d"]


def test_what_was_first_acquired_later_than_it_came_is_refused():
    with pytest.raises(ValueError, match="d: It was first acquired after it came in"):
        run([happening("deposit", "d", "1", "1", acquired_at=at(1))])


@pytest.mark.parametrize("kind", ["withdrawal", "gift_out"])
def test_what_leaves_for_nothing_takes_its_cost_and_makes_no_gain(kind):
    outcome = run([COIN, happening(kind, "w", "0.25", "9999", day=1, fees=[("BTC", "0.25", "6000")])])

    (gone,) = outcome.removals
    assert (gone.kind, gone.quantity, gone.cost, drawn(gone)) == (kind, D("0.25"), 5000, [("a", D("0.25"), 5000)])
    assert [(match.proceeds, match.gain) for match in gone.matches] == [(None, None)]
    assert [(fee.kind, fee.proceeds, fee.gain) for fee in outcome.disposals] == [("fee", 6000, 1000)]
    assert outcome.unpriced == {}


def test_a_removal_of_more_than_there_is_is_a_shortfall():
    outcome = run([COIN, happening("withdrawal", "w", "3", day=1)])

    assert (outcome.removals[0].uncovered, outcome.removals[0].cost) == (2, 20000)
    assert outcome.shortfalls[0].quantity == 2


def test_a_loss_is_a_disposal_for_nothing():
    (loss,) = run([COIN, happening("loss", "l", "0.5", "15000", day=1, fees=[cash_fee("3")])]).disposals

    assert (loss.kind, loss.proceeds, loss.cost, loss.gain) == ("loss", 0, 10000, -10000)


def test_a_fee_by_itself_is_a_disposal_at_its_value():
    (fee,) = run([COIN, happening("fee", "f", "0.1", "3000", day=1)]).disposals

    assert (fee.kind, fee.proceeds, fee.cost, fee.gain) == ("fee", 3000, 2000, 1000)


@pytest.mark.parametrize("kind", ["buy", "sell", "deposit", "withdrawal", "fee", "loss"])
def test_cash_has_no_lots(kind):
    outcome = run([COIN, happening(kind, "c", "100", "100", asset="EUR", is_cash=True, fees=[("BTC", "0.1", "3000")])])

    assert [lot.asset for lot in outcome.lots] == ["BTC"]
    assert [(gone.asset, gone.gain) for gone in outcome.disposals] == [("BTC", 1000)]


def test_a_sale_for_something_unknown_has_no_gain():
    outcome = run([COIN, sell("s", "1", None, day=1, fees=[cash_fee("3")])])

    (sale,) = outcome.disposals
    assert (sale.proceeds, sale.gain, sale.cost) == (None, None, 20000)
    assert [(match.proceeds, match.gain, match.cost) for match in sale.matches] == [(None, None, 20000)]
    assert outcome.unpriced == {"s": "What was given is of unknown value: no gain is known."}


def test_a_swap_of_unknown_value_says_both():
    swap = happening("swap", "x", "1", day=1, received_asset="ETH", received_quantity="1")
    outcome = run([COIN, swap])

    assert (outcome.disposals[0].gain, outcome.lots[0].cost, outcome.lots[0].is_unpriced) == (None, 0, True)
    assert outcome.unpriced["x"].count("unknown") == 2


@pytest.mark.parametrize("fee", [coin_fee("BNB", "1", None), cash_fee(None)])
def test_a_fee_of_unknown_value_joins_nothing_and_is_told(fee):
    bnb = buy("bnb", "3", "900", asset="BNB")
    outcome = run([bnb, buy("a", "1", "20000", fees=[fee]), sell("s", "1", "30000", day=1, fees=[fee])])

    sale = next(gone for gone in outcome.disposals if gone.kind == "sell")
    assert (sale.proceeds, sale.cost) == (30000, 20000)
    assert {gone.proceeds for gone in outcome.disposals if gone.kind == "fee"} <= {None}
    assert outcome.unpriced == dict.fromkeys(
        ("a", "s"), "A fee is of unknown value: it is in no basis and off no proceeds."
    )


def test_a_fee_of_unknown_value_that_counts_nowhere_is_not_told_of():
    outcome = run([COIN, happening("withdrawal", "w", "1", day=1, fees=[cash_fee(None)])])

    assert outcome.unpriced == {}


def test_a_fee_worth_more_than_the_sale_makes_negative_proceeds():
    (sale,) = run([COIN, sell("s", "1", "2", day=1, fees=[cash_fee("5")])]).disposals

    assert (sale.proceeds, sale.gain) == (-3, -20003)


def test_nothing_of_a_quantity_of_0():
    outcome = run([buy("a", "0", "5"), sell("s", "0", "5", day=1, fees=[("BTC", "0", "0")])])

    assert (outcome.lots, outcome.disposals) == ([], [])


def test_nothing_at_all():
    outcome = work_out([], policy())

    assert (outcome.disposals, outcome.lots, outcome.incomes, outcome.unpriced) == ([], [], [], {})


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"kind": "steal"}, "steal is no kind"),
        ({"day": at(0).replace(tzinfo=None)}, "has no time zone"),
        ({"quantity": "-1"}, "below 0"),
        ({"quantity": "0.0000000000000000001"}, "at most 18 decimals"),
        ({"quantity": Decimal("NaN")}, "not a quantity"),
        ({"quantity": "1e70"}, "not a quantity"),
        ({"value": "-1"}, "below 0"),
        ({"value": Decimal("Infinity")}, "not a value"),
        ({"value": Decimal("NaN")}, "not a value"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_key(wrong, words):
    given = {"kind": "buy", "quantity": "1", "value": "1", **wrong}

    with pytest.raises(ValueError, match=f"^k: .*{words}"):
        run([happening(given.pop("kind"), "k", given.pop("quantity"), given.pop("value"), **given)])


def test_outcomes_of_all_assets_are_in_the_order_of_time():
    lots = [buy("b", "1", "1", asset="BTC"), buy("e", "1", "1", asset="ETH")]
    sales = [sell("3", "1", "1", asset="BTC", day=3), sell("1", "1", "1", asset="XRP", day=1),
             sell("2", "1", "1", asset="ETH", day=2)]  # fmt: skip

    outcome = run([*sales, *lots])

    assert [gone.key for gone in outcome.disposals] == ["1", "2", "3"]
