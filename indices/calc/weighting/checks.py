"""What every weighting refuses before it calculates: figures that are none, limits that nobody can obey."""

from math import fsum, inf, isfinite, isnan

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Ten caps of 0.1 sum to a hair below 1 in binary; a real shortfall is far larger than this.
SUM_TOLERANCE = 1e-12
ROUNDING = 1e-9


class InfeasibleLimitsError(ValueError):
    """No weights that sum to 1 obey the limits; `limit` is "cap", "floor", "group_cap" or "band"."""

    def __init__(self, limit: str, message: str) -> None:
        """Name the limit that cannot hold, and say why."""
        super().__init__(message)
        self.limit = limit


def finite_row(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return values as float64, shape (n,), after refusing an empty, NaN or infinite one."""
    row = np.asarray(values, dtype=np.float64)
    if row.ndim != 1 or row.size == 0:
        raise ValueError(f"Give one {name} for each asset, and at least one asset.")
    wrong = np.flatnonzero(~np.isfinite(row))
    if wrong.size:
        raise ValueError(f"The {name} at position {wrong[0]} is {row[wrong[0]]}; it is finite.")
    return row


def positive_figures(values: ArrayLike, name: str) -> list[float]:
    """Return values as floats after refusing an empty, NaN, infinite or non-positive one."""
    row = np.asarray(values, dtype=np.float64)
    if row.ndim != 1 or row.size == 0:
        raise ValueError(f"Give one {name} for each asset, and at least one asset.")
    figures: list[float] = row.tolist()
    # Adding up shows a NaN or an infinity at a fraction of the cost of asking each.
    if not (min(figures) > 0 and isfinite(sum(figures))):
        for place, figure in enumerate(figures):
            if not 0 < figure < inf:
                raise ValueError(f"The {name} at position {place} is {figure}; it is finite and above 0.")
    return figures


def weights_row(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return weights as float64 after refusing negative ones and those that do not sum to 1 within 1e-9."""
    weights = finite_row(values, name)
    if weights.min() < 0:
        raise ValueError(f"The {name} at position {weights.argmin()} is {weights.min()}; it is no less than 0.")
    if abs(total := fsum(weights.tolist()) - 1) > ROUNDING:
        raise ValueError(f"The {name}s sum to {total + 1:.12g}, not 1.")
    return weights


def limit_figures(limit: ArrayLike, name: str, count: int) -> list[float]:
    """Spread a limit over `count` assets after refusing a negative or NaN one."""
    values = np.asarray(limit, dtype=np.float64)
    if values.shape not in {(), (count,)}:
        raise ValueError(f"The {name} has shape {values.shape}; it is one number or {count} of them.")
    figures: list[float] = values.tolist() if values.ndim else [float(values)]
    if not min(figures) >= 0 or isnan(sum(figures)):
        raise ValueError(f"The {name} is a fraction of 1: no less than 0, and a number.")
    return figures if values.ndim else figures * count


def check_feasible(caps: list[float], floors: list[float]) -> None:
    """Refuse limits that no weights summing to 1 can obey."""
    for place, (cap, floor) in enumerate(zip(caps, floors, strict=True)):
        if floor > cap:
            raise InfeasibleLimitsError("floor", f"The floor {floor} at position {place} is above the cap {cap}.")
    if (total := fsum(caps)) < 1 - SUM_TOLERANCE:
        raise InfeasibleLimitsError("cap", f"The caps of {len(caps)} assets sum to {total:.12g}, which is less than 1.")
    if (total := fsum(floors)) > 1 + SUM_TOLERANCE:
        raise InfeasibleLimitsError("floor", f"The floors of {len(floors)} assets sum to {total:.12g}, more than 1.")
