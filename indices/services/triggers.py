"""What fires a rebalance between reviews: drift out of the bands, or volatility that asks for another exposure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from indices.calc.exposure import volatility_exposure
from indices.calc.reweighting import DRIFT, VOLATILITY
from indices.calc.rules import Rules
from indices.calc.triggers import Firing, fired, may_fire
from indices.calc.weighing import CannotWeighError
from indices.services.gathering import Cutoff, Gatherer
from indices.services.levels import HeldBasket


@dataclass(frozen=True, slots=True)
class Fired:
    """A trigger that has fired: "drift" or "volatility", and the words for it."""

    trigger: str
    words: str


def find_trigger(*, gatherer: Gatherer, rules: Rules, basket: HeldBasket, cutoff: Cutoff) -> Fired | None:
    """Return what fires at the close of a day, or None; the cooldown and the most a month count first."""
    if not may_fire(
        cutoff.day,
        gatherer.state.triggered,
        cooldown_days=rules.cooldown_days,
        most_a_month=rules.max_triggers,
    ):
        return None
    return _drift(gatherer, rules, basket, cutoff) or _volatility(gatherer, rules, cutoff)


def _drift(gatherer: Gatherer, rules: Rules, basket: HeldBasket, cutoff: Cutoff) -> Fired | None:
    if not rules.has_drift_bands:
        return None
    now = gatherer.current_weights(basket, cutoff)
    firings = fired(
        np.array([float(now[asset_id]) for asset_id in basket.asset_ids]),
        np.array([float(weight) for weight in basket.weights]),
        aggregate=None if rules.band_aggregate is None else float(rules.band_aggregate),
        **rules.bands,
    )
    if not firings:
        return None
    return Fired(DRIFT, _in_words(firings, basket, now))


def _in_words(firings: list[Firing], basket: HeldBasket, now: Mapping[str, Decimal]) -> str:
    first = firings[0]
    more = f" and {len(firings) - 1} more" if len(firings) > 1 else ""
    if first.position is None:
        return f"Drift: {first.value:.2%} would change hands, the limit is {first.limit:.2%}{more}."
    asset_id = basket.asset_ids[first.position]
    target = basket.weights[first.position]
    return f"Drift: {asset_id} at {now[asset_id]:.2%} against {target:.2%}, outside its {first.kind} band{more}."


def _volatility(gatherer: Gatherer, rules: Rules, cutoff: Cutoff) -> Fired | None:
    if not rules.watches_volatility or gatherer.state.effective is None:
        return None
    inputs = gatherer.for_volatility(rules, cutoff)
    try:
        wanted = volatility_exposure(inputs.base, inputs)
    except CannotWeighError:
        return None
    if wanted == inputs.volatility_exposure:
        return None
    return Fired(
        VOLATILITY, f"Volatility asks for an exposure of {wanted:.2%}; it was {inputs.volatility_exposure:.2%}."
    )
