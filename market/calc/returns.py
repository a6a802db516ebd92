"""Simple returns from closes, and the test whether returns vary at all."""

import numpy as np
from numpy.typing import NDArray

DAYS_PER_YEAR = 365
"""Crypto trades every calendar day, so a year of daily returns has 365 of them."""


def simple_returns(closes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the change from each day's close to the next day's, as a fraction of 1.

    Parameters
    ----------
    closes : shape (days,) or (days, assets), one row per consecutive UTC day
        NaN where a close is missing; zero, negative and infinite closes count as missing.

    Returns
    -------
    shape (days - 1,) or (days - 1, assets)
        NaN where either of the two closes is missing. A gap is not bridged: the return over
        several days is no daily return, and closes carried forward would fake days of 0.

    Raises
    ------
    ValueError
        If there are fewer than two days.

    """
    if len(closes) < 2:
        raise ValueError("Returns need closes of at least two days.")

    known = np.where(np.isfinite(closes) & (closes > 0), closes, np.nan)
    returns: NDArray[np.float64] = known[1:] / known[:-1] - 1.0
    return returns


def varies(returns: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell whether returns differ by more than rounding, along the last axis.

    Parameters
    ----------
    returns : shape (periods,) or (n, periods), simple returns, fractions of 1, no NaN

    Returns
    -------
    shape () or (n,)
        False where max - min is at most 4 eps (1 + max |r|). A return is a ratio of two prices
        less one, so a difference below that is rounding and no dispersion: dividing by it gave
        published libraries Sharpe ratios of 1e16 for a constant 0.1% a day.

    """
    highest, lowest = returns.max(axis=-1), returns.min(axis=-1)
    largest = np.maximum(np.abs(highest), np.abs(lowest))
    spread: NDArray[np.bool_] = np.asarray(highest - lowest > 4 * np.finfo(np.float64).eps * (1.0 + largest))
    return spread
