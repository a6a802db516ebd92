"""A universe's market during a window of nights, as the indices look at it; every answer is kept for the next index."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from indices.calc.inputs import Candidate
from indices.calc.signals import VALUES, Signal as SignalValue
from indices.models import Index, Signal
from indices.selectors.kinds import flags_of
from market import selectors as market
from market.models import AssetEvent

ZERO = Decimal(0)
SHORTEST_LOOKBACK = timedelta(days=120)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every asset as known at a cut-off, and the latest close in USD of each."""

    candidates: tuple[Candidate, ...]
    last_closes: Mapping[str, Decimal]


@dataclass(kw_only=True)
class MarketNights:
    """The market of the nights from first to end, read when first asked for; it reaches back over any cut-off."""

    simulated: bool
    first: date
    end: date
    lookback: timedelta = SHORTEST_LOOKBACK
    _snapshots: dict[tuple[date, datetime], Snapshot] = field(default_factory=dict)
    _last: dict[date, Mapping[str, market.LastClose]] = field(default_factory=dict)

    @cached_property
    def window(self) -> market.MarketWindow:
        """Return the prices of these nights and of the days before them that any rule looks back on."""
        return market.load_market_window(
            simulated=self.simulated, start=self.first, end=self.end, lookback=self.lookback
        )

    @cached_property
    def events(self) -> Mapping[date, Sequence[AssetEvent]]:
        """Return the approved events of these nights, and of the days that a waiting review reaches back, by day."""
        found: dict[date, list[AssetEvent]] = {}
        approved = AssetEvent.objects.filter(
            asset__simulated=self.simulated,
            status=AssetEvent.Status.APPROVED,
            effective_day__range=(self.first - self.lookback, self.end),
        )
        for event in approved.order_by("effective_day", "id"):
            found.setdefault(event.effective_day, []).append(event)
        return found

    def forget_events(self) -> None:
        """Have events read again: one may have been approved since."""
        self.__dict__.pop("events", None)

    @cached_property
    def signals(self) -> Sequence[Signal]:
        """Return what was recorded of this universe, in the order in which it was recorded."""
        universe = Index.Universe.of(simulated=self.simulated)
        return list(Signal.objects.filter(universe=universe).order_by("recorded_at", "id"))

    def closes(self, day: date) -> Mapping[str, Decimal]:
        """Return the closes of a day by asset id."""
        return self.window.closes(day)

    def last_closes(self, asset_ids: Collection[str], day: date) -> dict[str, market.LastClose]:
        """Return the latest closes on or before a day; 0 for what never had one: the child of a fork."""
        closes = self.window.closes(day)
        missing = [asset_id for asset_id in asset_ids if asset_id not in closes]
        if missing and day not in self._last:
            self._last[day] = self.window.last_closes(day)
        unpriced = market.LastClose(day, ZERO)
        return {
            a: market.LastClose(day, closes[a]) if a in closes else self._last[day].get(a, unpriced) for a in asset_ids
        }

    def closes_known(self, asset_ids: Collection[str], day: date, known_at: datetime) -> dict[str, Decimal]:
        """Return the latest closes on or before a day as they were known at an instant; 0 for what never had one."""
        closes = self.window.known_closes(day, known_at)
        if any(asset_id not in closes for asset_id in asset_ids):
            closes = {**self.snapshot(day, known_at).last_closes, **closes}
        return {asset_id: closes.get(asset_id, ZERO) for asset_id in asset_ids}

    def close_matrix(
        self, asset_ids: Collection[str], day: date, *, days: int, known_at: datetime
    ) -> NDArray[np.float64]:
        """Return closes as known at an instant, shape (days, assets), the last row being of `day`; NaN where none."""
        return self.window.close_matrix(asset_ids, day, days=days, known_at=known_at)

    def recorded_signals(
        self, asset_id: str | None, day: date, *, days: int, known_at: datetime
    ) -> NDArray[np.float64]:
        """Return recorded signals of an asset, or of the market, shape (days,): 1, 0, -1, NaN where none was given."""
        path = np.full(days, np.nan)
        for signal in self.signals:
            place = days - 1 - (day - signal.day).days
            if signal.asset_id == asset_id and signal.recorded_at <= known_at and 0 <= place < days:
                path[place] = VALUES[SignalValue(signal.value)]
        return path

    def snapshot(self, day: date, known_at: datetime) -> Snapshot:
        """Return every asset as it was known at an instant, on one day."""
        key = (day, known_at)
        if key not in self._snapshots:
            rows = self.window.snapshot(day, known_at)
            self._snapshots[key] = Snapshot(
                tuple(_candidate(row) for row in rows), {row.asset_id: row.last_close for row in rows}
            )
        return self._snapshots[key]


def _candidate(row: market.SnapshotRow) -> Candidate:
    classified = row.classification
    return Candidate(
        asset_id=row.asset_id,
        sector=classified.sector if classified else None,
        token_type=classified.token_type if classified else None,
        jurisdiction=classified.jurisdiction if classified else "",
        flags=flags_of(classified) if classified else frozenset(),
        admitted=classified.is_eligible if classified else False,
        close=row.close,
        market_cap=row.market_cap,
        median_volume=row.median_volume,
        recent_volume=row.recent_volume,
        age_days=row.age_days,
        last_priced_day=row.last_priced_day,
        diligence=row.diligence,
    )
