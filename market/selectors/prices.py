"""Closes as they are known now or were known at an instant.

The US dollar (`usd`) costs 1 by definition and has no rows. Decimals stay exact; floats only in `get_close_frame`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
from django.db.models import OuterRef, Subquery

from market.models import Asset, DailyPrice, DailyPriceQuerySet

USD = "usd"
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class LastClose:
    """The latest close in USD on or before a day, and the day it is of."""

    day: date
    close: Decimal


def get_closes(
    *, asset_ids: Collection[str], start: date, end: date, known_at: datetime | None = None
) -> dict[date, dict[str, Decimal]]:
    """Return closes in USD by day and asset id, exact; a day or an asset without a price is not in it."""
    closes: dict[date, dict[str, Decimal]] = {}
    if USD in asset_ids:
        closes = {start + timedelta(days=offset): {USD: ONE} for offset in range((end - start).days + 1)}
    rows = _versions(known_at).filter(asset_id__in=asset_ids, day__range=(start, end)).order_by("day", "asset_id")
    for day, asset_id, close in rows.values_list("day", "asset_id", "close"):
        closes.setdefault(day, {})[asset_id] = close
    return closes


def get_close_frame(
    *, asset_ids: Collection[str], start: date, end: date, known_at: datetime | None = None
) -> pd.DataFrame:
    """Return closes in USD as a float64 frame: one row a day from start to end, one column an asset id, sorted.

    A day without a price is NaN; filling gaps is the caller's decision.
    """
    columns = sorted(set(asset_ids))
    place = {asset_id: column for column, asset_id in enumerate(columns)}
    values = np.full(((end - start).days + 1, len(columns)), np.nan)
    rows = _versions(known_at).filter(asset_id__in=columns, day__range=(start, end)).order_by()
    for day, asset_id, close in rows.values_list("day", "asset_id", "close"):
        values[(day - start).days, place[asset_id]] = float(close)
    if USD in place:
        values[:, place[USD]] = 1.0
    return pd.DataFrame(values, index=pd.date_range(start, end), columns=columns)


def get_last_closes(*, asset_ids: Collection[str], day: date) -> dict[str, LastClose]:
    """Return each asset's latest close on or before a day; an asset that never had one is not in it."""
    latest = DailyPrice.objects.current().filter(asset_id=OuterRef("id"), day__lte=day).order_by("-day")
    assets = Asset.objects.filter(id__in=asset_ids).annotate(
        last_day=Subquery(latest.values("day")[:1]), last_close=Subquery(latest.values("close")[:1])
    )
    rows = assets.values_list("id", "last_day", "last_close")
    closes = {asset_id: LastClose(last_day, close) for asset_id, last_day, close in rows if last_day is not None}
    if USD in asset_ids:
        closes[USD] = LastClose(day, ONE)
    return closes


def first_and_last_day(*, simulated: bool) -> tuple[date, date] | None:
    """Return the first and the last day of a universe that have any price; None when it has none."""
    days = DailyPrice.objects.current().filter(asset__simulated=simulated)
    first = days.order_by("day").values_list("day", flat=True).first()
    last = days.order_by("-day").values_list("day", flat=True).first()
    return (first, last) if first and last else None


def _versions(known_at: datetime | None) -> DailyPriceQuerySet:
    return DailyPrice.objects.current() if known_at is None else DailyPrice.objects.known_at(known_at)
