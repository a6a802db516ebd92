"""Reads of the market: closes as they are known now or were known at an instant, and whole windows for the night.

Prices are USD closes; the close of day D is the price at 00:00 UTC of D+1. Decimals stay exact; the only floats are
those of `get_close_frame` and of the median volumes. The US dollar (`usd`) costs 1 by definition and has no rows.
"""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
from django.db.models import Max, Min, OuterRef, Q, Subquery
from numpy.typing import NDArray

from market.models import Asset, Classification, DailyPrice, DailyPriceQuerySet

USD = "usd"
ONE = Decimal(1)
LOOKBACK = timedelta(days=120)
VOLUME_DAYS = 90
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class LastClose:
    """The latest close in USD on or before a day, and the day it is of."""

    day: date
    close: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotRow:
    """One asset as it was known at an instant, on one day.

    `close` (USD) and `market_cap` (USD) are of the day itself, None when unknown. `median_volume` is the median of the
    known values traded (USD a day) of the last 90 days, None when none is known. `age_days` counts from the first
    day that ever had a price; `last_priced_day` is the latest day with a known price.
    """

    asset_id: str
    symbol: str
    name: str
    classification: Classification | None
    close: Decimal | None
    market_cap: Decimal | None
    median_volume: float | None
    age_days: int
    last_priced_day: date


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


@dataclass(frozen=True, slots=True)
class _Versions:
    """Price versions sorted by day, as parallel columns: instants in microseconds since 1970, NaN for no volume."""

    asset: NDArray[np.intp]
    day: NDArray[np.int64]
    recorded: NDArray[np.int64]
    superseded: NDArray[np.int64]
    volume: NDArray[np.float64]
    close: Sequence[Decimal]
    market_cap: Sequence[Decimal | None]


