"""Exact units, divisors and levels: what the night stores and goes on from."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

STORED = Decimal("1e-18")
"""The grid on which units and levels are stored. They are rounded to it here and nowhere else, so that
a night that reads them back and one that still has them in memory go on from the same digits."""

SUPPLY_STEP = Decimal("1e-14")
"""The grid on which capped supplies are stored: 24 digits before the point hold the most inflated coin."""

EXACT = Context(prec=50, rounding=ROUND_HALF_EVEN)
"""The context of every calculation with units; digits beyond the 50th never reach a stored figure."""


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

    with localcontext(EXACT):
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

    with localcontext(EXACT):
        return _value(units, prices).quantize(STORED)


def rescale_units(units: Sequence[Decimal], level: Decimal, prices: Sequence[Decimal]) -> list[Decimal]:
    """Scale units so that the same basket stands at `level`: survivors taking over a delisted asset's proceeds.

    Raises
    ------
    MissingPriceError
        If the basket is worth nothing at these prices.

    """
    with localcontext(EXACT):
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
    with localcontext(EXACT):
        value = _value(units, prices)
        if value <= 0:
            raise MissingPriceError("The basket is worth nothing at these prices; shares of it are undefined.")
        return [held * price / value for held, price in zip(units, prices, strict=True)]


def base_divisor(value: Decimal, level: Decimal) -> Decimal:
    """Return the divisor that makes a basket worth `value` stand at `level`, to 50 digits."""
    with localcontext(EXACT):
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
    with localcontext(EXACT):
        return [weight * value / price for weight, price in zip(weights, prices, strict=True)]


def _value(units: Sequence[Decimal], prices: Sequence[Decimal]) -> Decimal:
    """Sum units x prices in the caller's decimal context."""
    return sum((held * price for held, price in zip(units, prices, strict=True)), Decimal(0))
