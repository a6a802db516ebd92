"""The level of an index at a close: units at prices, carried prices flagged, three forms that agree."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import Self

from indices.calc.levels import level_of
from indices.models import Level, Rebalance
from market.selectors import LastClose

TOLERANCE = Decimal("1e-12")
PROVISIONAL_NIGHTS = 2


class FormsDisagreeError(Exception):
    """Units, divisor and chain form of a level differ; the stored basket is not what it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBasket:
    """A basket in force: units of each asset an index unit; level, divisor, weights and prices of its first close.

    `supplies` are the capped supplies: at that close, price times supply over the divisor is the level once more.
    """

    effective_day: date
    level: Decimal
    divisor: Decimal
    asset_ids: tuple[str, ...]
    units: tuple[Decimal, ...]
    weights: tuple[Decimal, ...]
    prices: tuple[Decimal, ...]
    supplies: tuple[Decimal, ...]

    @classmethod
    def of(cls, rebalance: Rebalance) -> Self:
        """Read a stored rebalance; its holdings are prefetched by the caller."""
        holdings = list(rebalance.holdings.all())
        return cls(
            effective_day=rebalance.effective_day,
            level=rebalance.level,
            divisor=rebalance.divisor,
            asset_ids=tuple(holding.asset_id for holding in holdings),
            units=tuple(holding.units for holding in holdings),
            weights=tuple(holding.weight for holding in holdings),
            prices=tuple(holding.price for holding in holdings),
            supplies=tuple(holding.capped_supply for holding in holdings),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLevel:
    """What the basket is worth at a close; `gross` is None when suspended; `prices` are those that were used."""

    gross: Decimal | None
    status: Level.Status
    cause: str
    prices: tuple[Decimal, ...]


def price_level(
    basket: HeldBasket, day: date, last_closes: Mapping[str, LastClose], *, settles_leavers: bool
) -> PricedLevel:
    """Value a basket at the close of a day.

    A close of the day before or of two days before is carried and makes the level provisional; an older one suspends
    it. `settles_leavers`: the basket gives way to a new one at this close, all of whose constituents have a price; what
    has no price any more leaves at its last close, however old, and the level is final.

    Raises FormsDisagreeError.
    """
    prices = tuple(last_closes[asset_id].close for asset_id in basket.asset_ids)
    carried = {a: last_closes[a].day for a in basket.asset_ids if last_closes[a].day < day}
    nights = max(((day - since).days for since in carried.values()), default=0)
    words = ", ".join(f"{asset_id} of {since}" for asset_id, since in carried.items())
    gross: Decimal | None = level_of(basket.units, prices)
    status, cause = Level.Status.FINAL, ""
    if carried and settles_leavers:
        cause = f"Left at its last close: {words}."
    elif nights > PROVISIONAL_NIGHTS:
        gross, status, cause = None, Level.Status.SUSPENDED, f"No price since: {words}."
    elif carried:
        status, cause = Level.Status.PROVISIONAL, f"Last close carried: {words}."
    _check_forms(basket, prices)
    return PricedLevel(gross=gross, status=status, cause=cause[:200], prices=prices)


def _check_forms(basket: HeldBasket, prices: tuple[Decimal, ...]) -> None:
    """Compare units, chain and divisor form; see docs/indices.md."""
    with localcontext(prec=50):
        by_units = level_of(basket.units, prices)
        shares = zip(basket.weights, prices, basket.prices, strict=True)
        by_chain = basket.level * sum(weight * now / then for weight, now, then in shares)
        market_value = sum(supply * price for supply, price in zip(basket.supplies, prices, strict=True))
        by_divisor = market_value / basket.divisor
        for form, level in (("chain", by_chain), ("divisor", by_divisor)):
            if abs(level - by_units) > TOLERANCE * by_units:
                raise FormsDisagreeError(
                    f"Basket of {basket.effective_day}: units give {by_units:.12f}, the {form} form {level:.12f}."
                )
