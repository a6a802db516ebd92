"""What weights are made from: scores by capitalisation, Sharpe ratio or factor, and blends of weights."""

import numpy as np
from numpy.typing import NDArray

from indices.calc.weighting.checks import positive_figures


def cap_family_scores(market_caps: NDArray[np.float64], *, alpha: float) -> NDArray[np.float64]:
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
