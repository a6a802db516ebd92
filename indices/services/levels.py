"""The level of an index at a close: units at prices, carried prices flagged, three forms that agree."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import Self

from indices.calc.execution import FixedBasket, FixedLine
from indices.calc.levels import STORED, drifted_weights, level_of
from indices.calc.shares import STEP
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
    `net_factor` is net over gross level, `sequence` its turn on its day. The weights of a basket that came of an event
    follow from its units, and are rounded.
    """

    effective_day: date
    sequence: int = 0
    is_event: bool = False
    level: Decimal
    divisor: Decimal
    net_factor: Decimal
    result_hash: str
    asset_ids: tuple[str, ...]
    units: tuple[Decimal, ...]
    weights: tuple[Decimal, ...]
    prices: tuple[Decimal, ...]
    supplies: tuple[Decimal, ...]

    @classmethod
    def of(cls, rebalance: Rebalance) -> Self:
        """Read a stored rebalance; its holdings are prefetched by the caller."""
        return cls.made(
            fixed_of(rebalance),
            effective_day=rebalance.effective_day,
            sequence=rebalance.sequence,
            is_event=rebalance.kind == Rebalance.Kind.EVENT,
            result_hash=rebalance.result_hash,
        )

    @classmethod
    def made(cls, fixed: FixedBasket, *, effective_day: date, sequence: int, is_event: bool, result_hash: str) -> Self:
        """Take a basket that has just been fixed."""
        return cls(
            effective_day=effective_day,
            sequence=sequence,
            is_event=is_event,
            level=fixed.level,
            divisor=fixed.divisor,
            net_factor=fixed.net_factor,
            result_hash=result_hash,
            asset_ids=tuple(line.asset_id for line in fixed.lines),
            units=tuple(line.units for line in fixed.lines),
            weights=tuple(line.weight for line in fixed.lines),
            prices=tuple(line.price for line in fixed.lines),
            supplies=tuple(line.capped_supply for line in fixed.lines),
        )

    @property
    def held(self) -> dict[str, Decimal]:
        """Units by asset id."""
        return dict(zip(self.asset_ids, self.units, strict=True))


def fixed_of(rebalance: Rebalance) -> FixedBasket:
    """Return a stored basket as calc makes it: heaviest first, then by id."""
    lines = [
        FixedLine(
            asset_id=holding.asset_id,
            units=holding.units,
            weight=holding.weight,
            price=holding.price,
            capped_supply=holding.capped_supply,
        )
        for holding in rebalance.holdings.all()
    ]
    return FixedBasket(
        level=rebalance.level,
        divisor=rebalance.divisor,
        turnover=rebalance.turnover,
        cost=rebalance.cost,
        net_factor=rebalance.net_factor,
        theta=rebalance.theta,
        lines=sorted(lines, key=lambda line: (-line.weight, line.asset_id)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLevel:
    """What the basket is worth at a close; `gross` is None when suspended; `prices` are those used."""

    gross: Decimal | None
    status: Level.Status
    cause: str
    prices: tuple[Decimal, ...]

    def net(self, net_factor: Decimal) -> Decimal | None:
        """Return the level after the costs of all rebalances so far; None when suspended."""
        return None if self.gross is None else (self.gross * net_factor).quantize(STORED)


def price_level(
    basket: HeldBasket, day: date, last_closes: Mapping[str, LastClose], *, settled: Iterable[str] = ()
) -> PricedLevel:
    """Value a basket at the close of a day.

    A close of the day before or of two days before is carried and makes the level provisional; an older one suspends
    it. `settled` are ids whose last close counts however old it is: they leave the basket at this close. On the day of
    an event the basket counts at the prices at which the event left it: a close may still be of the old units.

    Raises FormsDisagreeError.
    """
    leaving = set(settled)
    is_just_left = basket.is_event and basket.effective_day == day
    prices = basket.prices if is_just_left else tuple(last_closes[asset_id].close for asset_id in basket.asset_ids)
    old = {a: last_closes[a].day for a in basket.asset_ids if last_closes[a].day < day}
    carried = {a: since for a, since in old.items() if a not in leaving}
    nights = max(((day - since).days for since in carried.values()), default=0)
    gross: Decimal | None = level_of(basket.units, prices)
    status, cause = Level.Status.FINAL, ""
    if nights > PROVISIONAL_NIGHTS:
        gross, status, cause = None, Level.Status.SUSPENDED, f"No price since: {_told(carried)}."
    elif carried:
        status, cause = Level.Status.PROVISIONAL, f"Last close carried: {_told(carried)}."
    elif old:
        cause = f"Left at its last close: {_told(old)}."
    check_forms(basket, prices)
    return PricedLevel(gross=gross, status=status, cause=cause[:200], prices=prices)


def weights_at(basket: HeldBasket, closes: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return the drifted weights of a basket at closes; what has none counts at nothing."""
    prices = [closes.get(asset_id, Decimal(0)) for asset_id in basket.asset_ids]
    return dict(zip(basket.asset_ids, drifted_weights(basket.units, prices), strict=True))


def check_forms(basket: HeldBasket, prices: tuple[Decimal, ...]) -> None:
    """Compare units, chain and divisor form; see docs/indices.md.

    Raises FormsDisagreeError.
    """
    with localcontext(prec=50):
        by_units = level_of(basket.units, prices)
        grown = Decimal(0)
        by_chain = Decimal(0)
        for weight, units, now, then in zip(basket.weights, basket.units, prices, basket.prices, strict=True):
            by_chain += basket.level * weight * now / then if then else units * now
            grown += now / then if then else 0
        market_value = sum(supply * price for supply, price in zip(basket.supplies, prices, strict=True))
        allowed = TOLERANCE * by_units
        # Of an event the units are given and each weight is rounded by itself.
        rounding = STEP / 2 * grown * basket.level if basket.is_event else Decimal(0)
        forms = (("chain", by_chain, allowed + rounding), ("divisor", market_value / basket.divisor, allowed))
        for form, level, tolerance in forms:
            if abs(level - by_units) > tolerance:
                raise FormsDisagreeError(
                    f"Basket of {basket.effective_day}: units give {by_units:.12f}, the {form} form {level:.12f}."
                )


def _told(days: Mapping[str, date]) -> str:
    return ", ".join(f"{asset_id} of {since}" for asset_id, since in days.items())
