"""Index levels: exact units and divisors for the night, a fast chain for replays, turnover and cost."""

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

STORED = Decimal("1e-18")
"""The grid on which units and levels are stored. They are rounded to it here and nowhere else, so that
a night that reads them back and one that still has them in memory go on from the same digits."""

SUPPLY_STEP = Decimal("1e-14")
"""The grid on which capped supplies are stored: 24 digits before the point hold the most inflated coin."""

_EXACT = Context(prec=50, rounding=ROUND_HALF_EVEN)

Rebalance = tuple[int, NDArray[np.float64]]


class MissingPriceError(ValueError):
    """A constituent has no price where one is needed."""


def units_for(weights: Sequence[Decimal], level: Decimal, prices: Sequence[Decimal]) -> list[Decimal]:
    """Return the units that hold `weights` of an index at `level`: weight x level / price, to 18 decimals.

    Parameters
    ----------
    weights : fractions of 1
    level : index points, above 0
    prices : of the effective close, in the index's currency, above 0, in the order of weights

    Raises
    ------
    MissingPriceError
        If a price is not above 0.
    ValueError
        If the level is not above 0, or the lengths differ.

    """
    if level <= 0:
        raise ValueError(f"The level is {level}; units are held from a level above 0.")
    for position, price in enumerate(prices):
        if price <= 0:
            raise MissingPriceError(f"The price at position {position} is {price}; no units can be had at it.")

    with localcontext(_EXACT):
        return [(weight * level / price).quantize(STORED) for weight, price in zip(weights, prices, strict=True)]


def level_of(units: Sequence[Decimal], prices: Sequence[Decimal]) -> Decimal:
    """Return the level, the sum of units x prices, to 18 decimals.

    Parameters
    ----------
    units : of every constituent
    prices : in the order of units; a missing close has been carried forward by the caller, and 0 is the
        price of what was delisted at nothing

    Raises
    ------
    ValueError
        If a price is negative, or the lengths differ.

    """
    if any(price < 0 for price in prices):
        raise ValueError("A price is negative.")

    with localcontext(_EXACT):
        return _value(units, prices).quantize(STORED)


def rescale_units(units: Sequence[Decimal], level: Decimal, prices: Sequence[Decimal]) -> list[Decimal]:
    """Scale units so that the same basket stands at `level`: survivors taking over a delisted asset's proceeds.

    Raises
    ------
    MissingPriceError
        If the basket is worth nothing at these prices.

    """
    with localcontext(_EXACT):
        value = _value(units, prices)
        if value <= 0:
            raise MissingPriceError("The basket is worth nothing at these prices; it cannot reach a level.")
        return [(held * level / value).quantize(STORED) for held in units]


def drifted_weights(units: Sequence[Decimal], prices: Sequence[Decimal]) -> list[Decimal]:
    """Return each constituent's share of the level at these prices, fractions of 1 to 50 digits.

    Raises
    ------
    MissingPriceError
        If the basket is worth nothing at these prices.

    """
    with localcontext(_EXACT):
        value = _value(units, prices)
        if value <= 0:
            raise MissingPriceError("The basket is worth nothing at these prices; shares of it are undefined.")
        return [held * price / value for held, price in zip(units, prices, strict=True)]


def base_divisor(value: Decimal, level: Decimal) -> Decimal:
    """Return the divisor that makes a basket worth `value` stand at `level`, to 50 digits."""
    with localcontext(_EXACT):
        return value / level


def capped_supplies(weights: Sequence[Decimal], value: Decimal, prices: Sequence[Decimal]) -> list[Decimal]:
    """Return supply times capping factor of each constituent, to 50 digits.

    Parameters
    ----------
    weights : fractions of 1 that sum to 1
    value : market value of the basket in USD at these prices, capping left out
    prices : USD at the effective close, above 0

    Source: `spec/indices.md` 2.4, `A_i Q_i F_i = w_i * MV / P_i`.

    """
    with localcontext(_EXACT):
        return [weight * value / price for weight, price in zip(weights, prices, strict=True)]


