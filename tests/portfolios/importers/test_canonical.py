"""The canonical CSV: our contract, kind by kind, exact to the last digit."""

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from portfolios.importers import canonical
from portfolios.importers.rows import ParsedRow, RowError, UnreadableError
from tests.portfolios.importers.read import at, readings, rows, told

DEFAULTS = {
    "timestamp": "2024-01-31T18:30:00Z",
    "kind": "buy",
    "wallet": "Main",
    "asset": "bitcoin",
    "quantity": "1",
    "currency": "USD",
}


def write(*changes, columns=canonical.COLUMNS):
    """Write a canonical file; each row is the defaults and what it changes."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="")
    writer.writeheader()
    writer.writerows([DEFAULTS | change for change in changes])
    return out.getvalue()


def wrong(**changes):
    """Return the column and the words of the error that a row makes."""
    (error,) = readings(write(changes))
    assert isinstance(error, RowError)
    assert error.line == 2
    return error.column, error.message


def test_a_row_with_everything():
    content = write(
        {
            "timestamp": "2024-01-31T20:30:00.5+02:00",
            "quantity": "123456789.123456789123456789",
            "price": "0.000000000000000001",
            "currency": "eur",
            "fee": "0.25",
            "fee_asset": "binancecoin",
            "external_id": "x-1",
            "note": "first, with a comma",
        }
    )

    (row,) = rows(content)

    assert told(row) == {
        "line": 2,
        "kind": "buy",
        "at": at("2024-01-31T18:30:00.500"),
        "asset": "bitcoin",
        "quantity": Decimal("123456789.123456789123456789"),
        "account": "Main",
        "price": Decimal("0.000000000000000001"),
        "currency": "EUR",
        "fee": Decimal("0.25"),
        "fee_asset": "binancecoin",
        "external_id": "x-1",
        "note": "first, with a comma",
    }


@pytest.mark.parametrize(
    "kind",
    ["buy", "sell", "deposit", "withdrawal", "fee", "income", "airdrop", "fork", "gift_in", "gift_out", "loss"],
)
def test_kinds_of_one_asset(kind):
    (row,) = rows(write({"kind": kind, "price": "5"}))

    assert (row.kind, row.quantity, row.price) == (kind, 1, 5)


def test_an_empty_price_is_unknown_and_zero_is_free():
    unknown, free = rows(write({}, {"price": "0"}))

    assert unknown.price is None
    assert free.price == 0


def test_a_swap_gives_an_asset_and_receives_another():
    (row,) = rows(write({"kind": "swap", "received_asset": "ethereum", "received_quantity": "20"}))

    assert (row.asset, row.quantity, row.received_asset, row.received_quantity) == ("bitcoin", 1, "ethereum", 20)


def test_a_transfer_tells_its_fee_or_what_arrives():
    transfer = {"kind": "transfer", "to_wallet": "Ledger"}

    by_fee, by_arrival, both = rows(
        write(
            transfer | {"fee": "0.001"},
            transfer | {"received_quantity": "0.999"},
            transfer | {"received_quantity": "0.999", "fee": "0.001", "fee_asset": "bitcoin"},
        )
    )

    # A fee of a transfer is in kind unless another asset is named.
    assert (by_fee.fee, by_fee.fee_asset, by_fee.received_quantity) == (Decimal("0.001"), "bitcoin", None)
    assert (by_arrival.fee, by_arrival.received_quantity) == (None, Decimal("0.999"))
    assert (both.account, both.to_account, both.fee_asset) == ("Main", "Ledger", "bitcoin")


@pytest.mark.parametrize(
    ("changes", "column", "words"),
    [
        ({"timestamp": "2024-01-31T18:30:00"}, "timestamp", "names no time zone"),
        ({"timestamp": "2008-01-31T18:30:00Z"}, "timestamp", "2009-01-03"),
        ({"timestamp": ""}, "timestamp", "empty"),
        ({"kind": "teleport"}, "kind", "“teleport”"),
        ({"asset": ""}, "asset", "empty"),
        ({"quantity": "0"}, "quantity", "not above 0"),
        ({"quantity": "-1"}, "quantity", "not above 0"),
        ({"quantity": "1,5"}, "quantity", "not a number"),
        ({"quantity": "0.0000000000000000001"}, "quantity", "18 decimals"),
        ({"price": "-1"}, "price", "below 0"),
        ({"fee": "-1"}, "fee", "below 0"),
        ({"currency": "USDT"}, "currency", "is a swap"),
        ({"kind": "swap"}, "received_asset", "A swap needs"),
        ({"kind": "swap", "received_asset": "ethereum"}, "received_quantity", "A swap needs"),
        (
            {"kind": "swap", "received_asset": "bitcoin", "received_quantity": "1"},
            "received_asset",
            "both are the same",
        ),
        ({"kind": "transfer"}, "to_wallet", "other wallet"),
        ({"kind": "transfer", "to_wallet": "Main"}, "to_wallet", "other wallet"),
        ({"kind": "transfer", "to_wallet": "B", "fee": "1"}, "fee", "nothing to arrive"),
        ({"kind": "transfer", "to_wallet": "B", "received_quantity": "2"}, "received_quantity", "does not fit"),
        (
            {"kind": "transfer", "to_wallet": "B", "received_quantity": "0.9", "fee": "0.2"},
            "received_quantity",
            "does not fit",
        ),
        ({"kind": "transfer", "to_wallet": "B", "received_asset": "ethereum"}, "received_asset", "is a swap"),
        ({"to_wallet": "B"}, "to_wallet", "A buy has none"),
        ({"received_asset": "ethereum"}, "received_asset", "A buy has none"),
        ({"received_quantity": "1"}, "received_quantity", "A buy has none"),
    ],
)
def test_what_a_row_gets_wrong_is_said_with_its_column(changes, column, words):
    found, message = wrong(**changes)

    assert found == column
    assert words in message


def test_one_bad_row_leaves_the_others():
    found = readings(write({}, {"quantity": "x"}, {"kind": "sell"}))

    assert [type(one) for one in found] == [ParsedRow, RowError, ParsedRow]
    assert [one.line for one in found] == [2, 3, 4]


def test_columns_may_stand_in_any_order_and_be_left_out():
    (row,) = rows("Quantity;ASSET;kind;timestamp\n2;bitcoin;BUY;2024-01-31T18:30:00Z\n")

    assert (row.quantity, row.asset, row.kind, row.account, row.price) == (2, "bitcoin", "buy", "", None)


def test_a_column_that_is_not_in_the_contract_is_refused():
    with pytest.raises(UnreadableError, match="a column “acquired_at”"):
        readings(write({}, columns=[*canonical.COLUMNS, "acquired_at"]))


@pytest.mark.parametrize("text", ["=1+1", "+49", "-5", "@name", "'quoted", "'=1", "''", "plain", "it's", ""])
def test_a_text_that_opens_a_formula_is_guarded_and_comes_back(text):
    guarded = canonical.guarded(text)

    assert not guarded.startswith(("=", "+", "-", "@", "\t", "\r", "\0"))
    assert canonical.unguarded(guarded) == text
    assert rows(write({"note": guarded}))[0].note == text


@given(st.text(max_size=20))
def test_guarding_loses_nothing(text):
    assert canonical.unguarded(canonical.guarded(text)) == text


def test_two_fills_that_are_alike_are_two_rows():
    # T32: three fills of one second, all alike, are three.
    found = rows(write({"price": "40.2"}, {"price": "40.2"}, {"price": "40.2"}))

    assert [row.line for row in found] == [2, 3, 4]
    assert {row.price for row in found} == {Decimal("40.2")}


def test_what_small_numbers_are_written_like_makes_no_difference():
    # T30: 1e-7 and 0.0000001 are one number, and hash alike.
    short, long = rows(write({"quantity": "1e-7"}, {"quantity": "0.0000001"}))

    assert short.quantity == long.quantity
    assert hash(short.quantity) == hash(long.quantity)


AMOUNTS = st.decimals(min_value="1e-18", max_value=10**20 - 1, places=18, allow_nan=False, allow_infinity=False)


@given(AMOUNTS, AMOUNTS)
def test_every_amount_survives_the_file(quantity, price):
    (row,) = rows(write({"quantity": format(quantity, "f"), "price": format(price, "f")}))

    assert (row.quantity, row.price) == (quantity, price)
