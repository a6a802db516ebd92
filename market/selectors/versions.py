"""Versions of daily prices as parallel columns: read as the database keeps them, made into decimals when asked for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from market.models import Asset, DailyPrice
from market.money import AsStored, amount_of, float_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NEVER = np.iinfo(np.int64).max


class Amounts:
    """A column of exact amounts that come out of the database's text one by one, as few are ever looked at."""

    def __init__(self, stored: Sequence[str | Decimal | None]) -> None:
        """Take the column as it is stored."""
        self._stored = list(stored)

    def __getitem__(self, row: int) -> Decimal:
        value = self._stored[row]
        if isinstance(value, Decimal):
            return value
        if value is None:
            raise KeyError(row)
        exact = self._stored[row] = amount_of(value)
        return exact

    def get(self, row: int) -> Decimal | None:
        """Return an amount, or None where there is none."""
        return None if self._stored[row] is None else self[row]

    def floats(self) -> NDArray[np.float64]:
        """Return the floats nearest to the amounts, for statistics; NaN where there is none."""
        return np.array([float_of(value) for value in self._stored], dtype=np.float64)


class DayCloses(Mapping[str, Decimal]):
    """The closes in USD of one day by asset id."""

    def __init__(self, amounts: Amounts, rows: Mapping[str, int]) -> None:
        """Take the column of closes, and each asset's row in it."""
        self._amounts = amounts
        self._rows = rows

    def __getitem__(self, asset_id: str) -> Decimal:
        return self._amounts[self._rows[asset_id]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, asset_id: object) -> bool:
        return asset_id in self._rows


@dataclass(frozen=True)
class Versions:
    """Price versions sorted by day, as parallel columns: instants in microseconds since 1970.

    `asset` are places in `asset_ids`; a superseded instant of NEVER is a version in force.
    """

    asset_ids: Sequence[str]
    asset: NDArray[np.intp]
    day: NDArray[np.int64]
    recorded: NDArray[np.int64]
    superseded: NDArray[np.int64]
    close: Amounts
    market_cap: Amounts
    stored_volume: Amounts

    @cached_property
    def close_figures(self) -> NDArray[np.float64]:
        """Return the closes as floats, for statistics."""
        return self.close.floats()

    @cached_property
    def volume(self) -> NDArray[np.float64]:
        """Return the values traded in USD as floats, NaN where unknown."""
        return self.stored_volume.floats()

    def rows(self, first: date, last: date) -> tuple[int, int]:
        """Return where the rows of days from first to last begin, and where they have ended."""
        start = int(self.day.searchsorted(first.toordinal(), side="left"))
        return start, int(self.day.searchsorted(last.toordinal(), side="right"))

    def known(self, first: date, last: date, known_at: datetime) -> NDArray[np.intp]:
        """Return the rows of days from first to last that were in force at an instant, in order of days."""
        start, stop = self.rows(first, last)
        instant = microseconds(known_at)
        is_known = (self.recorded[start:stop] <= instant) & (self.superseded[start:stop] > instant)
        return np.flatnonzero(is_known) + start

    def latest(self, recent: NDArray[np.intp], day: date, known_at: datetime) -> NDArray[np.intp]:
        """Return the row of each asset's latest day up to a day that was in force at an instant, -1 where none was.

        `recent` are the rows of the last days that were; older ones are looked at only of assets not among them.
        """
        found = np.full(len(self.asset_ids), -1, dtype=np.intp)
        found[self.asset[recent]] = recent  # sorted by day: the last assignment is the latest day
        _, stop = self.rows(day, day)
        instant = microseconds(known_at)
        for place in np.flatnonzero(found < 0).tolist():
            rows = self._rows_of[place]
            rows = rows[: rows.searchsorted(stop)]
            known = rows[(self.recorded[rows] <= instant) & (self.superseded[rows] > instant)]
            found[place] = known[-1] if known.size else -1
        return found

    @cached_property
    def _rows_of(self) -> list[NDArray[np.intp]]:
        """Return the rows of each asset, in order of days."""
        by_asset = np.argsort(self.asset, kind="stable")
        starts = self.asset[by_asset].searchsorted(np.arange(1, len(self.asset_ids)))
        return np.split(by_asset, starts)

    def current(self, first: date, last: date) -> NDArray[np.intp]:
        """Return the rows of days from first to last that are in force, in order of days."""
        start, stop = self.rows(first, last)
        return np.flatnonzero(self.superseded[start:stop] == NEVER) + start

    def closes(self, rows: NDArray[np.intp]) -> DayCloses:
        """Return the closes of rows of one day."""
        ids = self.asset_ids
        return DayCloses(
            self.close, {ids[place]: row for place, row in zip(self.asset[rows].tolist(), rows.tolist(), strict=True)}
        )


def read_versions(assets: Sequence[Asset], first: date, last: date, *, earlier: Mapping[str, date]) -> Versions:
    """Read every price version of some assets from one day to another, in one query.

    A second one reads those of assets that were silent before: `earlier` has the day from which on, by asset id.
    """
    place = {asset.id: index for index, asset in enumerate(assets)}
    rows = _rows(DailyPrice.objects.filter(asset__in=place, day__range=(first, last)))
    if earlier:
        since = DailyPrice.objects.filter(asset__in=earlier, day__gte=min(earlier.values()), day__lt=first)
        rows = [*_rows(since), *rows]
    asset, day, recorded, superseded, close, market_cap, volume = zip(*rows, strict=True) if rows else ((),) * 7
    return Versions(
        asset_ids=[each.id for each in assets],
        asset=np.array([place[asset_id] for asset_id in asset], dtype=np.intp),
        day=_numbers(day, _ordinal),
        recorded=_numbers(recorded, _instant),
        superseded=_numbers(superseded, _instant),
        close=Amounts(close),
        market_cap=Amounts(market_cap),
        stored_volume=Amounts(volume),
    )


def _rows(prices: QuerySet[DailyPrice]) -> list[tuple[Any, ...]]:
    columns = ("day", "recorded_at", "superseded_at", "close", "market_cap", "volume")
    ordered = prices.order_by("day", "recorded_at")
    return list(ordered.values_list("asset_id", *(AsStored(column) for column in columns)))


def microseconds(instant: datetime) -> int:
    """Return whole microseconds since 1970."""
    return (instant - EPOCH) // MICROSECOND


def _numbers(stored: Sequence[object], read: Callable[[Any], int]) -> NDArray[np.int64]:
    """Turn a column into numbers; each of its few different values is read once."""
    known = {value: read(value) for value in set(stored)}
    return np.fromiter(map(known.__getitem__, stored), dtype=np.int64, count=len(stored))


def _ordinal(stored: str | date) -> int:
    return (date.fromisoformat(stored) if isinstance(stored, str) else stored).toordinal()


def _instant(stored: str | datetime | None) -> int:
    if stored is None:
        return NEVER
    # SQLite's text is UTC by Django's contract, and does not say so.
    return microseconds(datetime.fromisoformat(stored).replace(tzinfo=UTC) if isinstance(stored, str) else stored)
