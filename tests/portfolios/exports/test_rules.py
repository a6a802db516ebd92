"""Every rule of what an export may say, on one that is written by hand; no database."""

from datetime import UTC, datetime

import pytest

from portfolios.services import RefusedError
from portfolios.services.exports.parsing import parse_ledger
from portfolios.services.exports.shapes import check_names, check_orders, check_transactions
from tests.portfolios.exports.builders import AT, document

LOT = {"acquired": 12, "quantity": "1", "chosen_at": "2024-03-01T00:00:00Z"}
KINDS = [one["kind"] for one in document()["transactions"]]


def check(ledger):
    """Check an export as an import does before it writes."""
    parsed = parse_ledger(ledger)
    check_names(parsed)
    check_orders(parsed)
    check_transactions(parsed.transactions, fiat={"usd"}, now=AT)
    return parsed


def refusal(ledger):
    """Return the words with which an export is refused."""
    with pytest.raises(RefusedError) as caught:
        check(ledger)
    return str(caught.value)


def place_of(kind):
    """Return the place of the transaction of a kind."""
    return KINDS.index(kind)


def changed(kind, /, **fields):
    """Return an export in which the transaction of a kind says something else."""
    ledger = document()
    ledger["transactions"][place_of(kind)] |= fields
    return ledger


def with_entry(kind, number, **fields):
    """Return an export in which an entry of the transaction of a kind says something else."""
    ledger = document()
    ledger["transactions"][place_of(kind)]["entries"][number] |= fields
    return ledger


def test_an_export_by_hand_is_one():
    parsed = check(document())

    assert [one.kind for one in parsed.transactions] == KINDS
    assert parsed.transactions[0].at == datetime(2024, 3, 1, tzinfo=UTC)
    assert parsed.asset_ids == {"usd", "bitcoin", "ethereum"}


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("buy", {"kind": "bought"}, "kind: 'bought' is none of"),
        ("buy", {"at": "2024-03-02T00:00:00"}, "an instant with its zone is needed"),
        ("buy", {"at": "2999-01-01T00:00:00Z"}, "lies in the future"),
        ("buy", {"at": "1999-01-01T00:00:00Z"}, "othing is recorded before 2009"),
        ("buy", {"at": "0001-01-01T00:00:00+14:00"}, "an instant with its zone is needed"),
        ("buy", {"at": 5}, "an instant with its zone is needed"),
        ("buy", {"acquired_at": "2015-01-01T00:00:00Z"}, "a buy has none"),
        ("gift_in", {"acquired_at": "2024-03-09T00:00:00Z"}, "after the transaction"),
        ("buy", {"is_implied": True}, "only a deposit is implied"),
        ("buy", {"is_implied": "yes"}, "true or false"),
        ("buy", {"note": "x" * 301}, "at most 300 characters"),
        ("buy", {"note": "a\0b"}, "characters that no text has"),
        ("buy", {"note": "\ud800"}, "characters that no text has"),
        ("buy", {"token": ""}, "a text is needed"),
        ("buy", {"sequence": -1}, "a whole number"),
        ("buy", {"sequence": True}, "a whole number"),
        ("buy", {"sequence": 2**40}, "a whole number"),
        ("buy", {"id": 10**30}, "a whole number"),
        ("buy", {"order": 999_999}, "no order has this id"),
        ("buy", {"supersedes": 999_999}, "what is corrected stands before"),
        (
            "sell",
            {"lots": [LOT | {"acquired": 999_999}]},
            "no lot before",
        ),
        (
            "sell",
            {"lots": [LOT | {"quantity": "-1"}]},
            "a positive number",
        ),
        ("buy", {"entries": []}, "not the entries of a buy"),
        ("buy", {"entries": "many"}, "a list is needed"),
        ("buy", {"kind": "sell"}, "not the entries of a sell"),
        ("swap", {"kind": "buy"}, "not the entries of a buy"),
        ("transfer", {"kind": "withdrawal"}, "not the entries of a withdrawal"),
        ("income", {"kind": "loss"}, "not the entries of a loss"),
        ("fee", {"kind": "loss"}, "not the entries of a loss"),
    ],
)
def test_a_transaction_that_no_ledger_holds_is_refused_with_its_place(kind, fields, words):
    found = refusal(changed(kind, **fields))

    assert words in found
    assert f"ledger.json, transactions[{place_of(kind) + 1}]" in found


