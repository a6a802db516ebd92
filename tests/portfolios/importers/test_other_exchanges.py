"""Crypto.com, KuCoin, Bitstamp and Bitvavo, in the shapes that they write; what is expected was worked out by hand."""

from decimal import Decimal

import pytest

from portfolios.importers.rows import ParsedRow, RowError, SkippedRow
from tests.portfolios.importers.read import at, questions, readings, rows, told

# Crypto.com

CRYPTO_COM = (
    "Timestamp (UTC),Transaction Description,Currency,Amount,To Currency,To Amount,Native Currency,Native Amount,"
    "Native Amount (in USD),Transaction Kind,Transaction Hash\n"
)


def app(*lines):
    """Read rows of the Crypto.com app, all of the same second."""
    return readings(CRYPTO_COM + "".join(f"2024-12-17 07:04:49,{line}\n" for line in lines))


def test_crypto_com_trades():
    swapped, bought, sold, by_card = app(
        "XRP -> BTC,XRP,-500.0,BTC,0.01152324,EUR,1173.168921631243202821,1386.3,crypto_exchange,",
        "EUR -> CRO,EUR,-50.0,CRO,400.5,EUR,50.0,54,viban_purchase,",
        "BTC -> EUR,BTC,-0.01,EUR,600.5,EUR,600.5,650,crypto_viban_exchange,",
        "Buy BTC,BTC,0.001,,,EUR,60.0,65,crypto_purchase,",
    )

    assert told(swapped) == {
        "line": 2,
        "kind": "swap",
        "at": at("2024-12-17T07:04:49"),
        "asset": "XRP",
        "quantity": Decimal(500),
        "received_asset": "BTC",
        "received_quantity": Decimal("0.01152324"),
        "note": "XRP -> BTC",
    }
    assert (bought.kind, bought.asset, bought.quantity, bought.amount) == ("buy", "CRO", Decimal("400.5"), 50)
    assert (sold.kind, sold.asset, sold.amount, sold.currency) == ("sell", "BTC", Decimal("600.5"), "EUR")
    assert (by_card.kind, by_card.asset, by_card.amount, by_card.currency) == ("buy", "BTC", 60, "EUR")


def test_crypto_com_rewards_keep_18_decimals_of_their_worth():
    # 74.28609799425389409045807996501963 to 18 decimals.
    [reward] = app(
        "CRO Stake Reward,CRO,9.9110424,,,EUR,74.28609799425389409045807996501963,87.78,"
        "finance.lockup.dpos_compound_interest.crypto_wallet,"
    )

    assert (reward.kind, reward.quantity, reward.currency) == ("income", Decimal("9.9110424"), "EUR")
    assert reward.amount == Decimal("74.286097994253894090")


def test_crypto_com_transfers_have_no_price_and_the_hash_as_id():
    came, went, fiat = app(
        "USDT Deposit,USDT,78.218523,,,EUR,70.78,83.6,crypto_deposit,PbpwnQ",
        "To exchange,CRO,-12273.72244554,,,EUR,1077.13,1272.8,crypto_to_exchange_transfer,",
        "EUR Deposit (via SEPA),EUR,100,,,EUR,100,108,,",
    )

    assert (came.kind, came.quantity, came.amount, came.external_id) == (
        "deposit",
        Decimal("78.218523"),
        None,
        "PbpwnQ",
    )
    assert (went.kind, went.asset, went.quantity) == ("withdrawal", "CRO", Decimal("12273.72244554"))
    assert (fiat.kind, fiat.asset, fiat.quantity) == ("deposit", "EUR", 100)


def test_crypto_com_card_top_ups_are_sales_whose_money_was_spent():
    sold, spent = app("USDT -> EUR,USDT,-235.08,,,EUR,-210.0,-248.15,card_top_up,")

    assert (sold.kind, sold.asset, sold.quantity, sold.amount, sold.currency) == (
        "sell",
        "USDT",
        Decimal("235.08"),
        210,
        "EUR",
    )
    assert (spent.kind, spent.asset, spent.quantity) == ("withdrawal", "EUR", 210)


def test_crypto_com_joins_both_sides_of_a_conversion_of_one_second():
    swapped, rest = app(
        "Balance Conversion,USDC,81.161849,,,EUR,74.28,87.78,crypto_wallet_swap_credited,",
        "Balance Conversion,USDT,-81.161849,,,EUR,73.53,86.89,crypto_wallet_swap_debited,",
    )

    assert (swapped.kind, swapped.asset, swapped.received_asset) == ("swap", "USDT", "USDC")
    assert swapped.quantity == swapped.received_quantity == Decimal("81.161849")
    assert type(rest) is SkippedRow


def test_crypto_com_does_not_guess_what_dust_brought():
    found = app(
        "Convert Dust,BTC,-0.00001,,,EUR,0.6,0.6,dust_conversion_debited,",
        "Convert Dust,ETH,-0.0001,,,EUR,0.3,0.3,dust_conversion_debited,",
        "Convert Dust,CRO,9,,,EUR,0.9,0.9,dust_conversion_credited,",
    )

    assert [type(one) for one in found] == [RowError] * 3
    assert "Lines 2, 3 and 4" in found[0].message


