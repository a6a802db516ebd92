"""An index beside its benchmarks: the charts of its factsheet and a table of returns.

Crossing to float64: charts are for reading; exact levels come from `baskets`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indices.calc.statistics import drawdowns, window_returns
from indices.models import Index, Level
from indices.selectors.records import WINDOWS
from market import selectors as market
from market.models import Asset
from market.money import AsStored, float_of

BASE = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """An index beside its benchmarks, rebased to 100 at inception, as charts and a table of returns by window.

    `level_chart` and `drawdown_chart` have the shape that docs/design-system.md gives for line charts. `returns` has
    for each window of `WINDOWS` a change a series, in the order of `names`.
    """

    level_chart: dict[str, Any]
    drawdown_chart: dict[str, Any]
    names: Sequence[str]
    returns: Sequence[tuple[str, Sequence[float | None]]]


def get_comparison(*, index: Index, end: date | None = None) -> Comparison | None:
    """Return an index, gross and net, beside the two largest assets of its universe; None before its first level.

    Three queries. The net line is left out where no net level is known.
    """
    levels = Level.objects.current().filter(index=index).order_by("day")
    if end is not None:
        levels = levels.filter(day__lte=end)
    rows = list(levels.values_list("day", AsStored("gross"), AsStored("net")))
    if not rows:
        return None
    days = [day for day, _, _ in rows]
    gross = np.array([float_of(stored) for _, stored, _ in rows])
    net = np.array([float_of(stored) for _, _, stored in rows])
    own = gross / gross[np.isfinite(gross)][0] * BASE
    benchmarks = _benchmarks(index, days, own)
    lines = {index.name: own, **benchmarks}
    columns = {"Gross": gross, **benchmarks}
    if np.isfinite(net).any():
        lines["Net"] = net / gross * own
        columns = {"Gross": gross, "Net": net, **benchmarks}
    dates = [day.isoformat() for day in days]
    falls = {"name": index.name, "values": _plain(_falls(gross)), "role": "loss"}
    told = [_returns(days, values) for values in columns.values()]
    return Comparison(
        level_chart=_chart(dates, lines),
        drawdown_chart={"dates": dates, "series": [falls], "unit": "percent"},
        names=list(columns),
        returns=[(window, [each[window] for each in told]) for window in WINDOWS],
    )


def _benchmarks(index: Index, days: Sequence[date], own: NDArray[np.float64]) -> Mapping[str, NDArray[np.float64]]:
    """Lay each benchmark onto the index at the first day that both have."""
    assets = Asset.objects.in_bulk(index.main_assets)
    closes = market.get_close_frame(asset_ids=list(assets), start=days[0], end=days[-1]).ffill()
    places = [(day - days[0]).days for day in days]
    return {
        assets[asset_id].symbol: _rebased(closes[asset_id].to_numpy()[places], own)
        for asset_id in index.main_assets
        if asset_id in assets
    }


def _rebased(closes: NDArray[np.float64], own: NDArray[np.float64]) -> NDArray[np.float64]:
    common = np.flatnonzero(np.isfinite(closes) & np.isfinite(own))
    if not common.size:
        return np.full(closes.size, np.nan)
    rebased: NDArray[np.float64] = closes / closes[common[0]] * own[common[0]]
    return rebased


def _chart(dates: list[str], lines: Mapping[str, NDArray[np.float64]]) -> dict[str, Any]:
    series = [
        {"name": name, "values": _plain(values), "role": "benchmark" if place else "main"}
        for place, (name, values) in enumerate(lines.items())
    ]
    return {"dates": dates, "series": series, "unit": "level"}


def _returns(days: Sequence[date], values: NDArray[np.float64]) -> dict[str, float | None]:
    known = np.isfinite(values)
    of_known = [day for day, is_known in zip(days, known.tolist(), strict=True) if is_known]
    return window_returns(of_known, values[known], as_of=days[-1])


def _falls(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each day's fall from the highest level so far; a suspended day has none."""
    known = np.isfinite(levels)
    falls = np.full(levels.size, np.nan)
    falls[known] = drawdowns(levels[known])
    return falls


def _plain(values: NDArray[np.float64]) -> list[float | None]:
    return [round(float(value), 4) if np.isfinite(value) else None for value in values]
