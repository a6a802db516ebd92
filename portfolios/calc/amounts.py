"""Exact arithmetic of amounts: rounding, and bands around targets. Decimals throughout."""

from decimal import ROUND_DOWN, Decimal

CENT = Decimal("0.01")
SMALLEST = Decimal(1).scaleb(-18)
HYBRID_SHARE = Decimal("0.2")
HYBRID_POINTS = Decimal("0.01")
NEAR = Decimal("0.25")


def round_down(value: Decimal, unit: Decimal = SMALLEST) -> Decimal:
    """Cut a number to whole units, towards zero."""
    return value.quantize(unit, rounding=ROUND_DOWN)


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
