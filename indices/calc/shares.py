"""Shares of a whole that lose nothing: exact, whatever the precision of the caller's decimals."""

from collections.abc import Sequence
from decimal import Decimal
from math import lcm

STEP = Decimal("1e-12")
"""The grid on which weights are stored."""


def share_out(total: Decimal, weights: Sequence[Decimal] | Sequence[float], *, unit: Decimal) -> list[Decimal]:
    """Share a total by weights so that the parts are whole units and sum to it exactly.

    Each part is rounded down; the units left go one each to the largest remainders, ties to the earlier one.

    Parameters
    ----------
    total : not negative, a whole number of units
    weights : not negative, at least one above 0; they need not sum to 1
    unit : the smallest part, above 0

    Returns
    -------
    A part for each weight, in its order

    Raises
    ------
    ValueError
        If no weight is above 0, one is negative or not finite, or the total is no such number.

    """
    sizes = _common_integers(weights)
    whole = sum(sizes)
    if whole <= 0 or min(sizes) < 0:
        raise ValueError("Weights are not negative and at least one is positive.")
    if total < 0 or total % unit:
        raise ValueError(f"The total is a whole number of {unit}, not negative.")

    units = int(total / unit)
    shared = [divmod(units * size, whole) for size in sizes]
    parts = [part for part, _ in shared]
    by_remainder = sorted(range(len(parts)), key=lambda place: (-shared[place][1], place))
    for place in by_remainder[: units - sum(parts)]:
        parts[place] += 1
    return [part * unit for part in parts]


def _common_integers(weights: Sequence[Decimal] | Sequence[float]) -> list[int]:
    """Return integers in exactly the ratios of the weights."""
    ratios = [weight.as_integer_ratio() for weight in weights]
    multiple = lcm(*(denominator for _, denominator in ratios))
    return [numerator * (multiple // denominator) for numerator, denominator in ratios]
