"""Exact arithmetic of amounts: sharing out without losing a cent, and bands around targets. Decimals throughout."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal

CENT = Decimal("0.01")
SMALLEST = Decimal(1).scaleb(-18)
HYBRID_SHARE = Decimal("0.2")
HYBRID_POINTS = Decimal("0.01")
NEAR = Decimal("0.25")


def round_down(value: Decimal, unit: Decimal = SMALLEST) -> Decimal:
    """Cut a number to whole units, towards zero."""
    return value.quantize(unit, rounding=ROUND_DOWN)


def share_out(total: Decimal, weights: Sequence[Decimal], *, unit: Decimal = CENT) -> list[Decimal]:
    """Share a total by weights so that the parts are whole units and sum to it exactly.

    Each part is rounded down; the units left go one each to the largest remainders, ties to the earlier one.
    `weights` need not sum to 1. Raises ValueError when there is no positive weight, a negative one, or when `total`
    is negative or not a whole number of units.
    """
    whole = sum(weights, Decimal(0))
    if whole <= 0 or min(weights) < 0:
        raise ValueError("Weights are not negative and at least one is positive.")
    if total < 0 or total % unit:
        raise ValueError(f"The total is a whole number of {unit}, not negative.")

    exact = [total * weight / whole for weight in weights]
    parts = [round_down(part, unit) for part in exact]
    left = int((total - sum(parts, Decimal(0))) / unit)
    by_remainder = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in by_remainder[:left]:
        parts[place] += unit
    return parts


def default_band(target: Decimal) -> tuple[Decimal, Decimal]:
    """Return the hybrid band of a target weight: a fifth of it, at least one percentage point, inside 0 to 1."""
    half = max(HYBRID_SHARE * target, HYBRID_POINTS)
    return max(target - half, Decimal(0)), min(target + half, Decimal(1))


def band_state(weight: Decimal, *, target: Decimal, lower: Decimal, upper: Decimal) -> str:
    """Say where a weight stands: `below`, `above`, `near` an edge, or `inside`; exactly on the edge is not outside.

    Near is the outer quarter of the way from the target to the edge on that side.
    """
    if weight < lower:
        return "below"
    if weight > upper:
        return "above"
    room, way = (upper - weight, upper - target) if weight > target else (weight - lower, target - lower)
    return "near" if weight != target and room <= NEAR * way else "inside"
