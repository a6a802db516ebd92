"""Reads of the ledger: transactions with their entries, their versions, and cash."""

from decimal import Decimal

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery

from market.models import Asset
from market.money import ExactSum
from market.selectors import USD
from portfolios.models import Entry, Portfolio, Position, Transaction

ZERO = Decimal(0)


def get_transactions(*, portfolio: Portfolio) -> QuerySet[Transaction]:
    """Return the transactions of a portfolio, newest first, entries and their assets and wallets at hand."""
    rows = with_entries(Transaction.objects.filter(portfolio=portfolio))
    return rows.order_by("-at", "-sequence", "-id")


def with_entries(rows: QuerySet[Transaction]) -> QuerySet[Transaction]:
    """Return the same transactions with all that a page shows of each, in three queries whatever their number."""
    entries = Entry.objects.select_related("asset", "wallet", "sleeve__index").order_by("id")
    return rows.select_related("order", "superseded_by").prefetch_related(Prefetch("entries", entries), "lot_choices")


def get_ledger_assets(*, portfolio: Portfolio) -> QuerySet[Asset]:
    """Return the assets that a ledger knows, by name; one look into an index for each asset there is."""
    entries = Entry.objects.filter(portfolio=portfolio, asset=OuterRef("id")).order_by("asset_id", "at")
    assets = Asset.objects.annotate(known=Subquery(entries.values("id")[:1]))
    return assets.filter(known__isnull=False).order_by("name", "id")


def get_versions(*, transaction: Transaction) -> list[Transaction]:
    """Return all versions of a transaction, the first one first; the last one is what holds, or was deleted."""
    rows = get_transactions(portfolio=transaction.portfolio)
    versions = [rows.get(id=transaction.pk)]
    while versions[0].supersedes_id is not None:
        versions.insert(0, rows.get(id=versions[0].supersedes_id))
    while (newer := rows.filter(supersedes=versions[-1]).first()) is not None:
        versions.append(newer)
    return versions


def get_cash(*, portfolio: Portfolio) -> Decimal:
    """Return the USD that a portfolio holds now, in all its wallets."""
    rows = Position.objects.filter(portfolio=portfolio, asset=USD)
    return rows.aggregate(total=ExactSum("quantity"))["total"] or ZERO
