"""A decided basket fixed at a close: units, supplies, divisor, turnover and cost, from one frozen record of inputs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from indices.calc.canonical import canonical
from indices.calc.levels import (
    STORED,
    SUPPLY_STEP,
    base_divisor,
    capped_supplies,
    cost_rates,
    drifted_weights,
    level_of,
    net_level,
    units_for,
)
from indices.calc.rules import Rules
from indices.calc.shares import STEP, share_out
from indices.calc.weighting import quantise_weights, turnover_limited

ZERO, ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionInputs:
    """What a basket is fixed from. Money in USD, weights as fractions of 1, everything by asset id.

    level : of the index at the close, above 0
    held : units before; empty for the first basket
    prices : closes of the day of everything held and wanted; of what only leaves, the last one
    targets : weights decided, above 0, summing to 1
    drifts_from : closes of the cut-off from which targets drift with prices, so that only what was capped is traded;
        empty where the targets hold at the effective close
    market_caps : supply at the cut-off times the close of the day, of everything wanted
    volumes : median value traded a day, None where it is not known
    net_factor : net level over gross level before
    snapshot_hash, prev_hash : digests of the review's inputs and of the result before
    """

    effective_day: date
    level: Decimal
    held: Mapping[str, Decimal]
    prices: Mapping[str, Decimal]
    targets: Mapping[str, Decimal]
    market_caps: Mapping[str, Decimal]
    drifts_from: Mapping[str, Decimal] = field(default_factory=dict)
    volumes: Mapping[str, float | None] = field(default_factory=dict)
    fee: Decimal = ZERO
    half_spread: Decimal = ZERO
    impact: Decimal = ZERO
    notional: Decimal = Decimal(1_000_000)
    turnover_limit: Decimal | None = None
    net_factor: Decimal = ONE
    snapshot_hash: str = ""
    prev_hash: str = ""

    def to_text(self) -> str:
        """Return canonical JSON, from which `from_text` makes equal inputs."""
        return canonical(self)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `to_text` wrote."""
        read: dict[str, Any] = json.loads(text)
        for name in ("held", "prices", "targets", "market_caps", "drifts_from"):
            read[name] = {asset_id: Decimal(value) for asset_id, value in read[name].items()}
        for name in ("level", "fee", "half_spread", "impact", "notional", "net_factor"):
            read[name] = Decimal(read[name])
        read["turnover_limit"] = None if read["turnover_limit"] is None else Decimal(read["turnover_limit"])
        read["volumes"] = {a: None if value is None else float(value) for a, value in read["volumes"].items()}
        return cls(**read | {"effective_day": date.fromisoformat(read["effective_day"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedLine:
    """One constituent of a fixed basket; price and weight are those of the effective close, 0 where it has none."""

    asset_id: str
    units: Decimal
    weight: Decimal
    price: Decimal
    capped_supply: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedBasket:
    """A basket as it is stored. `turnover` one-way; `cost` and `net_factor` fractions of 1.

    `theta` is the share of the way to the targets that the turnover limit allowed, None where it did not bind.
    """

    level: Decimal
    divisor: Decimal
    turnover: Decimal
    cost: Decimal
    net_factor: Decimal
    theta: Decimal | None
    lines: Sequence[FixedLine]

    def to_text(self) -> str:
        """Return canonical JSON; its digest is the result hash."""
        return canonical(self)


def costs_of(rules: Rules) -> dict[str, Decimal | None]:
    """Return what of the rules an execution needs, by the names of its inputs."""
    return {name: getattr(rules, name) for name in ("fee", "half_spread", "impact", "notional", "turnover_limit")}


def fix(inputs: ExecutionInputs) -> FixedBasket:
    """Fix the units of decided weights at the closes of the effective day; the level does not move.

    Raises
    ------
    ValueError
        If a price is missing or not positive, or the weights do not sum to 1.

    Source: `spec/indices.md` 2.2 and 2.9.

    """
    before = _weights_before(inputs)
    weights, theta = _within_turnover(before, inputs)
    ids = sorted(weights, key=lambda asset_id: (-weights[asset_id], asset_id))
    prices = [inputs.prices[asset_id] for asset_id in ids]
    shares = [weights[asset_id] for asset_id in ids]
    units = units_for(shares, inputs.level, prices)
    market_value = sum((inputs.market_caps[asset_id] for asset_id in ids), ZERO)
    divisor = base_divisor(market_value, inputs.level).quantize(STORED)
    supplies = capped_supplies(shares, market_value, prices)
    moved = sum((abs(weights.get(a, ZERO) - before.get(a, ZERO)) for a in sorted({*before, *weights})), ZERO)
    kept = _kept(before, weights, inputs)
    return FixedBasket(
        level=inputs.level,
        divisor=divisor,
        turnover=(moved / 2).quantize(STEP) if before else ZERO,
        cost=(ONE - kept).quantize(STEP),
        net_factor=(inputs.net_factor * kept).quantize(STORED),
        theta=theta,
        lines=[
            FixedLine(asset_id=a, units=u, weight=w, price=p, capped_supply=s.quantize(SUPPLY_STEP))
            for a, u, w, p, s in zip(ids, units, shares, prices, supplies, strict=True)
        ],
    )


def _weights_before(inputs: ExecutionInputs) -> dict[str, Decimal]:
    """Return the drifted weights of what is held, in order of ids."""
    ids = sorted(inputs.held)
    if not ids:
        return {}
    drifted = drifted_weights([inputs.held[a] for a in ids], [inputs.prices[a] for a in ids])
    return dict(zip(ids, drifted, strict=True))


def _targets(inputs: ExecutionInputs) -> dict[str, Decimal]:
    """Return the weights to go to at the effective close, drifted from the cut-off where the inputs say so."""
    if not inputs.drifts_from:
        return dict(inputs.targets)
    worth = [w * inputs.prices[a] / inputs.drifts_from[a] for a, w in inputs.targets.items()]
    return dict(zip(inputs.targets, share_out(ONE, worth, unit=STEP), strict=True))


def _within_turnover(
    before: Mapping[str, Decimal], inputs: ExecutionInputs
) -> tuple[dict[str, Decimal], Decimal | None]:
    """Return the weights to hold: the targets, or part of the way to them."""
    targets = _targets(inputs)
    if inputs.turnover_limit is None or not before:
        return targets, None
    ids = sorted({*before, *targets})
    old, new = _row(before, ids), _row(targets, ids)
    weights, theta = turnover_limited(old / old.sum(), new / new.sum(), limit=float(inputs.turnover_limit))
    if theta >= 1:
        return targets, None
    held = {a: weight for a, weight in zip(ids, quantise_weights(weights), strict=True) if weight}
    return held, Decimal(repr(float(theta))).quantize(STEP)


def _kept(before: Mapping[str, Decimal], weights: Mapping[str, Decimal], inputs: ExecutionInputs) -> Decimal:
    """Return the share of the level that the trades leave; the first basket is bought at no cost."""
    if not before:
        return ONE
    ids = sorted({*before, *weights})
    old, new = _row(before, ids), _row(weights, ids)
    volumes = [inputs.volumes.get(asset_id) for asset_id in ids]
    rates = cost_rates(
        np.abs(new - old) * float(inputs.notional),
        np.array([np.nan if volume is None else volume for volume in volumes]),
        fee=float(inputs.fee),
        half_spread=float(inputs.half_spread),
        impact=float(inputs.impact),
    )
    return Decimal(repr(float(net_level(1.0, old, new, rates))))


def _row(weights: Mapping[str, Decimal], ids: Sequence[str]) -> NDArray[np.float64]:
    return np.array([float(weights.get(asset_id, ZERO)) for asset_id in ids])


def value_of(lines: Sequence[FixedLine]) -> Decimal:
    """Return what fixed lines are worth at the prices at which they were fixed: the level again, to 18 decimals."""
    return level_of([line.units for line in lines], [line.price for line in lines])
