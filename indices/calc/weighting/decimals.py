"""From weights to the decimals that are stored."""

from decimal import Decimal
from math import fsum

import numpy as np
from numpy.typing import NDArray

from indices.calc.shares import STEP, share_out
from indices.calc.weighting.checks import ROUNDING


def quantise_weights(weights: NDArray[np.float64]) -> list[Decimal]:
    """Round weights to 1e-12 by largest remainder, so that they sum to exactly 1.

    Parameters
    ----------
    weights : shape (n,), fractions of 1 that sum to 1 within 1e-9

    Returns
    -------
    n decimals with 12 places; equal remainders are settled by position, the earlier gets more

    Raises
    ------
    ValueError
        If a weight is negative or not finite, or the sum is not 1.

    """
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("Weights are finite and not negative.")
    total = fsum(weights)
    if abs(total - 1) > ROUNDING:
        raise ValueError(f"Weights sum to {total:.12g}, not 1.")
    return share_out(Decimal(1), weights.tolist(), unit=STEP)
