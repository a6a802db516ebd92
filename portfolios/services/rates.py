"""What a unit of an asset was worth in USD on a day: closes, looked up once and carried over a gap of two days."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from market import selectors as market

CARRY_DAYS = 2


class Rates:
    """Closes in USD by asset and day, as they are known at one instant; each is asked for once.

    A day that has not closed takes the last closed one. None is unknown: never 1, and never 0.
    """

    def __init__(self, *, now: datetime) -> None:
        self.last_closed = now.astimezone(UTC).date() - timedelta(days=1)
        self._known: dict[tuple[str, date], Decimal | None] = {}

    def day_of(self, at: datetime) -> date:
        """Return the day whose close counts for an instant."""
        return min(at.astimezone(UTC).date(), self.last_closed)

    def usd(self, asset_id: str, at: datetime) -> Decimal | None:
        """Return USD for one unit at an instant; the US dollar is 1 by definition."""
        if asset_id == market.USD:
            return Decimal(1)
        key = (asset_id, self.day_of(at))
        if key not in self._known:
            last = market.get_last_closes(asset_ids=[asset_id], day=key[1]).get(asset_id)
            is_near = last is not None and (key[1] - last.day).days <= CARRY_DAYS
            self._known[key] = last.close if last is not None and is_near else None
        return self._known[key]

    def preload(self, wanted: Collection[tuple[str, datetime]]) -> None:
        """Look up many assets and instants in one query, so that `usd` needs none for them."""
        keys = {(asset_id, self.day_of(at)) for asset_id, at in wanted if asset_id != market.USD} - set(self._known)
        if not keys:
            return
        days = [day for _, day in keys]
        closes = market.get_closes(
            asset_ids={asset_id for asset_id, _ in keys}, start=min(days) - timedelta(days=CARRY_DAYS), end=max(days)
        )
        for asset_id, day in keys:
            last_days = (day - timedelta(days=back) for back in range(CARRY_DAYS + 1))
            found = (closes.get(one, {}).get(asset_id) for one in last_days)
            self._known[asset_id, day] = next((close for close in found if close is not None), None)
