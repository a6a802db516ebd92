"""The measures of many portfolios at once, equal to those of `measures` and `tail` one by one."""

import numpy as np
from numpy.typing import NDArray

from analytics.calc.measures import MINIMAL_VARIANCE, UndefinedMeasureError, UndefinedReason, check_returns
from analytics.calc.tail import tail_size
from market.calc.returns import DAYS_PER_YEAR, varies

Floats = NDArray[np.float64]

# As many portfolios at a time as keep their returns within the cache of a core.
_CHUNK = 128


def portfolio_measures(weights: Floats, returns: Floats, benchmark: Floats) -> dict[str, Floats]:
    """Measure portfolios that hold constant weights, rebalanced daily.

    Parameters
    ----------
    weights : shape (n, assets), fractions of 1; what a row lacks to 1 is cash that earns nothing
    returns : shape (days, assets), simple returns per UTC day, fractions of 1, no NaN, at least two days
    benchmark : shape (days,), simple returns on the same days

    Returns
    -------
    Arrays of shape (n,): `volatility`, `sharpe` and `sortino` (at a risk-free rate of 0), `max_drawdown`
    (0 or below), `beta`, `r_squared`, `value_at_risk` and `expected_shortfall` (losses positive, 95%, one
    day). NaN where the single-series function raises `UndefinedMeasureError`.

    Raises
    ------
    UndefinedMeasureError
        If a return or a weight is not finite, there are fewer than two days, or the shapes do not fit.

    """
    benchmark = check_returns(benchmark)
    if weights.ndim != 2 or returns.shape != (benchmark.size, weights.shape[1]):
        message = f"Weights {weights.shape}, returns {returns.shape} and benchmark {benchmark.shape} do not fit."
        raise UndefinedMeasureError(UndefinedReason.NOT_ALIGNED, message)
    if not (np.isfinite(weights).all() and np.isfinite(returns).all()):
        raise UndefinedMeasureError(UndefinedReason.NOT_FINITE, "A return or a weight is missing or infinite.")

    by_asset = np.ascontiguousarray(returns.T)
    chunks = [
        _measure(weights[start : start + _CHUNK] @ by_asset, benchmark)
        for start in range(0, max(len(weights), 1), _CHUNK)
    ]
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}


def _measure(series: Floats, benchmark: Floats) -> dict[str, Floats]:
    """Measure portfolios' returns of shape (n, days)."""
    varying = varies(series)
    mean = series.mean(axis=1)
    downside = np.minimum(series, 0.0)
    shortfall = np.sqrt(np.einsum("ij,ij->i", downside, downside) / benchmark.size)
    deviations = series - mean[:, None]
    squares = np.einsum("ij,ij->i", deviations, deviations)
    deviation = np.where(varying, np.sqrt(squares / (benchmark.size - 1)), 0.0)
    beta, r_squared = _relation(deviations, np.where(varying, squares, np.nan), benchmark)
    value_at_risk, expected_shortfall = _tail(series)

    year = np.sqrt(DAYS_PER_YEAR)
    return {
        "volatility": deviation * year,
        "sharpe": _divide(mean, deviation) * year,
        "sortino": _divide(mean, shortfall) * year,
        "max_drawdown": _max_drawdown(series),
        "beta": beta,
        "r_squared": r_squared,
        "value_at_risk": value_at_risk,
        "expected_shortfall": expected_shortfall,
    }


def _relation(deviations: Floats, squares: Floats, benchmark: Floats) -> tuple[Floats, Floats]:
    """Return beta and R squared; NaN where the benchmark, or for R squared the portfolio, stands still."""
    if benchmark.var(ddof=1) < MINIMAL_VARIANCE:
        undefined = np.full(len(deviations), np.nan)
        return undefined, undefined
    market = benchmark - benchmark.mean()
    market_squares = market @ market
    together = deviations @ market
    return together / market_squares, np.minimum(together**2 / (squares * market_squares), 1.0)


def _tail(series: Floats) -> tuple[Floats, Floats]:
    """Return value at risk and expected shortfall at 95%."""
    tail, whole = tail_size(series.shape[1], 0.95)
    ordered = np.partition(series, whole, axis=1)
    boundary = ordered[:, whole]
    worst = ordered[:, :whole].sum(axis=1) + max(tail - whole, 0.0) * boundary
    return 0.0 - boundary, 0.0 - worst / tail


def _max_drawdown(series: Floats) -> Floats:
    """Return the deepest fall of each compounded value from its peak, the start included."""
    values = np.cumprod(1.0 + series, axis=1)
    peaks = np.maximum(np.maximum.accumulate(values, axis=1), 1.0)
    falls: Floats = np.clip((values / peaks).min(axis=1) - 1.0, -1.0, 0.0)
    return falls


def _divide(numerators: Floats, denominators: Floats) -> Floats:
    """Divide; NaN where the denominator is 0."""
    quotients = np.full(len(numerators), np.nan)
    np.divide(numerators, denominators, out=quotients, where=denominators != 0)
    return quotients
