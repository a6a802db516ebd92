"""Pages, filters and searches of one ledger of a million transactions, on a scratch database beside the configured one.

python benchmarks/ledger_pages.py [--transactions 1000000] [--rounds 9]

The target: every page under 100 ms, on SQLite and on PostgreSQL.
"""

import argparse
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings
from django.db import connection
from django.test import Client, override_settings

from accounts.models import User
from market.models import Asset
from portfolios.models import Entry, Portfolio, Wallet
from portfolios.selectors import LedgerFilter, get_ledger_assets, get_ledger_page

ASSETS = 50
WALLETS = 10
STEP = 300  # seconds between transactions
FIRST = 1_420_070_400  # 2015-01-01
SQLITE = connection.vendor == "sqlite"
# What a row's number makes of it, in SQL.
KIND = (
    "CASE WHEN i % 10007 = 0 THEN 'loss' WHEN i % 20 < 10 THEN 'buy' WHEN i % 20 < 15 THEN 'sell' "
    "WHEN i % 20 < 18 THEN 'income' ELSE 'deposit' END"
)
AT = (
    f"strftime('%Y-%m-%d %H:%M:%S', {FIRST} + i * {STEP}, 'unixepoch')"
    if SQLITE
    else f"to_timestamp({FIRST} + i * {STEP})"
)
ASSET = f"CASE WHEN i % 50021 = 0 THEN 'asset-rare' ELSE 'asset-' || (i * 7919 % {ASSETS}) END"


