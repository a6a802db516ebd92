"""What a rebalance moves and what that costs."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

HIGHEST_RATE = 0.99
"""A trade costs no more than this share of its value: at 1 nothing would be left of what is sold."""


def one_way_turnover(old: NDArray[np.float64], new: NDArray[np.float64]) -> float:
    """Return the share of the index that changes hands once: half the sum of absolute weight changes.

    Parameters
    ----------
    old : shape (assets,), drifted weights before; over the union of both baskets, sleeve included
    new : shape (assets,), target weights

    Raises
    ------
    ValueError
        If the shapes differ.

    """
    _check_same_shape(old, new)
    return float(np.abs(new - old).sum() / 2)


def cost_rates(
    trades: NDArray[np.float64],
    volumes: NDArray[np.float64],
    *,
    fee: ArrayLike,
    half_spread: ArrayLike,
    impact: ArrayLike,
) -> NDArray[np.float64]:
    """Return the cost per unit of value traded: fee + half_spread + impact x sqrt(trade / volume of a day).

    Parameters
    ----------
    trades : shape (n,), USD bought (or sold, negative) of each asset
    volumes : shape (n,), USD traded on an average day. Where that is unknown (NaN, or not above 0) the impact is
        that of a trade as large as the whole day's volume, in full.
    fee, half_spread : fractions of 1, one number or shape (n,)
    impact : fraction of 1 that a trade as large as a day's volume moves the price, one number or shape (n,)

    Returns
    -------
    shape (n,), fractions of 1 for `net_level`; at most HIGHEST_RATE, so that a level remains

    Raises
    ------
    ValueError
        If the shapes differ, a trade is not finite, or a cost is negative or not finite.

    Source: `spec/indices.md` 2.9.

    """
    if trades.shape != volumes.shape:
        raise ValueError(f"Trades have shape {trades.shape}, volumes {volumes.shape}; each trade needs a volume.")
    if not np.isfinite(trades).all():
        raise ValueError("A trade is not a finite number.")

    days_of_volume = np.divide(np.abs(trades), volumes, out=np.ones(trades.shape), where=volumes > 0)
    fixed = _costs(fee, "fee") + _costs(half_spread, "half-spread")
    return np.minimum(fixed + _costs(impact, "impact") * np.sqrt(days_of_volume), HIGHEST_RATE)


def net_level(level: float, old: NDArray[np.float64], new: NDArray[np.float64], rate: ArrayLike) -> float:
    """Return the level after paying for a rebalance: the V with V = level - sum rate |new V - old level|.

    Parameters
    ----------
    level : before costs, above 0
    old, new : shape (assets,), weights before and after, fractions of 1
    rate : cost per unit of value traded, fraction of 1 in [0, 1); one number or shape (assets,)

    Returns
    -------
    The level after costs, at most `level`

    Raises
    ------
    ValueError
        If the shapes differ, or a rate is outside [0, 1).

    """
    _check_same_shape(old, new)
    rates = np.asarray(rate, dtype=np.float64)
    if not ((rates >= 0) & (rates < 1)).all():
        raise ValueError("A cost rate is a fraction of 1: no less than 0, below 1.")

    # With the direction of every trade known the equation is linear. Costs are convex in V, so solving,
    # looking again at the directions and repeating falls onto the answer and stops there.
    value = level
    while True:
        signed = rates * np.sign(new * value - old * level)
        solved = float(level * (1 + (signed * old).sum()) / (1 + (signed * new).sum()))
        if solved >= value:
            return value
        value = solved


def _costs(cost: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return a cost as float64 after refusing a negative or infinite one."""
    figures = np.asarray(cost, dtype=np.float64)
    if not ((figures >= 0) & np.isfinite(figures)).all():
        raise ValueError(f"The {name} is a fraction of 1: no less than 0, and finite.")
    return figures


def _check_same_shape(old: NDArray[np.float64], new: NDArray[np.float64]) -> None:
    """Refuse weights that are not over the same assets."""
    if old.shape != new.shape:
        raise ValueError(f"Weights before have shape {old.shape}, after {new.shape}; give the union to both.")
