"""Weights from scores: the cap family, caps and floors by water-filling, exact quantising."""

from decimal import Decimal
from math import fsum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indices.calc.shares import STEP, share_out

# Ten caps of 0.1 sum to a hair below 1 in binary; a real shortfall is far larger than this.
_SUM_TOLERANCE = 1e-12
_ROUNDING = 1e-9


class InfeasibleLimitsError(ValueError):
    """No weights that sum to 1 obey the limits; `limit` is "cap" or "floor"."""

    def __init__(self, limit: str, message: str) -> None:
        """Name the limit that cannot hold, and say why."""
        super().__init__(message)
        self.limit = limit


def cap_family_scores(market_caps: NDArray[np.float64], *, alpha: float) -> NDArray[np.float64]:
    """Return `market_caps ** alpha`: 1 weights by capitalisation, 0.5 by its root, 0 equally.

    Parameters
    ----------
    market_caps : shape (n,), in one currency, above 0
    alpha : in [0, 1]

    Returns
    -------
    shape (n,), above 0, to be passed to `water_fill`

    Raises
    ------
    ValueError
        If alpha is outside [0, 1], or a market cap is missing or not positive.

    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha is {alpha}; it lies in [0, 1].")
    return np.power(_positive(market_caps, "market cap"), alpha)


def water_fill(
    scores: NDArray[np.float64], *, cap: ArrayLike | None = None, floor: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Share 1 in proportion to scores, within a floor and a cap for each.

    The result is `clip(lam * scores, floor, cap)` for the only lam that makes the sum 1. What a
    cap cuts off goes to those still free in proportion to their scores, until nobody is outside.

    Parameters
    ----------
    scores : shape (n,), finite, above 0; only their ratios matter
    cap, floor : a number for all, or shape (n,); fractions of 1

    Returns
    -------
    shape (n,), summing to 1 within rounding

    Raises
    ------
    InfeasibleLimitsError
        If the caps cannot reach 1, the floors exceed 1, or a floor lies above its cap.
    ValueError
        If there are no scores, a score is not positive, or a limit is negative or NaN.

    Source: `spec/indices.md` 2.4; at most n + 1 passes.

    """
    scores = _positive(scores, "score")
    caps = _limits(np.inf if cap is None else cap, "cap", scores.size)
    floors = _limits(0.0 if floor is None else floor, "floor", scores.size)
    _check_feasible(caps, floors)

    weights = np.zeros(scores.size)
    free = np.ones(scores.size, dtype=np.bool_)
    while free.any():
        # Relative to the largest free score: tiny scores neither vanish nor overflow.
        shares = scores[free] / scores[free].max()
        weights[free] = shares / shares.sum() * (1.0 - fsum(weights[~free]))
        over, under = free & (weights > caps), free & (weights < floors)
        excess, shortage = fsum((weights - caps)[over]), fsum((floors - weights)[under])
        if not excess and not shortage:
            break
        if excess >= shortage:
            weights[over], free = caps[over], free & ~over
        if shortage >= excess:
            weights[under], free = floors[under], free & ~under
    return weights


def quantise_weights(weights: NDArray[np.float64]) -> list[Decimal]:
    """Round weights to 1e-12 by largest remainder, so that they sum to exactly 1.

    Parameters
    ----------
    weights : shape (n,), fractions of 1 that sum to 1 within 1e-9

    Returns
    -------
    n decimals with 12 places; equal remainders are settled by position, the earlier gets more

    Raises
    ------
    ValueError
        If a weight is negative or not finite, or the sum is not 1.

    """
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("Weights are finite and not negative.")
    total = fsum(weights)
    if abs(total - 1) > _ROUNDING:
        raise ValueError(f"Weights sum to {total:.12g}, not 1.")
    return share_out(Decimal(1), weights.tolist(), unit=STEP)


def _positive(values: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Return values as float64 after refusing an empty, NaN, infinite or non-positive one."""
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"Give one {name} for each asset, and at least one asset.")
    wrong = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
    if wrong.size:
        raise ValueError(f"The {name} at position {wrong[0]} is {values[wrong[0]]}; it is finite and above 0.")
    return values


def _limits(limit: ArrayLike, name: str, count: int) -> NDArray[np.float64]:
    """Spread a limit over `count` assets after refusing a negative or NaN one."""
    values = np.asarray(limit, dtype=np.float64)
    if values.shape not in {(), (count,)}:
        raise ValueError(f"The {name} has shape {values.shape}; it is one number or {count} of them.")
    if not (values >= 0).all():
        raise ValueError(f"The {name} is a fraction of 1: no less than 0, and a number.")
    return np.broadcast_to(values, (count,))


def _check_feasible(caps: NDArray[np.float64], floors: NDArray[np.float64]) -> None:
    """Refuse limits that no weights summing to 1 can obey."""
    crossed = np.flatnonzero(floors > caps)
    if crossed.size:
        at = crossed[0]
        raise InfeasibleLimitsError("floor", f"The floor {floors[at]} at position {at} is above the cap {caps[at]}.")
    if fsum(caps) < 1 - _SUM_TOLERANCE:
        raise InfeasibleLimitsError(
            "cap", f"The caps of {caps.size} assets sum to {fsum(caps):.12g}, which is less than 1."
        )
    if fsum(floors) > 1 + _SUM_TOLERANCE:
        raise InfeasibleLimitsError(
            "floor", f"The floors of {floors.size} assets sum to {fsum(floors):.12g}, more than 1."
        )