@dataclass(frozen=True, slots=True)
class MarketWindow:
    """A universe's prices of some days with all their versions, in memory: the night asks it and no database.

    It answers for days from `start` to `end`, and for the LOOKBACK before `start`, where medians see fewer days.
    """

    start: date
    end: date
    assets: Sequence[Asset]
    first_days: Mapping[str, date]
    carried: Mapping[str, LastClose]
    classifications: Mapping[str, Sequence[Classification]]
    versions: _Versions
    _current: dict[date, dict[str, Decimal]] = field(default_factory=dict)

    def snapshot(self, day: date, known_at: datetime) -> list[SnapshotRow]:
        """Return every asset that had a price on or before a day, as it was known at an instant, in order of ids."""
        last = self.versions.day.searchsorted(day.toordinal(), side="right")
        instant = _microseconds(known_at)
        known = (self.versions.recorded[:last] <= instant) & (self.versions.superseded[:last] > instant)
        rows = np.flatnonzero(known)
        latest = np.full(len(self.assets), -1, dtype=np.intp)
        latest[self.versions.asset[rows]] = rows  # sorted by day: the last assignment is the latest day
        medians = self._median_volumes(rows, day)
        made = (self._row(place, int(latest[place]), medians[place], day) for place in range(len(self.assets)))
        return [row for row in made if row is not None]

    def closes(self, day: date) -> dict[str, Decimal]:
        """Return the closes of a day by asset id, in their current versions."""
        return self._current.get(day, {})

    def last_closes(self, day: date) -> dict[str, LastClose]:
        """Return each asset's latest current close on or before a day; one that never had a price is not in it."""
        found = {asset_id: last for asset_id, last in self.carried.items() if last.day <= day}
        last = self.versions.day.searchsorted(day.toordinal(), side="right")
        rows = np.flatnonzero(self.versions.superseded[:last] == NEVER)
        latest = dict(zip(self.versions.asset[rows].tolist(), rows.tolist(), strict=True))
        for place, row in latest.items():
            priced = date.fromordinal(int(self.versions.day[row]))
            found[self.assets[place].id] = LastClose(priced, self.versions.close[row])
        return found

    def _median_volumes(self, rows: NDArray[np.intp], day: date) -> list[float | None]:
        age = day.toordinal() - self.versions.day[rows]
        recent = rows[age < VOLUME_DAYS]
        traded = np.full((len(self.assets), VOLUME_DAYS), np.nan)
        traded[self.versions.asset[recent], age[age < VOLUME_DAYS]] = self.versions.volume[recent]
        counts = np.count_nonzero(~np.isnan(traded), axis=1)
        traded.sort(axis=1)  # NaN goes last
        every = np.arange(len(self.assets))
        medians = (traded[every, (counts - 1) // 2] + traded[every, counts // 2]) / 2
        return [float(median) if count else None for median, count in zip(medians, counts, strict=True)]

    def _row(self, place: int, latest: int, median: float | None, day: date) -> SnapshotRow | None:
        asset = self.assets[place]
        carried = self.carried.get(asset.id)
        if latest < 0 and (carried is None or carried.day > day):
            return None
        priced = date.fromordinal(int(self.versions.day[latest])) if latest >= 0 else None
        return SnapshotRow(
            asset_id=asset.id,
            symbol=asset.symbol,
            name=asset.name,
            classification=self._classification(asset.id, day),
            close=self.versions.close[latest] if priced == day else None,
            market_cap=self.versions.market_cap[latest] if priced == day else None,
            median_volume=median,
            age_days=(day - self.first_days[asset.id]).days,
            last_priced_day=priced or (carried.day if carried else day),
        )

    def _classification(self, asset_id: str, day: date) -> Classification | None:
        dated = self.classifications.get(asset_id, ())
        before = bisect_right(dated, day, key=lambda classification: classification.valid_from)
        if not before:
            return None
        latest = dated[before - 1]
        return latest if latest.valid_to is None or latest.valid_to > day else None


def load_market_window(*, simulated: bool, start: date, end: date) -> MarketWindow:
    """Read a universe's price versions from LOOKBACK before `start` to `end`, and its dated classifications.

    Four queries, five when an asset had its last price before the window.
    """
    first_read = start - LOOKBACK
    assets = list(Asset.objects.filter(simulated=simulated, kind=Asset.Kind.CRYPTO).order_by("id"))
    spans = {
        asset_id: (first, before)
        for asset_id, first, before in DailyPrice.objects.current()
        .filter(asset__simulated=simulated)
        .order_by()
        .values_list("asset_id")
        .annotate(first=Min("day"), before=Max("day", filter=Q(day__lt=first_read)))
    }
    versions, current = _read_versions(assets, first_read, end)
    seen = set(versions.asset.tolist())
    silent = [a.id for place, a in enumerate(assets) if place not in seen and spans.get(a.id, (None, None))[1]]
    classifications: dict[str, list[Classification]] = {}
    for classification in Classification.objects.filter(asset__simulated=simulated).order_by("asset_id", "valid_from"):
        classifications.setdefault(classification.asset_id, []).append(classification)
    return MarketWindow(
        start=start,
        end=end,
        assets=assets,
        first_days={asset_id: first for asset_id, (first, _) in spans.items()},
        carried=get_last_closes(asset_ids=silent, day=first_read - timedelta(days=1)) if silent else {},
        classifications=classifications,
        versions=versions,
        _current=current,
    )


def _read_versions(
    assets: Sequence[Asset], first: date, last: date
) -> tuple[_Versions, dict[date, dict[str, Decimal]]]:
    place = {asset.id: index for index, asset in enumerate(assets)}
    rows = list(
        DailyPrice.objects.filter(asset__in=place, day__range=(first, last))
        .order_by("day", "recorded_at")
        .values_list("asset_id", "day", "recorded_at", "superseded_at", "volume", "close", "market_cap")
    )
    current: dict[date, dict[str, Decimal]] = {}
    for asset_id, day, _, superseded, _, close, _ in rows:
        if superseded is None:
            current.setdefault(day, {})[asset_id] = close
    versions = _Versions(
        asset=np.array([place[row[0]] for row in rows], dtype=np.intp),
        day=np.array([row[1].toordinal() for row in rows], dtype=np.int64),
        recorded=np.array([_microseconds(row[2]) for row in rows], dtype=np.int64),
        superseded=np.array([NEVER if row[3] is None else _microseconds(row[3]) for row in rows], dtype=np.int64),
        volume=np.array([np.nan if row[4] is None else float(row[4]) for row in rows], dtype=np.float64),
        close=[row[5] for row in rows],
        market_cap=[row[6] for row in rows],
    )
    return versions, current


def _versions(known_at: datetime | None) -> DailyPriceQuerySet:
    return DailyPrice.objects.current() if known_at is None else DailyPrice.objects.known_at(known_at)


def _microseconds(instant: datetime) -> int:
    return (instant - EPOCH) // MICROSECOND
