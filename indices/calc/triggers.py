"""What may fire a rebalance between two reviews: drift, volatility, and how often they may."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import isnan

import numpy as np
from numpy.typing import NDArray

from market.calc.returns import DAYS_PER_YEAR

# The grid on which weights are stored: a drift beyond a limit by less is rounding.
_ROUNDING = 1e-12


class Band(StrEnum):
    """What a drift is measured by."""

    ABSOLUTE = "absolute"
    RELATIVE = "relative"
    LOWER = "lower"
    UPPER = "upper"
    AGGREGATE = "aggregate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """A limit that a drift went beyond; `position` is that of the asset, None for the whole basket.

    `value` and `limit` are fractions of 1: of the basket for an absolute and the aggregate band, of
    the target for a relative one; for a lower or upper edge they are the weight and the edge.
    """

    kind: Band
    position: int | None
    value: float
    limit: float


def fired(
    weights: NDArray[np.float64],
    targets: NDArray[np.float64],
    *,
    absolute: float | None = None,
    relative: float | None = None,
    lower: float | None = None,
    upper: float | None = None,
    aggregate: float | None = None,
) -> list[Firing]:
    """Return every limit that the drift from the targets went beyond.

    With w the weight and t the target, an asset fires where |w - t| > absolute,
    |w / t - 1| > relative, w < t (1 - lower) or w > t (1 + upper), and the basket where half the
    sum of |w - t| > aggregate. Exactly at the limit nothing fires.

    Parameters
    ----------
    weights, targets : shape (n,), fractions of 1, over the same assets, sleeve included
        What has a target of 0 has no relative, lower or upper band: a share of nothing is
        undefined, and what a fork added waits for the next review.
    absolute, relative, lower, upper, aggregate : not negative, lower at most 1; None is no limit

    Returns
    -------
    In the order of the limits above, and of the assets; empty when nothing fired

    Raises
    ------
    ValueError
        If the shapes differ, a weight is negative or missing, or a limit is outside its range.

    Source: `spec/indices.md` 2.8.

    """
    _check_same_assets(weights, targets)
    _check_limits(absolute=absolute, relative=relative, lower=lower, upper=upper, aggregate=aggregate)
    drift = np.abs(weights - targets)
    found: list[Firing] = []

    def note(kind: Band, beyond: NDArray[np.float64], values: NDArray[np.float64], limits: NDArray[np.float64]) -> None:
        found.extend(
            Firing(kind=kind, position=int(place), value=float(values[place]), limit=float(limits[place]))
            for place in np.flatnonzero(beyond > _ROUNDING)
        )

    banded = targets > 0
    if absolute is not None:
        note(Band.ABSOLUTE, drift - absolute, drift, np.full(drift.shape, absolute))
    if relative is not None:
        ratios = np.divide(drift, targets, out=np.zeros_like(drift), where=banded)
        note(Band.RELATIVE, np.where(banded, drift - relative * targets, 0.0), ratios, np.full(drift.shape, relative))
    if lower is not None:
        edges = targets * (1 - lower)
        note(Band.LOWER, edges - weights, weights, edges)
    if upper is not None:
        edges = targets * (1 + upper)
        note(Band.UPPER, np.where(banded, weights - edges, 0.0), weights, edges)
    if aggregate is not None and (total := float(drift.sum() / 2)) > aggregate + _ROUNDING:
        found.append(Firing(kind=Band.AGGREGATE, position=None, value=total, limit=aggregate))
    return found


def bands(
    targets: NDArray[np.float64],
    *,
    absolute: float | None = None,
    relative: float | None = None,
    lower: float | None = None,
    upper: float | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the edges within which no asset fires: the tightest of the limits given, within [0, 1].

    `water_fill(weights, floor=lows, cap=highs)` is a rebalance to the edge of the band.

    Parameters
    ----------
    targets : shape (n,), fractions of 1; a target of 0 has an absolute band only
    absolute, relative, lower, upper : as in `fired`

    Returns
    -------
    lows and highs, each of shape (n,), with lows <= targets <= highs

    Raises
    ------
    ValueError
        If a target is outside [0, 1] or missing, or a limit is outside its range.

    """
    _check_same_assets(targets, targets)
    if (targets > 1).any():
        raise ValueError("A target is a fraction of 1.")
    _check_limits(absolute=absolute, relative=relative, lower=lower, upper=upper)
    lows, highs = np.zeros(targets.size), np.ones(targets.size)
    if absolute is not None:
        lows, highs = np.maximum(lows, targets - absolute), np.minimum(highs, targets + absolute)

    below = min((limit for limit in (relative, lower) if limit is not None), default=None)
    above = min((limit for limit in (relative, upper) if limit is not None), default=None)
    if below is not None:
        lows = np.maximum(lows, targets * (1 - below))
    if above is not None:
        highs = np.where(targets > 0, np.minimum(highs, targets * (1 + above)), highs)
    return lows, highs


