"""Weights from risk: inverse volatility, equal risk contribution, and the covariance behind them."""

from math import sqrt
from operator import mul

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indices.calc.weighting.checks import ROUNDING, finite_row, positive_figures, weights_row

MAX_PASSES = 5000
_LARGEST_CHANGE = 1e-14
_ASYMMETRY = 1e-9


class CovarianceError(ValueError):
    """A matrix that is no covariance to divide risk by: not square, not symmetric, or not positive definite."""


class NotConvergedError(ValueError):
    """Weights of equal risk contribution were not found within `MAX_PASSES` passes."""


def inverse_volatility(volatility: ArrayLike, *, least: float | None = None) -> NDArray[np.float64]:
    """Share 1 in proportion to `1 / max(volatility, least)`.

    Parameters
    ----------
    volatility : shape (n,), one for each asset over the same window, in the same unit, no NaN
    least : the volatility below which none is counted, above 0; without it every volatility is above 0

    Returns
    -------
    shape (n,), above 0, summing to 1; a score to be passed to `water_fill` as well

    Raises
    ------
    ValueError
        If there is no volatility, one is not finite or negative, or one is 0 without `least`.

    Source: `spec/indices.md` 2.5.

    """
    if least is not None:
        volatility = finite_row(volatility, "volatility")
        if volatility.min() < 0:
            raise ValueError(f"The volatility at position {volatility.argmin()} is {volatility.min()}; it is negative.")
        volatility = np.maximum(volatility, positive_figures([least], "least volatility")[0])
    counted = np.array(positive_figures(volatility, "volatility"))
    # Relative to the calmest asset: 1 / volatility cannot overflow.
    scores = counted.min() / counted
    weights: NDArray[np.float64] = scores / scores.sum()
    return weights


def equal_risk_contribution(covariance: ArrayLike, *, budgets: ArrayLike | None = None) -> NDArray[np.float64]:
    """Return the weights above 0 with which each asset contributes its budget of the portfolio's variance.

    Parameters
    ----------
    covariance : shape (n, n), symmetric, positive definite, any unit
    budgets : shape (n,), shares of risk above 0 that sum to 1; None is `1 / n` each

    Returns
    -------
    shape (n,), above 0, summing to 1; `risk_contributions` of them are the budgets within 1e-9. A cap applied
    afterwards breaks that, so report what it leaves.

    Raises
    ------
    CovarianceError
        If the matrix is not square, finite, symmetric and positive definite.
    NotConvergedError
        If the matrix is so near to singular that `MAX_PASSES` passes do not settle.
    ValueError
        If there is not one budget above 0 for each asset, or they do not sum to 1.

    Source: `spec/indices.md` 2.6: the minimiser of `0.5 x'Sx - sum b ln x`, by cyclic coordinate descent
    (Griveau-Billion, Richard and Roncalli, 2013, arXiv:1311.4057).

    """
    matrix = _covariance(covariance)
    count = len(matrix)
    deviations = np.sqrt(np.diag(matrix))
    correlation = matrix / np.outer(deviations, deviations)
    _refuse_indefinite(correlation)
    shares = np.full(count, 1 / count) if budgets is None else weights_row(budgets, "budget")
    if shares.shape != (count,) or shares.min() == 0:
        raise ValueError(f"Give a budget above 0 for each of the {count} assets.")

    exposures = _descend(correlation.tolist(), shares.tolist(), start=1 / sqrt(correlation.sum()))
    weights: NDArray[np.float64] = exposures / deviations
    weights /= weights.sum()
    achieved = risk_contributions(weights, matrix)
    if np.abs(achieved - shares).max() > ROUNDING:
        raise NotConvergedError(f"Equal risk contributions were not reached in {MAX_PASSES} passes.")
    return weights


