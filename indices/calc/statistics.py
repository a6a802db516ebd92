"""Statistics of a daily level: returns by window, volatility, drawdown, and against a benchmark."""

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from market.calc.returns import DAYS_PER_YEAR, simple_returns, varies

DAYS_FOR_CAGR = 90


@dataclass(frozen=True, kw_only=True)
class PerformanceStatistics:
    """Fractions of 1; `max_drawdown` is 0 or below; None where the definition gives no number.

    `peak`, `trough` and `recovery` are positions in the levels; `recovery` is None while below the peak.
    Volatility, Sharpe (at a risk-free rate of 0) and tracking error are a year of 365 days.
    """

    days: int
    total_return: float
    cagr: float | None
    volatility: float | None
    sharpe: float | None
    max_drawdown: float
    peak: int
    trough: int
    recovery: int | None
    tracking_error: float | None
    information_ratio: float | None
    beta: float | None
    correlation: float | None


def performance_statistics(
    levels: NDArray[np.float64], benchmark: NDArray[np.float64] | None = None
) -> PerformanceStatistics:
    """Describe a series of daily levels, and its relation to a benchmark's.

    Parameters
    ----------
    levels : shape (days,), one level per UTC day without gaps, above 0, at least two
    benchmark : shape (days,), the benchmark's levels on the same days

    Returns
    -------
    CAGR only from 90 days on; ratios are None where what they divide by does not vary, and all four
    benchmark figures are None without a benchmark

    Raises
    ------
    ValueError
        If there are fewer than two levels, one is not above 0, or the days differ.

    Source: `spec/indices.md` 2.12.

    """
    _check_levels(levels)
    returns = simple_returns(levels)
    days = returns.size
    growth = float(levels[-1] / levels[0])
    volatility = _annualised_deviation(returns)
    falls = drawdowns(levels)
    trough = int(falls.argmin())
    peak = int(levels[: trough + 1].argmax())
    recovered = np.flatnonzero(levels[trough:] >= levels[peak])
    relative = (None, None, None, None) if benchmark is None else _against(returns, levels, benchmark)

    return PerformanceStatistics(
        days=days,
        total_return=growth - 1,
        cagr=growth ** (DAYS_PER_YEAR / days) - 1 if days >= DAYS_FOR_CAGR else None,
        volatility=volatility,
        sharpe=_ratio(DAYS_PER_YEAR * float(returns.mean()), volatility),
        max_drawdown=float(falls[trough]),
        peak=peak,
        trough=trough,
        recovery=trough + int(recovered[0]) if recovered.size else None,
        tracking_error=relative[0],
        information_ratio=relative[1],
        beta=relative[2],
        correlation=relative[3],
    )


def drawdowns(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each day's fall from the highest level so far.

    Parameters
    ----------
    levels : shape (days,), above 0

    Returns
    -------
    shape (days,), fractions of 1 that are 0 or below

    """
    falls: NDArray[np.float64] = levels / np.maximum.accumulate(levels) - 1.0
    return falls


def window_returns(days: Sequence[date], levels: NDArray[np.float64], *, as_of: date) -> dict[str, float | None]:
    """Return the change over 1D, 7D, 1M, 3M, YTD, 1Y and since inception (SI), up to `as_of`.

    Parameters
    ----------
    days : in ascending order, those that have a level
    levels : shape (days,), above 0
    as_of : each window ends at the last level on or before this day and starts at the last level on or
        before its anchor, so that series with the same days compare over the same days

    Returns
    -------
    Fractions of 1. None where no level is that old, or none was added since the anchor: a level that
    stands still for want of data is no return of 0.

    Raises
    ------
    ValueError
        If the days do not ascend, or are not as many as the levels.

    """
    if len(days) != len(levels) or any(a >= b for a, b in pairwise(days)):
        raise ValueError("Days ascend, one for each level.")
    end = bisect_right(days, as_of) - 1
    anchors = {
        "1D": as_of - timedelta(days=1),
        "7D": as_of - timedelta(days=7),
        "1M": _months_before(as_of, 1),
        "3M": _months_before(as_of, 3),
        "YTD": date(as_of.year - 1, 12, 31),
        "1Y": _months_before(as_of, 12),
    }
    starts = {window: bisect_right(days, anchor) - 1 for window, anchor in anchors.items()} | {"SI": 0}
    return {
        window: float(levels[end] / levels[start]) - 1 if 0 <= start < end else None for window, start in starts.items()
    }


def _against(
    returns: NDArray[np.float64], levels: NDArray[np.float64], benchmark: NDArray[np.float64]
) -> tuple[float | None, float | None, float | None, float | None]:
    """Return tracking error, information ratio, beta and correlation."""
    if benchmark.shape != levels.shape:
        raise ValueError(f"The benchmark has {benchmark.shape} levels, the index {levels.shape}.")
    _check_levels(benchmark)
    reference = simple_returns(benchmark)
    active = returns - reference
    error = _annualised_deviation(active)
    information = _ratio(DAYS_PER_YEAR * float(active.mean()), error)
    if not varies(reference):
        return error, information, None, None

    own, other = returns - returns.mean(), reference - reference.mean()
    together = float(own @ other)
    correlation = together / float(np.sqrt((own @ own) * (other @ other))) if varies(returns) else None
    return error, information, together / float(other @ other), correlation


def _annualised_deviation(returns: NDArray[np.float64]) -> float | None:
    """Return the sample deviation a year; None for a single return, 0 for returns that do not vary."""
    if returns.size < 2:
        return None
    return float(returns.std(ddof=1) * np.sqrt(DAYS_PER_YEAR)) if varies(returns) else 0.0


def _ratio(numerator: float, denominator: float | None) -> float | None:
    """Divide; None where the denominator is unknown or 0."""
    return numerator / denominator if denominator else None


def _check_levels(levels: NDArray[np.float64]) -> None:
    """Refuse levels that have no returns."""
    if levels.ndim != 1 or levels.size < 2 or not (np.isfinite(levels) & (levels > 0)).all():
        raise ValueError("Levels are two or more, finite and above 0, one per day.")


def _months_before(day: date, months: int) -> date:
    """Return the same day of the month earlier, or that month's last day where it is shorter."""
    month = day.year * 12 + day.month - 1 - months
    year, month = month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