def ewma_volatility(returns: NDArray[np.float64], *, decay: float = 0.94) -> NDArray[np.float64]:
    """Return the exponentially weighted volatility after each day, a year of 365 days.

    The variance of a day is `decay` times that of the day before plus `1 - decay` times the squared
    return. It starts at the first squared return, so that nothing later enters a day; after 60
    days the start has less than 3% of the weight.

    Parameters
    ----------
    returns : shape (days,), simple daily returns, fractions of 1
        NaN where there is none: the variance stays as it was.
    decay : between 0 and 1, both excluded

    Returns
    -------
    shape (days,), fractions of 1; NaN before the first return

    Raises
    ------
    ValueError
        If the decay is out of range, or returns are infinite or not one for each day.

    Source: `spec/indices.md` 2.8; RiskMetrics Technical Document (1996), chapter 5, with a mean of 0.

    """
    if not 0 < decay < 1:
        raise ValueError(f"The decay is {decay}; it lies between 0 and 1.")
    if returns.ndim != 1 or np.isinf(returns).any():
        raise ValueError("Returns are one for each day, and finite.")

    variance = np.nan
    path = []
    for square in (returns**2).tolist():
        if not isnan(square):
            variance = square if isnan(variance) else decay * variance + (1 - decay) * square
        path.append(variance)
    volatility: NDArray[np.float64] = np.sqrt(DAYS_PER_YEAR * np.array(path, dtype=np.float64))
    return volatility


def defensive(volatility: NDArray[np.float64], *, high: float, low: float, start: bool = False) -> NDArray[np.bool_]:
    """Tell on which days the basket is defensive: from above `high` on until below `low`.

    Parameters
    ----------
    volatility : shape (days,), fractions of 1 a year; NaN where unknown, which changes nothing
    high, low : 0 < low < high; exactly at either nothing changes
    start : whether it is defensive before the first day

    Returns
    -------
    shape (days,)

    Raises
    ------
    ValueError
        If the thresholds are out of order.

    Source: `spec/indices.md` 2.8.

    """
    if not 0 < low < high:
        raise ValueError(f"The basket leaves the defensive below {low} and enters it above {high}; 0 < leave < enter.")

    # The last day that decided stands until the next; position 0 is the start.
    decides = np.concatenate([[True], (volatility > high) | (volatility < low)])
    enters = np.concatenate([[start], volatility > high])
    last = np.maximum.accumulate(np.where(decides, np.arange(decides.size), 0))
    path: NDArray[np.bool_] = enters[last][1:]
    return path


def exposure_for(volatility: float, *, target: float, current: float | None = None, deadband: float = 0.0) -> float:
    """Return the share to hold at risk so that its volatility is the target's: min(1, target / volatility).

    Parameters
    ----------
    volatility : of the basket at full exposure, fraction of 1 a year, not negative
    target : fraction of 1 a year, above 0
    current : the exposure now; it stays where the change would be at most `deadband`
    deadband : fraction of 1, not negative

    Returns
    -------
    in (0, 1], or `current`

    Raises
    ------
    ValueError
        If the volatility is unknown or negative, the target not above 0, or the deadband negative.

    Source: `spec/indices.md` 2.8.

    """
    if not 0 <= volatility < np.inf or not 0 < target < np.inf:
        raise ValueError(f"The volatility {volatility} is known and not negative, its target {target} above 0.")
    if not deadband >= 0:
        raise ValueError(f"The deadband is {deadband}; it is not negative.")

    exposure = 1.0 if volatility <= target else target / volatility
    if current is not None and abs(exposure - current) <= deadband + _ROUNDING:
        return current
    return exposure


def may_fire(day: date, past: Collection[date], *, cooldown_days: int, most_a_month: int) -> bool:
    """Tell whether a trigger may fire on a day, given when earlier ones did.

    Parameters
    ----------
    day : a UTC day
    past : days of earlier triggers, in any order; what is later than `day` does not count
    cooldown_days : days that have passed since the last, at least: with 7, a week later it may
    most_a_month : triggers of one calendar month, at most

    Raises
    ------
    ValueError
        If a number is negative.

    Source: `spec/indices.md` 2.8.

    """
    if cooldown_days < 0 or most_a_month < 0:
        raise ValueError("A cooldown and a number of triggers are not negative.")
    earlier = [other for other in past if other <= day]
    if earlier and (day - max(earlier)).days < cooldown_days:
        return False
    return sum((other.year, other.month) == (day.year, day.month) for other in earlier) < most_a_month


def _check_same_assets(weights: NDArray[np.float64], targets: NDArray[np.float64]) -> None:
    """Refuse weights and targets that are not one each for the same assets."""
    if weights.ndim != 1 or weights.shape != targets.shape:
        raise ValueError(
            f"Weights have shape {weights.shape}, targets {targets.shape}; give one of each for each asset."
        )
    if not ((weights >= 0) & (targets >= 0)).all():
        raise ValueError("Weights and targets are numbers and not negative.")


def _check_limits(**limits: float | None) -> None:
    """Refuse limits outside their range."""
    for name, limit in limits.items():
        if limit is not None and not (0 <= limit < np.inf and (name != "lower" or limit <= 1)):
            raise ValueError(f"The {name} limit is {limit}; it is not negative, finite, and a lower one at most 1.")
