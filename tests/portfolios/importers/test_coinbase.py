"""Coinbase's transactions in all generations of their header, each worked out by hand."""

from decimal import Decimal

import pytest

from portfolios.importers.coinbase.transactions import FORMAT
from portfolios.importers.formats import recognise
from portfolios.importers.rows import RowError, SkippedRow
from tests.portfolios.importers.read import at, readings, rows, told

PREAMBLE = "\nTransactions\nUser,someone@example.org,0000\n"
NOW = (
    "ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,Subtotal,"
    "Total (inclusive of fees and/or spread),Fees and/or Spread,Notes\n"
)
START = "Timestamp,Transaction Type,Asset,Quantity Transacted,"
SPOT = "Spot Price Currency,Spot Price at Transaction,Subtotal,"
SPREAD = "Total (inclusive of fees and/or spread),Fees and/or Spread,Notes\n"
IN_EUR = "EUR Spot Price at Transaction,EUR Subtotal,EUR Total (inclusive of fees),EUR Fees,Notes\n"
BOUGHT = "2022-03-25T06:45:27Z,Buy,BTC,0.00251478,"
GERMAN = '"Bought 0,00251478 BTC for 100,00 € EUR"\n'
GENERATIONS = [
    PREAMBLE
    + NOW
    + "a1,2022-03-25 06:45:27 UTC,Buy,BTC,0.00251478,EUR,€39172.41,€98.51,€100.00,€1.49,"
    + "Bought 0.00251478 BTC for 100 EUR\n",
    PREAMBLE + NOW.removeprefix("ID,") + BOUGHT + "EUR,€39172.41,€98.51,€100.00,€1.49,\n",
    PREAMBLE + START + SPOT + SPREAD + BOUGHT + "EUR,39172.41,98.51,100.00,1.490000," + GERMAN,
    PREAMBLE
    + START
    + SPOT
    + "Total (inclusive of fees),Fees,Notes\n"
    + BOUGHT
    + "EUR,39172.41,98.51,100.00,1.49,Bought 0.00251478 BTC for €100.00 EUR\n",
    '"You can use this report."\n\n\n' + PREAMBLE + START + IN_EUR + BOUGHT + "39172.41,98.51,100.00,1.49," + GERMAN,
]


def transaction(*cells):
    """Read one row under the header of today: type, asset, quantity, currency, subtotal, total, fees, notes."""
    return one_of(line("a1", *cells))


def line(id_, kind, asset, quantity, money="EUR,€1.00,€1.00,€1.00,€0.00", notes="", *, time="2024-05-01 10:00:00 UTC"):
    """Write a row under the header of today; `money` is currency, price, subtotal, total, fees."""
    return f'{id_},{time},{kind},{asset},{quantity},{money},"{notes}"\n'


def one_of(*lines):
    """Return the only reading of some rows."""
    [found] = readings(PREAMBLE + NOW + "".join(lines))
    return found


@pytest.mark.parametrize("content", GENERATIONS, ids=["now", "without-id", "spread", "fees", "currency-in-titles"])
def test_every_generation_of_the_header_tells_the_same_purchase(content):
    [bought] = rows(content)

    # 98.51 and 1.49 are the 100.00 that 0.00251478 BTC cost.
    assert recognise("a file", content.encode()) is FORMAT
    assert {name: value for name, value in told(bought).items() if name not in {"line", "external_id"}} == {
        "kind": "buy",
        "at": at("2022-03-25T06:45:27"),
        "asset": "BTC",
        "quantity": Decimal("0.00251478"),
        "amount": Decimal("98.51"),
        "currency": "EUR",
        "fee": Decimal("1.49"),
        "fee_asset": "EUR",
    }
    assert bought.amount + bought.fee == 100


def test_the_id_of_the_newest_header_is_kept_and_lines_count_the_preamble():
    [bought] = rows(GENERATIONS[0])

    assert (bought.line, bought.external_id) == (5, "a1")


@pytest.mark.parametrize("kind", ["Sell", "Advanced Trade Sell", "Advance Trade Sell", "Retail Simple Dust"])
def test_a_sale_is_worth_its_subtotal_whatever_the_signs(kind):
    sold = transaction(kind, "ZEC", "-0.01040187", "USD,$424.71,-$4.41,-$4.39,$0.0265")

    assert (sold.kind, sold.asset, sold.quantity) == ("sell", "ZEC", Decimal("0.01040187"))
    assert (sold.amount, sold.currency, sold.fee, sold.fee_asset) == (Decimal("4.41"), "USD", Decimal("0.0265"), "USD")


