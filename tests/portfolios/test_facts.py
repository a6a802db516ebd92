"""What a transaction was made of is read back, and written again gives the same entries."""

from decimal import Decimal
from typing import Any

import pytest

from portfolios import services
from portfolios.selectors import check_invariants, get_facts, get_versions
from tests.factories import make_asset
from tests.portfolios.factories import NOW, instant, make_investor, make_portfolio, record

D = Decimal
CASES: dict[str, dict[str, Any]] = {
    "buy": {"kind": "buy", "asset": "bitcoin", "quantity": "0.5", "price": "100.25", "fee": "1"},
    "buy for a total": {"kind": "buy", "asset": "bitcoin", "quantity": "3", "amount": "100"},
    "buy in euro": {
        "kind": "buy", "asset": "bitcoin", "quantity": "3", "amount": "100", "currency": "eur", "rate": "1.1",
    },
    "buy of an unknown rate": {"kind": "buy", "asset": "bitcoin", "quantity": "2", "price": "7", "currency": "eur"},
    "sell": {
        "kind": "sell", "asset": "bitcoin", "quantity": "1", "price": "200", "fee": "0.1", "fee_asset": "ethereum",
    },
    "swap": {
        "kind": "swap", "asset": "bitcoin", "quantity": "1", "received_asset": "ethereum", "received_quantity": "15",
        "price": "30000", "fee": "0.01", "fee_asset": "bitcoin",
    },
    "deposit of cash": {"kind": "deposit", "asset": "usd", "quantity": "7"},
    "deposit": {
        "kind": "deposit", "asset": "bitcoin", "quantity": "1", "price": "20000", "fee": "0.1", "fee_asset": "bitcoin",
        "acquired_at": instant("2020-01-01"), "external_id": "tx", "note": "old coins",
    },
    "withdrawal": {"kind": "withdrawal", "asset": "bitcoin", "quantity": "1", "fee": "0.0001", "fee_asset": "bitcoin"},
    "transfer": {"kind": "transfer", "asset": "bitcoin", "quantity": "1", "fee": "0.001", "fee_asset": "bitcoin"},
    "transfer with both fees": {
        "kind": "transfer", "asset": "bitcoin", "quantity": "1", "received_quantity": "0.99", "fee": "0.1",
        "fee_asset": "ethereum", "price": "30000",
    },
    "fee": {"kind": "fee", "asset": "bitcoin", "quantity": "0.1", "price": "100"},
    "income": {"kind": "income", "asset": "ethereum", "quantity": "0.000000000000000001", "price": "3343.11229989"},
    "loss": {"kind": "loss", "asset": "bitcoin", "quantity": "1"},
}  # fmt: skip
NUMBERS = {"quantity", "price", "amount", "rate", "fee", "received_quantity"}


@pytest.fixture
def portfolio(alice):
    make_asset("bitcoin")
    make_asset("ethereum")
    portfolio = make_portfolio(alice)
    services.add_wallet(portfolio=portfolio, name="Cold", kind="hardware")
    for asset, quantity in (("usd", "1000"), ("eur", "1000"), ("bitcoin", "10"), ("ethereum", "10")):
        record(portfolio, "deposit", quantity, asset)
    return portfolio


def entries(transaction):
    columns = ("role", "asset", "wallet", "sleeve", "quantity", "price")
    return list(transaction.entries.order_by("id").values_list(*columns))


def again(transaction, **changes):
    facts = services.get_corrected_facts(transaction=transaction, changes=changes)
    return services.correct_transaction(corrected=transaction, token="again", source="test", now=NOW, **facts)


@pytest.mark.parametrize("name", CASES)
def test_a_transaction_written_again_from_its_facts_is_the_same(portfolio, name):
    facts = {key: D(value) if key in NUMBERS else value for key, value in CASES[name].items()}
    if facts["kind"] == "transfer":
        facts["to_wallet"] = portfolio.wallets.get(name="Cold")
    made = record(portfolio, str(facts.pop("kind")), str(facts.pop("quantity")), str(facts.pop("asset")), **facts)

    copy = again(made)

    assert entries(copy) == entries(made)
    names = ("kind", "at", "note", "external_id", "acquired_at")
    assert [getattr(copy, name) for name in names] == [getattr(made, name) for name in names]
    assert check_invariants(portfolio=portfolio) == []


def test_what_a_sleeve_got_stays_in_it(alice):
    portfolio = make_investor(alice)
    sleeve = portfolio.sleeves.get()
    bought = record(portfolio, "buy", "0.1", "bitcoin", price="40000", sleeve=sleeve)

    assert entries(again(bought)) == entries(bought)


def test_only_what_is_named_changes(portfolio):
    bought = record(portfolio, "buy", "2", "bitcoin", price="100", fee="1", note="first")

    right = again(bought, quantity=D(3))

    assert [row[4] for row in entries(right)] == [D(3), D(-300), D(-1)]
    assert right.note == "first"


@pytest.mark.parametrize(
    ("first", "changes", "paid"),
    [
        ({"price": "100"}, {"amount": D(150)}, ("usd", D(-150))),
        ({"amount": "100"}, {"price": D(60)}, ("usd", D(-120))),
        ({"price": "100"}, {"currency": "eur", "price": D(90)}, ("eur", D(-180))),
        ({"price": "100", "currency": "eur", "rate": D("1.1")}, {"at": instant("2024-03-02")}, ("eur", D(-200))),
    ],
)
def test_a_new_value_unsays_what_it_contradicts(portfolio, first, changes, paid):
    bought = record(portfolio, "buy", "2", "bitcoin", **first)

    right = again(bought, **changes)

    assert right.entries.values_list("asset", "quantity").get(role="payment") == paid


def test_the_fee_of_a_transfer_and_what_arrives_follow_each_other(portfolio):
    cold = portfolio.wallets.get(name="Cold")
    sent = record(portfolio, "transfer", "1", "bitcoin", to_wallet=cold, fee="0.1", fee_asset="bitcoin")

    right = again(sent, received_quantity=D("0.95"))

    assert get_facts(transaction=right)["fee"] == D("0.05")


def test_another_kind_takes_along_what_it_has_use_for(portfolio):
    came = record(portfolio, "deposit", "1", "bitcoin", price="5", acquired_at=instant("2020-01-01"), note="n")
    bought = record(portfolio, "buy", "1", "bitcoin", price="5", currency="eur", rate=D("1.1"))

    income = services.get_corrected_facts(transaction=came, changes={"kind": "income"})
    airdrop = services.get_corrected_facts(transaction=bought, changes={"kind": "airdrop"})

    assert (income["price"], income["note"], "acquired_at" in income) == (D(5), "n", False)
    assert (airdrop["price"], airdrop["currency"], "amount" in airdrop) == (None, None, False)


def test_versions_are_told_in_their_order(portfolio):
    first = record(portfolio, "deposit", "1", "bitcoin")
    second = again(first, quantity=D(2))
    third = services.correct_transaction(
        corrected=second, token="third", source="test", now=NOW,
        **services.get_corrected_facts(transaction=second, changes={"quantity": D(3)}),
    )  # fmt: skip

    for one in (first, second, third):
        assert get_versions(transaction=one) == [first, second, third]
