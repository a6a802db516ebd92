"""Prices that arrive or are corrected after a transaction: what was valued by them, or could not be, is marked."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime

from django.db import transaction as database
from django.db.models import Max, Min, Q

from market.models import Asset, DailyPrice
from portfolios.models import Disposal, Entry, GainSummary, Lot, Receipt, TaxSettings
from portfolios.services.ledger import lock
from portfolios.services.marks import mark_lots

Pair = tuple[int, str]  # portfolio, asset
CHUNK = 500


def mark_repriced(*, since: datetime | None) -> int:
    """Mark assets whose lots hang on prices that were recorded since an instant (None: ever); return how many.

    Such are assets with something unpriced or estimated, and all assets of whoever counts in another currency than
    the dollar. The days of the prices tell which: those after the last transaction of an asset change nothing of it.
    """
    first_days = _first_days(since)
    if not first_days:
        return 0
    pairs = _uncertain() | _converted()
    marked = 0
    for portfolio_id, asset_ids in _touched(pairs, first_days).items():
        with database.atomic():
            locked = lock(portfolio_id)
            mark_lots(portfolio=locked, asset_ids=asset_ids)
        marked += len(asset_ids)
    return marked


def _first_days(since: datetime | None) -> dict[str, date]:
    """Return the earliest day of each asset of which there is news."""
    prices = DailyPrice.objects.current()
    if since is not None:
        prices = prices.filter(recorded_at__gte=since)
    return dict(prices.order_by().values_list("asset_id").annotate(first=Min("day")))


def _uncertain() -> set[Pair]:
    """Return what is unpriced or estimated anywhere."""
    found = (
        Lot.objects.filter(Q(is_unpriced=True) | Q(is_estimated=True)),
        Disposal.objects.filter(Q(is_estimated=True) | Q(is_taxable=True, proceeds__isnull=True)),
        Receipt.objects.filter(Q(is_estimated=True) | Q(value__isnull=True)),
        GainSummary.objects.filter(method="", incomplete__gt=0),
    )
    return {pair for rows in found for pair in rows.order_by().values_list("portfolio_id", "asset_id").distinct()}


def _converted() -> set[Pair]:
    """Return every asset of whoever counts in another currency."""
    others = TaxSettings.objects.exclude(currency="USD").values("portfolio_id")
    rows = Entry.objects.filter(portfolio_id__in=others, asset__kind=Asset.Kind.CRYPTO).order_by()
    return set(rows.values_list("portfolio_id", "asset_id").distinct())


def _touched(pairs: Iterable[Pair], first_days: dict[str, date]) -> dict[int, set[str]]:
    """Return the assets by portfolio that some news may concern.

    A value may come from the other side of a trade, from a fee, or from a rate: any asset of the portfolio counts.
    """
    asset_ids: dict[int, set[str]] = defaultdict(set)
    for portfolio_id, asset_id in pairs:
        asset_ids[portfolio_id].add(asset_id)
    currencies = dict(TaxSettings.objects.filter(portfolio_id__in=asset_ids).values_list("portfolio_id", "currency"))
    touched: dict[int, set[str]] = {}
    wanted = sorted(asset_ids)
    for start in range(0, len(wanted), CHUNK):
        last_days = _last_days(wanted[start : start + CHUNK])
        for portfolio_id, moved in last_days.items():
            known = {*moved, currencies.get(portfolio_id, "USD").lower()}
            first = min((first_days[name] for name in known if name in first_days), default=None)
            found = {
                name for name in asset_ids[portfolio_id] if first is not None and moved.get(name, date.min) >= first
            }
            if found:
                touched[portfolio_id] = found
    return touched


def _last_days(portfolio_ids: Iterable[int]) -> dict[int, dict[str, date]]:
    """Return the market day of the last transaction of each asset, by portfolio."""
    rows = Entry.objects.filter(portfolio_id__in=portfolio_ids, transaction__voided_at__isnull=True).order_by()
    found: dict[int, dict[str, date]] = defaultdict(dict)
    for portfolio_id, asset_id, last in rows.values_list("portfolio_id", "asset_id").annotate(last=Max("at")):
        found[portfolio_id][asset_id] = last.astimezone(UTC).date()
    return found
