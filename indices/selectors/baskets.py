"""What an index holds at a close."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from indices.calc.shares import STEP, share_out
from indices.models import Index, Level, Rebalance
from market import selectors as market


@dataclass(frozen=True, slots=True)
class BasketLine:
    """One constituent: units an index unit, close in USD, weight at that close (a fraction of 1).

    The child of a fork that has no close yet counts at 0.
    """

    asset_id: str
    symbol: str
    name: str
    units: Decimal
    price: Decimal
    weight: Decimal


@dataclass(frozen=True, slots=True)
class Basket:
    """What is in force after the close of `day`; weights sum to exactly 1, heaviest first."""

    index: Index
    day: date
    effective_day: date
    lines: list[BasketLine]


def get_basket(*, index: Index, day: date) -> Basket | None:
    """Return the basket in force after the close of a day, at that day's closes; None before the first one.

    A constituent without a close that day counts at its last one, and on the day of an event at the price at which the
    event left it: the close may still be of the old units.
    """
    rebalance = Rebalance.objects.current().filter(index=index, effective_day__lte=day).last()
    if rebalance is None:
        return None
    holdings = list(rebalance.holdings.select_related("asset"))
    closes = market.get_last_closes(asset_ids=[holding.asset_id for holding in holdings], day=day)
    prices = [closes[a].close if (a := holding.asset_id) in closes else Decimal(0) for holding in holdings]
    if rebalance.kind == Rebalance.Kind.EVENT and rebalance.effective_day == day:
        prices = [holding.price for holding in holdings]
    worth = [holding.units * price for holding, price in zip(holdings, prices, strict=True)]
    weights = share_out(Decimal(1), worth, unit=STEP)
    lines = [
        BasketLine(holding.asset_id, holding.asset.symbol, holding.asset.name, holding.units, price, weight)
        for holding, price, weight in zip(holdings, prices, weights, strict=True)
    ]
    lines.sort(key=lambda line: (-line.weight, line.asset_id))
    return Basket(index, day, rebalance.effective_day, lines)


def last_day(*, index: Index) -> date | None:
    """Return the newest day that has a level, suspended or not."""
    return Level.objects.current().filter(index=index).order_by("-day").values_list("day", flat=True).first()
