"""Binance's statement, whose legs share nothing but their second; what is expected was worked out by hand."""

from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given, settings, strategies as st

from portfolios.importers.rows import ParsedRow, RowError, SkippedRow
from tests.portfolios.importers.read import at, questions, readings, told
from tests.portfolios.importers.statement import HEADER, line, statement, transactions


def test_many_rows_of_one_second_are_one_trade_however_many_spends_a_buy_has():
    [bought] = transactions(
        line("Transaction Buy", "ETH", "0.0016"),
        line("Transaction Fee", "BNB", "-0.00000431"),
        line("Transaction Buy", "ETH", "0.0016"),
        line("Transaction Spend", "EUR", "-5.455536"),
        line("Transaction Fee", "BNB", "-0.00000431"),
        line("Transaction Spend", "EUR", "-5.449232"),
        line("Transaction Spend", "EUR", "-0.000002"),
    )

    # 5.455536 + 5.449232 + 0.000002 = 10.90477; the fee 2 x 0.00000431.
    assert told(bought) == {
        "line": 2,
        "kind": "buy",
        "at": at("2025-10-29T18:35:39"),
        "asset": "ETH",
        "quantity": Decimal("0.0032"),
        "amount": Decimal("10.90477"),
        "currency": "EUR",
        "fee": Decimal("0.00000862"),
        "fee_asset": "BNB",
    }


def test_the_other_rows_of_a_trade_say_where_they_went():
    _, *rest = statement(line("Transaction Buy", "ETH", "1"), line("Transaction Spend", "EUR", "-2000"))

    assert rest == [SkippedRow(line=3, reason="It is part of the trade that line 2 begins.")]


def test_identical_fills_of_one_second_are_all_kept():
    [swapped] = transactions(
        *[line("Sell", "ETH", "-0.0313506")] * 3,
        *[line("Buy", "ZRX", "30.00000000")] * 3,
        *[line("Fee", "ZRX", "-0.03")] * 3,
    )

    assert (swapped.kind, swapped.asset, swapped.quantity) == ("swap", "ETH", Decimal("0.0940518"))
    assert (swapped.received_asset, swapped.received_quantity) == ("ZRX", 90)
    assert (swapped.fee, swapped.fee_asset) == (Decimal("0.09"), "ZRX")


@pytest.mark.parametrize(
    ("got", "gave"),
    [
        ("Transaction Buy", "Transaction Spend"),
        ("Transaction Revenue", "Transaction Sold"),
        ("Buy", "Sell"),
        ("Buy", "Buy"),
        ("Sell", "Sell"),
        ("Buy", "Transaction Related"),
        ("Transaction Related", "Transaction Related"),
        ("Binance Convert", "Binance Convert"),
        ("Large OTC trading", "Large OTC trading"),
        ("Small assets exchange BNB", "Small assets exchange BNB"),
        ("Small Assets Exchange BNB", "Small Assets Exchange BNB"),
        ("Stablecoins Auto-Conversion", "Stablecoins Auto-Conversion"),
        ("Buy Crypto With Fiat", "Buy Crypto With Fiat"),
    ],
)
def test_every_generation_of_words_is_a_trade(got, gave):
    [swapped] = transactions(line(got, "BNB", "0.5"), line(gave, "USDT", "-150"))

    assert (swapped.kind, swapped.asset, swapped.quantity) == ("swap", "USDT", 150)
    assert (swapped.received_asset, swapped.received_quantity) == ("BNB", Decimal("0.5"))


def test_words_tell_two_trades_of_one_second_apart():
    bought, sold = transactions(
        line("Transaction Buy", "ETH", "1"),
        line("Transaction Sold", "BTC", "-0.1"),
        line("Transaction Spend", "EUR", "-2000"),
        line("Transaction Revenue", "USDT", "6000"),
        line("Transaction Fee", "ETH", "-0.001"),
        line("Transaction Fee", "USDT", "-6"),
    )

    assert (bought.kind, bought.asset, bought.quantity, bought.amount, bought.fee) == (
        "buy",
        "ETH",
        1,
        2000,
        Decimal("0.001"),
    )
    assert (sold.kind, sold.asset, sold.received_asset, sold.received_quantity) == ("swap", "BTC", "USDT", 6000)
    assert (sold.fee, sold.fee_asset) == (6, "USDT")


def test_older_words_tell_a_purchase_and_a_sale_of_one_second_apart():
    bought, sold = transactions(
        line("Buy", "ETH", "1"), line("Buy", "EUR", "-2000"), line("Sell", "BTC", "-0.1"), line("Sell", "USDT", "6000")
    )

    assert (bought.kind, bought.asset, bought.amount) == ("buy", "ETH", 2000)
    assert (sold.asset, sold.received_asset) == ("BTC", "USDT")


