"""Weights of the assets that a review has chosen: scores by the scheme, the tilt, then limits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from indices.calc.inputs import Candidate, ReviewInputs
from indices.calc.metrics import common_log_returns
from indices.calc.rules import BlendPart, Rules, Scheme, Tilt
from indices.calc.weighting import (
    InfeasibleLimitsError,
    NoPositiveScoreError,
    blended_weights,
    cap_family_scores,
    drop_below,
    equal_risk_contribution,
    flexible_caps,
    inverse_volatility,
    largest_caps,
    quantise_weights,
    relaxed_cap,
    sharpe_scores,
    shrunk_covariance,
    tilted_scores,
    water_fill,
    water_fill_groups,
)
from market.calc.returns import DAYS_PER_YEAR

LEAST_RETURNS = 60
Floats = NDArray[np.float64]


class CannotWeighError(ValueError):
    """No weights come of these assets under these rules; the message says why in a curator's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """Weights by asset id. `raw` by score alone, `base` within the limits; each sums to 1, or both are empty.

    An asset whose score is 0, or that was dropped for being too small, is not in `base`.
    """

    raw: Mapping[str, Decimal]
    base: Mapping[str, Decimal]


def weigh(chosen: Sequence[Candidate], inputs: ReviewInputs) -> Weighed:
    """Weigh chosen assets by the scheme of the rules; nothing when every score is 0.

    Raises
    ------
    CannotWeighError
        If limits cannot be obeyed, an asset's history is too short, or a weight is too small to be written.

    """
    unknown = [c.asset_id for c in chosen if c.market_cap is None]
    if unknown and _needs_caps(inputs.rules):
        raise CannotWeighError(f"The market cap of {', '.join(unknown)} on the cut-off day is unknown.")
    scores = _tilted(_scores(chosen, inputs), chosen, inputs.rules)
    return limited(chosen, scores, inputs)


def _needs_caps(rules: Rules) -> bool:
    return rules.scheme == Scheme.CAP or not {BlendPart.CAP, BlendPart.SQRT_CAP}.isdisjoint(dict(rules.blend))


def limited(chosen: Sequence[Candidate], scores: Floats, inputs: ReviewInputs) -> Weighed:
    """Share 1 by scores within the limits of the rules; assets with a score of 0 get nothing.

    Raises CannotWeighError.
    """
    scored = np.flatnonzero(scores > 0)
    if not scored.size:
        return Weighed(raw={}, base={})
    ids = [chosen[place].asset_id for place in scored.tolist()]
    raw = quantise_weights(scores[scored] / scores[scored].sum())
    try:
        kept = _kept(scores[scored], inputs.rules)
        places = scored[kept]
        base = _filled([chosen[place] for place in places.tolist()], scores[places], inputs)
    except InfeasibleLimitsError as error:
        raise CannotWeighError(f"{len(ids)} assets cannot obey the {error.limit}. {error}") from error
    if not all(base):
        raise CannotWeighError("A weight is too small to be written with 12 decimals.")
    held = [chosen[place].asset_id for place in places.tolist()]
    return Weighed(raw=dict(zip(ids, raw, strict=True)), base=dict(zip(held, base, strict=True)))


def log_returns(asset_ids: Sequence[str], inputs: ReviewInputs, *, days: int) -> Floats:
    """Return daily log returns, shape (rows, assets), of the rows on which all assets have one.

    Raises CannotWeighError when an asset has fewer than LEAST_RETURNS of them in common with the others.
    """
    missing = [asset_id for asset_id in asset_ids if asset_id not in inputs.closes]
    if missing:
        raise CannotWeighError(f"{missing[0]} has no closes before the cut-off.")
    columns = [inputs.closes[asset_id] for asset_id in asset_ids]
    try:
        # None, which is no close, becomes NaN.
        return common_log_returns(np.array(columns, dtype=np.float64).T, days=days, least=LEAST_RETURNS)
    except ValueError as error:
        raise CannotWeighError(f"Too few returns in common over {days} days. {error}") from error


def _scores(chosen: Sequence[Candidate], inputs: ReviewInputs) -> Floats:
    rules = inputs.rules
    if rules.scheme == Scheme.BLEND:
        parts = [_part(part, chosen, inputs) for part, _ in rules.blend]
        whole = [scores / scores.sum() if scores.sum() > 0 else scores for scores in parts]
        return blended_weights(np.array(whole), np.array([float(share) for _, share in rules.blend]))
    if rules.scheme == Scheme.CAP:
        return cap_family_scores(_caps(chosen), alpha=float(rules.alpha))
    return _part(BlendPart(rules.scheme.value), chosen, inputs)


def _part(part: BlendPart, chosen: Sequence[Candidate], inputs: ReviewInputs) -> Floats:
    makers: dict[BlendPart, Callable[[], Floats]] = {
        BlendPart.CAP: lambda: cap_family_scores(_caps(chosen), alpha=1),
        BlendPart.SQRT_CAP: lambda: cap_family_scores(_caps(chosen), alpha=0.5),
        BlendPart.EQUAL: lambda: np.ones(len(chosen)),
        BlendPart.LIQUIDITY: lambda: np.array([c.median_volume or 0.0 for c in chosen]),
        BlendPart.INVERSE_VOLATILITY: lambda: inverse_volatility(_deviations(chosen, inputs)),
        BlendPart.EQUAL_RISK: lambda: _equal_risk(chosen, inputs),
        BlendPart.SHARPE: lambda: _sharpe(chosen),
        BlendPart.VOTES: lambda: np.array([float((inputs.votes or {}).get(c.asset_id, 0)) for c in chosen]),
    }
    return makers[part]()


def _sharpe(chosen: Sequence[Candidate]) -> Floats:
    try:
        return sharpe_scores(np.array([c.sharpe or 0.0 for c in chosen]))
    except NoPositiveScoreError:
        return np.zeros(len(chosen))


def _deviations(chosen: Sequence[Candidate], inputs: ReviewInputs) -> Floats:
    returns = log_returns([c.asset_id for c in chosen], inputs, days=inputs.rules.risk_days)
    deviations: Floats = returns.std(axis=0, ddof=1) * np.sqrt(DAYS_PER_YEAR)
    still = np.flatnonzero(deviations <= 0)
    if still.size:
        raise CannotWeighError(f"{chosen[int(still[0])].asset_id} has not moved in {inputs.rules.risk_days} days.")
    return deviations


def _equal_risk(chosen: Sequence[Candidate], inputs: ReviewInputs) -> Floats:
    _deviations(chosen, inputs)
    returns = log_returns([c.asset_id for c in chosen], inputs, days=inputs.rules.risk_days)
    covariance = shrunk_covariance(returns, shrinkage=float(inputs.rules.shrinkage))
    try:
        return equal_risk_contribution(covariance)
    except ValueError as error:
        raise CannotWeighError(f"Equal risk contributions cannot be found. {error}") from error


def _tilted(scores: Floats, chosen: Sequence[Candidate], rules: Rules) -> Floats:
    if rules.tilt == Tilt.NONE:
        return scores
    figures = {
        Tilt.MOMENTUM: [c.momentum for c in chosen],
        Tilt.SHARPE: [c.sharpe for c in chosen],
        Tilt.LIQUIDITY: [c.median_volume for c in chosen],
        Tilt.LOW_VOLATILITY: [None if c.volatility is None else -c.volatility for c in chosen],
        Tilt.DILIGENCE: [None if c.diligence is None else float(c.diligence) for c in chosen],
    }[rules.tilt]
    known = [figure for figure in figures if figure is not None]
    middle = sum(known) / len(known) if known else 0.0  # what is not known tilts nothing
    factor = np.array([middle if figure is None else figure for figure in figures])
    return tilted_scores(scores, factor, strength=float(rules.tilt_strength))


def _kept(scores: Floats, rules: Rules) -> NDArray[np.bool_]:
    if rules.drop_below is None:
        return np.ones(scores.size, dtype=np.bool_)
    return drop_below(scores, least=float(rules.drop_below), cap=_plain_cap(rules, scores.size), floor=_floor(rules))


def _filled(chosen: Sequence[Candidate], scores: Floats, inputs: ReviewInputs) -> list[Decimal]:
    rules = inputs.rules
    caps = _caps_for(chosen, scores, inputs)
    if rules.sector_cap is None:
        return quantise_weights(water_fill(scores, cap=caps, floor=_floor(rules)))
    sectors = [c.sector for c in chosen]
    filled = water_fill_groups(scores, sectors, cap=caps, group_caps=float(rules.sector_cap), floor=_floor(rules))
    return quantise_weights(filled)


def _caps_for(chosen: Sequence[Candidate], scores: Floats, inputs: ReviewInputs) -> Floats | float | None:
    rules = inputs.rules
    cap = _plain_cap(rules, len(chosen))
    if cap is None:
        return None
    if rules.cap_largest is not None:
        return largest_caps(scores, largest=max(cap, float(rules.cap_largest)), others=cap)
    if rules.cap_flexible:
        risk = sum((inputs.current.get(c.asset_id, Decimal(0)) for c in chosen), Decimal(0))
        now = [float(inputs.current.get(c.asset_id, Decimal(0)) / risk) if risk else cap for c in chosen]
        return flexible_caps(cap, np.array(now))
    return cap


def _plain_cap(rules: Rules, count: int) -> float | None:
    if rules.cap is None:
        return None
    return relaxed_cap(float(rules.cap), count) if rules.cap_relaxes else float(rules.cap)


def _floor(rules: Rules) -> float | None:
    return None if rules.floor is None else float(rules.floor)


def _caps(chosen: Sequence[Candidate]) -> Floats:
    return np.array([float(c.market_cap or 0) for c in chosen])