def _descend(correlation: list[list[float]], budgets: list[float], *, start: float) -> NDArray[np.float64]:
    """Return the exposures (weights times volatility) that minimise, found one asset at a time.

    In units of each asset's volatility the start 1 / volatility is a constant and every variance is 1. Lists and
    plain sums: their bits do not depend on the linear algebra library of the machine.
    """
    exposures = [start] * len(budgets)
    for _ in range(MAX_PASSES):
        change = 0.0
        for i, (row, budget) in enumerate(zip(correlation, budgets, strict=True)):
            before = exposures[i]
            others = sum(map(mul, row, exposures)) - before
            root = sqrt(others * others + 4 * budget)
            # Both are the positive root of x^2 + others x = budget; each loses no digits on its side.
            exposures[i] = (root - others) / 2 if others < 0 else 2 * budget / (root + others)
            change = max(change, abs(exposures[i] / before - 1))
        if change < _LARGEST_CHANGE:
            break
    return np.array(exposures)


def shrunk_covariance(returns: ArrayLike, *, shrinkage: float) -> NDArray[np.float64]:
    """Return the sample covariance with its off-diagonal part shrunk: `(1 - d) S + d diag(S)`.

    Parameters
    ----------
    returns : shape (days, n), one return a day for each asset, no NaN, at least two days
    shrinkage : d in [0, 1]; 0 is the sample's own (ddof 1), 1 keeps the variances alone

    Returns
    -------
    shape (n, n), symmetric, per day, not annualised; positive definite for d above 0 if every asset varies

    Raises
    ------
    ValueError
        If there are fewer than two days, no asset, a return is not finite, or d is outside [0, 1].

    Source: `spec/indices.md` 2.6.

    """
    if not 0 <= shrinkage <= 1:
        raise ValueError(f"The shrinkage is {shrinkage}; it lies in [0, 1].")
    sample = np.asarray(returns, dtype=np.float64)
    if sample.ndim != 2 or len(sample) < 2 or sample.shape[1] == 0:
        raise ValueError(f"The returns have shape {sample.shape}; they are of two days or more, and an asset or more.")
    if not np.isfinite(sample).all():
        raise ValueError("Every return is finite.")
    centred = sample - sample.mean(axis=0)
    covariance: NDArray[np.float64] = centred.T @ centred / (len(sample) - 1)
    shrunk = (1 - shrinkage) * covariance
    np.fill_diagonal(shrunk, np.diag(covariance))
    return shrunk


def risk_contributions(weights: ArrayLike, covariance: ArrayLike) -> NDArray[np.float64]:
    """Return each asset's share of the portfolio's variance, `w_i (Sw)_i / w'Sw`.

    Parameters
    ----------
    weights : shape (n,), fractions of 1; a weight may be 0 or negative
    covariance : shape (n, n), symmetric, variances above 0

    Returns
    -------
    shape (n,), summing to 1; negative for an asset that lowers the risk

    Raises
    ------
    CovarianceError
        If the matrix is not square, finite and symmetric, a variance is not above 0, or the portfolio has no risk.
    ValueError
        If there is not one finite weight for each asset.

    """
    matrix = _covariance(covariance)
    held = finite_row(weights, "weight")
    if held.size != len(matrix):
        raise ValueError(f"There are {held.size} weights for {len(matrix)} assets.")
    parts: NDArray[np.float64] = held * (matrix @ held)
    if not (variance := parts.sum()) > 0:
        raise CovarianceError("The portfolio has no risk to be shared.")
    shares: NDArray[np.float64] = parts / variance
    return shares


def _covariance(values: ArrayLike) -> NDArray[np.float64]:
    """Return a matrix as float64 after refusing what is not square, finite and symmetric with variances above 0."""
    matrix = np.asarray(values, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.size == 0:
        raise CovarianceError(f"The covariance has shape {matrix.shape}; it is square.")
    if not np.isfinite(matrix).all():
        raise CovarianceError("Every covariance is finite.")
    variances = np.diag(matrix)
    if variances.min() <= 0:
        raise CovarianceError(f"The variance at position {variances.argmin()} is {variances.min()}; it is above 0.")
    deviations = np.sqrt(variances)
    if (np.abs(matrix - matrix.T) > _ASYMMETRY * np.outer(deviations, deviations)).any():
        raise CovarianceError("The covariance is not symmetric.")
    return matrix


def _refuse_indefinite(correlation: NDArray[np.float64]) -> None:
    try:
        np.linalg.cholesky(correlation)
    except np.linalg.LinAlgError as error:
        raise CovarianceError("The covariance is not positive definite.") from error
