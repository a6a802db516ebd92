"""Binance's histories of trades, converts and transfers; what is expected was worked out by hand."""

from decimal import Decimal

import pytest

from portfolios.importers.formats import read_file, recognise
from portfolios.importers.rows import RowError, SkippedRow, UnreadableError
from tests.portfolios.importers.read import at, questions, readings, rows, told

TRADES = """\
Date(UTC),Pair,Side,Price,Executed,Amount,Fee
2023-12-31 18:12:45,ETHUSDT,BUY,2297.06,0.0010000000ETH,2.29706000USDT,0.0000010000ETH
2024-01-02 10:00:00,BTCEUR,SELL,60000,0.5BTC,"30,000.00EUR",30.00000000EUR
2024-01-02 10:00:00,1INCHUSDT,BUY,0.4,5.01INCH,2.00000000USDT,0.00000100BNB
2024-01-02 10:00:00,ADAEUR,BUY,0.5,100ADA,50EUR,0.00000000BNB
"""


def test_trades_carry_their_coins_in_the_amounts():
    bought, sold, inch, free = rows(TRADES)

    assert told(bought) == {
        "line": 2,
        "kind": "swap",
        "at": at("2023-12-31T18:12:45"),
        "asset": "USDT",
        "quantity": Decimal("2.29706"),
        "fee": Decimal("0.000001"),
        "fee_asset": "ETH",
        "received_asset": "ETH",
        "received_quantity": Decimal("0.001"),
    }
    assert (sold.kind, sold.asset, sold.quantity, sold.amount, sold.currency) == (
        "sell",
        "BTC",
        Decimal("0.5"),
        30000,
        "EUR",
    )
    assert (sold.fee, sold.fee_asset) == (30, "EUR")
    # The coin is 1INCH, and 5.0 of it: the pair tells where the number ends.
    assert (inch.received_asset, inch.received_quantity, inch.fee_asset) == ("1INCH", 5, "BNB")
    assert (free.kind, free.amount, free.fee, free.fee_asset) == ("buy", 50, None, "")


def test_identical_trades_of_one_file_are_all_told():
    fill = "2024-01-02 10:00:00,BTCEUR,BUY,40.2,1BTC,40.2EUR,0BTC\n"

    found = rows(TRADES.splitlines()[0] + "\n" + fill * 3)

    assert [(one.line, one.quantity, one.external_id) for one in found] == [(2, 1, ""), (3, 1, ""), (4, 1, "")]


def test_an_unknown_side_or_a_pair_that_does_not_fit_is_refused_and_the_rest_goes_on():
    content = (
        TRADES + "2024-01-02 10:00:00,BTCEUR,LEND,1,1BTC,1EUR,0EUR\n2024-01-02 10:00:00,BTCEUR,BUY,1,1ETH,1EUR,0EUR\n"
    )

    *good, lent, strange = readings(content)

    assert [type(one) for one in good].count(RowError) == 0
    assert (lent.line, lent.column) == (6, "Side")
    assert (strange.line, strange.column) == (7, "Pair")


@pytest.mark.parametrize(
    ("title", "instant"),
    [("Date(UTC)", "2024-07-01T12:00"), ("Date(UTC+1)", "2024-07-01T11:00"), ("Date(UTC-03:30)", "2024-07-01T15:30")],
)
def test_the_zone_in_the_title_counts(title, instant):
    [trade] = rows(f"{title},Pair,Side,Price,Executed,Amount,Fee\n2024-07-01 12:00:00,BTCEUR,BUY,1,1BTC,1EUR,0EUR\n")

    assert trade.at == at(instant)


def test_a_title_without_a_zone_is_asked():
    content = "Time,Pair,Side,Price,Executed,Amount,Fee\n23-09-20 18:20:55,BTCEUR,BUY,1,1BTC,1EUR,0EUR\n"

    assert questions(content) == {"zone": ["2023-09-20 18:20:55"]}
    [trade] = rows(content, answers={"zone": "UTC"})
    assert trade.at == at("2023-09-20T18:20:55")


OLDER = """\
Date(UTC),Market,Type,Price,Amount,Total,Fee,Fee Coin
2018-01-12 13:55:37,ZRXETH,SELL,0.00152208,145.00000000,0.22070160,0.00022070,ETH
2018-01-12 13:55:38,BNBUSDT,BUY,20,0.5,10,0.0005,BNB
2018-01-12 13:55:39,FOOXYZ,BUY,20,0.5,10,0.0005,BNB
"""


def test_the_older_shape_has_its_pair_taken_apart():
    sold, bought, unknown = readings(OLDER)

    assert told(sold) == {
        "line": 2,
        "kind": "swap",
        "at": at("2018-01-12T13:55:37"),
        "asset": "ZRX",
        "quantity": Decimal(145),
        "fee": Decimal("0.0002207"),
        "fee_asset": "ETH",
        "received_asset": "ETH",
        "received_quantity": Decimal("0.2207016"),
    }
    assert (bought.asset, bought.quantity, bought.received_asset) == ("USDT", 10, "BNB")
    assert (unknown.line, unknown.column) == (4, "Market")


