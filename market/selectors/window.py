"""A universe's prices of some days with all their versions, in memory: the night asks it and no database."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
from django.db.models import OuterRef, Subquery
from numpy.typing import NDArray

from market.models import SOURCE_LAG, Asset, Classification, DailyPrice, DueDiligence, close_of
from market.selectors.prices import LastClose
from market.selectors.versions import Versions, read_versions

LOOKBACK = timedelta(days=120)
VOLUME_DAYS = 90
RECENT_VOLUME_DAYS = 30
ONE_DAY = timedelta(days=1)

FirstDays = Sequence[tuple[date, datetime]]
"""Days on which an asset's prices begin, ascending, each with the instant from which on that was known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotRow:
    """One asset as it was known at an instant, on one day.

    `close` (USD) and `market_cap` (USD) are of the day itself, None when unknown. `median_volume` and `recent_volume`
    are the medians of the known values traded (USD a day) of the last 90 and 30 days, None when none is known.
    `age_days` counts from the first day that was known to have a price; `last_close` (USD) is of `last_priced_day`, the
    latest day with a known price. `diligence` is the mean score, 1 to 5, of the newest due diligence known.
    """

    asset_id: str
    symbol: str
    name: str
    classification: Classification | None
    close: Decimal | None
    market_cap: Decimal | None
    median_volume: float | None
    recent_volume: float | None
    age_days: int
    last_priced_day: date
    last_close: Decimal
    diligence: Decimal | None


@dataclass(frozen=True, slots=True)
class MarketWindow:
    """A universe's prices of some days with all their versions, in memory: the night asks it and no database.

    It answers for days from `start` to `end`, and for the lookback before `start`, where medians see fewer days; at
    instants from the beginning of the lookback on. Nothing that was recorded later shows in what was known before.
    """

    start: date
    end: date
    assets: Sequence[Asset]
    first_days: Mapping[str, FirstDays]
    classifications: Mapping[str, Sequence[Classification]]
    diligence: Mapping[str, Sequence[DueDiligence]]
    versions: Versions
    _current: dict[date, Mapping[str, Decimal]] = field(default_factory=dict)

    def snapshot(self, day: date, known_at: datetime) -> list[SnapshotRow]:
        """Return every asset that had a price on or before a day, as it was known at an instant, in order of ids."""
        recent = self.versions.known(day - timedelta(days=VOLUME_DAYS - 1), day, known_at)
        latest = self.versions.latest(recent, day, known_at)
        medians = self._median_volumes(recent, day)
        return [
            self._row(place, row, medians[place], day, known_at)
            for place, row in enumerate(latest.tolist())
            if row >= 0
        ]

    def close_matrix(
        self, asset_ids: Collection[str], day: date, *, days: int, known_at: datetime
    ) -> NDArray[np.float64]:
        """Return closes in USD as known at an instant, shape (days, assets), the last row being of `day`; NaN gaps."""
        places = {asset_id: column for column, asset_id in enumerate(asset_ids)}
        columns = np.array([places.get(asset.id, -1) for asset in self.assets], dtype=np.intp)
        first = day - timedelta(days=days - 1)
        rows = self.versions.known(first, day, known_at)
        column = columns[self.versions.asset[rows]]
        rows, column = rows[column >= 0], column[column >= 0]
        matrix = np.full((days, len(places)), np.nan)
        matrix[self.versions.day[rows] - first.toordinal(), column] = self.versions.close_figures[rows]
        return matrix

    def known_closes(self, day: date, known_at: datetime) -> Mapping[str, Decimal]:
        """Return the closes of a day by asset id, exact, as they were known at an instant."""
        return self.versions.closes(self.versions.known(day, day, known_at))

    def closes(self, day: date) -> Mapping[str, Decimal]:
        """Return the closes of a day by asset id, in their current versions."""
        if day not in self._current:
            self._current[day] = self.versions.closes(self.versions.current(day, day))
        return self._current[day]

    def last_closes(self, day: date) -> dict[str, LastClose]:
        """Return each asset's latest current close on or before a day; one that never had a price is not in it."""
        rows = self.versions.current(date.min, day)
        latest = dict(zip(self.versions.asset[rows].tolist(), rows.tolist(), strict=True))
        return {self.assets[place].id: self._last_close(row) for place, row in latest.items()}

    def _last_close(self, row: int) -> LastClose:
        return LastClose(date.fromordinal(int(self.versions.day[row])), self.versions.close[row])

    def _median_volumes(self, rows: NDArray[np.intp], day: date) -> list[tuple[float | None, float | None]]:
        """Return each asset's medians over both numbers of days, from the rows of the longer one."""
        traded = np.full((len(self.assets), VOLUME_DAYS), np.nan)
        traded[self.versions.asset[rows], day.toordinal() - self.versions.day[rows]] = self.versions.volume[rows]
        return list(zip(_medians(traded), _medians(traded[:, :RECENT_VOLUME_DAYS]), strict=True))

    def _row(
        self, place: int, latest: int, medians: tuple[float | None, float | None], day: date, known_at: datetime
    ) -> SnapshotRow:
        asset = self.assets[place]
        last = self._last_close(latest)
        is_priced = last.day == day
        return SnapshotRow(
            asset_id=asset.id,
            symbol=asset.symbol,
            name=asset.name,
            classification=self._classification(asset.id, day),
            close=last.close if is_priced else None,
            market_cap=self.versions.market_cap.get(latest) if is_priced else None,
            median_volume=medians[0],
            recent_volume=medians[1],
            age_days=(day - self._first_day(asset.id, known_at)).days,
            last_priced_day=last.day,
            last_close=last.close,
            diligence=self._diligence(asset.id, day, known_at),
        )

    def _first_day(self, asset_id: str, known_at: datetime) -> date:
        firsts = self.first_days[asset_id]
        return next((first for first, known in firsts if known <= known_at), firsts[-1][0])

    def _diligence(self, asset_id: str, day: date, known_at: datetime) -> Decimal | None:
        known = [d for d in self.diligence.get(asset_id, ()) if d.reviewed_on <= day and d.recorded_at <= known_at]
        return known[-1].score if known else None

    def _classification(self, asset_id: str, day: date) -> Classification | None:
        dated = self.classifications.get(asset_id, ())
        before = bisect_right(dated, day, key=lambda classification: classification.valid_from)
        if not before:
            return None
        latest = dated[before - 1]
        return latest if latest.valid_to is None or latest.valid_to > day else None