def main() -> None:
    """Fill the database, then measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transactions", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        began = time.perf_counter()
        portfolio = fill(options.transactions)
        print(
            f"{connection.vendor}: {options.transactions:,} transactions, {time.perf_counter() - began:.0f} s to fill"
        )
        measure(portfolio, options.transactions, options.rounds)
    finally:
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


def fill(count: int) -> Portfolio:
    """Write the ledger of one investor past all services: nobody reads its balances here."""
    owner = User.objects.create_user(email="bench@example.com", password="bench")  # noqa: S106 - nobody logs in
    portfolio = Portfolio.objects.create(owner=owner, name="Bench")
    wallets = [Wallet.objects.create(portfolio=portfolio, name=f"Wallet {number}") for number in range(WALLETS + 1)]
    Asset.objects.create(id="usd", symbol="USD", name="US dollar", kind="fiat")
    names = [f"asset-{number}" for number in [*range(ASSETS), "rare"]]
    Asset.objects.bulk_create(Asset(id=name, symbol=name[6:].upper(), name=name.title()) for name in names)
    wallet = f"CASE WHEN i % 50021 = 0 THEN {wallets[-1].pk} ELSE {wallets[0].pk} + i % {WALLETS} END"
    insert(
        "portfolios_transaction",
        {
            "id": "i + 1", "portfolio_id": portfolio.pk, "kind": KIND, "at": AT, "sequence": 0, "source": "'import'",
            "token": "'token ' || i", "fingerprint": "''", "note": "'Order ' || i || ' filled'", "created_at": AT,
            "is_implied": "0" if SQLITE else "false", "external_id": "'id-' || i", "row_key": "''",
            "voided_at": f"CASE WHEN i % 1000 = 0 THEN {AT} END",
        },
        count,
    )  # fmt: skip
    moved = {"portfolio_id": portfolio.pk, "transaction_id": "i + 1", "wallet_id": wallet, "at": AT}
    bought = {"asset_id": ASSET, "role": "'principal'", "quantity": stored(Decimal(1))}
    paid = {"asset_id": "'usd'", "role": "'payment'", "quantity": stored(Decimal(-100))}
    insert("portfolios_entry", moved | bought, count)
    insert("portfolios_entry", moved | paid, count, only="i % 20 < 15")
    if not SQLITE:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return portfolio


def insert(table: str, columns: dict[str, object], count: int, *, only: str = "1 = 1") -> None:
    """Write a row for each number from 0 on; a column is an expression of the number i."""
    names, values = ", ".join(columns), ", ".join(str(value) for value in columns.values())
    statement = (
        f"WITH RECURSIVE n(i) AS (SELECT CAST(0 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < {count - 1}) "  # noqa: S608 - this file's own words
        f"INSERT INTO {table} ({names}) SELECT {values} FROM n WHERE {only}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)


def stored(value: Decimal) -> str:
    """Return a quantity as the column keeps it."""
    return f"'{Entry._meta.get_field('quantity').get_db_prep_value(value, connection)}'"


def measure(portfolio: Portfolio, count: int, rounds: int) -> None:
    """Print the medians of what a person asks for, of the query alone and of the whole page."""
    middle = datetime.fromtimestamp(FIRST + count * STEP // 2, tz=UTC)
    wallets = list(portfolio.wallets.order_by("id"))
    rare = wallets[-1].pk
    cases = {
        "the newest page": LedgerFilter(),
        "from the middle on": LedgerFilter(until=middle),
        "one kind": LedgerFilter(kind="income"),
        "a rare kind": LedgerFilter(kind="loss"),
        "a kind that there is not": LedgerFilter(kind="fork"),
        "one asset": LedgerFilter(asset="asset-7"),
        "US dollars": LedgerFilter(asset="usd"),
        "a rare asset": LedgerFilter(asset="asset-rare"),
        "one wallet": LedgerFilter(wallet=wallets[0].pk),
        "a rare wallet": LedgerFilter(wallet=rare),
        "asset and kind": LedgerFilter(asset="asset-7", kind="income"),
        "dollars and a rare wallet": LedgerFilter(asset="usd", wallet=rare),
        "dollars and a rare kind": LedgerFilter(asset="usd", kind="loss"),
        "only deleted ones": LedgerFilter(counting=False),
        "a note of every row": LedgerFilter(text="filled"),
        "a note of no row": LedgerFilter(text="birthday"),
        "a note, an asset, a year": LedgerFilter(text="Order", asset="asset-7", until=middle),
        "an external id": LedgerFilter(text=f"id-{count // 3}"),
    }
    print(f"{'median of ' + str(rounds) + ', ms':28}{'query':>8}{'page':>8}{'its CPU':>9}")
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    logging.disable()
    with override_settings(ALLOWED_HOSTS=["*"], SECURE_SSL_REDIRECT=False, STORAGES=settings.STORAGES | plain):
        client = Client()
        client.force_login(portfolio.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
        for name, narrow in cases.items():
            query, _ = median(rounds, lambda narrow=narrow: get_ledger_page(portfolio=portfolio, narrow=narrow))
            address = f"/portfolios/{portfolio.pk}/transactions/?{asked(narrow)}"
            page, cpu = median(rounds, lambda address=address: get(client, address))
            print(f"{name:28}{query:8.1f}{page:8.1f}{cpu:9.1f}")
    assets, _ = median(rounds, lambda: list(get_ledger_assets(portfolio=portfolio)))
    print(f"{'the assets to choose from':28}{assets:8.1f}")


def asked(narrow: LedgerFilter) -> str:
    """Return a filter as the page's form sends it."""
    fields = {
        "kind": narrow.kind, "asset": narrow.asset, "wallet": narrow.wallet, "q": narrow.text,
        "to": narrow.until and narrow.until.date(), "in_force": "no" if narrow.counting is False else "",
    }  # fmt: skip
    return "&".join(f"{name}={value}" for name, value in fields.items() if value)


def get(client: Client, address: str) -> None:
    """Ask for a page."""
    response = client.get(address)
    assert response.status_code == 200, response


def median(rounds: int, act: Callable[[], object]) -> tuple[float, float]:
    """Return the medians of some runs in milliseconds, by the clock and of this process, after one that warms up."""
    act()
    by_clock, of_process = [], []
    for _ in range(rounds):
        began, busy = time.perf_counter(), time.process_time()
        act()
        of_process.append((time.process_time() - busy) * 1000)
        by_clock.append((time.perf_counter() - began) * 1000)
    return statistics.median(by_clock), statistics.median(of_process)


if __name__ == "__main__":
    main()
