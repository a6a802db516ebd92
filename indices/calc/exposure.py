"""How much of the base weights an index holds: signals of assets, the market's gate, volatility, and the sleeve."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

import numpy as np

from indices.calc.inputs import ReviewInputs
from indices.calc.rules import Residual, Rules, SignalSource
from indices.calc.shares import STEP, share_out
from indices.calc.signals import MULTIPLIERS, SIGNALS, gated_weights, sleeve_weights
from indices.calc.triggers import defensive, ewma_volatility, exposure_for
from indices.calc.weighing import CannotWeighError, log_returns

ONE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """Weights of the index, sleeve included, summing to 1, and how they came about; all by asset id."""

    base: Mapping[str, Decimal]
    weights: Mapping[str, Decimal]
    sleeve: Mapping[str, Decimal]
    exposure: Decimal
    volatility_exposure: Decimal


def expose(base: Mapping[str, Decimal], inputs: ReviewInputs) -> Exposed:
    """Apply signals, gate and volatility to base weights that sum to 1 or are empty; the residual goes to the sleeve.

    Raises
    ------
    CannotWeighError
        If nothing in the sleeve can take the residual, or history is too short for a volatility.

    """
    signalled = _signalled(base, inputs)
    by_volatility = volatility_exposure(signalled, inputs)
    exposure = (gate_of(inputs) * by_volatility).quantize(STEP)
    return at_exposure(signalled, inputs, exposure=exposure, volatility_exposure=by_volatility)


def at_exposure(
    base: Mapping[str, Decimal], inputs: ReviewInputs, *, exposure: Decimal, volatility_exposure: Decimal
) -> Exposed:
    """Hold base weights, which sum to 1 or less, at a given exposure; the residual goes to the sleeve.

    Raises CannotWeighError.
    """
    weights = {a: (weight * exposure).quantize(STEP, rounding=ROUND_DOWN) for a, weight in base.items()}
    residual = ONE - sum(weights.values(), Decimal(0))
    if exposure == 1 and sum(base.values()) == 1:
        residual = Decimal(0)
    sleeve = parked(residual, inputs) if residual else {}
    return Exposed(
        base=base, weights=weights, sleeve=sleeve, exposure=exposure, volatility_exposure=volatility_exposure
    )


def volatility_exposure(base: Mapping[str, Decimal], inputs: ReviewInputs) -> Decimal:
    """Return the exposure, a fraction of 1, that the volatility of base weights over the past allows.

    Raises CannotWeighError when the history is too short.
    """
    rules = inputs.rules
    held = {asset_id: weight for asset_id, weight in base.items() if weight}
    if not rules.watches_volatility or not held:
        return ONE
    returns = np.expm1(log_returns(list(held), inputs, days=rules.risk_days))
    shares = np.array([float(weight) for weight in held.values()])
    path = ewma_volatility(returns @ (shares / shares.sum()))
    before = inputs.volatility_exposure if inputs.current else None
    if rules.vol_target is not None:
        now = exposure_for(
            float(path[-1]),
            target=float(rules.vol_target),
            current=None if before is None else float(before),
            deadband=float(rules.vol_deadband),
        )
        return Decimal(repr(float(now))).quantize(STEP)
    return rules.vol_exposure if _is_defensive(float(path[-1]), rules, was=before is not None and before < 1) else ONE


def _is_defensive(volatility: float, rules: Rules, *, was: bool) -> bool:
    high, low = float(rules.vol_high or 0), float(rules.vol_low or 0)
    return bool(defensive(np.array([volatility]), high=high, low=low, start=was)[-1])


def _signalled(base: Mapping[str, Decimal], inputs: ReviewInputs) -> dict[str, Decimal]:
    """Multiply base weights by what each asset's own signal leaves."""
    rules = inputs.rules
    if rules.signals == SignalSource.NONE or not base:
        return dict(base)
    unknown = [asset_id for asset_id in base if asset_id not in inputs.signals]
    if unknown:
        raise CannotWeighError(f"No signal is known for {', '.join(sorted(unknown))}.")
    multipliers = [MULTIPLIERS[SIGNALS[inputs.signals[asset_id]]] for asset_id in base]
    weights, _ = gated_weights(
        np.array([float(weight) for weight in base.values()]),
        np.array(multipliers),
        1.0,
        residual=rules.residual,
        cap=None if rules.cap is None else float(rules.cap),
    )
    return {a: Decimal(repr(float(w))).quantize(STEP, rounding=ROUND_DOWN) for a, w in zip(base, weights, strict=True)}


def gate_of(inputs: ReviewInputs) -> Decimal:
    """Return the exposure that the market signal leaves; raises CannotWeighError when there is none."""
    rules = inputs.rules
    if rules.gate == SignalSource.NONE:
        return ONE
    if inputs.gate is None:
        raise CannotWeighError("No market signal is known at the cut-off.")
    return {1: ONE, 0: rules.gate_neutral, -1: rules.gate_bear}[inputs.gate]


def parked(residual: Decimal, inputs: ReviewInputs) -> dict[str, Decimal]:
    """Share the residual over the sleeve: stablecoins as far as their pegs hold, or bitcoin.

    Raises CannotWeighError.
    """
    closes = {c.asset_id: c.close for c in inputs.candidates}
    ids = list(inputs.rules.sleeve)
    if inputs.rules.residual == Residual.BTC:
        return {ids[0]: residual}
    prices = np.array([np.nan if (close := closes.get(a)) is None else float(close) for a in ids])
    current = np.array([float(inputs.current.get(a, Decimal(0))) for a in ids])
    try:
        shares = sleeve_weights(float(residual), prices, current=current)
    except ValueError as error:
        raise CannotWeighError(f"The sleeve cannot take {residual:.2%}. {error}") from error
    parts = share_out(residual, [float(share) for share in shares], unit=STEP)
    return {asset_id: part for asset_id, part in zip(ids, parts, strict=True) if part}