@pytest.mark.parametrize("kind", ["Advanced Trade Buy", "Advance Trade Buy"])
def test_an_advanced_trade_against_money_is_a_purchase(kind):
    note = "Bought 0.5 BTC for 20,050 EUR on BTC-EUR at 40,000.00 EUR/BTC"
    bought = transaction(kind, "BTC", "0.5", 'EUR,"€40,000.00","€20,000.00","€20,050.00",€50.00', note)

    assert (bought.kind, bought.amount, bought.currency, bought.fee) == ("buy", 20000, "EUR", 50)


@pytest.mark.parametrize(
    ("kind", "note", "gave", "got"),
    [
        (
            "Advanced Trade Sell",
            "Sold 1 SOL for 150.25 USDC on SOL-USDC at 150.3 USDC/SOL",
            ("SOL", 1),
            ("USDC", "150.25"),
        ),
        (
            "Advanced Trade Buy",
            "Bought 1 SOL for 150.25 USDC on SOL-USDC at 150.1 USDC/SOL",
            ("USDC", "150.25"),
            ("SOL", 1),
        ),
        ("Buy", "Bought 1 SOL for 0,0025 BTC", ("BTC", "0.0025"), ("SOL", 1)),
    ],
)
def test_a_trade_that_was_settled_in_a_coin_is_a_swap(kind, note, gave, got):
    swapped = transaction(kind, "SOL", "1", "CAD,$210.00,$210.00,$210.21,$0.21", note)

    assert (swapped.kind, swapped.asset, swapped.quantity) == ("swap", gave[0], Decimal(gave[1]))
    assert (swapped.received_asset, swapped.received_quantity) == (got[0], Decimal(got[1]))
    assert (swapped.fee, swapped.amount, swapped.note) == (None, None, "Coinbase: fees are in the amounts.")


def test_a_trade_settled_in_a_coin_of_which_only_the_worth_is_told_is_refused():
    refused = transaction(
        "Advanced Trade Sell", "ETH", "-1.3", "GBP,£3100,-£4118,-£4118,£1", "Sold 1.3 ETH for 4118.07 GBP on ETH-BTC"
    )

    assert (type(refused), refused.column) == (RowError, "Notes")


def test_without_a_subtotal_the_total_tells_it_and_without_both_nothing_does():
    bought = transaction("Buy", "BTC", "1", "EUR,€40000,,€100.00,€1.49")
    sold = transaction("Sell", "BTC", "1", "EUR,€40000,,€98.51,€1.49")
    neither = transaction("Buy", "BTC", "1", "EUR,€40000,,,€1.49")

    # 100 less 1.49 was paid for the coins; 98.51 and 1.49 were paid for those sold.
    assert (bought.amount, sold.amount) == (Decimal("98.51"), 100)
    assert (type(neither), neither.column) == (RowError, "Subtotal")


def test_sends_and_receives_have_no_price():
    for kind, asset in [("Send", "BTC"), ("Exchange Deposit", "BTC"), ("Pro Deposit", "BTC"), ("Prime Deposit", "BTC")]:
        went = transaction(kind, asset, "-0.1", "EUR,€50000,-€5000,-€5000,€0.00")
        assert (went.kind, went.quantity, went.price, went.amount, went.currency) == (
            "withdrawal",
            Decimal("0.1"),
            None,
            None,
            "",
        )
    for kind in ["Receive", "Exchange Withdrawal", "Pro Withdrawal", "Prime Withdrawal"]:
        came = transaction(kind, "BTC", "0.1", "EUR,€50000,€5000,€5000,€0.00")
        assert (came.kind, came.quantity, came.price, came.amount) == ("deposit", Decimal("0.1"), None, None)