def divisor_after(divisor: Decimal, old_value: Decimal, new_value: Decimal) -> Decimal:
    """Return the divisor after a change of basket, to 50 digits, so that the level does not move.

    Parameters
    ----------
    divisor : before the change
    old_value, new_value : market value of the old and the new basket at the same close, above 0

    """
    with localcontext(_EXACT):
        return divisor * new_value / old_value


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
    closes = _carry_forward(np.asarray(prices, dtype=np.float64))
    levels = np.full(len(closes), np.nan)
    level = base
    for start, stop, weights in _segments(rebalances, closes.shape):
        held = np.flatnonzero(weights)
        entry = closes[start, held]
        if np.isnan(entry).any():
            missing = held[np.isnan(entry)][0]
            raise MissingPriceError(f"The asset in column {missing} has no close up to row {start}.")
        levels[start:stop] = closes[start:stop, held] @ (level * weights[held] / entry)
        # The row itself keeps the level that the old weights gave it, to the last digit.
        levels[start] = level
        level = float(levels[stop - 1])
    return levels


def one_way_turnover(old: NDArray[np.float64], new: NDArray[np.float64]) -> float:
    """Return the share of the index that changes hands once: half the sum of absolute weight changes.

    Parameters
    ----------
    old : shape (assets,), drifted weights before; over the union of both baskets, sleeve included
    new : shape (assets,), target weights

    Raises
    ------
    ValueError
        If the shapes differ.

    """
    _check_same_shape(old, new)
    return float(np.abs(new - old).sum() / 2)


def net_level(level: float, old: NDArray[np.float64], new: NDArray[np.float64], rate: ArrayLike) -> float:
    """Return the level after paying for a rebalance: the V with V = level - sum rate |new V - old level|.

    Parameters
    ----------
    level : before costs, above 0
    old, new : shape (assets,), weights before and after, fractions of 1
    rate : cost per unit of value traded, fraction of 1 in [0, 1); one number or shape (assets,)

    Returns
    -------
    The level after costs, at most `level`

    Raises
    ------
    ValueError
        If the shapes differ, or a rate is outside [0, 1).

    """
    _check_same_shape(old, new)
    rates = np.asarray(rate, dtype=np.float64)
    if not ((rates >= 0) & (rates < 1)).all():
        raise ValueError("A cost rate is a fraction of 1: no less than 0, below 1.")

    # With the direction of every trade known the equation is linear. Costs are convex in V, so solving,
    # looking again at the directions and repeating falls onto the answer and stops there.
    value = level
    while True:
        signed = rates * np.sign(new * value - old * level)
        solved = float(level * (1 + (signed * old).sum()) / (1 + (signed * new).sum()))
        if solved >= value:
            return value
        value = solved


def _value(units: Sequence[Decimal], prices: Sequence[Decimal]) -> Decimal:
    """Sum units x prices in the caller's decimal context."""
    return sum((held * price for held, price in zip(units, prices, strict=True)), Decimal(0))


def _carry_forward(prices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Replace each close that is missing or not positive by the last one before; NaN where there is none."""
    missing = ~(prices > 0)
    gapped = np.flatnonzero(missing.any(axis=0))
    if not gapped.size:
        return prices

    filled = prices.copy()
    holes = missing[:, gapped]
    known = np.where(holes, np.nan, prices[:, gapped])
    last = np.maximum.accumulate(np.where(holes, 0, np.arange(len(prices))[:, None]), axis=0)
    filled[:, gapped] = np.take_along_axis(known, last, axis=0)
    return filled


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


def _check_same_shape(old: NDArray[np.float64], new: NDArray[np.float64]) -> None:
    """Refuse weights that are not over the same assets."""
    if old.shape != new.shape:
        raise ValueError(f"Weights before have shape {old.shape}, after {new.shape}; give the union to both.")
