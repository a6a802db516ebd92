"""Tables of no known format: what their owner says of the columns, checked, and read."""

import json
from decimal import Decimal

import pytest

from portfolios.importers import files, mapper
from portfolios.importers.rows import RowError, SkippedRow, UnreadableError
from tests.portfolios.importers.read import at, questions, readings, rows, told

CONTENT = """My broker's report;;;;;;
Datum;Art;Münze;Menge;Kurs;Gebühr;Nr
31.01.2024 18:30;Kauf;BTC;0,5;40.000,00;12,50;a-1
01.02.2024 09:00;Verkauf;BTC;-0,25;41.000,00;6,25;a-2
02.02.2024 09:00;Storno;BTC;1;1;;a-3
03.02.2024 09:00;Tausch;BTC;1;1;;a-4
"""
COLUMNS = {
    "timestamp": "Datum",
    "kind": "Art",
    "asset": "Münze",
    "quantity": "Menge",
    "price": "Kurs",
    "fee": "Gebühr",
    "external_id": "Nr",
}
MAPPING = {
    "columns": COLUMNS,
    "constants": {"currency": "EUR", "wallet": "Broker"},
    "kinds": {"Kauf": "buy", "verkauf": "sell", "Storno": "skip"},
    "dates": "auto",
    "decimal": "auto",
    "zone": "Europe/Berlin",
}


def test_a_mapping_reads_a_table_with_its_own_words():
    bought, sold, cancelled, unknown = readings(CONTENT, mapping=MAPPING)

    assert told(bought) == {
        "line": 3,
        "kind": "buy",
        "at": at("2024-01-31T17:30"),
        "asset": "BTC",
        "quantity": Decimal("0.5"),
        "account": "Broker",
        "price": Decimal(40000),
        "currency": "EUR",
        "fee": Decimal("12.5"),
        "external_id": "a-1",
    }
    assert (sold.kind, sold.quantity, sold.price) == ("sell", Decimal("0.25"), 41000)
    assert isinstance(cancelled, SkippedRow)
    assert (unknown.line, unknown.column) == (6, "Art")


def test_a_mapping_is_plain_data():
    assert json.loads(json.dumps(MAPPING)) == MAPPING
    assert json.loads(json.dumps(mapper.suggest(["Date", "Type"]))) == mapper.suggest(["Date", "Type"])


