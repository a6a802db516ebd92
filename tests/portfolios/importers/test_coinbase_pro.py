"""The account statement of Coinbase Pro; what is expected was worked out by hand."""

from decimal import Decimal

from portfolios.importers.rows import ParsedRow, RowError, SkippedRow
from tests.portfolios.importers.read import at, readings, rows, told

PRO = "portfolio,type,time,amount,balance,amount/balance unit,transfer id,trade id,order id\n"


def test_a_match_of_pro_is_one_trade_with_its_fee():
    swapped, fee, went, rest = readings(
        PRO
        + "default,match,2020-01-13T09:15:06.315Z,0.0013151100000000,0.00131511,ETH,,204623,5abf\n"
        + "default,fee,2020-01-13T09:15:06.315Z,-0.0000065755500000,0.0013085,ETH,,204623,5abf\n"
        + "default,withdrawal,2020-01-15T23:51:26.478Z,-0.00110853,0.0002000,ETH,fcc61b23,,\n"
        + "default,match,2020-01-13T09:15:06.315Z,-1.0000000000000000,182.7,BAT,,204623,5abf\n"
    )

    assert told(swapped) == {
        "line": 2,
        "kind": "swap",
        "at": at("2020-01-13T09:15:06.315000"),
        "asset": "BAT",
        "quantity": Decimal(1),
        "fee": Decimal("0.00000657555"),
        "fee_asset": "ETH",
        "received_asset": "ETH",
        "received_quantity": Decimal("0.00131511"),
        "external_id": "5abf:204623",
    }
    assert [type(one) for one in (fee, rest)] == [SkippedRow, SkippedRow]
    assert (went.kind, went.asset, went.quantity, went.external_id) == (
        "withdrawal",
        "ETH",
        Decimal("0.00110853"),
        "fcc61b23",
    )


def test_trades_of_pro_that_share_an_id_on_other_pairs_stay_apart():
    found = rows_of_pro(
        "match,2020-01-13T09:15:06Z,-100,0,EUR,,7,order-1", "match,2020-01-13T09:15:06Z,0.01,0,BTC,,7,order-1",
        "match,2020-01-13T09:15:06Z,-200,0,USD,,7,order-2", "match,2020-01-13T09:15:06Z,1,0,ETH,,7,order-2",
    )  # fmt: skip

    assert [(one.kind, one.asset, one.amount, one.currency) for one in found] == [
        ("buy", "BTC", 100, "EUR"),
        ("buy", "ETH", 200, "USD"),
    ]


def rows_of_pro(*lines):
    """Return the transactions of rows of Pro's statement."""
    return [one for one in readings(PRO + "".join(f"default,{one}\n" for one in lines)) if isinstance(one, ParsedRow)]


def test_a_conversion_and_a_rebate_of_pro():
    bought, back = rows_of_pro(
        "conversion,2021-01-13T09:15:06Z,-100,0,USD,conv-1,,",
        "conversion,2021-01-13T09:15:06Z,100,100,USDC,conv-1,,",
        "rebate,2021-01-14T09:15:06Z,0.5,100,USD,,,",
    )

    assert (bought.kind, bought.asset, bought.quantity, bought.amount, bought.external_id) == (
        "buy",
        "USDC",
        100,
        100,
        "conv-1",
    )
    assert (back.kind, back.asset, back.quantity) == ("income", "USD", Decimal("0.5"))


def test_one_side_of_a_trade_of_pro_is_refused_with_what_to_do():
    [alone] = readings(PRO + "default,match,2020-01-13T09:15:06.315Z,-1,182.7,BAT,,204623,5abf\n")

    assert (type(alone), alone.line) == (RowError, 2)
    assert "all accounts" in alone.message


def test_the_statement_of_pro_under_its_other_header():
    header = "Portfolio,Type,Timestamp,Amount,Balance,Amount/balance unit,Transfer id,Trade id,Order id\n"
    [came] = rows(header + "default,deposit,2020-01-12T23:26:44.073Z,14.25,14.25,BAT,dfdd574b,,\n")
    [unknown] = readings(header + "default,frobnicate,2020-01-12T23:26:44.073Z,14.25,14.25,BAT,dfdd574b,,\n")

    assert (came.kind, came.asset, came.quantity, came.external_id) == ("deposit", "BAT", Decimal("14.25"), "dfdd574b")
    assert (type(unknown), unknown.column) == (RowError, "Type")
