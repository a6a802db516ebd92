"""What the database itself refuses, whatever the code above it does."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import RestrictedError

from market.models import Asset
from portfolios.models import Entry, Order, Portfolio, Position, Sleeve, Transaction, Wallet
from portfolios.selectors import check_invariants
from portfolios.services import add_sleeve
from tests.portfolios.factories import NOW, make_index, make_investor, make_portfolio, record

D = Decimal


@pytest.fixture
def portfolio(alice):
    return make_investor(alice)


def make(model, **fields):
    """Insert past every service."""
    with transaction.atomic():
        model.objects.create(**fields)


def entry(portfolio, **overrides):
    first = portfolio.transactions.order_by("id").first()
    fields = {
        "portfolio": portfolio,
        "transaction": first,
        "wallet": portfolio.wallets.order_by("id").first(),
        "asset_id": "usd",
        "role": "fee",
        "at": first.at,
        "quantity": D(-1),
    }
    return fields | overrides


def test_an_entry_moves_something_and_a_fee_goes_out(portfolio):
    for wrong in ({"quantity": D(0)}, {"quantity": D(1)}, {"price": D(-1)}):
        with pytest.raises(IntegrityError):
            make(Entry, **entry(portfolio, **wrong))


def test_a_position_is_never_below_zero_and_stands_once(portfolio):
    wallet, sleeve = portfolio.wallets.get(), portfolio.sleeves.get()
    base = {"portfolio": portfolio, "wallet": wallet, "asset_id": "bitcoin"}

    with pytest.raises(IntegrityError):
        make(Position, **base, quantity=D("-0.000000000000000001"))
    for place in (None, sleeve):
        make(Position, **base, sleeve=place, quantity=D(1))
        with pytest.raises(IntegrityError):
            make(Position, **base, sleeve=place, quantity=D(1))


def test_a_token_is_used_once_a_portfolio(portfolio):
    fields = {
        "portfolio": portfolio,
        "kind": "deposit",
        "at": NOW,
        "source": "test",
        "fingerprint": "",
        "created_at": NOW,
    }

    for token in ("first deposit", ""):
        with pytest.raises(IntegrityError):
            make(Transaction, **fields, token=token)


def test_an_order_spends_something_and_its_token_is_used_once(portfolio):
    fields = {
        "portfolio": portfolio,
        "sleeve": portfolio.sleeves.get(),
        "amount": D(1),
        "fees": D(0),
        "priced_on": date(2024, 3, 1),
        "token": "once",
        "created_at": NOW,
    }
    make(Order, **fields)

    for wrong in ({}, {"token": "2", "amount": D(0)}, {"token": "3", "fees": D(-1)}):
        with pytest.raises(IntegrityError):
            make(Order, **(fields | wrong))


def test_a_band_holds_its_target(portfolio):
    fields = {"portfolio": portfolio, "index": make_index("tail"), "tier": "core"}

    for target, lower, upper in (
        ("0.5", "0.6", "0.7"),
        ("0.5", "0.1", "0.4"),
        ("0.5", "-0.1", "1"),
        ("0.5", "0", "1.1"),
    ):
        with pytest.raises(IntegrityError):
            make(Sleeve, **fields, target_weight=D(target), lower_band=D(lower), upper_band=D(upper))


def test_a_portfolio_goes_with_all_that_is_its_own(portfolio):
    record(portfolio, "buy", "0.1", "bitcoin", price="100", sleeve=portfolio.sleeves.get())
    with pytest.raises(RestrictedError):
        portfolio.wallets.get().delete()

    portfolio.owner.delete()

    assert not Entry.objects.exists()


def test_names_are_taken_once(portfolio):
    with pytest.raises(IntegrityError):
        make(Portfolio, owner=portfolio.owner, name="Long run")
    with pytest.raises(IntegrityError):
        make(Wallet, portfolio=portfolio, name="Main exchange account")
    with pytest.raises(IntegrityError):
        make(Portfolio, owner=portfolio.owner, name="Free", fee_rate=D(1))


def test_a_correction_takes_the_place_of_one(portfolio):
    first = portfolio.transactions.order_by("id").first()
    fields = {
        "portfolio": portfolio, "kind": "deposit", "at": NOW, "source": "test", "fingerprint": "", "created_at": NOW,
        "supersedes": first,
    }  # fmt: skip
    make(Transaction, **fields, token="a")

    with pytest.raises(IntegrityError):
        make(Transaction, **fields, token="b")


def test_wallet_sleeve_order_and_correction_are_of_the_rows_own_portfolio(portfolio, bob):
    stranger = make_portfolio(bob)
    wallet, theirs = stranger.wallets.get(), record(stranger, "deposit", "1")
    sleeve = add_sleeve(portfolio=stranger, index=portfolio.sleeves.get().index, target_weight=D("0.5"))
    order = {
        "amount": D(1), "fees": D(0), "priced_on": date(2024, 3, 1), "token": "once", "fingerprint": "",
        "created_at": NOW,
    }  # fmt: skip
    fact = {"kind": "deposit", "at": NOW, "source": "test", "fingerprint": "", "created_at": NOW, "token": "new"}
    foreign = Order.objects.create(portfolio=stranger, sleeve=sleeve, **order)
    position = {"portfolio": portfolio, "wallet": portfolio.wallets.get(), "asset_id": "bitcoin", "quantity": D(1)}

    for wrong in (
        lambda: make(Entry, **entry(portfolio, wallet=wallet)),
        lambda: make(Entry, **entry(portfolio, sleeve=sleeve)),
        lambda: make(Entry, **(entry(portfolio, wallet=wallet) | {"portfolio": stranger})),
        lambda: make(Position, **(position | {"wallet": wallet})),
        lambda: make(Position, **position, sleeve=sleeve),
        lambda: make(Order, portfolio=portfolio, sleeve=sleeve, **order),
        lambda: make(Transaction, portfolio=portfolio, order=foreign, **fact),
        lambda: make(Transaction, portfolio=portfolio, supersedes=theirs, **fact),
        lambda: Wallet.objects.filter(pk=portfolio.wallets.get().pk).update(portfolio=stranger, name="Moved"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():  # noqa: PT012 - keys are looked at as at the commit
            wrong()
            connection.check_constraints()


def test_the_invariants_find_what_is_planted(portfolio):
    sent = record(portfolio, "transfer", "1", to_wallet=Wallet.objects.create(portfolio=portfolio, name="Cold"))
    assert check_invariants(portfolio=portfolio) == []

    Position.objects.filter(asset="usd").update(quantity=D(1))
    Entry.objects.filter(transaction=sent, quantity__gt=0).update(quantity=D(2))
    Entry.objects.create(**entry(portfolio, quantity=D(-10001)))
    Order.objects.create(
        portfolio=portfolio, sleeve=portfolio.sleeves.get(), amount=D(1), fees=D(0), priced_on=date(2024, 3, 1),
        token="t", created_at=NOW,
    )  # fmt: skip
    found = " ".join(check_invariants(portfolio=portfolio))

    for words in ("entries sum to", "Balance", "leaks 1", "Order"):
        assert words in found
    assert Asset.objects.filter(id="usd").exists()