@pytest.mark.parametrize(
    ("kind", "number", "fields", "words"),
    [
        ("buy", 0, {"quantity": "0"}, "an entry moves something"),
        ("buy", 0, {"quantity": 1}, "written as text"),
        ("buy", 0, {"quantity": "NaN"}, "digits before the point"),
        ("buy", 0, {"quantity": "1e30"}, "digits before the point"),
        ("buy", 0, {"quantity": "0.0000000000000000001"}, "digits before the point"),
        ("buy", 0, {"quantity": "9" * 100}, "written as text"),
        ("buy", 0, {"quantity": "-2"}, "not the entries of a buy"),
        ("buy", 0, {"price": "-1"}, "not below 0"),
        ("buy", 0, {"wallet": "nowhere"}, "no wallet or no sleeve"),
        ("buy", 0, {"sleeve": "nowhere"}, "no wallet or no sleeve"),
        ("buy", 1, {"sleeve": "top-2"}, "cash belongs to no sleeve"),
        ("buy", 1, {"asset": "ethereum"}, "not the entries of a buy"),
        ("buy", 0, {"role": "gift"}, "is none of"),
        ("buy", 0, {"wallet": "cold"}, "not the entries of a buy"),
        ("transfer", 1, {"quantity": "0.19"}, "not the entries of a transfer"),
        ("withdrawal", 1, {"quantity": "0.1"}, "a fee goes out"),
    ],
)
def test_an_entry_that_no_ledger_holds_is_refused(kind, number, fields, words):
    assert words in refusal(with_entry(kind, number, **fields))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": "other"}, "no export of Ballast"),
        ({"version": 2}, "newer version"),
        ({"portfolio": {"fee_rate": "2"}}, "a fraction of 1"),
        ({"wallets": [{"name": "a", "kind": "pocket"}]}, "wallets[1].kind: 'pocket' is none of"),
        ({"sleeves": []}, "no wallet or no sleeve"),
        ({"orders": None}, "orders: a list is needed"),
        ({"tax_settings": {"currency": "BTC", "zone": "UTC"}}, "a fiat currency is needed"),
        ({"lot_methods": [{"valid_from": "2024-02-30"}]}, "a day is needed"),
        ({"transactions": [5]}, "transactions[1]: an object is needed"),
    ],
)
def test_what_stands_around_the_transactions_is_checked_too(changes, words):
    assert words in refusal(document() | changes)


def test_a_token_stands_once():
    assert "the token 't1' twice" in refusal(changed("sell", token="t1"))


def test_a_row_of_a_file_counts_once():
    ledger = changed("sell", row_key="k")
    ledger["transactions"][place_of("buy")]["row_key"] = "k"

    assert "the row key 'k' twice" in refusal(ledger)
    ledger["transactions"][place_of("buy")]["voided_at"] = "2024-03-09T00:00:00Z"
    assert check(ledger)


def test_ids_rise():
    ledger = document()
    ledger["transactions"].reverse()

    assert "ids rise" in refusal(ledger)


def test_only_what_counts_no_longer_is_corrected_and_once():
    ledger = changed("sell", supersedes=12)
    assert "what is corrected stands before" in refusal(ledger)

    ledger["transactions"][place_of("buy")]["voided_at"] = "2024-03-09T00:00:00Z"
    assert check(ledger)

    ledger["transactions"][place_of("swap")]["supersedes"] = 12
    assert "has one correction" in refusal(ledger)


def with_order(**columns):
    """Return an export whose buy, of 80 and 1 of fees, belongs to an order."""
    ledger = changed("buy", order=1)
    ledger["orders"] = [
        {
            "id": 1, "sleeve": "top-2", "kind": "invest", "amount": "81", "fees": "1", "priced_on": "2024-03-01",
            "token": "o", "fingerprint": "0", "created_at": "2024-03-02T00:00:00Z",
        }
        | columns
    ]  # fmt: skip
    return ledger


def test_an_order_spent_what_it_says():
    assert check(with_order())
    assert "come to 81 with 1" in refusal(with_order(amount="82"))
    assert "come to 81 with 1" in refusal(with_order(fees="2"))


def test_an_order_of_which_a_part_was_taken_back_may_have_spent_less():
    ledger = with_order(amount="82")
    ledger["transactions"][place_of("buy")]["voided_at"] = "2024-03-09T00:00:00Z"

    assert check(ledger)
