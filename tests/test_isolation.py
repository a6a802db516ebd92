"""Nobody meets what is another's: every URL of the URL map, page or API, with the other's ids."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple

import pytest
from django.apps import apps
from django.core import serializers
from django.urls import URLPattern, URLResolver, get_resolver

from indices.models import Index
from market.models import Asset
from portfolios.models import (
    ColumnTemplate,
    Download,
    Entry,
    ExchangeConnection,
    ImportBatch,
    Order,
    Portfolio,
    Sleeve,
    Transaction,
    Wallet,
)
from portfolios.services import add_sleeve, imports, open_portfolio, record_transaction
from portfolios.services.connections import connect_exchange
from portfolios.services.downloads import make_requested_downloads, request_download
from portfolios.sources.base import Keys
from tests.factories import make_asset

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CANARY = "canary-of-bob"
AMOUNT = "7391.264713"
METHODS = ("get", "post", "put", "patch", "delete")

# Parts of other people's making, each tested by its makers; and the admin, which is for staff alone.
FOREIGN = ("account/", "_allauth/", "admin/")
# Parameters that name what belongs to nobody.
PUBLIC = {
    "slug": "top-10-cap",
    "version": "v1",
    "review_id": "1",
    "rebalance_id": "1",
    "format": "json",
    "day": "2026-03-01",
}
OWNED = {
    "portfolio_id": Portfolio,
    "transaction_id": Transaction,
    "sleeve_id": Sleeve,
    "wallet_id": Wallet,
    "order_id": Order,
    "connection_id": ExchangeConnection,
    "download_id": Download,
    "import_id": ImportBatch,
    "template_id": ColumnTemplate,
}


class Route(NamedTuple):
    """One pattern of the URL map."""

    path: str
    parameters: tuple[str, ...]


def routes(patterns=None, prefix: str = "") -> Iterator[Route]:
    """Walk the whole URL map."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(entry.pattern).lstrip("^").rstrip("$")
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, path)
        elif isinstance(entry, URLPattern):
            plain = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"<\1>", path).replace("\\", "").replace("/?", "/")
            plain = re.sub(r"<\w+:(\w+)>", r"<\1>", plain)
            yield Route(plain, tuple(re.findall(r"<(\w+)>", plain)))


ROUTES = sorted({route for route in routes() if not route.path.startswith(FOREIGN)})
OWNED_ROUTES = [route for route in ROUTES if set(route.parameters) & set(OWNED)]


def make_estate(owner, name: str):
    """Give a user one row of everything that a user can own."""
    portfolio = open_portfolio(owner=owner, name=name, at=NOW)
    wallet = portfolio.wallets.get()
    index, _ = Index.objects.get_or_create(
        slug="top-10-cap", defaults={"name": "Top 10", "kind": "market_cap", "tier": "core", "status": "active"}
    )
    sleeve = add_sleeve(portfolio=portfolio, index=index, tier="core", target_weight=Decimal("0.5"))
    record_transaction(
        portfolio=portfolio,
        kind="deposit",
        at=datetime(2026, 3, 1, tzinfo=UTC),
        wallet=wallet,
        asset="usd",
        quantity=Decimal(AMOUNT),
        token=f"token of {name}",
        source="test",
        note=name,
        now=NOW,
    )
    Order.objects.create(
        portfolio=portfolio,
        sleeve=sleeve,
        amount=Decimal(AMOUNT),
        fees=Decimal(0),
        priced_on=date(2026, 3, 1),
        token=f"order of {name}",
        fingerprint="0" * 64,
        created_at=NOW,
    )
    connect_exchange(
        portfolio=portfolio, wallet=wallet, exchange="kraken", label=name, by=owner, at=NOW,
        keys=Keys(key=name.ljust(12), secret=name.ljust(12)),
    )  # fmt: skip
    request_download(portfolio=portfolio, kind="export", params={}, by=owner, token=name, at=NOW)
    make_requested_downloads(at=NOW)
    make_import(portfolio, name)
    return portfolio


def make_import(portfolio, name: str) -> None:
    """Have a file read whose one row is new, and keep a template of columns."""
    content = f"timestamp,kind,asset,quantity,note\n2026-03-01T10:00:00Z,deposit,usd,{AMOUNT},{name}\n".encode()
    imports.start_import(
        portfolio=portfolio, wallet=portfolio.wallets.get(), by=portfolio.owner, file_name=name, content=content,
        token=name, at=NOW,
    )  # fmt: skip
    imports.run_requested_imports(at=NOW)
    imports.save_template(owner=portfolio.owner, name=name, header=["a", "b"], mapping={}, at=NOW)


