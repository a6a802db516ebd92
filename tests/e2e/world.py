"""A small real world: the simulated market of half a year, its indices, and an investor who follows two of them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import connection, transaction

from accounts.models import User
from analytics.services import run_nights
from indices.models import Ballot, Index, Rebalance, Review, Vote
from indices.services import load_presets
from market.models import close_of
from market.services import seed_simulated_market
from portfolios.models import (
    ColumnTemplate,
    Download,
    ExchangeConnection,
    ImportBatch,
    Order,
    Portfolio,
    Sleeve,
    Transaction,
    Wallet,
)
from portfolios.services import SleeveTarget, ensure_cash, imports, invest, open_portfolio, record_transaction
from portfolios.services.connections import connect_exchange
from portfolios.services.downloads import make_requested_downloads, request_download
from portfolios.sources.base import Keys
from tests.factories import make_user

MARKET_DAYS = 200
NIGHTS = 80
SETTLED = 40


@dataclass(frozen=True)
class World:
    """What a test needs to know of the world."""

    investor: User
    portfolio: Portfolio

    @property
    def ids(self) -> dict[str, str]:
        """Return a value for each parameter of the URL map."""
        index = self.portfolio.sleeves.earliest("id").index
        review = Review.objects.filter(index=index).latest("id")
        return {
            "slug": index.slug,
            "portfolio_id": str(self.portfolio.pk),
            "review_id": str(review.pk),
            "rebalance_id": _first(Rebalance.objects.filter(index=index)),
            "day": str(review.effective_day),
            "sleeve_id": _first(Sleeve.objects.filter(portfolio=self.portfolio)),
            "wallet_id": _first(Wallet.objects.filter(portfolio=self.portfolio)),
            "order_id": _first(Order.objects.filter(portfolio=self.portfolio)),
            "transaction_id": _first(Transaction.objects.filter(portfolio=self.portfolio)),
            "import_id": _first(ImportBatch.objects.filter(portfolio=self.portfolio)),
            "template_id": _first(ColumnTemplate.objects.filter(owner=self.investor)),
            "connection_id": _first(ExchangeConnection.objects.filter(portfolio=self.portfolio)),
            "download_id": _first(Download.objects.filter(portfolio=self.portfolio)),
        }


def _first(rows) -> str:
    return str(rows.earliest("id").pk)


def make_world() -> World:
    """Fill the empty database with what the product's own services make once a day, and which is kept as rows."""
    with transaction.atomic(), connection.cursor() as cursor:
        for (table, columns), rows in _rows_of(datetime.now(UTC).date()).items():
            names, places = ", ".join(map(connection.ops.quote_name, columns)), ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)  # noqa: S608 - names of our own tables
    return World(User.objects.get(), Portfolio.objects.get())


@cache
def _rows_of(today: date) -> dict[tuple[str, tuple[str, ...]], list[tuple[Any, ...]]]:
    """Return the rows of a world by table and columns, and leave the database empty; `today` is when they were made."""
    kept = {}
    with transaction.atomic(), connection.cursor() as cursor:
        empty = [table for table in map(connection.ops.quote_name, _tables()) if not _read(cursor, table)[1]]
        _run_main_job()
        for table in empty:
            columns, rows = _read(cursor, table)
            if rows:
                kept[table, columns] = rows
        transaction.set_rollback(True)
    return kept


def _tables() -> list[str]:
    return connection.introspection.django_table_names(only_existing=True, include_views=False)


def _read(cursor: Any, table: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    cursor.execute(f"SELECT * FROM {table}")  # noqa: S608 - same
    return tuple(column[0] for column in cursor.description), cursor.fetchall()


def _run_main_job() -> None:
    """Make everything by the product's own services; yesterday is the last night."""
    now = datetime.now(UTC)
    yesterday = now.date() - timedelta(days=1)
    first = yesterday - timedelta(days=NIGHTS)
    seed_simulated_market(anchor=yesterday - timedelta(days=MARKET_DAYS), end=yesterday, at=now)
    ensure_cash()
    load_presets(at=now)
    run_nights(start=first, end=yesterday, at=now)
    investor = make_user(email="investor@example.com")
    make_files(make_portfolio(investor, now), now)
    make_ballots(Index.objects.get(slug="top-10-cap"), investor, now)
    run_nights(start=yesterday - timedelta(days=SETTLED), end=yesterday, at=now)


def make_ballots(index: Index, voter: User, now: datetime) -> None:
    """Hold a ballot that is open and one that has closed, each with one vote."""
    for cutoff_day in (now.date() + timedelta(days=2), now.date() - timedelta(days=28)):
        closes_at = close_of(cutoff_day)
        ballot = Ballot.objects.create(
            index=index,
            cutoff_day=cutoff_day,
            opens_at=closes_at - timedelta(days=7),
            closes_at=closes_at,
            quorum=1,
        )
        Vote.objects.create(ballot=ballot, user=voter, asset_id="sim-aurum", cast_at=min(now, closes_at))


def make_files(portfolio: Portfolio, now: datetime) -> None:
    """Bring a file that waits in its preview, connect an exchange, and ask for an export."""
    investor, wallet = portfolio.owner, portfolio.wallets.get()
    rows = ["timestamp,kind,asset,quantity,price", "2020-03-01T10:00:00Z,deposit,usd,250,", "yesterday,buy,usd,1,1"]
    content = "\n".join(rows).encode()
    imports.start_import(
        portfolio=portfolio, wallet=wallet, by=investor, file_name="history.csv", content=content, token="file", at=now
    )
    imports.run_requested_imports(at=now)
    header = ["When", "What", "Coin", "How many"]
    imports.save_template(owner=investor, name="My sheet", header=header, mapping={}, at=now)
    keys = Keys(key="invented key", secret="invented secret")
    connect_exchange(
        portfolio=portfolio, wallet=wallet, exchange="kraken", label="Kraken", keys=keys, by=investor, at=now
    )
    request_download(portfolio=portfolio, kind="export", params={}, by=investor, token="export", at=now)
    make_requested_downloads(at=now)


def make_portfolio(owner: User, now: datetime) -> Portfolio:
    """Open a portfolio that was funded and invested `SETTLED` days ago, with cash left."""
    indices = {index.slug: index for index in Index.objects.all()}
    portfolio = open_portfolio(
        owner=owner,
        name="Core and satellites",
        at=now,
        targets=[
            SleeveTarget(index=indices["top-10-cap"], target_weight=Decimal("0.6")),
            SleeveTarget(index=indices["defi"], target_weight=Decimal("0.3")),
        ],
    )
    day = now.date() - timedelta(days=SETTLED + 1)
    record_transaction(
        portfolio=portfolio,
        kind="deposit",
        at=datetime.combine(day, time(9), tzinfo=UTC),
        asset="usd",
        quantity=Decimal(12_000),
        token="first deposit",
        source="test",
        now=now,
    )
    for sleeve, amount in zip(portfolio.sleeves.order_by("id"), (6_000, 3_000), strict=True):
        token = f"invest {amount}"
        invest(portfolio=portfolio, sleeve=sleeve, amount=Decimal(amount), day=day, token=token, source="test", at=now)
    return portfolio
