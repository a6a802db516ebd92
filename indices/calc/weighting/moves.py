"""From the weights held to the target only so far: by a limit on turnover, or to the edges of bands."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indices.calc.weighting.checks import ROUNDING, InfeasibleLimitsError, limit_figures, weights_row


def turnover_limited(old: ArrayLike, target: ArrayLike, *, limit: float) -> tuple[NDArray[np.float64], float]:
    """Move from old weights towards the target as far as a one-way turnover allows.

    `w = old + theta (target - old)`, with `theta = min(1, limit / T)` for a turnover `T = 0.5 sum |target - old|`.

    An asset whose target is 0 has left the index and is sold whole, whatever the limit; such sales D come first and
    theta is what they leave of the limit: `theta = (limit - D) / (T - D)`, not below 0. All that is sold goes to
    the assets to be bought, in proportion to how far each lies below its target. So nobody passes its target, and
    the turnover is the limit, or D where D alone is more.

    Parameters
    ----------
    old, target : shape (n,), weights over the union of both baskets and the sleeve, each summing to 1
    limit : the largest one-way turnover, not negative, as a fraction of 1

    Returns
    -------
    weights, shape (n,), none negative, summing to 1, and theta in [0, 1]; below 1 caps and floors may stay breached

    Raises
    ------
    ValueError
        If lengths differ, weights are negative or do not sum to 1 within 1e-9, or the limit is negative or NaN.

    Source: `spec/indices.md` 2.9.

    """
    held, aim = _both(old, target)
    most = limit_figures(limit, "turnover limit", 1)[0]
    move = aim - held
    buys, sales = np.maximum(move, 0.0), np.maximum(-move, 0.0)
    turnover = 0.5 * (buys.sum() + sales.sum())
    # Both sums are 1 within rounding only, so less than twice that may be no sale at all.
    if turnover <= max(most, 2 * ROUNDING):
        return aim.copy(), 1.0

    deleted = float(sales[aim == 0].sum())
    others = turnover - deleted
    theta = max(0.0, (most - deleted) / others) if others > 2 * ROUNDING else 1.0
    sold = np.where(aim == 0, sales, theta * sales)
    weights: NDArray[np.float64] = held - sold + buys * (sold.sum() / buys.sum())
    return weights, theta


def band_edge(old: ArrayLike, target: ArrayLike, *, lower: ArrayLike, upper: ArrayLike) -> NDArray[np.float64]:
    """Bring weights that are outside their band to its nearer edge, and no further than the sum of 1 asks for.

    Weights are cut to their bands. What is then missing from 1 is bought among those below their target, and what is
    too much is sold among those above, in proportion to how far each lies from its target. So nobody passes its
    target, and everybody ends within the band; if all are within their bands already, nothing moves.

    Parameters
    ----------
    old, target : shape (n,), weights over the same assets, each summing to 1
    lower, upper : a number for all, or shape (n,), around the targets; fractions of 1

    Returns
    -------
    shape (n,), summing to 1

    Raises
    ------
    InfeasibleLimitsError
        "band", if a target is outside its band.
    ValueError
        If lengths differ, weights are negative or do not sum to 1 within 1e-9, or an edge is negative or NaN.

    Source: `spec/indices.md` 2.8, "rebalance to target or to band edge".

    """
    held, aim = _both(old, target)
    low = np.array(limit_figures(lower, "lower edge", aim.size))
    high = np.array(limit_figures(upper, "upper edge", aim.size))
    outside = np.flatnonzero((aim < low) | (aim > high))
    if outside.size:
        at = outside[0]
        raise InfeasibleLimitsError(
            "band", f"The target {aim[at]} at position {at} is outside its band {low[at]} to {high[at]}."
        )
    weights: NDArray[np.float64] = np.clip(held, low, high)
    missing = 1.0 - weights.sum()
    distance = np.maximum(aim - weights, 0.0) if missing > 0 else np.minimum(aim - weights, 0.0)
    if not distance.any():
        return weights
    weights += distance * min(1.0, missing / distance.sum())
    return weights


def _both(old: ArrayLike, target: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return old and target weights after refusing those that are not over the same assets."""
    held, aim = weights_row(old, "old weight"), weights_row(target, "target weight")
    if held.shape != aim.shape:
        raise ValueError(f"There are {held.size} old weights and {aim.size} target weights.")
    return held, aim
