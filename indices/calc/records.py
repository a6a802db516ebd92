"""Figures of an index's record beside those of its levels: likeness to others, turnover a year, tiers by size."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from market.calc.returns import DAYS_PER_YEAR, varies

LEAST_RETURNS = 60
DAYS_FOR_TURNOVER = 90
LARGE = 10_000_000_000.0
MID = 1_000_000_000.0


class Tier(StrEnum):
    """How large an asset is by its market cap in USD: from 10 billion on, from 1 billion on, below, not known."""

    LARGE = "large"
    MID = "mid"
    SMALL = "small"
    UNKNOWN = "unknown"


def pairwise_correlations(returns: NDArray[np.float64], *, least: int = LEAST_RETURNS) -> NDArray[np.float64]:
    """Return the correlation of each pair of columns over the days that both have.

    Parameters
    ----------
    returns : shape (days, n), simple returns, fractions of 1; NaN on a day without one
    least : fewest common days that give a number

    Returns
    -------
    shape (n, n), -1 to 1; NaN where there are fewer common days, or a column does not vary on them

    Raises
    ------
    ValueError
        If `returns` has not two dimensions, or `least` is below 2.

    """
    if returns.ndim != 2 or least < 2:
        raise ValueError("Returns are days by indices, and two common days are the fewest that correlate.")
    moving = np.array(returns, dtype=np.float64)
    for column in range(moving.shape[1]):
        known = moving[np.isfinite(moving[:, column]), column]
        if known.size < least or not varies(known):
            moving[:, column] = np.nan
    matrix: NDArray[np.float64] = pd.DataFrame(moving).corr(min_periods=least).to_numpy()
    return matrix


def annual_turnover(turnovers: Sequence[float], days: int) -> float | None:
    """Return the one-way turnover of a year, a fraction of 1 that may exceed 1.

    Parameters
    ----------
    turnovers : one-way turnover of each rebalance, fractions of 1
    days : from the first level to the last

    Returns
    -------
    None below 90 days: a few weeks tell nothing of a year

    Source: `spec/indices.md` 2.9.

    """
    return sum(turnovers) * DAYS_PER_YEAR / days if days >= DAYS_FOR_TURNOVER else None


def cap_tier(market_cap: float) -> Tier:
    """Return the tier of a market cap in USD; NaN is an unknown one."""
    if np.isnan(market_cap):
        return Tier.UNKNOWN
    if market_cap >= LARGE:
        return Tier.LARGE
    return Tier.MID if market_cap >= MID else Tier.SMALL