CONVERTS = """\
Date(UTC),Wallet,Pair,Type,Sell,Buy,Price,Inverse Price,Date Updated,Status
2021-05-11 00:44:32,SPOT,ETHBUSD,Instant,124.60184573 BUSD,0.03158115 ETH,x,x,2021-05-11 00:44:33,Successful
2021-05-12 00:44:32,SPOT,ETHBNB,Market,1.00000000ETH,10.00000000BNB,x,x,2021-05-11 00:44:33,Success
2021-05-13 00:44:32,SPOT,BTCEUR,Limit,0.1 BTC,3000 EUR,x,x,2021-05-11 00:44:33,Expired
2021-05-14 00:44:32,SPOT,BTCEUR,Limit,0.1 BTC,3000 EUR,x,x,2021-05-11 00:44:33,Successful
"""


def test_converts_are_swaps_against_coins_and_sales_against_money():
    first, second, expired, sold = readings(CONVERTS)

    assert told(first) == {
        "line": 2,
        "kind": "swap",
        "at": at("2021-05-11T00:44:32"),
        "asset": "BUSD",
        "quantity": Decimal("124.60184573"),
        "received_asset": "ETH",
        "received_quantity": Decimal("0.03158115"),
        "note": "Binance: convert.",
    }
    assert (second.asset, second.quantity, second.received_asset, second.received_quantity) == ("ETH", 1, "BNB", 10)
    assert expired == SkippedRow(line=4, reason="It did not go through: its status is Expired.")
    assert (sold.kind, sold.asset, sold.amount, sold.currency) == ("sell", "BTC", 3000, "EUR")


def test_converts_without_a_zone_ask_for_it():
    assert list(questions(CONVERTS.replace("Date(UTC)", "Date"))) == ["zone"]


DEPOSITS = """\
Date(UTC+0),Coin,Network,Amount,Address,TXID,Status
25-07-27 07:35:40,USDT,BSC,3.47999517,0x2cf,0xf69e,Completed
25-07-28 07:35:40,USDT,BSC,1,0x2cf,0xf69f,Pending
"""
WITHDRAWALS = """\
Date(UTC+2),Coin,Network,Amount,Fee,Address,TXID,Status
2023-09-20 00:25:57,HNT,SOL,12.013,0.11,addr,tx-1,Completed
"""


def test_deposits_of_coins():
    came, pending = readings(DEPOSITS)

    assert told(came) == {
        "line": 2,
        "kind": "deposit",
        "at": at("2025-07-27T07:35:40"),
        "asset": "USDT",
        "quantity": Decimal("3.47999517"),
        "external_id": "0xf69e",
    }
    assert type(pending) is SkippedRow


def test_withdrawals_of_coins_keep_their_fee_in_kind():
    [went] = rows(WITHDRAWALS)

    assert told(went) == {
        "line": 2,
        "kind": "withdrawal",
        "at": at("2023-09-19T22:25:57"),
        "asset": "HNT",
        "quantity": Decimal("12.013"),
        "fee": Decimal("0.11"),
        "fee_asset": "HNT",
        "external_id": "tx-1",
    }


MONEY = """\
Date(UTC+1),Coin,Amount,Status,Payment Method,Indicated Amount,Fee,Order ID
2021-02-07 11:21:25,EUR,98.1,Successful, ,100,1.90,55260b15
2021-03-05 14:45:17,EUR,196.2,Failed, ,200,3.80,530cd256
"""


def named(name):
    """Read the file of money under a name."""
    return list(read_file(name=name, content=MONEY.encode(), answers={}))


def test_the_name_of_the_file_tells_what_moved_money_did():
    came, failed = named("Binance-Fiat-Deposit-History.csv")
    went, _ = named("my withdrawals.csv")

    # 100 were sent and 1.90 kept; of a withdrawal 98.1 arrived and 1.90 were kept on top.
    assert told(came) == {
        "line": 2,
        "kind": "deposit",
        "at": at("2021-02-07T10:21:25"),
        "asset": "EUR",
        "quantity": Decimal(100),
        "fee": Decimal("1.90"),
        "fee_asset": "EUR",
        "external_id": "55260b15",
    }
    assert (went.kind, went.quantity, went.fee) == ("withdrawal", Decimal("98.1"), Decimal("1.90"))
    assert type(failed) is SkippedRow


@pytest.mark.parametrize("name", ["export.csv", "deposits and withdrawals.csv"])
def test_a_name_that_does_not_tell_is_refused_with_what_to_do(name):
    with pytest.raises(UnreadableError, match="Put the word deposit or withdrawal into its name"):
        named(name)


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (TRADES, "binance_trades"),
        (OLDER, "binance_trades_old"),
        (CONVERTS, "binance_converts"),
        (DEPOSITS, "binance_deposits"),
        (WITHDRAWALS, "binance_withdrawals"),
        (MONEY, "binance_money"),
    ],
)
def test_each_history_is_told_by_its_header(content, key):
    found = recognise("a file", content.encode())

    assert found is not None
    assert found.key == key
