"""Ghostfolio's CSV and JSON, in the shapes that it documents; what is expected was worked out by hand."""

import json
from decimal import Decimal

import pytest

from portfolios.importers.rows import ParsedRow, RowError, SkippedRow, UnreadableError
from tests.portfolios.importers.read import at, questions, readings, rows, told

GHOSTFOLIO = """Date,Code,DataSource,Currency,Price,Quantity,Action,Fee,Note
15-01-2024,bitcoin,COINGECKO,USD,42000.5,0.00014884,buy,0.49,first
2024-02-01T10:30:00.000Z,BTC-EUR,YAHOO,EUR,-40000,-0.5,SELL,1.5,
20240301,ETHUSD,YAHOO,USD,3000,2,buy,0,
2024-03-02,bitcoin,COINGECKO,USD,1.25,8,dividend,0,
2024-03-03,Flat in town,MANUAL,EUR,100000,1,liability,0,
2024-03-04,Account,MANUAL,EUR,0,0,fee,4.9,custody
2024-03-05,ethereum,COINGECKO,USDT,2000,0.5,buy,1,
2024-03-06,bitcoin,COINGECKO,USD,1,1,split,0,
"""


def test_ghostfolio_csv():
    first, sold, pair, dividend, liability, fee, swap, unknown = readings(GHOSTFOLIO)

    assert told(first) == {
        "line": 2,
        "kind": "buy",
        "at": at("2024-01-15T12:00"),
        "asset": "bitcoin",
        "quantity": Decimal("0.00014884"),
        "price": Decimal("42000.5"),
        "currency": "USD",
        "fee": Decimal("0.49"),
        "note": "first",
    }
    assert (sold.kind, sold.asset, sold.quantity, sold.price) == ("sell", "BTC", Decimal("0.5"), Decimal(40000))
    assert sold.at == at("2024-02-01T10:30")
    assert (pair.asset, pair.at, pair.fee) == ("ETH", at("2024-03-01T12:00"), None)
    # 8 units at 1.25 USD are 10 USD of cash, and no bitcoin came.
    assert (dividend.kind, dividend.asset, dividend.quantity) == ("income", "USD", 10)
    assert isinstance(liability, SkippedRow)
    assert (fee.kind, fee.asset, fee.quantity, fee.note) == ("fee", "EUR", Decimal("4.9"), "fee · Account · custody")
    # USDT is a coin: 0.5 ETH at 2000 are 1000 USDT given.
    assert (swap.kind, swap.asset, swap.quantity) == ("swap", "USDT", 1000)
    assert (swap.received_asset, swap.received_quantity, swap.fee_asset) == ("ethereum", Decimal("0.5"), "USDT")
    assert (unknown.line, unknown.column) == (9, "Action")
    assert "split" in unknown.message


def test_the_synonyms_of_ghostfolio_are_found_in_any_case():
    content = (
        "TRADEDATE;Ticker;CurrencyPrimary;TradePrice;Shares;Buy/Sell;IBCommission;AccountId\n"
        "2024-01-15;BTC;EUR;40.000,25;0,5;BUY;1,5;Kraken\n"
    )

    (row,) = rows(content)

    assert (row.price, row.quantity, row.fee) == (Decimal("40000.25"), Decimal("0.5"), Decimal("1.5"))
    assert (row.currency, row.account) == ("EUR", "Kraken")


def test_an_order_of_day_and_month_that_is_open_is_asked():
    content = GHOSTFOLIO.replace("15-01-2024", "05/09/2017")

    assert questions(content) == {"date_order": ["05/09/2017"]}
    assert readings(content, answers={"date_order": "day_first"})[0].at == at("2017-09-05T12:00")
    assert readings(content, answers={"date_order": "month_first"})[0].at == at("2017-05-09T12:00")


def test_one_date_settles_the_order_of_the_whole_file():
    content = GHOSTFOLIO.replace("15-01-2024", "05/09/2017").replace("2024-03-02", "02/28/2018")

    assert readings(content)[0].at == at("2017-05-09T12:00")


def test_pence_are_not_pounds():
    (row,) = readings(GHOSTFOLIO.splitlines()[0] + "\n2024-01-15,BTC,MANUAL,GBp,100,1,buy,0,\n")

    assert isinstance(row, RowError)
    assert row.column == "Currency"


def ghostfolio_json(*activities, **more):
    return json.dumps({"meta": {"version": "2"}, "activities": activities, **more})


def activity(**changes):
    """Return an activity; numbers are given as texts that JSON will hold as numbers."""
    return {
        "accountId": "a-1",
        "comment": None,
        "currency": "USD",
        "dataSource": "COINGECKO",
        "date": "2024-01-15T10:00:00.000Z",
        "fee": 0,
        "quantity": 1,
        "symbol": "bitcoin",
        "tags": [],
        "type": "BUY",
        "unitPrice": 40000,
        **changes,
    }


def test_ghostfolio_json_keeps_every_digit():
    content = ghostfolio_json(activity(quantity="@"), accounts=[{"id": "a-1", "name": "Kraken", "balances": []}])

    (row,) = rows(content.replace('"@"', "0.000000000000000001"))

    assert told(row) == {
        "line": 1,
        "kind": "buy",
        "at": at("2024-01-15T10:00"),
        "asset": "bitcoin",
        "quantity": Decimal("0.000000000000000001"),
        "account": "Kraken",
        "price": Decimal(40000),
        "currency": "USD",
    }


def test_what_is_wrong_with_one_activity_leaves_the_others():
    content = ghostfolio_json(
        activity(), "not an activity", activity(type="ITEM"), activity(unitPrice=None), activity()
    )

    found = readings(content)

    assert [type(one) for one in found] == [ParsedRow, RowError, SkippedRow, RowError, ParsedRow]
    assert [one.line for one in found] == [1, 2, 3, 4, 5]


def test_activities_that_are_no_list_are_refused():
    with pytest.raises(UnreadableError, match="not a list"):
        readings(json.dumps({"activities": {}}))