def test_a_purchase_and_a_sale_of_one_pair_in_one_second_are_two_trades():
    bought, sold = transactions(
        line("Transaction Related", "ETH", "1"),
        line("Transaction Related", "EUR", "-2000"),
        line("Transaction Related", "ETH", "-0.5"),
        line("Transaction Related", "EUR", "1001"),
    )

    assert (bought.kind, bought.quantity, bought.amount) == ("buy", 1, 2000)
    assert (sold.kind, sold.quantity, sold.amount) == ("sell", Decimal("0.5"), 1001)


def test_two_steps_over_one_coin_in_one_second_are_two_trades():
    sold, bought = transactions(
        line("Binance Convert", "BTC", "-0.1"),
        line("Binance Convert", "EUR", "6000"),
        line("Binance Convert", "EUR", "-2000"),
        line("Binance Convert", "ETH", "1"),
    )

    assert (sold.kind, sold.asset, sold.amount) == ("sell", "BTC", 6000)
    assert (bought.kind, bought.asset, bought.amount) == ("buy", "ETH", 2000)


def test_a_second_that_leaves_a_choice_is_refused_with_its_lines_and_the_rest_goes_on():
    *refused, later = statement(
        line("Transaction Buy", "ETH", "1"),
        line("Transaction Spend", "EUR", "-2000"),
        line("Transaction Buy", "BTC", "0.1"),
        line("Transaction Spend", "USDT", "-6000"),
        line("Transaction Fee", "BNB", "-0.01"),
        line("Deposit", "EUR", "5", time="2025-10-30 00:00:00"),
    )

    assert [(type(one), one.line) for one in refused] == [(RowError, number) for number in range(2, 7)]
    said = {one.message for one in refused}
    assert len(said) == 1
    assert said.pop().startswith(
        "Lines 2, 3, 4, 5 and 6: the file does not tell which rows of this second are one trade. Bring Binance's"
    )
    assert (later.kind, later.quantity) == ("deposit", 5)


def test_several_coins_turned_into_one_are_refused():
    found = statement(
        line("Small assets exchange BNB", "SNX", "-0.00908"),
        line("Small assets exchange BNB", "BNB", "0.0000518"),
        line("Small assets exchange BNB", "USDT", "-0.00347465"),
        line("Small assets exchange BNB", "BNB", "0.0014451"),
    )

    assert [type(one) for one in found] == [RowError] * 4


def test_a_leg_that_cannot_be_read_takes_its_second_with_it():
    unread, beside, other = statement(
        line("Transaction Buy", "ETH", "one"),
        line("Transaction Spend", "EUR", "-2000"),
        line("Transaction Spend", "EUR", "-1", time="2025-10-29 19:00:00"),
    )

    assert (unread.line, unread.column) == (2, "Change")
    assert "line 2" in beside.message
    assert type(other) is RowError


def test_a_time_that_cannot_be_read_is_an_error_of_its_row():
    [unread] = statement(line("Transaction Buy", "ETH", "1", time="yesterday"))

    assert (unread.line, unread.column) == (2, "UTC_Time")


def test_legs_a_second_apart_are_one_trade():
    [bought] = transactions(
        line("Transaction Spend", "EUR", "-2000", time="2025-10-29 18:35:39"),
        line("Transaction Buy", "ETH", "1", time="2025-10-29 18:35:40"),
    )

    assert (bought.kind, bought.amount, bought.at) == ("buy", 2000, at("2025-10-29T18:35:39"))


def test_whole_trades_a_second_apart_stay_two():
    found = transactions(
        line("Transaction Spend", "EUR", "-2000", time="2025-10-29 18:35:39"),
        line("Transaction Buy", "ETH", "1", time="2025-10-29 18:35:39"),
        line("Transaction Spend", "EUR", "-2000", time="2025-10-29 18:35:40"),
        line("Transaction Buy", "ETH", "1", time="2025-10-29 18:35:40"),
    )

    assert [one.amount for one in found] == [2000, 2000]


def test_legs_of_different_accounts_are_not_joined():
    found = statement(line("Buy", "ETH", "1"), line("Sell", "USDT", "-2000", account="Cross Margin"))

    assert [type(one) for one in found] == [RowError, RowError]


