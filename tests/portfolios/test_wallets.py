"""Wallets: who holds the keys, what is in them, and which can go."""

from decimal import Decimal

import pytest

from portfolios import services
from portfolios.models import ImportBatch, Wallet
from portfolios.selectors import get_wallet_rows
from tests.factories import make_asset
from tests.portfolios.factories import LAST_DAY, NOW, make_investor, make_market, make_portfolio, record

D = Decimal


@pytest.fixture
def portfolio(alice):
    return make_portfolio(alice)


@pytest.fixture
def cold(portfolio):
    return services.add_wallet(portfolio=portfolio, name="Cold", kind="hardware")


def test_a_wallet_gets_another_name_and_kind(portfolio, cold):
    renamed = services.change_wallet(wallet=cold, name=" Safe ")
    changed = services.change_wallet(wallet=cold, kind="multisig")

    assert (renamed.name, changed.name, changed.kind) == ("Safe", "Safe", "multisig")
    assert services.change_wallet(wallet=cold, name="Safe").name == "Safe"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "Main exchange account"}, "name"),
        ({"kind": "sock"}, "kind"),
    ],
)
def test_a_bad_name_or_kind_is_refused(cold, change, field):
    with pytest.raises(services.CannotKeepError) as refusal:
        services.change_wallet(wallet=cold, **change)

    assert refusal.value.field == field
    cold.refresh_from_db()
    assert (cold.name, cold.kind) == ("Cold", "hardware")


def test_an_unused_wallet_goes(portfolio, cold):
    services.delete_wallet(wallet=cold)

    assert not Wallet.objects.filter(id=cold.pk).exists()


def test_a_wallet_with_a_past_stays(portfolio, cold):
    made = record(portfolio, "deposit", "1", wallet=cold)
    services.void_transaction(voided=made, now=NOW)

    with pytest.raises(services.CannotKeepError, match="even when they were deleted"):
        services.delete_wallet(wallet=cold)


def test_the_last_wallet_stays(portfolio):
    with pytest.raises(services.CannotKeepError, match="the only wallet"):
        services.delete_wallet(wallet=portfolio.wallets.get())


def test_a_wallet_that_an_import_writes_into_stays(portfolio, cold, alice):
    ImportBatch.objects.create(
        portfolio=portfolio, wallet=cold, file_name="x.csv", digest="0", token="t", requested_by=alice, requested_at=NOW
    )

    with pytest.raises(services.CannotKeepError, match="an import or an exchange"):
        services.delete_wallet(wallet=cold)


@pytest.mark.parametrize(
    ("kind", "custody"),
    [
        ("exchange", "third_party"),
        ("custodian", "third_party"),
        ("software", "own"),
        ("hardware", "own"),
        ("multisig", "own"),
    ],
)
def test_custody_follows_from_the_kind(portfolio, cold, kind, custody):
    services.change_wallet(wallet=cold, kind=kind)

    assert get_wallet_rows(portfolio=portfolio, day=LAST_DAY)[1].custody == custody


def test_balances_are_by_asset_across_sleeves_and_unknown_is_not_zero(alice):
    portfolio = make_investor(alice)
    make_asset("dogecoin")
    record(portfolio, "deposit", "0.5", "bitcoin", sleeve=portfolio.sleeves.get())
    record(portfolio, "deposit", "0.25", "bitcoin")
    record(portfolio, "deposit", "7", "dogecoin")
    make_market({})

    row = get_wallet_rows(portfolio=portfolio, day=LAST_DAY)[0]

    # 0.75 bitcoin at 40,000; 10,000 in cash
    assert [(one.asset.pk, one.quantity, one.value) for one in row.balances] == [
        ("bitcoin", D("0.75"), D(30000)),
        ("usd", D(10000), D(10000)),
        ("dogecoin", D(7), None),
    ]
    assert (row.value, row.unpriced, row.is_used) == (D(40000), 1, True)


def test_an_unused_wallet_is_said_to_be(portfolio, cold):
    record(portfolio, "deposit", "1")

    assert [row.is_used for row in get_wallet_rows(portfolio=portfolio, day=LAST_DAY)] == [True, False]