def test_crypto_com_moves_are_left_out_and_unknown_kinds_refused():
    move, unknown, reverted = app(
        "CRO Stake,CRO,-11791.0,,,EUR,970.16,1146.4,finance.lockup.dpos_lock.crypto_wallet,",
        "What is this,CRO,1,,,EUR,970.16,1146.4,frobnicated,",
        "Card Cashback Reversal,CRO,-1,,,EUR,1,1,card_cashback_reverted,",
    )

    assert type(move) is SkippedRow
    assert [(type(one), one.column) for one in (unknown, reverted)] == [(RowError, "Transaction Kind")] * 2


# KuCoin

KUCOIN = """\
tradeCreatedAt,orderId,symbol,side,price,size,funds,fee,liquidity,feeCurrency,orderType,
2021-03-01 08:00:00,o1,BTC-USDT,buy,50000,0.01,500,0.5,taker,USDT,limit,
2021-03-01 08:00:05,o1,BTC-USDT,buy,50000,0.01,500,0.5,taker,USDT,limit,
2021-03-02 08:00:00,o2,ETH-EUR,sell,1500,2,3000,3,taker,EUR,market,
2021-03-02 08:00:00,o3,ETHEUR,sell,1500,2,3000,3,taker,EUR,market,
2021-03-02 08:00:00,o4,ETH-EUR,lend,1500,2,3000,3,taker,EUR,market,
"""


def test_kucoin_asks_for_the_zone_and_tells_the_fills_of_an_order_apart():
    assert list(questions(KUCOIN)) == ["zone"]
    first, second, sold, pair, side = readings(KUCOIN, answers={"zone": "Asia/Singapore"})

    # 08:00 in Singapore is 00:00 in UTC.
    assert told(first) == {
        "line": 2,
        "kind": "swap",
        "at": at("2021-03-01T00:00"),
        "asset": "USDT",
        "quantity": Decimal(500),
        "fee": Decimal("0.5"),
        "fee_asset": "USDT",
        "received_asset": "BTC",
        "received_quantity": Decimal("0.01"),
        "external_id": "o1",
    }
    assert second.external_id == "o1#2"
    assert (sold.kind, sold.asset, sold.quantity, sold.amount, sold.fee) == ("sell", "ETH", 2, 3000, 3)
    assert [(one.line, one.column) for one in (pair, side)] == [(5, "symbol"), (6, "side")]


def test_kucoin_tells_the_zone_in_its_newer_header():
    [bought] = rows(
        "UID,Account Type,Order ID,Symbol,Side,Order Type,Avg. Filled Price,Filled Amount,Filled Volume,"
        "Filled Volume (USDT),Filled Time(UTC+08:00),Fee,Maker/Taker,Fee Currency\n"
        "1,mainAccount,o9,BTC-USDT,BUY,LIMIT,50000,0.01,500,500,2023-03-01 08:00:00,0.5,TAKER,USDT\n"
    )

    assert (bought.at, bought.received_quantity, bought.external_id) == (at("2023-03-01T00:00"), Decimal("0.01"), "o9")


# Bitstamp

BITSTAMP = """\
ID,Account,Type,Subtype,Datetime,Amount,Amount currency,Value,Value currency,Rate,Rate currency,\
Fee,Fee currency,Order ID
351051,Main Account,Market,Buy,2018-04-19T08:14:00Z,0.19307520,BTC,25.93,USD,134.3,USD,0.13000,USD,1
676423,Main Account,Market,Sell,2021-06-04T11:49:57Z,0.03760132,ETH,0.00296900,BTC,0.07895999,BTC,0.00000600,BTC,2
3,Main Account,Deposit,,2019-07-01T00:00:00Z,0.3,BTC,,,,,,,
4,Main Account,Withdrawal,,2020-09-01T00:00:00Z,0.1,BTC,,,,,0.0005,BTC,
5,Main Account,Staking reward,,2022-09-01T00:00:00Z,0.01,ETH,,,,,,,
6,Main Account,Sub Account Transfer,,2022-09-01T00:00:00Z,0.01,ETH,,,,,,,
7,Main Account,Converted assets,,2022-09-01T00:00:00Z,0.01,ETH,,,,,,,
8,Main Account,Market,Lend,2022-09-01T00:00:00Z,0.01,ETH,1,USD,,,,,
"""


def test_bitstamp():
    bought, swapped, came, went, reward, move, unknown, way = readings(BITSTAMP)

    assert told(bought) == {
        "line": 2,
        "kind": "buy",
        "at": at("2018-04-19T08:14"),
        "asset": "BTC",
        "quantity": Decimal("0.1930752"),
        "amount": Decimal("25.93"),
        "currency": "USD",
        "fee": Decimal("0.13"),
        "fee_asset": "USD",
        "external_id": "351051",
    }
    assert (swapped.kind, swapped.asset, swapped.received_asset, swapped.received_quantity) == (
        "swap",
        "ETH",
        "BTC",
        Decimal("0.002969"),
    )
    assert (came.kind, came.price, came.amount) == ("deposit", None, None)
    assert (went.kind, went.quantity, went.fee, went.fee_asset) == (
        "withdrawal",
        Decimal("0.1"),
        Decimal("0.0005"),
        "BTC",
    )
    assert (reward.kind, reward.asset) == ("income", "ETH")
    assert type(move) is SkippedRow
    assert [(one.line, one.column) for one in (unknown, way)] == [(8, "Type"), (9, "Subtype")]


