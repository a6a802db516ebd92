"""What the night reads of the market: closes carried forward day by day, and the trailing daily returns.

Here prices cross into float64: `Returns` are arrays for `analytics.calc`, `Prices` stay Decimal.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from analytics.selectors.ledger import day_range
from market.calc.returns import DAYS_PER_YEAR, simple_returns
from market.models import MAIN_ASSETS, Asset
from market.selectors import USD, get_close_frame, get_closes, get_last_closes

Floats = NDArray[np.float64]

BITCOIN, SIMULATED_BITCOIN = MAIN_ASSETS[False][0], MAIN_ASSETS[True][0]


@dataclass(frozen=True, slots=True)
class Prices:
    """Closes in USD with the last one carried forward.

    `known[day][asset]` is the latest close on or before a day; `fresh[day]` are the assets that have one of
    that very day. An asset that never had a price by then is in neither: unknown, not 0.
    """

    known: dict[date, dict[str, Decimal]]
    fresh: dict[date, Collection[str]]


def read_prices(*, asset_ids: Collection[str], start: date, end: date) -> Prices:
    """Read the prices of a window, and of the day before it."""
    before = start - timedelta(days=1)
    closes = get_closes(asset_ids=asset_ids, start=start, end=end)
    known = {asset_id: last.close for asset_id, last in get_last_closes(asset_ids=asset_ids, day=before).items()}
    prices = Prices(known={before: known}, fresh={})
    for day in day_range(start, end):
        today = closes.get(day, {})
        known = {**known, **today}
        prices.known[day] = known
        prices.fresh[day] = today.keys()
    return prices


@dataclass(slots=True)
class Trailing:
    """The returns of the year that ends with one day.

    `returns` has shape (365, assets), simple returns per UTC day, NaN where a close is missing; `whole` tells
    which assets have all of them.
    """

    columns: dict[str, int]
    returns: Floats
    whole: NDArray[np.bool_]
    _digests: dict[str, str] = field(default_factory=dict)

    def column(self, asset_id: str | None) -> Floats | None:
        """Return one asset's returns; None for none."""
        return None if asset_id is None else self.returns[:, self.columns[asset_id]]

    def digest(self, asset_id: str) -> str:
        """Return the hash of an asset's returns, which stands for them in the hash of a report's inputs."""
        if asset_id not in self._digests:
            column = np.ascontiguousarray(self.returns[:, self.columns[asset_id]])
            self._digests[asset_id] = sha256(column.tobytes()).hexdigest()[:16]
        return self._digests[asset_id]


@dataclass(frozen=True, slots=True)
class Returns:
    """Daily returns of a window and of the year before it, shape (days, assets); see `Trailing`."""

    start: date
    end: date
    columns: dict[str, int]
    simulated: frozenset[str]
    values: Floats

    def covers(self, asset_ids: Collection[str], start: date, end: date) -> bool:
        """Tell whether these are the returns of just this window, with these assets among others."""
        return (start, end) == (self.start, self.end) and self.columns.keys() >= set(asset_ids)

    def trailing(self, day: date) -> Trailing:
        """Return the year that ends with a day of the window."""
        first = (day - self.start).days
        returns = self.values[first : first + DAYS_PER_YEAR]
        return Trailing(self.columns, returns, np.logical_and.reduce(np.isfinite(returns), axis=0))

    def benchmark(self, asset_ids: Collection[str]) -> str | None:
        """Return the Bitcoin of the market that these assets belong to; None when it is not there."""
        crypto = [asset_id for asset_id in asset_ids if asset_id != USD]
        wanted = SIMULATED_BITCOIN if crypto and self.simulated.issuperset(crypto) else BITCOIN
        return wanted if wanted in self.columns else None


def read_returns(*, asset_ids: Collection[str], start: date, end: date) -> Returns:
    """Read the returns of a window and of the year before it, for assets and for both Bitcoins."""
    wanted = set(asset_ids) | {BITCOIN, SIMULATED_BITCOIN}
    kinds = dict(Asset.objects.filter(id__in=wanted).values_list("id", "simulated"))
    first = start - timedelta(days=DAYS_PER_YEAR)
    frame = get_close_frame(asset_ids=kinds.keys(), start=first, end=end)
    return Returns(
        start=start,
        end=end,
        columns={asset_id: place for place, asset_id in enumerate(frame.columns)},
        simulated=frozenset(asset_id for asset_id, simulated in kinds.items() if simulated),
        values=simple_returns(frame.to_numpy()),
    )
