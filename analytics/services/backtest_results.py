"""What a replay came to, as JSON for its page: floats and labels; exact levels stay with the engine."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from indices.calc.statistics import PerformanceStatistics
from indices.models import Index
from indices.services.backtests import Comparison, ReplayedBasket, ReplayFigures, ReplayOutcome

PUBLISHED = Decimal("0.0001")


def result_of(
    index: Index, outcome: ReplayOutcome, comparison: Comparison, *, is_reconstructed: bool
) -> dict[str, Any]:
    """Return a replay as JSON: a level a day, baskets without their weights, and the weights of the last compared."""
    levels = outcome.levels
    last = levels[-1] if levels else None
    return {
        "is_reconstructed": is_reconstructed,
        "is_simulated": index.is_simulated,
        "reviews": outcome.reviews,
        "rebalances": len(outcome.baskets),
        "problems": list(outcome.problems),
        "level": _published(last.gross if last else None),
        "net_level": _published(last.net if last else None),
        "figures": _figures(outcome.figures) if outcome.figures else None,
        "series": {
            "first_day": levels[0].day.isoformat() if levels else None,
            "gross": [_drawn(level.gross) for level in levels],
            "net": [_drawn(level.net) for level in levels],
            "market": _market(index, outcome),
            "market_asset": index.main_assets[0],
        },
        "baskets": [_basket(basket) for basket in outcome.baskets],
        "comparison": {
            "day": comparison.day.isoformat() if comparison.day else None,
            "words": comparison.words,
            "differences": [
                [each.asset_id, float(each.weight), float(each.in_force)] for each in comparison.differences
            ],
        },
    }


def _published(level: Decimal | None) -> str | None:
    """Return a level as it is published, with 4 decimals rounded half to even."""
    return None if level is None else f"{level.quantize(PUBLISHED)}"


def _drawn(level: Decimal | None) -> float | None:
    return None if level is None else round(float(level), 2)


def _market(index: Index, outcome: ReplayOutcome) -> list[float | None]:
    """Return the market's main asset rebased to the index's base at its first close on these days."""
    closes = outcome.market
    known = closes[np.isfinite(closes)]
    if not known.size:
        return [None] * closes.size
    rebased = closes / known[0] * float(index.base_value)
    return [round(value, 2) if np.isfinite(value) else None for value in rebased.tolist()]


def _figures(figures: ReplayFigures) -> dict[str, Any]:
    return {
        "gross": _statistics(figures.gross, figures.days),
        "net": _statistics(figures.net, figures.days),
        "turnover": float(figures.turnover),
        "cost": float(figures.cost),
    }


def _statistics(found: PerformanceStatistics, days: Sequence[date]) -> dict[str, Any]:
    """Return statistics by name, the positions of the deepest fall as days."""
    places = {"peak": found.peak, "trough": found.trough, "recovery": found.recovery}
    return asdict(found) | {name: None if place is None else days[place].isoformat() for name, place in places.items()}


def _basket(basket: ReplayedBasket) -> dict[str, Any]:
    return {
        "day": basket.day.isoformat(),
        "kind": basket.kind,
        "turnover": float(basket.turnover),
        "cost": float(basket.cost),
        "assets": len(basket.weights),
        "entered": list(basket.entered),
        "left": list(basket.left),
    }
