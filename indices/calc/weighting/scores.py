"""What weights are made from: scores by capitalisation, Sharpe ratio or factor, and blends of weights."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indices.calc.weighting.checks import finite_row, positive_figures, weights_row

Z_LIMIT = 3.0
_ROUNDING = 4 * np.finfo(np.float64).eps


class NoPositiveScoreError(ValueError):
    """No asset scores above 0, so there is nothing to share by; the stable sleeve is then the caller's choice."""


def cap_family_scores(market_caps: ArrayLike, *, alpha: float) -> NDArray[np.float64]:
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
    return np.power(positive_figures(market_caps, "market cap"), alpha)


def sharpe_scores(sharpe: ArrayLike) -> NDArray[np.float64]:
    """Return `max(sharpe, 0)`.

    Parameters
    ----------
    sharpe : shape (n,), Sharpe ratios over the same window, no NaN

    Returns
    -------
    shape (n,), not negative, at least one above 0. An asset with score 0 gets no weight: pass only
    `scores[scores > 0]` to `water_fill`, which refuses a 0.

    Raises
    ------
    NoPositiveScoreError
        If no ratio is above 0.
    ValueError
        If there is no ratio, or one is not finite.

    Source: `spec/indices.md` 2.5.

    """
    scores = np.maximum(finite_row(sharpe, "Sharpe ratio"), 0.0)
    if not scores.any():
        raise NoPositiveScoreError(f"None of the {scores.size} Sharpe ratios is above 0.")
    return scores


def tilted_scores(base: ArrayLike, factor: ArrayLike, *, strength: float) -> NDArray[np.float64]:
    """Return `base * exp(strength * z)`, z being how far an asset's factor lies from the mean of all.

    Parameters
    ----------
    base : shape (n,), scores above 0
    factor : shape (n,), any unit, no NaN; z is (factor - mean) / standard deviation (ddof 0), cut at -3 and 3, and
        0 for all when the factors differ by no more than rounding
    strength : kappa in [-10, 10]; below 0 tilts away from the factor, 0 not at all

    Returns
    -------
    shape (n,), above 0, to be passed to `water_fill`

    Raises
    ------
    ValueError
        If a base score is not positive, a factor is not finite, their lengths differ, or the strength is out of range.

    Source: `spec/indices.md` 2.5.

    """
    if not -10 <= strength <= 10:
        raise ValueError(f"The strength is {strength}; it lies in [-10, 10].")
    scores = np.array(positive_figures(base, "base score"))
    figures = finite_row(factor, "factor")
    if figures.shape != scores.shape:
        raise ValueError(f"There are {figures.size} factors for {scores.size} base scores.")
    tilted: NDArray[np.float64] = scores * np.exp(strength * _z_scores(figures))
    return tilted


def blended_weights(parts: ArrayLike, shares: ArrayLike) -> NDArray[np.float64]:
    """Return `sum_j shares_j * parts_j`, such as 0.75 of root-of-cap weights and 0.25 of liquidity weights.

    Parameters
    ----------
    parts : shape (k, n), k sets of weights for the same assets, each not negative and summing to 1
    shares : shape (k,), above 0, summing to 1

    Returns
    -------
    shape (n,), summing to 1; caps come after: pass it to `water_fill` as scores

    Raises
    ------
    ValueError
        If weights or shares are not finite, negative or do not sum to 1 within 1e-9, a share is 0, or k differs.

    Source: `spec/indices.md` 2.5.

    """
    betas = weights_row(shares, "share")
    if betas.min() == 0:
        raise ValueError(f"The share at position {betas.argmin()} is 0; it is above 0.")
    rows = np.asarray(parts, dtype=np.float64)
    if rows.ndim != 2 or len(rows) != betas.size:
        raise ValueError(f"The parts have shape {rows.shape}; they are {betas.size} sets of weights.")
    blend: NDArray[np.float64] = betas @ np.array([weights_row(row, "weight") for row in rows])
    return blend


def _z_scores(factor: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standardise, and cut at 3 on both sides."""
    if factor.max() - factor.min() <= _ROUNDING * np.abs(factor).max():
        return np.zeros(factor.size)
    centred = factor - factor.mean()
    # In units of the largest, so that squares of tiny factors do not vanish.
    centred /= np.abs(centred).max()
    scores: NDArray[np.float64] = np.clip(centred / np.sqrt(np.mean(centred**2)), -Z_LIMIT, Z_LIMIT)
    return scores