def test_a_mapping_without_a_zone_asks_for_it():
    assert questions(CONTENT, mapping={**MAPPING, "zone": ""}) == {
        "zone": ["31.01.2024 18:30", "01.02.2024 09:00", "02.02.2024 09:00"]
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"columns": {"timestamp": "Tag"}}, "no column “Tag”"),
        ({"columns": {"timestamp": "Datum", "size": "Menge"}}, "“size” is no field"),
        ({"columns": {"timestamp": "Datum"}}, "where “asset” is read"),
        ({"columns": {**COLUMNS, "currency": "Kurs"}}, "“currency” is read from a column and"),
        ({"kinds": {"Kauf": "purchase"}}, "“purchase” is not a kind"),
        ({"kinds": ["Kauf"]}, "“kinds” is not pairs"),
        ({"columns": {"timestamp": 1}}, "“columns” is not pairs"),
        ({"dates": "year_first"}, "Dates are read as one of"),
        ({"decimal": "dot"}, "Decimals are read as one of"),
        ({"zone": 1}, "“zone” is not a text"),
        ({"formula": "=1"}, "“formula” is no part"),
        ({"zone": "Berlin"}, "no time zone “Berlin”"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused_with_the_reason(changes, words):
    with pytest.raises(UnreadableError, match=words):
        readings(CONTENT, mapping={**MAPPING, **changes})


def test_kinds_may_follow_the_sign_of_the_quantity():
    content = "date,ticker,qty,price,currency\n2024-01-31,BTC,1,40000,USD\n2024-02-01,BTC,-0.5,41000,USD\n"
    columns = {name: name for name in ("price", "currency")} | {
        "timestamp": "date",
        "asset": "ticker",
        "quantity": "qty",
    }

    found = rows(content, mapping={"columns": columns, "positive": "buy", "negative": "sell"})

    assert [(row.kind, row.quantity) for row in found] == [("buy", 1), ("sell", Decimal("0.5"))]


def test_a_trade_whose_price_is_in_a_coin_is_a_swap():
    content = "date,side,coin,qty,rate,quote\n2024-01-31,buy,ETH,2,0.05,BTC\n2024-01-31,deposit,ETH,2,0.05,BTC\n"
    columns = {
        "timestamp": "date",
        "kind": "side",
        "asset": "coin",
        "quantity": "qty",
        "price": "rate",
        "currency": "quote",
    }

    swap, wrong = readings(content, mapping={"columns": columns})

    # 2 ETH at 0.05 BTC are 0.1 BTC given.
    assert (swap.kind, swap.asset, swap.quantity) == ("swap", "BTC", Decimal("0.1"))
    assert (swap.received_asset, swap.received_quantity) == ("ETH", 2)
    assert isinstance(wrong, RowError)
    assert wrong.column == "quote"


def test_swaps_and_transfers_are_checked_and_errors_name_the_columns_of_the_file():
    content = (
        "when,what,gave,size,got,gotten,to\n"
        "2024-01-31,swap,BTC,1,ETH,20,\n"
        "2024-01-31,swap,BTC,1,,,\n"
        "2024-01-31,transfer,BTC,1,,,Ledger\n"
        "2024-01-31,transfer,BTC,1,,,\n"
        "2024-01-31,deposit,,1,,,\n"
        "2024-01-31,deposit,BTC,0,,,\n"
        "2024-01-31,deposit,BTC,one,,,\n"
        "yesterday,deposit,BTC,1,,,\n"
    )
    columns = {
        "timestamp": "when",
        "kind": "what",
        "asset": "gave",
        "quantity": "size",
        "received_asset": "got",
        "received_quantity": "gotten",
        "to_wallet": "to",
    }

    swap, half, moved, *errors = readings(content, mapping={"columns": columns})

    assert (swap.received_asset, swap.received_quantity) == ("ETH", 20)
    assert (moved.kind, moved.to_account) == ("transfer", "Ledger")
    assert [one.column for one in [half, *errors]] == ["got", "to", "gave", "size", "size", "when"]


def test_date_and_time_may_stand_in_two_columns_and_seconds_are_read_when_said():
    columns = {"timestamp": "day", "time": "clock", "asset": "coin", "quantity": "qty"}
    content = "day,clock,coin,qty\n2024-01-31,18:30:05,BTC,1\n"
    seconds = "when,coin,qty\n1706725805,BTC,1\n"
    constants = {"kind": "deposit"}

    (row,) = rows(content, mapping={"columns": columns, "constants": constants, "zone": "UTC"})
    (same,) = rows(
        seconds,
        mapping={
            "columns": {"timestamp": "when", "asset": "coin", "quantity": "qty"},
            "constants": constants,
            "dates": "seconds",
        },
    )

    # 1706725805 seconds after 1970 are 2024-01-31 18:30:05 UTC.
    assert row.at == same.at == at("2024-01-31T18:30:05")


def test_the_zone_in_the_title_of_a_column_is_no_question():
    content = "Date(UTC+1),coin,qty\n2024-01-31 18:30:05,BTC,1\n"
    columns = {"timestamp": "Date(UTC+1)", "asset": "coin", "quantity": "qty"}

    (row,) = rows(content, mapping={"columns": columns, "constants": {"kind": "deposit"}})

    assert row.at == at("2024-01-31T17:30:05")


def test_suggestions_use_each_column_once_and_need_nothing_more():
    titles = ["Date (UTC)", "Transaction Type", "Coin", "Amount", "Unit Price", "Currency", "Fee", "Fee Currency"]

    mapping = mapper.suggest(titles)

    assert mapping["columns"] == {
        "timestamp": "Date (UTC)",
        "kind": "Transaction Type",
        "asset": "Coin",
        "quantity": "Amount",
        "price": "Unit Price",
        "currency": "Currency",
        "fee": "Fee",
        "fee_asset": "Fee Currency",
    }
    assert mapping["kinds"]["bought"] == "buy"
    assert mapper.problems(mapping, titles) == []


def test_the_likely_header_is_below_the_preamble():
    table = files.likely("report.csv", CONTENT.encode())

    assert (table.line, table.titles[0]) == (2, "Datum")


def test_a_table_of_one_column_has_no_header():
    with pytest.raises(UnreadableError, match="No row of the file looks like a header"):
        files.likely("notes.txt", b"nothing\nto see\n")


def test_json_of_an_unknown_program_has_no_columns():
    with pytest.raises(UnreadableError, match="no program that is known"):
        files.likely("some.json", b'{"rows": []}')
