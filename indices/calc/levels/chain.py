"""The level of a replay: weights that drift between rebalances, on arrays."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from indices.calc.levels.units import MissingPriceError

Rebalance = tuple[int, NDArray[np.float64]]


def chain_levels(
    prices: NDArray[np.float64], rebalances: Sequence[Rebalance], *, base: float = 1000.0
) -> NDArray[np.float64]:
    """Return the level of every day of an index that is rebalanced at given closes and drifts between.

    Parameters
    ----------
    prices : shape (days, assets), closes in one currency
        NaN where missing: the last close is carried forward. Zero and negative closes are missing too.
    rebalances : (row, weights) in ascending order of row; weights of shape (assets,), fractions of 1 that
        sum to 1. The level of the row itself still comes from the weights before.
    base : level at the first rebalance

    Returns
    -------
    shape (days,), NaN before the first rebalance

    Raises
    ------
    MissingPriceError
        If a constituent has had no close up to its rebalance. Whether a carried one is fresh enough to
        trade on is for the caller to say.
    ValueError
        If there is no rebalance, rows do not ascend within the days, or weights do not sum to 1.

    """
    closes = np.asarray(prices, dtype=np.float64)
    levels = np.full(len(closes), np.nan)
    level = base
    for start, stop, weights in _segments(rebalances, closes.shape):
        held = np.flatnonzero(weights)
        period = _held_closes(closes, held, start, stop)
        # Row by row: a matrix product may round a row differently when there are more rows after it.
        levels[start:stop] = (period * (level * weights[held] / period[0])).sum(axis=1)
        # The row itself keeps the level that the old weights gave it, to the last digit.
        levels[start] = level
        level = float(levels[stop - 1])
    return levels


def _held_closes(closes: NDArray[np.float64], held: NDArray[np.intp], start: int, stop: int) -> NDArray[np.float64]:
    """Return the closes of a holding period, shape (stop - start, held), each gap filled with the last one before.

    Only what is held is looked at: a market has many more gaps than an index.
    """
    period = closes[start:stop].take(held, axis=1)
    gaps = ~(period > 0)
    if not gaps.any():
        return period

    for place in np.flatnonzero(gaps[0]):
        period[0, place] = _last_close(closes, held[place], start)
    for row in (np.flatnonzero(gaps[1:].any(axis=1)) + 1).tolist():
        np.copyto(period[row], period[row - 1], where=gaps[row])
    return period


def _last_close(closes: NDArray[np.float64], column: np.intp, row: int) -> float:
    """Return an asset's last close up to a row; it is seldom far."""
    for earlier in range(row, -1, -1):
        close = float(closes[earlier, column])
        if close > 0:
            return close
    raise MissingPriceError(f"The asset in column {column} has no close up to row {row}.")


def _segments(
    rebalances: Sequence[Rebalance], shape: tuple[int, ...]
) -> Iterator[tuple[int, int, NDArray[np.float64]]]:
    """Yield (first row, row after the last, weights) of every holding period; both ends are rebalance rows."""
    days, assets = shape
    rows = [row for row, _ in rebalances]
    if not rows or rows[0] < 0 or rows[-1] >= days or any(a >= b for a, b in pairwise(rows)):
        raise ValueError(f"Rebalance rows {rows} are at least one, ascending, and within {days} days.")

    for (row, weights), end in zip(rebalances, [*rows[1:], days - 1], strict=True):
        held = np.asarray(weights, dtype=np.float64)
        if held.shape != (assets,) or not (held >= 0).all() or abs(held.sum() - 1) > 1e-9:
            raise ValueError(f"The weights at row {row} are {assets}, not negative, and sum to 1.")
        yield row, end + 1, held
