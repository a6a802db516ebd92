"""The proof of a ledger finds what is wrong with it, and says what."""

from datetime import timedelta
from decimal import Decimal

import pytest

from portfolios import services
from portfolios.models import Entry, Position, Transaction
from portfolios.selectors import check_invariants
from tests.factories import make_asset
from tests.portfolios.factories import make_portfolio, record

D = Decimal


@pytest.fixture
def portfolio(alice):
    make_asset("bitcoin")
    make_asset("ethereum")
    portfolio = make_portfolio(alice)
    cold = services.add_wallet(portfolio=portfolio, name="Cold", kind="hardware")
    record(portfolio, "deposit", "1000")
    record(portfolio, "deposit", "100", "eur")
    record(portfolio, "buy", "2", "bitcoin", price="100", fee="1")
    record(portfolio, "sell", "0.5", "bitcoin", price="50", currency="eur", fee="0.1", fee_asset="bitcoin")
    record(portfolio, "swap", "0.1", "bitcoin", received_asset="ethereum", received_quantity="1")
    record(portfolio, "transfer", "1", "bitcoin", to_wallet=cold, fee="0.1", fee_asset="bitcoin")
    for kind in ("income", "airdrop", "fork", "gift_in", "gift_out", "loss", "withdrawal", "fee"):
        record(portfolio, kind, "0.1", "ethereum")
    return portfolio


def entry(kind, role="principal", **narrow):
    return Entry.objects.filter(transaction__kind=kind, role=role, **narrow)


def test_every_kind_keeps_all_of_them(portfolio):
    assert Transaction.objects.values("kind").distinct().count() == len(Transaction.Kind)
    assert check_invariants(portfolio=portfolio) == []


BREAKAGES = [
    (lambda: Position.objects.filter(asset="bitcoin").update(quantity=D(5)), "entries sum to"),
    (lambda: entry("deposit", asset="usd").update(quantity=D(1)), "Balance"),
    (lambda: entry("transfer", quantity__gt=0).update(quantity=D("0.8")), "leaks"),
    (lambda: entry("buy").delete(), "not the entries of a buy"),
    (lambda: entry("buy", "payment").update(role="principal"), "not the entries of a buy"),
    (lambda: entry("fee", "fee").delete(), "not the entries of a fee"),
    (lambda: entry("income").update(quantity=D("-0.1")), "not the entries of a income"),
    (lambda: entry("swap", quantity__gt=0).delete(), "not the entries of a swap"),
    (lambda: entry("withdrawal").update(role="payment"), "not the entries of a withdrawal"),
    (lambda: entry("sell", "payment").update(quantity=D("-25")), "not the entries of a sell"),
    (lambda: entry("sell", "payment").delete(), "Cash in eur"),
    (lambda: entry("buy", "fee").delete(), "Cash in usd"),
]


@pytest.mark.parametrize(("breakage", "words"), BREAKAGES, ids=[f"{n} {row[1]}" for n, row in enumerate(BREAKAGES)])
def test_what_is_broken_is_said(portfolio, breakage, words):
    breakage()

    assert any(words in said for said in check_invariants(portfolio=portfolio))


def test_an_entry_at_another_instant_than_its_transaction_is_found(portfolio):
    moved = entry("income").get()
    Entry.objects.filter(id=moved.pk).update(at=moved.at + timedelta(seconds=1))

    assert check_invariants(portfolio=portfolio) == [
        f"Entry {moved.pk} stands at another instant than its transaction."
    ]
