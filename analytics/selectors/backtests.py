"""A replay as its page shows it: figures, drawings, what changed when, weights beside those in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from analytics.models import Backtest
from indices.calc.statistics import drawdowns
from indices.models import Rebalance, Review
from market.models import Asset

KINDS = {**dict(Review.Kind.choices), **dict(Rebalance.Kind.choices)}


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketRow:
    """A basket that took effect: fractions of 1, and the symbols of what came in and what left."""

    day: date
    kind: str
    turnover: float
    cost: float
    assets: int
    entered: Sequence[str]
    left: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightRow:
    """An asset's weight under the rules replayed and under the version in force, fractions of 1."""

    name: str
    symbol: str
    weight: float
    in_force: float

    @property
    def difference(self) -> float:
        """Return how much more the rules replayed hold."""
        return self.weight - self.in_force


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestReport:
    """A replay that is done. Drawings have the shape of docs/design-system.md; `figures` are those of the result.

    Without a level there are no days, figures or drawings; `baskets` come newest first.
    """

    first_day: date | None
    last_day: date | None
    label: str
    level: Decimal | None
    net_level: Decimal | None
    figures: dict[str, Any] | None
    reviews: int
    rebalances: int
    level_chart: dict[str, Any] | None
    drawdown_chart: dict[str, Any] | None
    baskets: Sequence[BasketRow]
    compared_on: date | None
    compared_with: str
    weights: Sequence[WeightRow]
    problems: Sequence[str]


def get_report(backtest: Backtest) -> BacktestReport | None:
    """Return the report of a replay in one query; None before it is done."""
    result = backtest.result
    if result is None:
        return None
    series = result["series"]
    days = _days(series)
    assets = _assets(result)
    compared_on = result["comparison"]["day"]
    return BacktestReport(
        first_day=days[0] if days else None,
        last_day=days[-1] if days else None,
        label=_label(result),
        level=_decimal(result["level"]),
        net_level=_decimal(result["net_level"]),
        figures=_dated(result["figures"]),
        reviews=result["reviews"],
        rebalances=result["rebalances"],
        level_chart=_level_chart(days, series, assets) if days else None,
        drawdown_chart=_drawdown_chart(days, series) if days else None,
        baskets=[_basket_row(basket, assets) for basket in reversed(result["baskets"])],
        compared_on=date.fromisoformat(compared_on) if compared_on else None,
        compared_with=result["comparison"]["words"],
        weights=[
            WeightRow(name=assets[asset_id].name, symbol=assets[asset_id].symbol, weight=weight, in_force=in_force)
            for asset_id, weight, in_force in result["comparison"]["differences"]
        ],
        problems=result["problems"],
    )


def _days(series: dict[str, Any]) -> list[date]:
    if series["first_day"] is None:
        return []
    first = date.fromisoformat(series["first_day"])
    return [first + timedelta(days=offset) for offset in range(len(series["gross"]))]


def _assets(result: dict[str, Any]) -> dict[str, Asset]:
    """Return every asset that the result names; assets are never deleted."""
    named = {asset_id for basket in result["baskets"] for asset_id in (*basket["entered"], *basket["left"])}
    named |= {asset_id for asset_id, _, _ in result["comparison"]["differences"]}
    return Asset.objects.in_bulk([*named, result["series"]["market_asset"]])


def _label(result: dict[str, Any]) -> str:
    """Return what the levels are, and what they are not."""
    if result["is_simulated"]:
        return "Simulated: replayed on an invented market under today's rules"
    if result["is_reconstructed"]:
        return "Reconstructed: replayed on history under today's rules; back-tested, not point-in-time"
    return "Replayed on history as it was recorded, under today's rules; back-tested"


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _dated(figures: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the figures with days as days."""
    if figures is None:
        return None
    return figures | {name: figures[name] | _fall_in_days(figures[name]) for name in ("gross", "net")}


def _fall_in_days(statistics: dict[str, Any]) -> dict[str, date | None]:
    texts = {name: statistics[name] for name in ("peak", "trough", "recovery")}
    return {name: date.fromisoformat(text) if text else None for name, text in texts.items()}


def _level_chart(days: Sequence[date], series: dict[str, Any], assets: dict[str, Asset]) -> dict[str, Any]:
    market = assets.get(series["market_asset"])
    return {
        "dates": [day.isoformat() for day in days],
        "series": [
            {"name": "Before costs", "values": series["gross"], "role": "main"},
            {"name": "After costs", "values": series["net"], "role": "benchmark"},
            {"name": market.name if market else "Market", "values": series["market"], "role": "benchmark"},
        ],
        "unit": "level",
    }


def _drawdown_chart(days: Sequence[date], series: dict[str, Any]) -> dict[str, Any]:
    """Return the fall below the highest level so far, as negative fractions of 1; a suspended day is a gap."""
    gross = series["gross"]
    known = [place for place, level in enumerate(gross) if level]
    falls = dict(zip(known, drawdowns(np.array([gross[place] for place in known])).tolist(), strict=True))
    values = [falls.get(place) for place in range(len(gross))]
    return {
        "dates": [day.isoformat() for day in days],
        "series": [{"name": "Below the peak, before costs", "values": values, "role": "loss"}],
        "unit": "percent",
    }


def _basket_row(basket: dict[str, Any], assets: dict[str, Asset]) -> BasketRow:
    return BasketRow(
        day=date.fromisoformat(basket["day"]),
        kind=str(KINDS[basket["kind"]]),
        turnover=basket["turnover"],
        cost=basket["cost"],
        assets=basket["assets"],
        entered=[assets[asset_id].symbol for asset_id in basket["entered"]],
        left=[assets[asset_id].symbol for asset_id in basket["left"]],
    )
