"""A universe's market during a window of nights, as the indices look at it; every answer is kept for the next index."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from indices.calc.composition import Candidate
from market import selectors as market
from market.models import Classification


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every asset as known at a cut-off, and a digest of exactly that knowledge."""

    candidates: tuple[Candidate, ...]
    digest: str

    def close_of(self, asset_id: str) -> Decimal:
        """Return the close of the cut-off day of an asset that passed the screens."""
        return next(c.close for c in self.candidates if c.asset_id == asset_id and c.close is not None)


@dataclass(kw_only=True)
class MarketNights:
    """The market of the nights from first to end, read when first asked for; it reaches back over any cut-off."""

    simulated: bool
    first: date
    end: date
    _snapshots: dict[tuple[date, datetime], Snapshot] = field(default_factory=dict)
    _last: dict[date, Mapping[str, market.LastClose]] = field(default_factory=dict)

    @cached_property
    def window(self) -> market.MarketWindow:
        """Return the prices of these nights and of the 120 days before."""
        return market.load_market_window(simulated=self.simulated, start=self.first, end=self.end)

    def closes(self, day: date) -> Mapping[str, Decimal]:
        """Return the closes of a day by asset id."""
        return self.window.closes(day)

    def last_closes(self, asset_ids: tuple[str, ...], day: date) -> dict[str, market.LastClose]:
        """Return the latest closes on or before a day of assets that each had one."""
        closes = self.window.closes(day)
        missing = [asset_id for asset_id in asset_ids if asset_id not in closes]
        if missing and day not in self._last:
            self._last[day] = self.window.last_closes(day)
        return {a: market.LastClose(day, closes[a]) if a in closes else self._last[day][a] for a in asset_ids}

    def snapshot(self, day: date, known_at: datetime) -> Snapshot:
        """Return every asset as it was known at an instant, on one day."""
        key = (day, known_at)
        if key not in self._snapshots:
            candidates = tuple(_candidate(row) for row in self.window.snapshot(day, known_at))
            self._snapshots[key] = Snapshot(candidates, _digest(candidates))
        return self._snapshots[key]


def _candidate(row: market.SnapshotRow) -> Candidate:
    classified = row.classification
    return Candidate(
        asset_id=row.asset_id,
        sector=classified.sector if classified else None,
        flags=_flags(classified) if classified else frozenset(),
        admitted=classified.is_eligible if classified else False,
        close=row.close,
        market_cap=row.market_cap,
        median_volume=row.median_volume,
        age_days=row.age_days,
        last_priced_day=row.last_priced_day,
    )


def _flags(classified: Classification) -> frozenset[str]:
    """Return what the asset is in the words of `indices.calc.rules.EXCLUSIONS`."""
    sectors, types = Classification.Sector, Classification.TokenType
    signs = {
        "stable": classified.is_stable
        or classified.sector == sectors.STABLECOIN
        or classified.token_type == types.STABLECOIN,
        "wrapped": classified.is_wrapped or classified.sector == sectors.WRAPPED,
        "pegged": classified.is_pegged,
        "security": classified.token_type == types.SECURITY,
        "exchange": classified.sector == sectors.EXCHANGE,
        "meme": classified.sector == sectors.MEMECOIN,
        "privacy": classified.sector == sectors.PRIVACY,
    }
    return frozenset(flag for flag, is_set in signs.items() if is_set)


def _digest(candidates: tuple[Candidate, ...]) -> str:
    """Return the SHA-256 of the candidates as canonical JSON."""
    rows = [
        [
            c.asset_id,
            c.sector,
            sorted(c.flags),
            c.admitted,
            _plain(c.close),
            _plain(c.market_cap),
            None if c.median_volume is None else repr(c.median_volume),
            c.age_days,
            c.last_priced_day.isoformat(),
        ]
        for c in candidates
    ]
    return hashlib.sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()


def _plain(number: Decimal | None) -> str | None:
    """Write a number so that equal ones look equal, whatever database they come from."""
    return None if number is None else f"{number.normalize():f}"