def test_money_comes_and_goes_with_its_fee_and_changes_the_balance_by_the_quantity():
    came = transaction("Deposit", "EUR", "98.50", "EUR,€1.00,€98.50,€100.00,€1.50")
    went = transaction("Withdrawal", "EUR", "-100", "EUR,€1.00,-€99.00,-€100.00,€1.00")

    # 100 - 1.50 = 98.50 in, and 99 + 1 = 100 out.
    assert (came.kind, came.quantity, came.fee, came.fee_asset) == ("deposit", 100, Decimal("1.5"), "EUR")
    assert (went.kind, went.quantity, went.fee, went.fee_asset) == ("withdrawal", 99, 1, "EUR")


@pytest.mark.parametrize(
    "kind",
    [
        "Staking Income", "Reward Income", "Rewards Income", "Inflation Reward", "Learning Reward", "Coinbase Earn",
        "Interest payout", "Subscription Rebate",
    ],
)  # fmt: skip
def test_rewards_are_income_of_the_worth_that_the_file_tells(kind):
    reward = transaction(kind, "ETH", "0.000037835729", "EUR,€3343.11229989,€0.12649,€0.12649,€0.00")

    assert told(reward) == {
        "line": 5,
        "kind": "income",
        "at": at("2024-05-01T10:00"),
        "asset": "ETH",
        "quantity": Decimal("0.000037835729"),
        "amount": Decimal("0.12649"),
        "currency": "EUR",
        "external_id": "a1",
        "note": f"Coinbase: {kind}.",
    }


@pytest.mark.parametrize("note", ["Received 6,2766956 XLM from Coinbase Earn", "Received 1 XLM from Coinbase Rewards"])
def test_a_receive_that_the_note_calls_a_reward_is_income(note):
    reward = transaction("Receive", "XLM", "6.2766956", "EUR,€0.28,€1.76,€1.76,€0.00", note)

    assert (reward.kind, reward.amount) == ("income", Decimal("1.76"))


@pytest.mark.parametrize(
    ("note", "quantity", "size"),
    [
        ("Converted 0.002225 BTC to 318.3483088 XLM", "0.002225", "318.3483088"),
        ("Converted 0,002225 BTC to 318,3483088 XLM", "-0.002225", "318.3483088"),
        ("Converted 0,002225 BTC to 318,348 XLM", "0.002225", "318.348"),
        ("Converted 0.002225 BTC to 1,318 XLM", "0.002225", "1318"),
        ("Converted 1,000.5 BTC to 3,000 XLM", "1000.5", "3000"),
    ],
)
def test_a_convert_reads_its_target_from_the_note_in_the_notation_of_the_account(note, quantity, size):
    swapped = transaction("Convert", "BTC", quantity, "EUR,€9015.73,€19.86,€20.06,€0.20", note)

    assert (swapped.kind, swapped.asset, swapped.quantity) == ("swap", "BTC", Decimal(quantity).copy_abs())
    assert (swapped.received_asset, swapped.received_quantity) == ("XLM", Decimal(size))


def test_a_convert_whose_notation_nothing_settles_is_refused():
    refused = transaction("Convert", "BTC", "1", "EUR,€1,€1,€1,€0", "Converted 1 BTC to 3,180 XLM")

    assert (type(refused), refused.column) == (RowError, "Notes")


def test_a_convert_in_two_rows_is_one_swap():
    found = readings(
        PREAMBLE
        + NOW
        + line("a9", "Convert", "BTC", "0.00084397", "USD,$89345.925,$75.40,$77.58,$2.18")
        + line("a9", "Convert", "USDC", "-77.589329", "USD,$1.00,$77.58,$77.58,$0.00")
    )

    skipped, swapped = found
    assert skipped == SkippedRow(line=5, reason="It is part of the convert on line 6.")
    assert (swapped.kind, swapped.asset, swapped.quantity) == ("swap", "USDC", Decimal("77.589329"))
    assert (swapped.received_asset, swapped.received_quantity) == ("BTC", Decimal("0.00084397"))


def test_a_convert_told_twice_by_its_note_is_one_swap():
    note = "Converted 0.05 BTC to 1.2 ETH"
    swapped, skipped = readings(
        PREAMBLE
        + NOW
        + line("a8", "Convert", "BTC", "-0.05", "EUR,€1,€1,€1,€0", note)
        + line("a9", "Convert", "ETH", "1.2", "EUR,€1,€1,€1,€0", note)
    )

    assert (swapped.asset, swapped.quantity, swapped.received_quantity) == ("BTC", Decimal("0.05"), Decimal("1.2"))
    assert type(skipped) is SkippedRow


