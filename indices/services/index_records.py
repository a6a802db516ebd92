"""The night's record of each index: what the pages show, worked out once and stored as one row."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from indices.calc.records import Tier, annual_turnover, cap_tier, pairwise_correlations
from indices.calc.safety import (
    Item,
    completeness,
    concentration,
    data_coverage,
    liquidity,
    live_record,
    sector_exposure,
)
from indices.calc.statistics import drawdowns, performance_statistics, window_returns
from indices.models import Index, IndexRecord
from indices.selectors.record_inputs import (
    HeldAssets,
    RecordInputs,
    find_outdated,
    read_record_inputs,
    read_returns,
)

SPARK_DAYS = 90
SPARK_POINTS = 45
UNKNOWN = "unknown"


def refresh_records(*, at: datetime) -> int:
    """Describe every published index whose levels or baskets have changed since its record; return how many."""
    return sum(write_records(indices=find_outdated(universe=universe), at=at) for universe in Index.Universe)


@transaction.atomic
def write_records(*, indices: Collection[Index], at: datetime) -> int:
    """Describe indices of one universe up to their newest levels; return how many, those without a level left out.

    A second time writes the same figures.
    """
    inputs = read_record_inputs(indices) if indices else []
    if not inputs:
        return 0
    end = max(each.levels.days[-1] for each in inputs)
    slugs, returns = read_returns(universe=inputs[0].index.universe, end=end)
    alike = dict(zip(slugs, pairwise_correlations(returns), strict=True))
    records = [
        IndexRecord(
            index=each.index,
            day=each.levels.days[-1],
            computed_at=at,
            figures=describe_index(each)
            | {"correlations": _correlations(each.index.slug, slugs, alike.get(each.index.slug))},
        )
        for each in inputs
    ]
    IndexRecord.objects.bulk_create(
        records, update_conflicts=True, unique_fields=["index"], update_fields=["day", "computed_at", "figures"]
    )
    return len(records)


def describe_index(inputs: RecordInputs) -> dict[str, Any]:
    """Return the figures of an index as JSON, its likeness to others aside.

    `level` and `net` are exact, as text; all else is float64, days are ISO.
    """
    levels = inputs.levels
    last = levels.days[-1]
    is_known, has_net = np.isfinite(levels.gross), np.isfinite(levels.net)
    days, gross = _days_where(levels.days, is_known), levels.gross[is_known]
    returns = window_returns(days, gross, as_of=last)
    # Levels of before there was a net one: a window could begin with them.
    all_net = bool((is_known == has_net).all())
    return {
        "versions": list(inputs.versions),
        "level": _exact(levels.newest_gross),
        "net": _exact(levels.newest_net),
        "status": levels.status,
        "inception": levels.days[0].isoformat(),
        "returns": returns,
        "net_returns": window_returns(days, levels.net[is_known], as_of=last) if all_net else dict.fromkeys(returns),
        **_risk(days, gross),
        "spark": _spark(levels.gross),
        "turnover": annual_turnover([float(each) for each in inputs.turnovers], (last - levels.days[0]).days),
        "rebalances": len(inputs.turnovers),
        "cost": float(1 - levels.net[is_known][-1] / gross[-1]) if has_net[is_known][-1:].any() else None,
        "sectors": _mix(inputs.held, _sectors_of),
        "tiers": _mix(inputs.held, _tiers_of),
        "safety": [item.to_json() for item in _safety(inputs)],
    }


def _exact(level: Decimal | None) -> str | None:
    return None if level is None else f"{level.normalize():f}"


def _days_where(days: Sequence[date], is_known: NDArray[np.bool_]) -> list[date]:
    return [day for day, known in zip(days, is_known.tolist(), strict=True) if known]


def _risk(days: Sequence[date], levels: NDArray[np.float64]) -> dict[str, Any]:
    """Return volatility and drawdowns since inception, the worst one with its days; losses positive."""
    told = performance_statistics(levels) if levels.size > 1 else None
    has_fallen = told is not None and told.max_drawdown < 0
    recovery = told.recovery if told and has_fallen else None
    return {
        "volatility": told.volatility if told else None,
        "drawdown": abs(float(drawdowns(levels)[-1])) if levels.size else None,
        "worst_drawdown": abs(told.max_drawdown) if told else None,
        "worst_peak": days[told.peak].isoformat() if told and has_fallen else None,
        "worst_trough": days[told.trough].isoformat() if told and has_fallen else None,
        "worst_recovery": None if recovery is None else days[recovery].isoformat(),
    }


def _spark(levels: NDArray[np.float64]) -> list[float | None]:
    values = [None if np.isnan(level) else float(level) for level in levels[-SPARK_DAYS:]]
    step = max(1, len(values) // SPARK_POINTS)
    return values[::-step][::-1]


def _mix(held: HeldAssets | None, groups_of: Callable[[HeldAssets], Sequence[str]]) -> list[tuple[str, float]]:
    """Return the weight of each group, heaviest first."""
    if held is None:
        return []
    sums: dict[str, float] = {}
    for group, weight in zip(groups_of(held), held.weights.tolist(), strict=True):
        sums[group] = sums.get(group, 0.0) + weight
    return sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))


def _sectors_of(held: HeldAssets) -> list[str]:
    return [sector or UNKNOWN for sector in held.sectors]


def _tiers_of(held: HeldAssets) -> list[Tier]:
    return [cap_tier(market_cap) for market_cap in held.market_caps.tolist()]


def _safety(inputs: RecordInputs) -> list[Item]:
    items = [completeness(inputs.rules)] if inputs.rules else []
    held = inputs.held
    if held is not None:
        admitted = inputs.rules.sectors if inputs.rules else ()
        items += [
            *concentration(held.names, held.weights),
            *liquidity(held.names, held.weights, held.volumes),
            sector_exposure(held.weights, held.sectors, admitted=admitted),
            *data_coverage(held.names, held.weights, held.closes),
        ]
    days = inputs.levels.days
    return [*items, live_record(inputs.index.live_since, first=days[0], day=days[-1])]


def _correlations(own: str, slugs: Sequence[str], row: NDArray[np.float64] | None) -> Mapping[str, float | None]:
    if row is None:
        return {}
    pairs = zip(slugs, row.tolist(), strict=True)
    return {slug: None if np.isnan(value) else value for slug, value in pairs if slug != own}
