"""Baskets carried over an event of an asset: delistings, forks, airdrops, migrations, redenominations, mergers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Self, TypeVar

from indices.calc.canonical import canonical
from indices.calc.events import delist, delist_to, liquidate, migrate, rescale, split
from indices.calc.execution import ZERO, FixedBasket, FixedLine
from indices.calc.levels import SUPPLY_STEP, drifted_weights, level_of
from indices.calc.shares import STEP, share_out

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventInputs:
    """What a basket is carried over from. Money in USD, everything by asset id.

    kind, treatment : those of the stored event; asset_id, new_asset_id : whom it touches
    ratio : units of the new asset for one of the old; price : given by the curator
    held, prices : units before, and closes of the day: 0 for what has none yet, the last for what has none any more
    into : ids that take the proceeds of a delisting; the survivors do when empty
    divisor, net_factor : of the basket before
    """

    effective_day: date
    kind: str
    treatment: str
    asset_id: str
    new_asset_id: str | None = None
    ratio: Decimal | None = None
    price: Decimal | None = None
    held: Mapping[str, Decimal]
    prices: Mapping[str, Decimal]
    into: tuple[str, ...] = ()
    divisor: Decimal
    net_factor: Decimal
    prev_hash: str = ""

    def to_text(self) -> str:
        """Return canonical JSON, from which `from_text` makes equal inputs."""
        return canonical(self)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `to_text` wrote."""
        read: dict[str, Any] = json.loads(text)
        for name in ("held", "prices"):
            read[name] = {asset_id: Decimal(value) for asset_id, value in read[name].items()}
        for name in ("ratio", "price", "divisor", "net_factor"):
            read[name] = None if read[name] is None else Decimal(read[name])
        return cls(**read | {"effective_day": date.fromisoformat(read["effective_day"]), "into": tuple(read["into"])})


def carry_over(inputs: EventInputs) -> FixedBasket:
    """Carry a basket over an event; its level at the close is what the new units are worth.

    Raises
    ------
    ValueError
        If nothing survives a delisting, a conversion is not continuous, or a price is missing.

    Source: `spec/indices.md` 2.11.

    """
    units, prices = _after(inputs)
    ids = sorted(units)
    level = level_of([units[a] for a in ids], [prices[a] for a in ids])
    weights = drifted_weights([units[a] for a in ids], [prices[a] for a in ids])
    lines = [
        FixedLine(
            asset_id=a,
            units=units[a],
            weight=weight.quantize(STEP),
            price=prices[a],
            capped_supply=(units[a] * inputs.divisor).quantize(SUPPLY_STEP),
        )
        for a, weight in zip(ids, weights, strict=True)
    ]
    lines.sort(key=lambda line: (-line.weight, line.asset_id))
    return FixedBasket(
        level=level,
        divisor=inputs.divisor,
        turnover=ZERO,
        cost=ZERO,
        net_factor=inputs.net_factor,
        theta=None,
        lines=lines,
    )


def inherited(
    weights: Mapping[str, Decimal], *, asset_id: str, heir: str | None, to_survivors: bool
) -> dict[str, Decimal]:
    """Return weights after an asset has left: its own goes to its heir, or in proportion to the survivors.

    Parameters
    ----------
    weights : fractions of 1, on the grid on which weights are stored
    heir : what it was exchanged for; None after a delisting
    to_survivors : whether the others take over what nobody inherits; if not, the weights sum to less

    """
    rest = {other: weight for other, weight in weights.items() if other != asset_id}
    if asset_id not in weights:
        return rest
    if heir is not None:
        return {**rest, heir: rest.get(heir, ZERO) + weights[asset_id]}
    if not to_survivors or not any(rest.values()):
        return rest
    total = sum(weights.values(), ZERO)
    return dict(zip(rest, share_out(total, list(rest.values()), unit=STEP), strict=True))


def _after(inputs: EventInputs) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Return units and prices after the event, as of its effective close."""
    if inputs.treatment in {"last", "zero", "manual"}:
        return _delisted(inputs)
    if inputs.treatment == "split":
        child = _needed(inputs.new_asset_id, "new asset")
        units = split(inputs.held, parent=inputs.asset_id, child=child, ratio=_needed(inputs.ratio, "ratio"))
        return units, {child: ZERO, **inputs.prices}
    if inputs.treatment == "liquidate":
        settled = liquidate(
            inputs.held,
            inputs.prices,
            parent=inputs.asset_id,
            ratio=_needed(inputs.ratio, "ratio"),
            child_price=_needed(inputs.price, "price"),
        )
        return settled.units, dict(inputs.prices)
    return _converted(inputs)


def _delisted(inputs: EventInputs) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    by_treatment = {"last": inputs.prices[inputs.asset_id], "zero": ZERO, "manual": inputs.price}
    price = _needed(by_treatment[inputs.treatment], "price")
    if inputs.into:
        settled = delist_to(inputs.held, inputs.prices, asset_id=inputs.asset_id, price=price, into=inputs.into)
    else:
        settled = delist(inputs.held, inputs.prices, asset_id=inputs.asset_id, price=price)
    return settled.units, dict(inputs.prices)


def _converted(inputs: EventInputs) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Exchange old units for new ones; the new asset counts at the old price over the ratio, so the level stays."""
    old, ratio = inputs.asset_id, _needed(inputs.ratio, "ratio")
    prices = dict(inputs.prices)
    if inputs.new_asset_id in {None, old}:
        units = rescale(inputs.held, asset_id=old, ratio=ratio)
        return units, prices | {old: prices[old] / ratio}
    new = _needed(inputs.new_asset_id, "new asset")
    units = migrate(inputs.held, {new: prices[old] / ratio, **prices}, old=old, new=new, ratio=ratio).units
    return units, prices if new in inputs.held else prices | {new: prices[old] / ratio}


def _needed(value: _T | None, name: str) -> _T:
    if value is None:
        raise ValueError(f"The event gives no {name}.")
    return value
