"""How indices have done: one row an index for the catalogue, series and comparisons for its factsheet.

Crossing to float64: statistics and charts are for reading; exact levels come from `baskets`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.core.cache import cache
from django.db.models import Max
from numpy.typing import NDArray

from indices.calc.statistics import drawdowns, performance_statistics, window_returns
from indices.models import Index, Level
from indices.selectors.baskets import LevelPoint, get_level_series
from market import selectors as market
from market.models import Asset

WINDOWS = ("1D", "7D", "1M", "3M", "YTD", "1Y", "SI")
SPARK_DAYS = 90
SPARK_POINTS = 45
REMEMBERED = timedelta(days=2)
BENCHMARKS = {
    Index.Universe.REAL: ("bitcoin", "ethereum"),
    Index.Universe.SIMULATED: ("sim-aurum", "sim-meridian"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """How an index has done up to its last day. Fractions of 1; losses positive; None is unknown.

    `level` and `status` are those of `as_of`, the last day with a level, suspended or not. `returns` by window end at
    the last day that has a number; volatility (a year) and drawdown are since inception.
    """

    as_of: date | None = None
    inception: date | None = None
    level: Decimal | None = None
    status: str = ""
    returns: dict[str, float | None]
    volatility: float | None = None
    drawdown: float | None = None
    worst_drawdown: float | None = None
    spark: Sequence[float | None] = ()


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """An index and its record."""

    index: Index
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """An index beside its benchmarks, rebased to 100 at inception, as charts and a table of returns by window.

    `level_chart` and `drawdown_chart` have the shape that docs/design-system.md gives for line charts.
    """

    level_chart: dict[str, Any]
    drawdown_chart: dict[str, Any]
    returns: Sequence[tuple[str, Sequence[float | None]]]


def get_catalogue(indices: Collection[Index]) -> list[CatalogueRow]:
    """Return each index with its record: two queries and the cache, however many indices there are.

    A record is kept under the newest row of its levels, so a new version makes a new record.
    """
    newest = Level.objects.filter(index__in=indices).order_by().values_list("index").annotate(newest=Max("id"))
    keys = {index_id: f"index-record:{index_id}:{level_id}" for index_id, level_id in newest}
    found: dict[str, Record] = cache.get_many(keys.values())
    missing = [index_id for index_id, key in keys.items() if key not in found]
    points: dict[int, list[LevelPoint]] = {index_id: [] for index_id in missing}
    if missing:
        levels = Level.objects.current().filter(index__in=missing).order_by("index", "day")
        for index_id, day, gross, status in levels.values_list("index", "day", "gross", "status"):
            points[index_id].append(LevelPoint(day, gross, status))
        made = {keys[index_id]: make_record(series) for index_id, series in points.items()}
        cache.set_many(made, timeout=int(REMEMBERED.total_seconds()))
        found |= made
    return [CatalogueRow(index, found.get(keys.get(index.pk, ""), _nothing())) for index in indices]


def make_record(series: Sequence[LevelPoint]) -> Record:
    """Describe a series of one level or more; suspended days have no number and are left out of the statistics."""
    days, levels = _numbers(series)
    spark = [None if point.gross is None else float(point.gross) for point in series[-SPARK_DAYS:]]
    step = max(1, len(spark) // SPARK_POINTS)
    told = performance_statistics(levels) if levels.size > 1 else None
    return Record(
        as_of=series[-1].day,
        inception=series[0].day,
        level=series[-1].gross,
        status=series[-1].status,
        returns=window_returns(days, levels, as_of=series[-1].day),
        volatility=told.volatility if told else None,
        drawdown=abs(float(drawdowns(levels)[-1])),
        worst_drawdown=abs(told.max_drawdown) if told else None,
        spark=spark[::-step][::-1],
    )


def get_comparison(*, index: Index) -> Comparison | None:
    """Return an index beside the two largest assets of its universe; None before its first level."""
    series = get_level_series(index=index)
    if not series:
        return None
    days = [point.day for point in series]
    own = np.array([np.nan if point.gross is None else float(point.gross) for point in series])
    own = own / own[0] * 100
    assets = Asset.objects.in_bulk(BENCHMARKS[Index.Universe(index.universe)])
    closes = market.get_close_frame(asset_ids=list(assets), start=days[0], end=days[-1]).ffill()
    others = {assets[asset_id].symbol: _rebased(closes[asset_id].to_numpy(), own) for asset_id in closes}
    lines = {index.name: own, **others}
    dates = [day.isoformat() for day in days]
    return Comparison(
        level_chart=_chart(dates, lines, "level"),
        drawdown_chart={
            "dates": dates,
            "series": [{"name": index.name, "values": _plain(_falls(own)), "role": "loss"}],
            "unit": "percent",
        },
        returns=[(name, _returns(days, values)) for name, values in lines.items()],
    )


def _chart(dates: list[str], lines: dict[str, NDArray[np.float64]], unit: str) -> dict[str, Any]:
    names = list(lines)
    roles = {name: "main" if name == names[0] else "benchmark" for name in names}
    series = [{"name": name, "values": _plain(values), "role": roles[name]} for name, values in lines.items()]
    return {"dates": dates, "series": series, "unit": unit}


def _returns(days: Sequence[date], values: NDArray[np.float64]) -> list[float | None]:
    known = np.isfinite(values)
    told = window_returns(
        [day for day, is_known in zip(days, known, strict=True) if is_known], values[known], as_of=days[-1]
    )
    return [told[window] for window in WINDOWS]


def _rebased(closes: NDArray[np.float64], own: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lay a benchmark onto the index at the first day that both have."""
    common = np.flatnonzero(np.isfinite(closes) & np.isfinite(own))
    if not common.size:
        return np.full(closes.size, np.nan)
    rebased: NDArray[np.float64] = closes / closes[common[0]] * own[common[0]]
    return rebased


def _falls(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each day's fall from the highest level so far; NaN where there is no level."""
    falls = np.full(levels.size, np.nan)
    known = np.isfinite(levels)
    falls[known] = drawdowns(levels[known])
    return falls


def _numbers(series: Sequence[LevelPoint]) -> tuple[list[date], NDArray[np.float64]]:
    known = [(point.day, float(point.gross)) for point in series if point.gross is not None]
    return [day for day, _ in known], np.array([level for _, level in known])


def _plain(values: NDArray[np.float64]) -> list[float | None]:
    return [round(float(value), 6) if np.isfinite(value) else None for value in values]


def _nothing() -> Record:
    return Record(returns=dict.fromkeys(WINDOWS))
