"""Baskets that take effect: a decided review, or an event, fixed at a close with its inputs and digests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np

from indices.calc.canonical import digest
from indices.calc.carryover import EventInputs, carry_over
from indices.calc.execution import ExecutionInputs, FixedBasket, costs_of, fix, value_of
from indices.calc.rules import Proceeds, Residual, Rules
from indices.calc.signals import is_off_peg
from indices.models import Holding, Index, Rebalance, Review, ReviewLine
from indices.services.levels import TOLERANCE, FormsDisagreeError, HeldBasket
from indices.services.state import CannotRunError
from market.models import AssetEvent

ONE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A basket that takes effect: as it is held from now on, and its rows, unsaved."""

    basket: HeldBasket
    rebalance: Rebalance
    holdings: list[Holding]


def execution_inputs(
    *,
    review: Review,
    lines: Mapping[str, ReviewLine],
    rules: Rules,
    old: HeldBasket | None,
    level: Decimal,
    prices: Mapping[str, Decimal],
    cutoff_closes: Mapping[str, Decimal],
) -> ExecutionInputs:
    """Freeze what a basket is fixed from. `prices` are closes of everything held and wanted."""
    targets = {asset_id: line.weight for asset_id, line in lines.items() if line.weight}
    caps = {asset_id: line.market_cap or ONE for asset_id, line in lines.items() if asset_id in targets}
    return ExecutionInputs(
        effective_day=review.effective_day,
        level=level,
        held=old.held if old else {},
        prices=dict(prices),
        targets=targets,
        # Supplies are frozen at the cut-off, so a growing supply does not move the level.
        market_caps={a: cap * prices[a] / (cutoff_closes.get(a) or prices[a]) for a, cap in caps.items()},
        drifts_from={a: cutoff_closes[a] for a in targets} if review.kind == Review.Kind.RECAP else {},
        volumes={a: None if (volume := lines[a].median_volume) is None else float(volume) for a in targets},
        net_factor=old.net_factor if old else ONE,
        snapshot_hash=review.snapshot_hash,
        prev_hash=old.result_hash if old else "",
        **costs_of(rules),  # type: ignore[arg-type] # names and types are those of the rules
    )


def take_effect(
    *, index: Index, review: Review, inputs: ExecutionInputs, sequence: int, rehearses: bool = False
) -> Taken:
    """Fix a review's basket. In a rehearsal, which is never stored, it has no texts, digests and rows of holdings.

    Raises FormsDisagreeError when the new units are not worth the level.
    """
    fixed = fix(inputs)
    worth = value_of(fixed.lines)
    if abs(worth - inputs.level) > TOLERANCE * inputs.level:
        raise FormsDisagreeError(
            f"Basket of {inputs.effective_day}: its units are worth {worth:.12f}, the level is {inputs.level:.12f}."
        )
    day, origin = inputs.effective_day, {"review": review}
    return _taken(index, fixed, day=day, sequence=sequence, inputs=inputs, origin=origin, rehearses=rehearses)


def carry_over_event(
    *,
    index: Index,
    event: AssetEvent,
    basket: HeldBasket,
    prices: Mapping[str, Decimal],
    rules: Rules,
    day: date,
    sequence: int,
) -> Taken:
    """Carry a basket over an event. `prices` are closes of what is held, and of the new asset and the sleeve if known.

    Raises CannotRunError with the reason when the event does not fit the basket.
    """
    inputs = EventInputs(
        effective_day=day,
        kind=event.kind,
        treatment=event.treatment,
        asset_id=event.asset_id,
        new_asset_id=event.new_asset_id,
        ratio=event.ratio,
        price=event.price,
        held=basket.held,
        prices=dict(prices),
        into=_takers(event, rules, prices),
        divisor=basket.divisor,
        net_factor=basket.net_factor,
        prev_hash=basket.result_hash,
    )
    return carry_out(index=index, event=event, inputs=inputs, sequence=sequence)


def _takers(event: AssetEvent, rules: Rules, prices: Mapping[str, Decimal]) -> tuple[str, ...]:
    """Return who takes what a delisting leaves: of the sleeve only what is on its peg, or nobody but the survivors."""
    if event.kind != AssetEvent.Kind.DELISTING or rules.proceeds != Proceeds.SLEEVE:
        return ()
    priced = [asset_id for asset_id in rules.sleeve if prices.get(asset_id) and asset_id != event.asset_id]
    if rules.residual == Residual.BTC:
        return tuple(priced)
    off_peg = is_off_peg(np.array([float(prices[asset_id]) for asset_id in priced]))
    return tuple(asset_id for asset_id, is_off in zip(priced, off_peg, strict=True) if not is_off)


def carry_out(*, index: Index, event: AssetEvent, inputs: EventInputs, sequence: int) -> Taken:
    """Carry a basket over an event from inputs that are put together.

    Raises CannotRunError with the reason when the event does not fit the basket.
    """
    day = inputs.effective_day
    try:
        fixed = carry_over(inputs)
    except ValueError as error:
        raise CannotRunError(f"The {event.kind} of {event.asset_id} on {day} cannot be carried out. {error}") from error
    return _taken(index, fixed, day=day, sequence=sequence, inputs=inputs, origin={"event": event})


def _taken(
    index: Index,
    fixed: FixedBasket,
    *,
    day: date,
    sequence: int,
    inputs: ExecutionInputs | EventInputs,
    origin: Mapping[str, Review | AssetEvent],
    rehearses: bool = False,
) -> Taken:
    text = "" if rehearses else inputs.to_text()
    result_hash = "" if rehearses else digest(fixed.to_text())
    is_event = "event" in origin
    rebalance = Rebalance(
        index=index,
        kind=Rebalance.Kind.EVENT if is_event else Rebalance.Kind.REVIEW,
        effective_day=day,
        sequence=sequence,
        level=fixed.level,
        divisor=fixed.divisor,
        turnover=fixed.turnover,
        cost=fixed.cost,
        net_factor=fixed.net_factor,
        theta=fixed.theta,
        inputs=text,
        run_hash=digest(text),
        result_hash=result_hash,
        prev_hash=inputs.prev_hash,
        **origin,
    )
    basket = HeldBasket.made(fixed, effective_day=day, sequence=sequence, is_event=is_event, result_hash=result_hash)
    return Taken(basket=basket, rebalance=rebalance, holdings=[] if rehearses else holdings_of(rebalance, fixed))


def holdings_of(rebalance: Rebalance, fixed: FixedBasket) -> list[Holding]:
    """Return the rows of a fixed basket, unsaved."""
    return [
        Holding(
            rebalance=rebalance,
            asset_id=line.asset_id,
            units=line.units,
            weight=line.weight,
            price=line.price,
            capped_supply=line.capped_supply,
        )
        for line in fixed.lines
    ]
