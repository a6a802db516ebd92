"""Tail losses of one series of returns, from its empirical distribution. Losses are positive."""

from math import floor

import numpy as np
from numpy.typing import NDArray

from analytics.calc.measures import check_returns


def tail_size(periods: int, level: float) -> tuple[float, int]:
    """Return the number of periods in the tail, and how many of them count whole.

    Raises
    ------
    ValueError
        If `level` is outside (0, 1).

    """
    if not 0 < level < 1:
        raise ValueError(f"The level is {level}; it lies between 0 and 1.")
    tail = periods * (1 - level)
    # 1 - 0.95 is a hair above 0.05 in binary and 1 - 0.9 a hair below 0.1: a tail of one period is one.
    return tail, min(floor(tail + 1e-9), periods - 1)


def value_at_risk(returns: NDArray[np.float64], *, level: float = 0.95) -> float:
    """Return the loss that is exceeded in at most a share `1 - level` of periods.

    Parameters
    ----------
    returns : shape (periods,), simple returns, fractions of 1, at least two, no NaN
    level : in (0, 1)

    Returns
    -------
    A loss as a positive fraction of 1 per period (negative where even that period gained): the return in
    place floor(n (1 - level)) + 1 from the worst. It occurred; nothing is interpolated.

    Raises
    ------
    UndefinedMeasureError
        If there are fewer than two returns, or one is not finite.
    ValueError
        If `level` is outside (0, 1).

    Source: McNeil, Frey and Embrechts, Quantitative Risk Management, inf{l: F(l) >= level}.

    """
    returns = check_returns(returns)
    _, whole = tail_size(returns.size, level)
    return float(0.0 - np.partition(returns, whole)[whole])


def expected_shortfall(returns: NDArray[np.float64], *, level: float = 0.95) -> float:
    """Return the mean loss in the worst share `1 - level` of periods; never below `value_at_risk`.

    Parameters
    ----------
    returns : shape (periods,), simple returns, fractions of 1, at least two, no NaN
    level : in (0, 1)

    Returns
    -------
    A loss as a positive fraction of 1 per period. The boundary period counts with its fractional share,
    so the measure is continuous in `level`.

    Raises
    ------
    UndefinedMeasureError
        If there are fewer than two returns, or one is not finite.
    ValueError
        If `level` is outside (0, 1).

    Source: Rockafellar and Uryasev (2002); Acerbi and Tasche (2002, arXiv:cond-mat/0104295).

    """
    returns = check_returns(returns)
    tail, whole = tail_size(returns.size, level)
    ordered = np.partition(returns, whole)
    boundary = max(tail - whole, 0.0) * ordered[whole]
    return float(0.0 - (ordered[:whole].sum() + boundary) / tail)