def _medians(values: NDArray[np.float64]) -> list[float | None]:
    """Return the median of what is known in each row; None where nothing is."""
    counts = np.count_nonzero(~np.isnan(values), axis=1)
    ordered = np.sort(values, axis=1)  # NaN goes last
    every = np.arange(len(ordered))
    medians = (ordered[every, (counts - 1) // 2] + ordered[every, counts // 2]) / 2
    return [median if count else None for median, count in zip(medians.tolist(), counts.tolist(), strict=True)]


def load_market_window(*, simulated: bool, start: date, end: date, lookback: timedelta = LOOKBACK) -> MarketWindow:
    """Read a universe's price versions from `lookback` before `start` to `end`, its classifications and diligence.

    Five queries; one more when an asset had fallen silent before the window, and one when prices were put in before
    the first day of an asset.
    """
    first_read = start - lookback
    assets = list(Asset.objects.filter(simulated=simulated, kind=Asset.Kind.CRYPTO).order_by("id"))
    firsts, silent = _read_spans(simulated=simulated, first_read=first_read)
    classifications: dict[str, list[Classification]] = {}
    for classification in Classification.objects.filter(asset__simulated=simulated).order_by("asset_id", "valid_from"):
        classifications.setdefault(classification.asset_id, []).append(classification)
    return MarketWindow(
        start=start,
        end=end,
        assets=assets,
        first_days=firsts,
        classifications=classifications,
        diligence=_read_diligence(simulated=simulated),
        versions=read_versions(assets, first_read - ONE_DAY, end, earlier=silent),
    )


def _read_spans(*, simulated: bool, first_read: date) -> tuple[dict[str, FirstDays], dict[str, date]]:
    """Return the first days of each asset, and from which day on to read one that was silent before the window."""
    prices = DailyPrice.objects.filter(asset=OuterRef("pk"))
    before = prices.known_at(close_of(first_read)).filter(day__lt=first_read).order_by("-day").values("day")[:1]
    spans = Asset.objects.filter(simulated=simulated, kind=Asset.Kind.CRYPTO).values_list(
        "id",
        Subquery(prices.order_by("day", "recorded_at").values("day")[:1]),
        Subquery(prices.order_by("day", "recorded_at").values("recorded_at")[:1]),
        Subquery(before),
    )
    firsts: dict[str, FirstDays] = {}
    silent = {}
    late = []
    for asset_id, first, known, newest in spans:
        if first is None:
            continue
        firsts[asset_id] = [(first, known)]
        if known > close_of(first) + SOURCE_LAG:
            late.append(asset_id)
        # The day before the window is read for all: who had a price then was not silent.
        if first < first_read - ONE_DAY and newest != first_read - ONE_DAY:
            silent[asset_id] = newest or first
    return firsts | _read_late_firsts(late), silent


def _read_late_firsts(asset_ids: Sequence[str]) -> dict[str, FirstDays]:
    """Return the first days of assets to which earlier prices were put in afterwards: each as long as it was known."""
    found: dict[str, list[tuple[date, datetime]]] = {}
    if not asset_ids:
        return {}
    rows = DailyPrice.objects.filter(asset__in=asset_ids).order_by("day", "recorded_at")
    for asset_id, day, recorded_at in rows.values_list("asset_id", "day", "recorded_at"):
        firsts = found.setdefault(asset_id, [])
        if not firsts or recorded_at < firsts[-1][1]:
            firsts.append((day, recorded_at))
    return dict(found)


def _read_diligence(*, simulated: bool) -> dict[str, list[DueDiligence]]:
    found: dict[str, list[DueDiligence]] = {}
    for diligence in DueDiligence.objects.filter(asset__simulated=simulated).order_by("asset_id", "reviewed_on"):
        found.setdefault(diligence.asset_id, []).append(diligence)
    return found