@pytest.fixture
def estates(alice, bob):
    """Give both users an estate; return Bob's ids and Alice's by parameter name."""
    if not Asset.objects.filter(id="bitcoin").exists():
        make_asset("bitcoin")
    make_estate(alice, "of alice")
    make_estate(bob, CANARY)
    found = {}
    for user in (alice, bob):
        portfolio = Portfolio.objects.get(owner=user)
        found[user.email] = {
            "portfolio_id": str(portfolio.id),
            "transaction_id": str(portfolio.transactions.get().id),
            "sleeve_id": str(portfolio.sleeves.get().id),
            "wallet_id": str(portfolio.wallets.get().id),
            "order_id": str(portfolio.orders.get().id),
            "connection_id": str(portfolio.connections.get().id),
            "download_id": str(portfolio.downloads.get().id),
            "import_id": str(portfolio.imports.get().id),
            "template_id": str(ColumnTemplate.objects.get(owner=user).id),
        }
    return found[alice.email], found[bob.email]


def dump(owner) -> str:
    """Return everything that hangs on a user's portfolios as text."""
    models = [model for label in ("portfolios", "analytics") for model in apps.get_app_config(label).get_models()]
    mine = [model for model in models if any(field.name == "portfolio" for field in model._meta.fields)]
    assert {Entry, Order, Sleeve, Transaction, Wallet} <= set(mine)
    rows = [
        Portfolio.objects.filter(owner=owner),
        ColumnTemplate.objects.filter(owner=owner),
        *(model._default_manager.filter(portfolio__owner=owner) for model in mine),
    ]
    return "\n".join(serializers.serialize("json", each.order_by("pk")) for each in rows)


def fill(route: Route, ids: dict[str, str]) -> str:
    """Return the URL with its parameters filled in; an unknown parameter fails the build."""
    values = PUBLIC | ids
    unknown = set(route.parameters) - set(values)
    assert not unknown, f"{route.path}: say in this file whether {unknown} belong to somebody"
    return "/" + re.sub(r"<(\w+)>", lambda found: values[found[1]], route.path)


def test_the_url_map_was_walked():
    paths = {route.path for route in ROUTES}

    assert {"", "indices/", "portfolios/", "api/<version>/portfolios/"} <= paths
    assert len(OWNED_ROUTES) > 15


@pytest.mark.parametrize("route", OWNED_ROUTES, ids=lambda route: route.path)
@pytest.mark.parametrize("method", METHODS)
def test_what_is_bobs_does_not_exist_for_alice(route, method, alice, bob, estates, as_user):
    _, bobs = estates
    before = dump(bob)
    browser = as_user(alice)

    response = getattr(browser, method)(fill(route, bobs), content_type="application/json")

    assert response.status_code in {404, 405}, response.content[:300]
    assert CANARY not in response.content.decode()
    assert AMOUNT not in response.content.decode()
    assert dump(bob) == before


@pytest.mark.parametrize(
    "route",
    [route for route in OWNED_ROUTES if len(set(route.parameters) & set(OWNED)) > 1],
    ids=lambda route: route.path,
)
@pytest.mark.parametrize("method", METHODS)
def test_alices_portfolio_is_no_door_to_what_is_bobs(route, method, alice, bob, estates, as_user):
    alices, bobs = estates
    before = dump(bob)

    response = getattr(as_user(alice), method)(
        fill(route, bobs | {"portfolio_id": alices["portfolio_id"]}), content_type="application/json"
    )

    assert response.status_code in {404, 405}, response.content[:300]
    assert dump(bob) == before


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path or "/")
def test_no_page_shows_alice_or_a_passer_by_anything_of_bobs(route, alice, bob, estates, as_user, client):
    alices, bobs = estates

    for browser, ids in ((as_user(alice), alices), (client, bobs)):
        response = browser.get(fill(route, ids))
        body = b"".join(response) if response.streaming else response.content

        assert response.status_code < 500
        assert CANARY not in body.decode()


@pytest.mark.parametrize("route", OWNED_ROUTES, ids=lambda route: route.path)
@pytest.mark.parametrize("method", METHODS)
def test_a_passer_by_is_sent_to_the_login_or_refused(route, method, bob, estates, client):
    _, bobs = estates
    before = dump(bob)

    response = getattr(client, method)(fill(route, bobs), content_type="application/json")

    to_login = response.status_code == 302 and response["Location"].startswith("/account/login/")
    assert to_login or response.status_code in {401, 403, 404, 405}
    assert dump(bob) == before


def test_the_admin_is_closed_to_investors(alice, as_user):
    browser = as_user(alice)
    names = [
        model._meta
        for app in ("accounts", "market", "indices", "portfolios", "analytics")
        for model in apps.get_app_config(app).get_models()
    ]

    for meta in names:
        response = browser.get(f"/admin/{meta.app_label}/{meta.model_name}/")

        assert response.status_code in {302, 404}
        if response.status_code == 302:
            assert "login" in response["Location"]
