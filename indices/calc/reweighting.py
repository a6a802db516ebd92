"""New weights for the constituents of before: a rebalance, a re-cap, and what a trigger asks for."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np

from indices.calc.exposure import ONE, Exposed, at_exposure, expose, gate_of, parked, volatility_exposure
from indices.calc.inputs import Candidate, ReviewInputs, ReviewKind
from indices.calc.rules import RebalanceTo, Rules
from indices.calc.shares import STEP, share_out
from indices.calc.triggers import bands
from indices.calc.weighing import CannotWeighError, limited, weigh
from indices.calc.weighting import band_edge, quantise_weights

TOLERANCE = Decimal("1e-9")
"""Differences of weights that are rounding."""
DRIFT, VOLATILITY = "drift", "volatility"


def reweigh(chosen: Sequence[Candidate], inputs: ReviewInputs) -> tuple[Mapping[str, Decimal], Exposed]:
    """Return raw weights and the exposed weights of constituents that stay.

    A rebalance weighs them by the scheme again. A re-cap takes the weights of now as scores, so that only what breaks
    a limit is cut back, and leaves the sleeve as it is. A drift trigger goes back to the targets or to the edge of the
    bands, a volatility trigger changes the exposure alone.

    Raises CannotWeighError.
    """
    if inputs.kind == ReviewKind.REBALANCE:
        weighed = weigh(chosen, inputs)
        return weighed.raw, expose(weighed.base, inputs)
    if inputs.kind == ReviewKind.RECAP:
        return _cut_back(chosen, inputs)
    if inputs.trigger == VOLATILITY:
        return _new_exposure(inputs)
    return inputs.base, _back_to_targets(inputs)


def breaks_a_limit(inputs: ReviewInputs) -> bool:
    """Tell whether weights of now break a limit, so that a re-cap has something to do.

    What cannot be weighed counts as broken: the review then says why.
    """
    chosen = [c for c in inputs.candidates if c.asset_id in inputs.incumbents]
    try:
        weighed, exposed = _cut_back(chosen, inputs)
    except CannotWeighError:
        return True
    return any(abs(exposed.base.get(asset_id, Decimal(0)) - weight) > TOLERANCE for asset_id, weight in weighed.items())


def _cut_back(chosen: Sequence[Candidate], inputs: ReviewInputs) -> tuple[Mapping[str, Decimal], Exposed]:
    now = [inputs.current.get(c.asset_id, Decimal(0)) for c in chosen]
    at_risk = sum(now, Decimal(0))
    if not at_risk:
        raise CannotWeighError("Nothing but the sleeve is held; there is no weight to cut back.")
    weighed = limited(chosen, np.array([float(weight / at_risk) for weight in now]), inputs)
    exposure = at_risk.quantize(STEP) if inputs.rules.has_sleeve else Decimal(1)
    return weighed.raw, at_exposure(
        weighed.base, inputs, exposure=exposure, volatility_exposure=inputs.volatility_exposure
    )


def _new_exposure(inputs: ReviewInputs) -> tuple[Mapping[str, Decimal], Exposed]:
    by_volatility = volatility_exposure(inputs.base, inputs)
    exposure = (gate_of(inputs) * by_volatility).quantize(STEP)
    return inputs.base, at_exposure(inputs.base, inputs, exposure=exposure, volatility_exposure=by_volatility)


def _back_to_targets(inputs: ReviewInputs) -> Exposed:
    targets = {asset_id: weight for asset_id, weight in inputs.targets.items() if weight}
    # Those of a basket that came of an event are rounded one by one.
    weights = dict(zip(targets, share_out(ONE, list(targets.values()), unit=STEP), strict=True))
    if inputs.rules.rebalance_to == RebalanceTo.EDGE:
        weights = _to_edges(inputs.rules, inputs.current, weights)
    aside = set(inputs.rules.sleeve) - inputs.incumbents
    residual = sum((weight for asset_id, weight in weights.items() if asset_id in aside), Decimal(0))
    return Exposed(
        base=inputs.base,
        weights={asset_id: weight for asset_id, weight in weights.items() if asset_id not in aside},
        sleeve=parked(residual, inputs) if residual else {},
        exposure=inputs.exposure,
        volatility_exposure=inputs.volatility_exposure,
    )


def _to_edges(rules: Rules, current: Mapping[str, Decimal], targets: Mapping[str, Decimal]) -> dict[str, Decimal]:
    ids = list(targets)
    target = np.array([float(targets[a]) for a in ids])
    lows, highs = bands(target, **rules.bands)
    now = np.array([float(current.get(a, Decimal(0))) for a in ids])
    edged = band_edge(now / now.sum(), target, lower=lows, upper=highs)
    return dict(zip(ids, quantise_weights(edged), strict=True))
