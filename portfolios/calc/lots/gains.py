"""The gain of each part of a disposal: its share of the proceeds less its cost."""

from collections.abc import Sequence

from portfolios.calc.lots.grid import portion
from portfolios.calc.lots.steps import Exit, Part, Priced


def price(leaving: Exit, parts: Sequence[Part]) -> list[Priced]:
    """Return the parts of what leaves, its proceeds shared by quantity from what is left of both: they sum exactly.

    What no lot covers has a share of the proceeds that is nobody's gain.
    """
    proceeds, left = leaving.proceeds, leaving.quantity
    if proceeds is None:
        return [(rank, quantity, None, cost, None) for rank, quantity, cost, _ in parts]
    if leaving.uncovered:
        left -= leaving.uncovered
        proceeds = portion(proceeds, left, leaving.quantity)
    priced: list[Priced] = []
    for rank, quantity, cost, _ in parts:
        share = proceeds if quantity == left else portion(proceeds, quantity, left)
        priced.append((rank, quantity, share, cost, share - cost))
        proceeds -= share
        left -= quantity
    return priced
