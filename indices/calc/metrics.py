"""Figures that assets are ranked and weighed by, from their closes."""

import numpy as np
from numpy.typing import NDArray

from market.calc.returns import DAYS_PER_YEAR

Floats = NDArray[np.float64]


class TooFewReturnsError(ValueError):
    """An asset has too few returns in common with the others; `position` is its column."""

    def __init__(self, position: int, message: str) -> None:
        """Keep the column beside the words."""
        super().__init__(message)
        self.position = position


def momentum(closes: Floats, *, days: int) -> Floats:
    """Return the change over `days` up to the last row; NaN where either close is missing."""
    change: Floats = closes[-1] / closes[-1 - days] - 1
    return change


def sharpe_ratios(closes: Floats, *, days: int, least: int) -> Floats:
    """Return mean over deviation of daily returns, a year; NaN with fewer than `least` returns."""
    returns = closes[-days:] / closes[-days - 1 : -1] - 1
    return _of_known(returns, least, lambda row: row.mean() / row.std(ddof=1) * np.sqrt(DAYS_PER_YEAR))


def log_volatilities(closes: Floats, *, days: int, least: int) -> Floats:
    """Return the deviation of daily log returns, a year; NaN with fewer than `least` returns."""
    returns = np.log(closes[-days:] / closes[-days - 1 : -1])
    return _of_known(returns, least, lambda row: row.std(ddof=1) * np.sqrt(DAYS_PER_YEAR))


def common_log_returns(closes: Floats, *, days: int, least: int) -> Floats:
    """Return daily log returns of the rows on which every asset has one."""
    returns = np.log(closes[-days:] / closes[-days - 1 : -1])
    known = np.isfinite(returns)
    common = known.all(axis=1)
    if common.sum() < least:
        position = int(known.sum(axis=0).argmin())
        raise TooFewReturnsError(position, f"The asset at position {position} has {known[:, position].sum()} returns.")
    rows: Floats = returns[common]
    return rows


def _of_known(returns: Floats, least: int, measure) -> Floats:
    known = np.isfinite(returns)
    return np.array(
        [
            measure(returns[known[:, column], column]) if known[:, column].sum() >= least else np.nan
            for column in range(returns.shape[1])
        ]
    )
