"""Measures of one series of daily returns; one documented convention each.

Every `returns` is an array of shape (periods,) of simple returns per UTC day, fractions of 1, at least two,
without NaN. A day without a price is left out before, never filled. Each function raises
`UndefinedMeasureError` where its definition gives no number. How many days make a figure worth showing is for
reports to say.
"""

from enum import StrEnum
from math import expm1, log1p

import numpy as np
from numpy.typing import NDArray

from market.calc.returns import DAYS_PER_YEAR, varies

Returns = NDArray[np.float64]

MINIMAL_VARIANCE = 1e-18
"""A benchmark that varies less a day has no market in it to be sensitive to."""

_LARGEST_EXPONENT = 700.0


class UndefinedReason(StrEnum):
    """Why a definition gives no number."""

    TOO_SHORT = "too_short"
    NOT_FINITE = "not_finite"
    NOT_ALIGNED = "not_aligned"
    NO_DISPERSION = "no_dispersion"
    NO_DOWNSIDE = "no_downside"
    OUT_OF_RANGE = "out_of_range"
    NEVER_FUNDED = "never_funded"
    NO_CAPITAL = "no_capital"


class UndefinedMeasureError(ValueError):
    """A measure has no value for these inputs; `reason` is a code to store, the message is for people."""

    def __init__(self, reason: UndefinedReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def volatility(returns: Returns, *, periods: int = DAYS_PER_YEAR) -> float:
    """Return the sample standard deviation (ddof 1) times the root of `periods`; 0 for constant returns."""
    returns = check_returns(returns)
    return float(returns.std(ddof=1) * np.sqrt(periods)) if varies(returns) else 0.0


def downside_deviation(returns: Returns, *, target: float = 0.0, periods: int = DAYS_PER_YEAR) -> float:
    """Return the root mean square of shortfalls below `target`, times the root of `periods`.

    The mean is over all periods, not over those that fall short: otherwise many small losses would look
    better than a few. `target` is a return per period, a fraction of 1.
    """
    short = np.minimum(check_returns(returns) - target, 0.0)
    return float(np.sqrt((short * short).mean() * periods))


def sharpe_ratio(returns: Returns, *, risk_free: float = 0.0, periods: int = DAYS_PER_YEAR) -> float:
    """Return the mean excess return over its deviation, both a year.

    `risk_free` is a rate a year, a fraction of 1, converted to one per period by compounding.
    Source: Sharpe (1994), arithmetic mean, ddof 1.
    """
    returns = check_returns(returns)
    if not varies(returns):
        raise UndefinedMeasureError(UndefinedReason.NO_DISPERSION, "The returns do not vary.")
    excess = returns - _per_period(risk_free, periods)
    return float(excess.mean() / excess.std(ddof=1) * np.sqrt(periods))


def sortino_ratio(returns: Returns, *, risk_free: float = 0.0, periods: int = DAYS_PER_YEAR) -> float:
    """Return the mean excess return over the deviation below the risk-free rate, both a year."""
    target = _per_period(risk_free, periods)
    downside = downside_deviation(returns, target=target, periods=periods)
    if not downside:
        raise UndefinedMeasureError(UndefinedReason.NO_DOWNSIDE, "No return is below the risk-free rate.")
    return float((returns - target).mean() * periods / downside)


def max_drawdown(returns: Returns) -> float:
    """Return the deepest fall of the compounded value from its peak, in [-1, 0].

    The peak starts at the value before the first return, so a loss on the first day counts.
    A value of 0 or below ends the series at -1.
    """
    values = np.concatenate([[1.0], np.cumprod(1.0 + check_returns(returns))])
    return float(max((values / np.maximum.accumulate(values) - 1.0).min(), -1.0))


def cagr(returns: Returns, *, periods: int = DAYS_PER_YEAR) -> float:
    """Return the compounded growth a year, over n / `periods` years; -1 once the value is 0 or below."""
    returns = check_returns(returns)
    if (returns <= -1).any():
        return -1.0
    exponent = float(np.log1p(returns).sum()) * periods / returns.size
    if exponent > _LARGEST_EXPONENT:
        raise UndefinedMeasureError(UndefinedReason.OUT_OF_RANGE, "The growth a year is beyond any number.")
    return expm1(exponent)


def beta(returns: Returns, benchmark: Returns) -> float:
    """Return covariance over the benchmark's variance; both series over the same days."""
    own, market = _paired_deviations(returns, benchmark)
    return float(own @ market / (market @ market))


def r_squared(returns: Returns, benchmark: Returns) -> float:
    """Return the squared correlation, in [0, 1]: the share of variance that the benchmark explains."""
    own, market = _paired_deviations(returns, benchmark)
    if not varies(np.asarray(returns)):
        raise UndefinedMeasureError(UndefinedReason.NO_DISPERSION, "The returns do not vary.")
    return min(float((own @ market) ** 2 / ((own @ own) * (market @ market))), 1.0)


def skewness(returns: Returns) -> float:
    """Return the population skewness g1: the third moment over the second to the power 1.5."""
    deviations, variance = _moments(returns)
    return float((deviations**3).mean() / variance**1.5)


def excess_kurtosis(returns: Returns) -> float:
    """Return the population excess kurtosis g2: the fourth moment over the squared second, less 3."""
    deviations, variance = _moments(returns)
    return float((deviations**4).mean() / variance**2 - 3.0)


def check_returns(returns: Returns) -> Returns:
    """Return the series as float64 after refusing one that is too short or not finite."""
    values = np.asarray(returns, dtype=np.float64)
    if values.ndim != 1 or values.size < 2:
        raise UndefinedMeasureError(UndefinedReason.TOO_SHORT, "A measure needs two returns or more.")
    if not np.isfinite(values).all():
        raise UndefinedMeasureError(UndefinedReason.NOT_FINITE, "A return is missing or infinite.")
    return values


def _per_period(rate: float, periods: int) -> float:
    """Convert a rate a year into one per period."""
    return expm1(log1p(rate) / periods)


def _paired_deviations(returns: Returns, benchmark: Returns) -> tuple[Returns, Returns]:
    """Return both series less their means; refuse different days and a benchmark that stands still."""
    returns, benchmark = check_returns(returns), check_returns(benchmark)
    if returns.size != benchmark.size:
        message = f"The returns have {returns.size} periods, the benchmark {benchmark.size}."
        raise UndefinedMeasureError(UndefinedReason.NOT_ALIGNED, message)
    if benchmark.var(ddof=1) < MINIMAL_VARIANCE:
        raise UndefinedMeasureError(UndefinedReason.NO_DISPERSION, "The benchmark does not vary.")
    return returns - returns.mean(), benchmark - benchmark.mean()


def _moments(returns: Returns) -> tuple[Returns, float]:
    """Return deviations from the mean and their population variance; refuse returns that do not vary."""
    returns = check_returns(returns)
    if not varies(returns):
        raise UndefinedMeasureError(UndefinedReason.NO_DISPERSION, "The returns do not vary.")
    deviations = returns - returns.mean()
    return deviations, float((deviations * deviations).mean())