def test_fees_that_fit_several_trades_stand_by_themselves():
    bought, sold, fee = transactions(
        line("Transaction Buy", "ETH", "1"),
        line("Transaction Spend", "EUR", "-2000"),
        line("Transaction Sold", "BTC", "-0.1"),
        line("Transaction Revenue", "USDT", "6000"),
        line("Transaction Fee", "BNB", "-0.004"),
    )

    assert (bought.fee, sold.fee) == (None, None)
    assert (fee.kind, fee.asset, fee.quantity) == ("fee", "BNB", Decimal("0.004"))


def test_a_fee_in_two_coins_is_kept_whole():
    bought, fee = transactions(
        line("Transaction Buy", "ETH", "1"),
        line("Transaction Spend", "EUR", "-2000"),
        line("Transaction Fee", "BNB", "-0.004"),
        line("Transaction Fee", "ETH", "-0.0005"),
    )

    assert (bought.fee, bought.fee_asset) == (Decimal("0.004"), "BNB")
    assert (fee.kind, fee.asset, fee.quantity) == ("fee", "ETH", Decimal("0.0005"))


def test_a_fee_alone_in_its_second_is_a_fee():
    [fee] = transactions(line("Transaction Fee", "BNB", "-0.00000431"))

    assert (fee.kind, fee.asset, fee.quantity) == ("fee", "BNB", Decimal("0.00000431"))


def test_digits_survive():
    [reward] = transactions(line("Staking Rewards", "SHIB", "123456789.123456789123456789"))

    assert reward.quantity == Decimal("123456789.123456789123456789")


NEWER = "User ID,Time,Account,Operation,Coin,Change,Remark\n1,25-10-10 01:00:00,Spot,Deposit,USDT,250.00,\n"


def test_a_time_that_names_no_zone_is_asked_for():
    assert questions(NEWER) == {"zone": ["2025-10-10 01:00:00"]}
    [deposit] = readings(NEWER, answers={"zone": "Asia/Bangkok"})

    # 01:00 in Bangkok is 18:00 of the day before in UTC.
    assert deposit.at == at("2025-10-09T18:00")


def test_only_a_zone_that_is_said_to_go_before_the_title_does():
    # Files in other languages are known to hold local times under UTC_Time; Madrid is UTC+2 in July.
    content = HEADER + line("Deposit", "USDT", "1", time="2024-07-01 12:00:00")

    assert readings(content)[0].at == at("2024-07-01T12:00")
    assert readings(content, answers={"zone": "Europe/Madrid"})[0].at == at("2024-07-01T12:00")
    assert readings(content, answers={"zone_instead": "Europe/Madrid"})[0].at == at("2024-07-01T10:00")


def test_the_order_of_rows_does_not_matter():
    legs = [
        line("Transaction Buy", "ETH", "1"),
        line("Transaction Spend", "EUR", "-2000"),
        line("Transaction Sold", "BTC", "-0.1"),
        line("Transaction Revenue", "USDT", "6000"),
    ]
    seen = {
        frozenset((one.kind, one.asset, one.quantity, one.amount, one.received_asset) for one in transactions(*order))
        for order in permutations(legs)
    }

    assert len(seen) == 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["Transaction Buy", "Transaction Spend", "Buy", "Sell", "Transaction Related", "Transaction Fee"]
            ),
            st.sampled_from(["ETH", "BTC", "EUR", "BNB"]),
            st.decimals(min_value=-1000, max_value=1000, places=8),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_no_second_crashes_every_row_has_a_verdict_and_quantities_are_kept(legs):
    found = statement(*[line(operation, coin, f"{change:f}") for operation, coin, change in legs])

    assert {one.line for one in found} == set(range(2, 2 + len(legs)))
    if any(isinstance(one, RowError) for one in found):
        return
    moved: dict[str, Decimal] = {}
    for one in found:
        for asset, change in changes(one) if isinstance(one, ParsedRow) else ():
            moved[asset] = moved.get(asset, Decimal(0)) + change
    written: dict[str, Decimal] = {}
    for _, coin, change in legs:
        written[coin] = written.get(coin, Decimal(0)) + change
    assert {asset: total for asset, total in moved.items() if total} == {
        coin: total for coin, total in written.items() if total
    }


def changes(row):
    """Yield what a row changes of the balances of coins and money."""
    if row.kind in {"buy", "income"}:
        yield row.asset, row.quantity
    else:
        yield row.asset, -row.quantity
    if row.kind == "buy":
        yield row.currency, -row.amount
    if row.kind == "sell":
        yield row.currency, row.amount
    if row.kind == "swap":
        yield row.received_asset, row.received_quantity
    if row.fee:
        yield row.fee_asset, -row.fee