# Bitvavo

AMSTERDAM = "Europe/Amsterdam"
BITVAVO = (
    "Timezone,Date,Time,Type,Currency,Amount,Quote Currency,Quote Price,Received / Paid Currency,"
    "Received / Paid Amount,Fee currency,Fee amount,Status,Transaction ID,Address\n"
)


def test_bitvavo_has_the_fee_in_what_was_paid_and_received():
    bought, sold, other = rows(
        BITVAVO
        + f"{AMSTERDAM},2023-02-20,15:15:53.581,buy,BTC,0.00053279,EUR,23309,EUR,-12.45,EUR,0.03119789,Completed,t1,\n"
        + f"{AMSTERDAM},2023-07-20,15:15:46,sell,ETH,-0.00781401,EUR,1597.5,EUR,12.45,EUR,0.032880975,Completed,t2,\n"
        + f"{AMSTERDAM},2023-07-20,15:15:46,buy,ONDO,100,EUR,0.3,EUR,-30,BNB,0.01,Completed,t3,\n"
    )

    # 12.45 - 0.03119789 = 12.41880211 went into coins; in winter Amsterdam is UTC+1, in summer UTC+2.
    assert told(bought) == {
        "line": 2,
        "kind": "buy",
        "at": at("2023-02-20T14:15:53.581000"),
        "asset": "BTC",
        "quantity": Decimal("0.00053279"),
        "amount": Decimal("12.41880211"),
        "currency": "EUR",
        "fee": Decimal("0.03119789"),
        "fee_asset": "EUR",
        "external_id": "t1",
    }
    # 12.45 + 0.032880975 = 12.482880975, which is 0.00781401 x 1597.5.
    assert (sold.kind, sold.amount, sold.fee) == ("sell", Decimal("12.482880975"), Decimal("0.032880975"))
    assert sold.amount == Decimal("0.00781401") * Decimal("1597.5")
    assert sold.at == at("2023-07-20T13:15:46")
    assert (other.amount, other.fee, other.fee_asset) == (30, Decimal("0.01"), "BNB")


def test_bitvavo_has_the_fee_in_what_a_withdrawal_moves():
    went, came, reward = rows(
        BITVAVO
        + "Europe/Amsterdam,2023-02-20,15:16:18,withdrawal,BTC,-0.00053279,,,,,BTC,0.00003,Completed,t4,1MN\n"
        + "Europe/Amsterdam,2023-02-20,15:05:33,deposit,EUR,25,,,,,EUR,0,Completed,t5,NL12\n"
        + "Europe/Amsterdam,2022-11-14,10:48:36,staking,ETH,0.00001819,,,,,ETH,,Distributed,t6,\n"
    )

    # 0.00053279 were there; 0.00050279 arrived and 0.00003 were kept.
    assert (went.kind, went.quantity, went.fee, went.fee_asset) == (
        "withdrawal",
        Decimal("0.00050279"),
        Decimal("0.00003"),
        "BTC",
    )
    assert (came.kind, came.asset, came.quantity, came.fee) == ("deposit", "EUR", 25, None)
    assert (reward.kind, reward.quantity, reward.note) == ("income", Decimal("0.00001819"), "Bitvavo: staking.")


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("Europe/Amsterdam,2023-02-20,15:16:18,margin_loan,BTC,1,,,,,,,Completed,t,", "Type"),
        ("Europe/Atlantis,2023-02-20,15:16:18,deposit,BTC,1,,,,,,,Completed,t,", "Timezone"),
        ("Europe/Amsterdam,yesterday,15:16:18,deposit,BTC,1,,,,,,,Completed,t,", "Time"),
        ("Europe/Amsterdam,2023-11-30,11:37:41,withdrawal,ETH,-0.01,,,,,ETH,1,Completed,t,", "Fee amount"),
    ],
)
def test_bitvavo_refuses_what_it_cannot_read_and_the_rest_goes_on(line, column):
    refused, canceled, came = readings(
        BITVAVO
        + line
        + "\nEurope/Amsterdam,2023-02-20,15:05:33,deposit,EUR,25,,,,,EUR,0,Canceled,t7,NL12\n"
        + "Europe/Amsterdam,2023-02-20,15:05:33,deposit,EUR,25,,,,,EUR,0,Completed,t5,NL12\n"
    )

    assert (type(refused), refused.line, refused.column) == (RowError, 2, column)
    assert canceled == SkippedRow(line=3, reason="It did not go through: its status is Canceled.")
    assert isinstance(came, ParsedRow)
