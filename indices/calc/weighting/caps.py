"""Caps that are not one number for all: relaxed, flexible, and a different one for the largest."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indices.calc.weighting.checks import finite_row, limit_figures, positive_figures


def relaxed_cap(cap: float, count: int) -> float:
    """Return `max(cap, 1 / count)`: the smallest cap at or above this one that `count` assets can obey.

    An explicit choice of the curator; `water_fill` never relaxes a cap by itself.

    Parameters
    ----------
    cap : fraction of 1
    count : number of assets, at least one

    Raises
    ------
    ValueError
        If there is no asset, or the cap is negative or NaN.

    """
    if count < 1:
        raise ValueError(f"There are {count} assets; a cap is for one or more.")
    return max(limit_figures(cap, "cap", 1)[0], 1 / count)


def flexible_caps(cap: ArrayLike, current: ArrayLike) -> NDArray[np.float64]:
    """Return `(cap + current) / 2`: an asset that has grown past the cap is cut half of the way back.

    Parameters
    ----------
    cap : a number for all, or shape (n,); fractions of 1
    current : shape (n,), the weights held now, 0 for what is not held; in [0, 1]

    Returns
    -------
    shape (n,); caps that sum to 1 or more, if the current weights sum to 1 and n times the cap does so

    Raises
    ------
    ValueError
        If a cap is negative or NaN, or a weight is outside [0, 1].

    Source: `spec/indices.md` 2.4, as the DeFi Pulse Index has it.

    """
    weights = finite_row(current, "current weight")
    if weights.min() < 0 or weights.max() > 1:
        raise ValueError("Current weights are fractions of 1, from 0 to 1.")
    caps: NDArray[np.float64] = (np.array(limit_figures(cap, "cap", weights.size)) + weights) / 2
    return caps


def largest_caps(scores: ArrayLike, *, largest: float, others: float) -> NDArray[np.float64]:
    """Return a cap for each asset: one for the largest score, another for all others.

    Parameters
    ----------
    scores : shape (n,), above 0; of equal largest scores the first counts
    largest, others : fractions of 1, such as 0.3 and 0.2

    Returns
    -------
    shape (n,), to be passed to `water_fill`

    Raises
    ------
    ValueError
        If a score is not positive, or a cap is negative or NaN.

    Source: `spec/indices.md` 2.4, as the CoinDesk 20 has it.

    """
    figures = positive_figures(scores, "score")
    caps = np.array(limit_figures(others, "cap", 1) * len(figures))
    caps[figures.index(max(figures))] = limit_figures(largest, "cap of the largest", 1)[0]
    return caps