def test_only_the_received_row_of_a_convert_tells_it_too():
    swapped = transaction("Convert", "ETH", "1.2", "EUR,€1,€1,€1,€0", "Converted 0.05 BTC to 1.2 ETH")

    assert (swapped.asset, swapped.quantity) == ("BTC", Decimal("0.05"))
    assert (swapped.received_asset, swapped.received_quantity) == ("ETH", Decimal("1.2"))


def test_a_convert_of_which_nothing_tells_the_target_is_refused():
    refused = transaction("Convert", "ETH", "-1.2", "EUR,€1,€1,€1,€0", "")

    assert (type(refused), refused.column) == (RowError, "Notes")


def test_eth2_becomes_eth_without_a_transaction():
    sent = line("b1", "Send", "ETH2", "-0.180914809326", "EUR,€3302.65,-€597.49,-€597.49,€0.00", "Sent 0.18 ETH2s")
    received = line(
        "b2", "Receive", "ETH", "0.180914809326", "EUR,€3302.65,€597.49,€597.49,€0.00", "Received 0.18 ETHs"
    )
    converted = line("b3", "Convert", "ETH", "0.17305191", notes="Converted 0.17305191 ETH to 0.17305191 ETH2")
    deprecated = [
        line(f"b{sign}", "Retail Eth2 Deprecation", coin, f"{sign}2") for sign, coin in [("-", "ETH2"), ("", "ETH")]
    ]

    found = readings(PREAMBLE + NOW + sent + received + converted + "".join(deprecated))

    assert [type(one) for one in found] == [SkippedRow] * 5


def test_eth2_that_was_sent_away_is_eth():
    [went] = rows(PREAMBLE + NOW + line("b1", "Send", "ETH2", "-0.5"))

    assert (went.kind, went.asset, went.quantity) == ("withdrawal", "ETH", Decimal("0.5"))


def test_another_migration_is_refused_with_what_to_do():
    refused = transaction("Asset Migration", "MATIC", "-10")

    assert type(refused) is RowError
    assert "one for one" in refused.message


def test_a_payment_by_card_is_a_sale_whose_money_was_spent_at_once():
    sold, spent = rows(PREAMBLE + NOW + line("c1", "Card Spend", "SOL", "-1", "CAD,$210.00,-$210.00,-$209.79,$0.21"))

    assert (sold.kind, sold.amount, sold.fee, sold.external_id) == ("sell", 210, Decimal("0.21"), "c1")
    # 210 less the fee of 0.21 was there to spend.
    assert (spent.kind, spent.asset, spent.quantity, spent.external_id) == (
        "withdrawal",
        "CAD",
        Decimal("209.79"),
        "c1:spent",
    )


def test_a_payment_by_card_in_money_is_a_withdrawal():
    [spent] = rows(PREAMBLE + NOW + line("c1", "Card Spend", "EUR", "-12.5", "EUR,€1.00,-€12.50,-€12.50,€0.00"))

    assert (spent.kind, spent.asset, spent.quantity, spent.fee) == ("withdrawal", "EUR", Decimal("12.5"), None)


@pytest.mark.parametrize("kind", ["Retail Staking Transfer", "Retail Unstaking Transfer", "Vault Withdrawal"])
def test_moves_within_coinbase_are_left_out(kind):
    assert type(transaction(kind, "ETH", "-1")) is SkippedRow


@pytest.mark.parametrize(("kind", "words"), [("Admin Debit", "does not tell what for"), ("Frobnicate", "not a type")])
def test_unknown_types_are_refused_and_the_rest_goes_on(kind, words):
    refused, went = readings(PREAMBLE + NOW + line("d1", kind, "BTC", "-1") + line("d2", "Send", "BTC", "-2"))

    assert (type(refused), refused.line, refused.column) == (RowError, 5, "Transaction Type")
    assert words in refused.message
    assert went.quantity == 2


def test_two_rows_of_one_id_have_ids_of_their_own():
    first, second = rows(PREAMBLE + NOW + line("e1", "Send", "BTC", "-1") + line("e1", "Send", "BTC", "-1"))

    assert (first.external_id, second.external_id) == ("e1", "e1#2")
