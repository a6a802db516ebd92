"""Deleting a portfolio: asked for by its name, and then all of it goes."""

from decimal import Decimal

import pytest
from django.apps import apps
from django.db import connection

from portfolios import services
from portfolios.models import LotChoice, Portfolio, Transaction
from portfolios.services import portfolios
from tests.portfolios.factories import NOW, make_investor, make_portfolio, record


def rows_of(portfolio):
    """Count what hangs on a portfolio, table by table."""
    models = [model for app in ("portfolios", "analytics") for model in apps.get_app_config(app).get_models()]
    keyed = [model for model in models if any(field.name == "portfolio" for field in model._meta.concrete_fields)]
    return {model.__name__: model._default_manager.filter(portfolio=portfolio).count() for model in keyed}


@pytest.fixture
def portfolio(alice, monkeypatch):
    """Make a portfolio with an order, a correction, a deleted transaction and a named lot."""
    monkeypatch.setattr(portfolios, "DELETED_AT_ONCE", 2)
    portfolio = make_investor(alice)
    services.invest(
        portfolio=portfolio, sleeve=portfolio.sleeves.get(), amount=Decimal(900), token="t", source="test", at=NOW
    )
    lot = record(portfolio, "deposit", "1", "bitcoin")
    record(portfolio, "sell", "1", "bitcoin", price="5", at="2024-03-02", lots=[(lot.pk, Decimal(1))])
    services.correct_transaction(
        corrected=lot,
        token="c",
        source="test",
        now=NOW,
        kind="deposit",
        at=lot.at,
        asset="bitcoin",
        quantity=Decimal(2),
    )
    services.void_transaction(voided=record(portfolio, "deposit", "1"), now=NOW)
    return portfolio


def test_everything_goes_and_nothing_of_anybody_else(portfolio, bob):
    other = make_portfolio(bob)
    record(other, "deposit", "5", "bitcoin", token="theirs")
    kept = rows_of(other)
    assert rows_of(portfolio)["Transaction"] == 7

    services.delete_portfolio(portfolio=portfolio, name=" Long run ")
    connection.check_constraints()

    assert not Portfolio.objects.filter(id=portfolio.pk).exists()
    assert set(rows_of(portfolio).values()) == {0}
    assert rows_of(other) == kept


@pytest.mark.parametrize("name", ["", "long run", "Long run!"])
def test_another_name_deletes_nothing(portfolio, name):
    before = rows_of(portfolio)

    with pytest.raises(services.CannotKeepError, match="type the name") as refusal:
        services.delete_portfolio(portfolio=portfolio, name=name)

    assert refusal.value.field == "name"
    assert rows_of(portfolio) == before
    assert (LotChoice.objects.count(), Transaction.objects.exclude(supersedes=None).count()) == (1, 1)
