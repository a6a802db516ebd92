"""Exact shares of a whole."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal, localcontext

STEP = Decimal("1e-12")


def exact_shares(values: Sequence[Decimal]) -> list[Decimal]:
    """Return each value's share of the sum, fractions of 1 to 12 decimals that sum to exactly 1.

    What rounding down leaves over goes to the largest remainders; equal ones are settled by position.

    Raises
    ------
    ValueError
        If a value is negative, or the sum is not above 0.

    """
    total = sum(values, Decimal(0))
    if total <= 0 or any(value < 0 for value in values):
        raise ValueError("Shares are of values that are not negative and of a sum above 0.")
    with localcontext(prec=60):
        exact = [value / total for value in values]
        shares = [share.quantize(STEP, rounding=ROUND_DOWN) for share in exact]
        left = int((1 - sum(shares, Decimal(0))) / STEP)
        by_remainder = sorted(range(len(exact)), key=lambda place: (shares[place] - exact[place], place))
        for place in by_remainder[:left]:
            shares[place] += STEP
    return shares
